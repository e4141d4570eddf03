/**
 * The errors that this library throws. Every failure that it knows of is a {@linkcode CottonCandyError} of a subclass that says
 * what kind of failure it is; the message says what happened and what to do.
 *
 * ```ts
 * import { getInterface, NotFoundError } from "@cottoncandy/cottoncandy";
 *
 * const cci = await getInterface("memory://errors-example");
 * try {
 *   await cci.downloadRawArray("no/such/array");
 * } catch (error) {
 *   if (!(error instanceof NotFoundError)) throw error;
 *   console.assert(error.key === "no/such/array" && error.code === "NotFound");
 * }
 * ```
 *
 * @module
 */

/** What is known of a write that failed: whether the new object is stored. */
export type Committed = "no" | "yes" | "unknown";

/** What an error knows beside its message. */
export interface ErrorDetails {
  /** The object's full key within its bucket. */
  readonly key?: string;
  /** The bucket, directory or store that was asked. */
  readonly bucket?: string;
  /** For a failed write: whether it took effect. */
  readonly committed?: Committed;
  /** For a transfer that can be taken up again: the name of its record in the resume store, or the path of the unfinished file. */
  readonly resume?: string;
  /** What lies beneath: the platform's or the SDK's own error. */
  readonly cause?: unknown;
}

/** The kinds of failure, as {@linkcode CottonCandyError.code} gives them. */
export type ErrorCode =
  | "NotFound"
  | "AlreadyExists"
  | "PreconditionFailed"
  | "AccessDenied"
  | "Integrity"
  | "Unsupported"
  | "InvalidArgument"
  | "Connection"
  | "Quota"
  | "Partial"
  | "Storage";

/**
 * Base of all errors of this library. Thrown itself (`code` is `"Storage"`) when a store fails in a way that has no class of its own.
 * @category Errors and warnings
 */
export class CottonCandyError extends Error {
  /** The class's name. */
  override readonly name: string = "CottonCandyError";
  /** The kind of failure, the same for every instance of a subclass. */
  readonly code: ErrorCode = "Storage";
  /** The object's full key within its bucket, where one object is concerned. */
  readonly key?: string;
  /** The bucket, directory or store that was asked. */
  readonly bucket?: string;
  /** For a failed write: whether it took effect. */
  readonly committed?: Committed;
  /** For a transfer that can be taken up again, by the same call: the name of its record in the resume store that was given, or the path of the unfinished file. */
  readonly resume?: string;

