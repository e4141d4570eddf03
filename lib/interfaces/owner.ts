import type { Backend, Owner, RequestOptions } from "../../backends/backend.ts";
import { UnsupportedError } from "../errors.ts";
import { cleanName } from "../names.ts";

/**
 * Who owns an object.
 *
 * @throws {NotFoundError} when there is no such object.
 * @throws {UnsupportedError} where the store knows of no owners.
 * @throws {AccessDeniedError} when the store won't tell.
 *
 * @example
 * ```ts
 * import { MemoryBackend, objectOwner, UnsupportedError } from "@cottoncandy/cottoncandy";
 *
 * const asked = await objectOwner(new MemoryBackend(), "scan").catch((error) => error);
 * console.assert(asked instanceof UnsupportedError);
 * ```
 */
export async function objectOwner(
  backend: Backend,
  name: string,
  options: RequestOptions = {},
): Promise<Owner> {
  const key = cleanName(name);
  if (!backend.owner) {
    throw new UnsupportedError(`${backend.name} knows of no owners, so nobody owns "${key}"`, {
      key,
      bucket: backend.bucket,
    });
  }
  return await backend.owner(key, options);
}
