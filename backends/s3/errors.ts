/**
 * What S3's refusals mean: whether a request is tried again, whether a write may have taken effect, and which error its caller gets.
 *
 * @module
 */
import {
  AccessDeniedError,
  AlreadyExistsError,
  CottonCandyError,
  type ErrorDetails,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  QuotaError,
  UnsupportedError,
} from "../../lib/errors.ts";
import {
  connectionError,
  mayHaveArrived,
  networkVerdict,
  statusVerdict,
  type Verdict,
} from "../transport/mod.ts";
import { type S3Failure, s3FailureOf } from "./failure.ts";

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

/** Codes of troubles that pass, where the status alone does not tell. */
const PASSING =
  /^(SlowDown|SlowDownRead|SlowDownWrite|RequestTimeout|RequestTimeoutException|InternalError|InternalFailure|ServiceUnavailable|ServiceUnavailableException|Busy|Throttling\w*|RequestLimitExceeded|TooManyRequests\w*|OperationAborted|ConditionalRequestConflict|BadDigest|IncompleteBody|XAmzContentSHA256Mismatch|XAmzContentChecksumMismatch)$/;

/** Errors of what makes a request, before anything is sent. */
const NOT_MADE = /^(TypeError|RangeError|CredentialsProviderError|TokenProviderError)$/;

/** Whether the code says that the trouble passes. */
export function isPassing({ code }: S3Failure): boolean {
  return PASSING.test(code);
}

/** Whether and how to try again. */
export function s3Verdict(failure: S3Failure, attempt: number, about: S3Operation): Verdict {
  const { status = 0, code, network, retryAfter } = failure;
  if (network) return networkVerdict(network);
  // Another writer came first: S3 wants the whole upload anew. And bytes that are there already have the checksum that they have.
  if (
    about.operation === "CompleteMultipartUpload" &&
    (code === "ConditionalRequestConflict" || isOtherChecksum(failure))
  ) {
    return { again: false };
  }
  if (code === "RequestTimeTooSkewed" || status === 400 || status === 403) {
    // A refused HEAD has no code to tell by.
    if (failure.clockCorrected || (code === "RequestTimeTooSkewed" && attempt === 1)) return { again: "now" };
    if (code === "RequestTimeTooSkewed") return { again: false };
  }
  if (isPassing(failure)) return { again: true, after: retryAfter };
  return code === "NotImplemented" ? { again: false } : statusVerdict(status, retryAfter);
}

/** Whether a failed write may have taken effect: when nobody said that it did not. */
export function mayHaveTakenEffect({ network, status, code }: S3Failure): boolean {
  if (network) return mayHaveArrived(network);
  // Without an answer a client of the user's own has lost the connection; or there was no request, since it could not be made or signed.
  if (status === undefined) return !NOT_MADE.test(code);
  // Success that can't be read, or an error after which everything is possible; a store that is too busy has not begun.
  return status < 300 || status >= 500 && status !== 501 && !/^SlowDown/.test(code);
}

/** Whether a refusal may be about credentials that ended, or were taken back. */
export function refusesToken({ status, code }: S3Failure, { operation }: S3Operation): boolean {
  // A refused HEAD has no code to tell by.
  return /^(ExpiredToken|ExpiredTokenException|InvalidToken|InvalidTokenId|TokenRefreshRequired)$/.test(
    code,
  ) ||
    (status === 400 && operation.startsWith("Head"));
}

