import {
  AccessDeniedError,
  AlreadyExistsError,
  type Committed,
  ConnectionError,
  CottonCandyError,
  type ErrorDetails,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  QuotaError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { messageOf } from "../../lib/error_context.ts";
import { NetworkFailure, type Verdict } from "../transport/mod.ts";

/** What a failed request tells, whatever threw it. */
export interface S3Failure {
  /** The HTTP status, where there was an answer. */
  readonly status?: number;
  /** The store's error code, such as `"NoSuchKey"`. */
  readonly code: string;
  /** In the store's or the platform's words. */
  readonly message: string;
  /** How far a request came that got no answer. */
  readonly network?: "unreachable" | "broken";
  /** The code is that of a trouble which passes, or the network's with a server that has answered before. */
  readonly passing: boolean;
  /** Milliseconds after which the store wants to be asked again. */
  readonly retryAfter?: number;
  /** The region that the store says is right. */
  readonly region?: string;
}

/** What was being done, for messages. */
export interface S3Operation {
  /** The S3 operation. */
  readonly operation: string;
  /** The bucket. */
  readonly bucket?: string;
  /** The object. */
  readonly key?: string;
  /** Something is being written: errors say whether it took effect. */
  readonly writes?: boolean;
  /** The write was to be the first of its name. */
  readonly ifAbsent?: boolean;
  /** A version was named: that there is none at all is a failed precondition too. */
  readonly ifMatch?: boolean;
}

/** Reads what an error tells; one of this library's own is asked for its cause. */
export function s3FailureOf(error: unknown): S3Failure {
  if (error instanceof CottonCandyError && error.cause !== undefined) return s3FailureOf(error.cause);
  const message = messageOf(error);
  if (error instanceof NetworkFailure) {
    return { code: "", message, passing: error.known, network: error.kind };
  }
  const response = field(error, "$response");
  const headers = field(response, "headers");
  const status = field(field(error, "$metadata"), "httpStatusCode") ?? field(response, "statusCode");
  const code = field(error, "Code") ?? field(error, "name");
  const after = Number(field(headers, "retry-after") ?? NaN);
  const region = field(headers, "x-amz-bucket-region") ?? field(error, "Region");
  const name = typeof code === "string" ? code : "";
  return {
    status: typeof status === "number" ? status : undefined,
    code: name,
    message,
    passing: PASSING.test(name),
    retryAfter: after >= 0 ? after * 1000 : undefined,
    region: typeof region === "string" && region !== "" ? region : undefined,
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** Codes of passing troubles, where the status alone does not tell. */
const PASSING =
  /^(SlowDown|SlowDownRead|SlowDownWrite|RequestTimeout|RequestTimeoutException|InternalError|InternalFailure|ServiceUnavailable|ServiceUnavailableException|Busy|Throttling\w*|RequestLimitExceeded|TooManyRequests\w*|OperationAborted|ConditionalRequestConflict|BadDigest|IncompleteBody|XAmzContentSHA256Mismatch|XAmzContentChecksumMismatch)$/;

/** Whether and how to try again. */
export function s3Verdict(failure: S3Failure, attempt: number, about: S3Operation): Verdict {
  const { status = 0, code, network, passing, retryAfter: after } = failure;
  // Another writer came first: S3 wants the whole upload anew, so asking again can't help.
  if (code === "ConditionalRequestConflict" && about.operation === "CompleteMultipartUpload") {
    return { again: false };
  }
  // A server that has answered before is there: a network that is away comes back.
  if (network === "unreachable") return { again: true, quick: !passing };
  if (network === "broken") return { again: true };
  // The SDK has read the server's clock off the refusal.
  if (code === "RequestTimeTooSkewed") return attempt === 1 ? { again: "now" } : { again: false };
  if (passing) return { again: true, after };
  if (status === 408 || status === 429) return { again: true, after };
  if (status >= 500 && status !== 501 && status !== 505 && status !== 507 && code !== "NotImplemented") {
    return { again: true, after };
  }
  return { again: false };
}

/** Whether a failed write may have taken effect: when nobody said that it did not. */
export function mayHaveTakenEffect(failure: S3Failure): boolean {
  if (failure.network) return failure.network === "broken";
  // A store that is too busy has not begun.
  return (failure.status ?? 500) >= 500 && failure.status !== 501 && !/^SlowDown/.test(failure.code);
}

/** Whether the store does not know what a conditional header asks for. */
export function refusesConditions(failure: S3Failure): boolean {
  return failure.status === 501 || failure.code === "NotImplemented";
}

/** Whether a refusal is about the checksum that came along: the store does not know it, or wants another. */
export function refusesChecksum(failure: S3Failure): boolean {
  if (failure.status !== 400 && failure.status !== 501) return false;
  if (/^(BadDigest|InvalidDigest|XAmzContent)/.test(failure.code)) return false;
  return /checksum|crc32|crc64|sha256|content-?md5|trailer/i.test(`${failure.code} ${failure.message}`) &&
    !/x-amz-content-sha256/i.test(failure.message);
}

/** Turns whatever a request threw into the library's own error. `uncertain`: an attempt may have taken effect. */
export function s3Error(error: unknown, about: S3Operation, endpoint: string, uncertain: boolean): Error {
  if (error instanceof CottonCandyError) return error;
  const failure = s3FailureOf(error);
  const { status, code, message } = failure;
  const { bucket, key, operation } = about;
  const what = key === undefined ? `bucket "${bucket}"` : `"${key}" in bucket "${bucket}"`;
  const said = `(${operation}: ${[status, code, message].filter(Boolean).join(" ")})`;
  const committed: Committed | undefined = about.writes ? (uncertain ? "unknown" : "no") : undefined;
  const details: ErrorDetails = { key, bucket, committed, cause: error };

  if (failure.network === "unreachable") {
    return new ConnectionError(
      `could not reach ${endpoint} ${said}. Check the endpoint's address, that the server runs, and the network${
        typeof globalThis.process?.getBuiltinModule === "function"
          ? ""
          : "; in a browser also the bucket's CORS rules"
      }.`,
      details,
    );
  }
  if (failure.network === "broken") {
    return new ConnectionError(
      `${endpoint} stopped answering ${said}. Try again; on a slow line raise \`timeout.idle\`.`,
      details,
    );
  }
  if (code === "CredentialsProviderError" || code === "TokenProviderError") {
    return new AccessDeniedError(
      `no credentials for ${what} ${said}. Pass \`credentials\`, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use "anonymous" for public data.`,
      details,
    );
  }
  if (code === "NoSuchBucket") {
    return new NotFoundError(
      `there is no bucket "${bucket}" at ${endpoint} ${said}. Check its name and the endpoint, or create it.`,
      // Of the bucket, not of the object that was asked for.
      { ...details, key: undefined },
    );
  }
  if (code === "NoSuchUpload") {
    return new NotFoundError(
      `the multipart upload of ${what} is gone ${said}: it was aborted elsewhere. Upload again.`,
      details,
    );
  }
  const gone = about.ifMatch === true && about.writes === true && status === 404;
  if (status === 412 || code === "PreconditionFailed" || code === "ConditionalRequestConflict" || gone) {
    return about.ifAbsent
      ? new AlreadyExistsError(
        `${what} exists already ${said}. Allow overwriting, or choose another name.`,
        details,
      )
      : new PreconditionFailedError(
        `${what} is not, or no longer, the version that was named ${said}. Read it again.`,
        details,
      );
  }
  if (code === "BucketAlreadyOwnedByYou" || code === "BucketAlreadyExists") {
    return new AlreadyExistsError(`the bucket "${bucket}" exists already ${said}.`, details);
  }
  if (code === "BucketNotEmpty") {
    return new PreconditionFailedError(
      `the bucket "${bucket}" is not empty ${said}. Delete its objects first.`,
      details,
    );
  }
  if (/^(BadDigest|XAmzContentSHA256Mismatch|XAmzContentChecksumMismatch|InvalidDigest)$/.test(code)) {
    return new IntegrityError(
      `the bytes of ${what} arrived damaged, again and again ${said}. Check the network and its proxies.`,
      details,
    );
  }
  // As Ceph and MinIO say it; Amazon has no such limit.
  if (status === 507 || /^(QuotaExceeded|XMinioStorageFull)$/.test(code)) {
    return new QuotaError(`there is no room left for ${what} ${said}. Free some, or ask for more.`, details);
  }
  if (
    status === 401 || status === 403 ||
    /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken)$/.test(code)
  ) {
    return new AccessDeniedError(
      `access to ${what} was denied ${said}. ${accessAdvice(code, about)}`,
      details,
    );
  }
  if (status === 404) return new NotFoundError(`there is no ${what} ${said}.`, details);
  if (status === 501 || status === 405 || code === "NotImplemented") {
    return new UnsupportedError(`${endpoint} can't do ${operation} ${said}.`, details);
  }
  if (code === "RequestTimeTooSkewed") {
    return new AccessDeniedError(`this machine's clock is wrong ${said}. Set it.`, details);
  }
  if (status === 301 || code === "AuthorizationHeaderMalformed") {
    return new InvalidArgumentError(`${what} is in another region ${said}. Give \`region\`.`, details);
  }
  if (
    status === 400 &&
    /^(MetadataTooLarge|KeyTooLongError|InvalidBucketName|InvalidArgument|EntityTooSmall|EntityTooLarge)$/
      .test(code)
  ) {
    return new InvalidArgumentError(`the store refused ${what} ${said}.`, details);
  }
  if (status === undefined && (error instanceof TypeError || error instanceof RangeError)) {
    return new InvalidArgumentError(`the request for ${what} could not be made ${said}.`, details);
  }
  return new CottonCandyError(`the store failed on ${what} ${said}.`, details);
}

function accessAdvice(code: string, about: S3Operation): string {
  switch (code) {
    case "InvalidAccessKeyId":
      return "The store does not know this access key: check it, and the endpoint.";
    case "SignatureDoesNotMatch":
      return "The secret key is wrong, or a proxy changed the request.";
    case "ExpiredToken":
    case "InvalidToken":
      return "The session token has expired: get new credentials.";
    default:
      return about.operation === "HeadObject" || about.operation === "GetObject"
        ? "Without permission to list the bucket, an object that does not exist looks the same."
        : "Check the credentials' permissions.";
  }
}
