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
export async function about<T>(key: string, work: () => Promise<T>): Promise<T> {
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
