/**
 * What every store checks of an upload that is begun to be resumed: its size, and the token that comes back, from a file that anybody may have written.
 *
 * @module
 */
import { type ErrorDetails, InvalidArgumentError } from "../lib/errors.ts";
import { checkKey } from "./arguments.ts";
import type { Backend, UploadToken } from "./backend.ts";
import { checkSize } from "./body.ts";

/**
 * Throws unless the size of an upload that is to be resumed is told: the store cuts it by that, and each resumption is held to it.
 *
 * @throws {InvalidArgumentError} when it is left out, or no whole number from 0 on.
 */
export function checkUploadSize(size: number | undefined, details: ErrorDetails): asserts size is number {
  if (size === undefined) {
    throw new InvalidArgumentError("an upload that is to be resumed needs its `size` in bytes", details);
  }
  checkSize(size, details);
}

/** The error for a token that no store has given. */
export function malformedTokenError(what: string, details: ErrorDetails): InvalidArgumentError {
  return new InvalidArgumentError(
    `this is no token of an upload: ${what}. Pass what \`startUpload\` gave, or begin anew`,
    { ...details, committed: "no" },
  );
}

/** What tokens of uploads are bound to, and what is remembered of them. */
export function storeIdentity({ name, identity = name }: Pick<Backend, "name" | "identity">): string {
  return identity;
}

/**
 * Checks a token as far as all stores understand it; `state` is each one's own to check.
 *
 * @param of The store for which the token must be.
 * @throws {InvalidArgumentError} when it is malformed, or another store's.
 */
export function checkUploadToken(
  token: UploadToken,
  of: Pick<Backend, "name" | "identity" | "bucket">,
): UploadToken {
  const { bucket } = of;
  const identity = storeIdentity(of);
  if (typeof token !== "object" || token === null) throw malformedTokenError("it is no object", { bucket });
  const { version, store, key, size, started, state } = token;
  if (version !== 1) {
    throw malformedTokenError(`its version is ${JSON.stringify(version)}, and 1 is known`, { bucket });
  }
  if (store !== identity) {
    throw new InvalidArgumentError(
      `the upload was begun in ${JSON.stringify(store)}, and this is "${identity}": resume it there`,
      { bucket, committed: "no" },
    );
  }
  checkKey(key, { bucket, committed: "no" });
  const details = { key, bucket };
  if (!Number.isSafeInteger(size) || size < 0) throw malformedTokenError("`size` is no size", details);
  if (typeof started !== "string" || Number.isNaN(Date.parse(started))) {
    throw malformedTokenError("`started` is no time", details);
  }
  if (typeof state !== "object" || state === null || Array.isArray(state)) {
    throw malformedTokenError("`state` is no object", details);
  }
  return token;
}