  /** Makes an error from a message and what else is known. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    if (details.key !== undefined) this.key = details.key;
    if (details.bucket !== undefined) this.bucket = details.bucket;
    if (details.committed !== undefined) this.committed = details.committed;
    if (details.resume !== undefined) this.resume = details.resume;
  }
}

/**
 * The object, bucket or file does not exist.
 * @category Errors and warnings
 */
export class NotFoundError extends CottonCandyError {
  /** `"NotFoundError"`. */
  override readonly name = "NotFoundError";
  /** `"NotFound"`. */
  override readonly code = "NotFound";
}

/**
 * Something of that name exists, and overwriting was not asked for.
 * @category Errors and warnings
 */
export class AlreadyExistsError extends CottonCandyError {
  /** `"AlreadyExistsError"`. */
  override readonly name = "AlreadyExistsError";
  /** `"AlreadyExists"`. */
  override readonly code = "AlreadyExists";
}

/**
 * The object is not, or no longer, the version that was named.
 * @category Errors and warnings
 */
export class PreconditionFailedError extends CottonCandyError {
  /** `"PreconditionFailedError"`. */
  override readonly name = "PreconditionFailedError";
  /** `"PreconditionFailed"`. */
  override readonly code = "PreconditionFailed";
}

/**
 * The store refused: wrong, missing or expired credentials, or no permission.
 * @category Errors and warnings
 */
export class AccessDeniedError extends CottonCandyError {
  /** `"AccessDeniedError"`. */
  override readonly name = "AccessDeniedError";
  /** `"AccessDenied"`. */
  override readonly code = "AccessDenied";
}

/**
 * Bytes are truncated, corrupt or not authentic, or do not agree with their metadata.
 * @category Errors and warnings
 */
export class IntegrityError extends CottonCandyError {
  /** `"IntegrityError"`. */
  override readonly name = "IntegrityError";
  /** `"Integrity"`. */
  override readonly code = "Integrity";
}

/**
 * A dtype, codec, object array or operation that can't be done here.
 * @category Errors and warnings
 */
export class UnsupportedError extends CottonCandyError {
  /** `"UnsupportedError"`. */
  override readonly name = "UnsupportedError";
  /** `"Unsupported"`. */
  override readonly code = "Unsupported";
}

/**
 * An argument is wrong; nothing was sent.
 * @category Errors and warnings
 */
export class InvalidArgumentError extends CottonCandyError {
  /** `"InvalidArgumentError"`. */
  override readonly name = "InvalidArgumentError";
  /** `"InvalidArgument"`. */
  override readonly code = "InvalidArgument";
}

/**
 * The store could not be reached, or stopped answering, for longer than the retries allow.
 * @category Errors and warnings
 */
export class ConnectionError extends CottonCandyError {
  /** `"ConnectionError"`. */
  override readonly name = "ConnectionError";
  /** `"Connection"`. */
  override readonly code = "Connection";
}

/**
 * There is no room left, or a quota of the store is used up: of storage, of downloads, of objects in a folder.
 * @category Errors and warnings
 */
export class QuotaError extends CottonCandyError {
  /** `"QuotaError"`. */
  override readonly name = "QuotaError";
  /** `"Quota"`. */
  override readonly code = "Quota";
}

/** What became of one of the objects of an operation on many. */
export interface FailedObject {
  /** The object's full key, or the file's path. */
  readonly key: string;
  /** What went wrong with it. */
  readonly error: Error;
}

/** How many failures the message of a {@linkcode PartialFailureError} tells in full. */
const TOLD = 3;

/**
 * An operation on many objects did some of its work and could not do the rest. What is in neither list was not begun, or was given up.
 *
 * @category Errors and warnings
 * @example
 * ```ts
 * import { NotFoundError, PartialFailureError } from "@cottoncandy/cottoncandy/errors";
 *
 * const error = new PartialFailureError("copied", ["a"], [{ key: "b", error: new NotFoundError("there is no b") }]);
 * console.assert(error.message === 'copied 1 and failed for 1: "b": there is no b');
 * console.assert(error.cause instanceof NotFoundError && error.done.join() === "a");
 * ```
 */
export class PartialFailureError extends CottonCandyError {
  /** `"PartialFailureError"`. */
  override readonly name = "PartialFailureError";
  /** `"Partial"`. */
  override readonly code = "Partial";
  /** Full keys of the objects (paths of the files) that are complete. */
  readonly done: readonly string[];
  /** Those that are not, and why. */
  readonly failed: readonly FailedObject[];

  /**
   * Makes an error of what was done and what was not.
   *
   * @param did What was done, in the past tense, to begin the message with: `"deleted"`.
   * @param failed At least one failure; the first becomes the `cause`.
   * @param details `counts`: how many there are of each, where the lists don't have all.
   */
  constructor(
    did: string,
    done: readonly string[],
    failed: readonly FailedObject[],
    details: ErrorDetails & { readonly counts?: { readonly done: number; readonly failed: number } } = {},
  ) {
    const { counts = { done: done.length, failed: failed.length } } = details;
    const told = failed.slice(0, TOLD).map(({ key, error }) => `"${key}": ${error.message}`).join("; ");
    const more = counts.failed > TOLD ? `; and ${counts.failed - TOLD} more` : "";
    super(`${did} ${counts.done} and failed for ${counts.failed}: ${told}${more}`, {
      cause: failed[0]?.error,
      ...details,
    });
    this.done = done;
    this.failed = failed;
  }
}