/** Whether the store knows of no such upload in parts: Ceph says `NoSuchKey` when it is asked for its parts. */
export function isNoUpload({ status, code }: S3Failure): boolean {
  return code === "NoSuchUpload" || (status === 404 && code !== "NoSuchBucket");
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

/** Whether the store does not know some header, in Amazon's words, which don't say which. */
export function refusesSomeHeader({ status, message }: S3Failure): boolean {
  return status === 501 && /header you provided/i.test(message);
}

/** Whether an upload's parts were not put together for the checksum of the whole: the store doesn't know such, or finds another. */
export function refusesWholeChecksum(failure: S3Failure): boolean {
  return isOtherChecksum(failure) || refusesChecksum(failure);
}

/** Whether the store says that bytes have another checksum. */
export function isOtherChecksum({ code }: S3Failure): boolean {
  return /^(BadDigest|XAmzContentChecksumMismatch)$/.test(code);
}

type ErrorType = new (message: string, details: ErrorDetails) => CottonCandyError;

/**
 * What refusals mean, by their status and code, such as `"403 SignatureDoesNotMatch"`; the first that matches counts. `{what}` is the object or bucket,
 * `{said}` the operation and what the store said, `{hint}` what may lie behind a refusal without words.
 */
const MEANINGS: readonly [RegExp, ErrorType, string][] = [
  [
    / (CredentialsProviderError|TokenProviderError)$/,
    AccessDeniedError,
    'no credentials for {what} {said}. Pass `credentials`, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use "anonymous" for public data.',
  ],
  [
    / NoSuchBucket$/,
    NotFoundError,
    'there is no bucket "{bucket}" at {endpoint} {said}. Check its name and the endpoint, or create it.',
  ],
  [
    / NoSuchUpload$/,
    NotFoundError,
    "the multipart upload of {what} is gone {said}: it was aborted elsewhere. Upload again.",
  ],
  [/ BucketAlready(OwnedByYou|Exists)$/, AlreadyExistsError, 'the bucket "{bucket}" exists already {said}.'],
  [
    / BucketNotEmpty$/,
    PreconditionFailedError,
    'the bucket "{bucket}" is not empty {said}. Delete its objects first.',
  ],
  [
    / (BadDigest|XAmzContentSHA256Mismatch|XAmzContentChecksumMismatch|InvalidDigest)$/,
    IntegrityError,
    "the bytes of {what} arrived damaged, again and again {said}. Check the network and its proxies.",
  ],
  // As Ceph and MinIO say it; Amazon has no such limit.
  [
    /^507 | (QuotaExceeded|XMinioStorageFull)$/,
    QuotaError,
    "there is no room left for {what} {said}. Free some, or ask for more.",
  ],
  [
    / InvalidObjectState$/,
    UnsupportedError,
    "{what} is archived{class} and can't be read {said}. Restore it first (RestoreObject, `aws s3api restore-object`), and wait until that is done.",
  ],
  [
    /^40[13] | (InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|InvalidTokenId)$/,
    AccessDeniedError,
    "access to {what} was denied {said}. {advice}",
  ],
  [/^404 /, NotFoundError, "there is no {what} {said}."],
  [/^(501|405) | NotImplemented$/, UnsupportedError, "{endpoint} can't do {operation} {said}."],
  [/ RequestTimeTooSkewed$/, AccessDeniedError, "this machine's clock is wrong {said}. Set it."],
  [
    /^301 | AuthorizationHeaderMalformed$/,
    InvalidArgumentError,
    "{what} is in another region {said}. Give `region`.",
  ],
  [
    /^400 (MetadataTooLarge|KeyTooLongError|InvalidBucketName|InvalidArgument|InvalidRequest|EntityTooSmall|EntityTooLarge)$/,
    InvalidArgumentError,
    "the store refused {what} {said}.{hint}",
  ],
];

/** Turns whatever a request threw into the library's own error. `uncertain`: an attempt may have taken effect. */
export function s3Error(error: unknown, about: S3Operation, endpoint: string, uncertain: boolean): Error {
  if (error instanceof CottonCandyError) return error;
  const failure = s3FailureOf(error);
  const { status, code, message, network } = failure;
  const { bucket, key, operation, writes, ifAbsent, ifMatch } = about;
  const details: ErrorDetails = {
    // Of a bucket that is missing, not of the object that was asked for.
    key: code === "NoSuchBucket" ? undefined : key,
    bucket,
    committed: writes ? uncertain ? "unknown" : "no" : undefined,
    cause: error,
  };
  if (network) return connectionError(network, endpoint, operation, details);
  const what = key === undefined ? `bucket "${bucket}"` : `"${key}" in bucket "${bucket}"`;
  const said = `(${operation}: ${[status, code, message].filter(Boolean).join(" ")})`;
  if (isFailedCondition(failure, writes === true && ifMatch === true)) {
    return ifAbsent
      ? new AlreadyExistsError(
        `${what} exists already ${said}. Allow overwriting, or choose another name.`,
        details,
      )
      : new PreconditionFailedError(
        `${what} is not, or no longer, the version that was named ${said}. Look it up again.`,
        details,
      );
  }
  if (status === 400 && /Customer provided keys.*secure connection/i.test(message)) {
    return new UnsupportedError(
      `${what} was refused ${said}: over ${
        new URL(endpoint).protocol
      }// this server takes no customer's key. Give it a certificate and an https:// endpoint, or open the store without \`sse\`.`,
      details,
    );
  }
  if (status === 400 && /Server Side Encryption|encryption parameters/i.test(message)) {
    return new InvalidArgumentError(
      `${what} is encrypted in another way than \`sse\` says ${said}. Open the store with the customer's key that it was written with, or without \`sse\`.`,
      details,
    );
  }
  const redirection = redirectionAdvice(failure, endpoint);
  if (redirection !== undefined) {
    return new InvalidArgumentError(`${what} was not reached ${said}. ${redirection}`, details);
  }
  // Answers to a HEAD have no body, so that S3 can't say why; and Ceph has no word for a customer's key that came without TLS.
  const hint = status === 400 && operation === "HeadObject"
    ? " If it is encrypted with a customer's key, open the store with `sse`; if it is not, without."
    : code === "InvalidRequest" && message === "" && endpoint.startsWith("http:")
    ? " Was a customer's key (`sse`) given? Some servers take one over https:// alone."
    : "";
  const [, Type, text] = MEANINGS.find(([pattern]) => pattern.test(`${status ?? ""} ${code}`)) ?? [];
  if (Type && text) {
    const words = {
      what,
      said,
      endpoint,
      operation,
      bucket,
      advice: accessAdvice(code, operation),
      hint,
      class: failure.storageClass === undefined ? "" : ` (${failure.storageClass})`,
    };
    return new Type(text.replace(/\{(\w+)\}/g, (_, name) => Reflect.get(words, name)), details);
  }
  if (status === undefined && (error instanceof TypeError || error instanceof RangeError)) {
    return new InvalidArgumentError(`the request for ${what} could not be made ${said}.`, details);
  }
  return new CottonCandyError(`the store failed on ${what} ${said}.${hint}`, details);
}

/** Whether a condition of the request did not hold; `replaces`: of a write that names a version, which fails also when there is no object. */
function isFailedCondition({ status, code }: S3Failure, replaces: boolean): boolean {
  return status === 412 || code === "PreconditionFailed" || code === "ConditionalRequestConflict" ||
    (replaces && status === 404 && code !== "NoSuchBucket" && code !== "NoSuchUpload");
}

/** What to do about a redirection that was not followed; `undefined` when it is none. */
function redirectionAdvice({ status = 0, location }: S3Failure, endpoint: string): string | undefined {
  if (!location || status < 301 || status > 308) return undefined;
  const told = `give \`endpoint\` as "${location.origin}"`;
  return location.protocol === "https:" && endpoint.toLowerCase().startsWith("http:")
    ? `${endpoint} sends all that comes by http:// to https://: ${told}.`
    : `${endpoint} sends to ${location.origin} in its stead: if the store is there, ${told}.`;
}

function accessAdvice(code: string, operation: string): string {
  switch (code) {
    case "InvalidAccessKeyId":
      return "The store does not know this access key: check it, and the endpoint.";
    case "SignatureDoesNotMatch":
      return "The secret key is wrong, or a proxy changed the request.";
    case "ExpiredToken":
    case "InvalidToken":
    case "InvalidTokenId":
      return "The session token has expired: get new credentials.";
    default:
      return operation === "HeadObject" || operation === "GetObject"
        ? "Without permission to list the bucket, an object that does not exist looks the same."
        : "Check the credentials' permissions.";
  }
}
