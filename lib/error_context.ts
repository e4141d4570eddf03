/**
 * What errors say: of a value that is wrong, of an error that was caught (which object it concerns, or that stored data are to blame and not the caller).
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

/** How much of a text, or how many names of a list, a message tells. */
const TOLD = { characters: 40, names: 20 };

/** A value as a message tells it, in few words whatever it holds: an array's items have no place there. */
export function shown(value: unknown): string {
  if (typeof value === "string") {
    const { characters } = TOLD;
    return JSON.stringify(value.length > characters ? `${value.slice(0, characters)}…` : value);
  }
  if (typeof value === "bigint") return `${value}n`.slice(0, TOLD.characters);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (ArrayBuffer.isView(value)) {
    return value instanceof Uint8Array
      ? `${value.byteLength} bytes`
      : `a ${Object.prototype.toString.call(value).slice(8, -1)}`;
  }
  if (Array.isArray(value)) {
    return value.length <= 3 && value.every(isPlain) ? `[${value.map(shown)}]` : "a list";
  }
  const { shape } = "shape" in value ? value : {};
  return Array.isArray(shape) && shape.length <= 64 ? `an array of shape [${shape.map(shown)}]` : "an object";
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/** Names as a message lists them: not all, where they are many. */
export function shownNames(names: readonly string[]): string {
  const told = names.slice(0, TOLD.names).map((name) => shown(name)).join(", ");
  return names.length > TOLD.names ? `${told} and ${names.length - TOLD.names} more` : told;
}

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
    const { message, code, bucket, committed, resume } = error;
    // It names its objects itself.
    if (code === "Partial") throw error;
    throw errorOf(code, `"${key}": ${message}`, { key, bucket, committed, resume, cause: error });
  }
}

/** An error of a kind. */
export function errorOf(
  code: Exclude<ErrorCode, "Partial">,
  message: string,
  details: ErrorDetails = {},
): CottonCandyError {
  return new CLASSES[code](message, details);
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
