/** Stores where some puts of an upload fail. */
import type { Backend } from "../../backends/backend.ts";
import { AccessDeniedError } from "../../lib/errors.ts";
import { delegate } from "../backends/delegate.ts";

/** A store for one upload, whose put of `wrong` is refused as soon as another one has been made. */
export function refusing(backend: Backend, wrong: string): Backend {
  const other = Promise.withResolvers<void>();
  return delegate(backend, {
    async put(key, body, options) {
      if (key === wrong) {
        await other.promise;
        throw denied(key);
      }
      const result = await backend.put(key, body, options);
      other.resolve();
      return result;
    },
  });
}

/** What refuses to write or delete an object. */
export function denied(key: string): AccessDeniedError {
  return new AccessDeniedError(`"${key}" may not be written`, { key, committed: "no" });
}
