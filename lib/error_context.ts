/**
 * What to make of an error that was caught: which object it concerns, or that stored data are to blame and not the caller.
 *
 * @module
 */
import {
  AccessDeniedError,
  AlreadyExistsError,
  ConnectionError,
  CottonCandyError,
  type ErrorCode,
  type ErrorDetails,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  QuotaError,
  UnsupportedError,
} from "./errors.ts";

/** What was thrown, as an error: JavaScript may throw anything. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** What to tell of something that was thrown. */
export function messageOf(thrown: unknown): string {
  return asError(thrown).message;
}

const CLASSES: Readonly<
  Record<Exclude<ErrorCode, "Partial">, new (message: string, details?: ErrorDetails) => CottonCandyError>
> = {
  NotFound: NotFoundError,
  AlreadyExists: AlreadyExistsError,
  PreconditionFailed: PreconditionFailedError,
  AccessDenied: AccessDeniedError,
  Integrity: IntegrityError,
  Unsupported: UnsupportedError,
  InvalidArgument: InvalidArgumentError,
  Connection: ConnectionError,
  Quota: QuotaError,
  Storage: CottonCandyError,
};

/**
 * Does something that concerns one object. Errors from below, where arrays and codecs know nothing of objects, come out as the same kind of
 * error with the object's key in the message.
 *
 * @param key The object's full key.
 * @param work What to do.
 */
export async function withErrorKey<T>(key: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CottonCandyError) || error.key !== undefined) throw error;
    const { message, code, bucket, committed } = error;
    // It names its objects itself.
    if (code === "Partial") throw error;
    throw new CLASSES[code](`"${key}": ${message}`, { key, bucket, committed, cause: error });
  }
}

/**
 * Parses what came with a stored object: what isn't understood there is damage, and no mistake of the caller's.
 *
 * @param what What is being parsed, to begin the message with.
 * @throws {IntegrityError} where `parse` throws an `InvalidArgumentError`.
 */
export function parseStored<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof InvalidArgumentError)) throw cause;
    throw new IntegrityError(`${what}: ${cause.message}`, { cause });
  }
}
