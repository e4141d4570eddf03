/** The errors of S3's REST API: their codes and statuses are those of its "Error responses" reference. */
import { element, text } from "./xml.ts";

const STATUS = {
  AccessControlListNotSupported: 400,
  AccessDenied: 403,
  AuthorizationHeaderMalformed: 400,
  AuthorizationQueryParametersError: 400,
  BadDigest: 400,
  BadRequest: 400,
  BucketAlreadyExists: 409,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  ConditionalRequestConflict: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IllegalLocationConstraintException: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidDigest: 400,
  InvalidEncryptionAlgorithmError: 400,
  InvalidLocationConstraint: 400,
  InvalidPart: 400,
  InvalidPartNumber: 416,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidStorageClass: 400,
  InvalidTag: 400,
  InvalidToken: 400,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
} as const;

/** The codes that the server itself answers; faults may answer any. */
export type ErrorCode = keyof typeof STATUS;

/** A failed request, answered as S3's XML error. */
export class S3Error extends Error {
  readonly status: number;
  constructor(
    readonly code: string,
    message: string,
    /** Further elements of the answer, such as `ActualObjectSize`. */
    readonly details: Record<string, string> = {},
    status?: number,
    /** Further headers of the answer. */
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
    this.status = status ?? (STATUS as Record<string, number>)[code] ?? 400;
  }
}

/** Makes an error of the server's own vocabulary. */
export function s3Error(
  code: ErrorCode,
  message: string,
  details: Record<string, string> = {},
  headers: Record<string, string> = {},
): S3Error {
  return new S3Error(code, message, details, undefined, headers);
}

/** The XML of an error. */
export function errorXml(error: S3Error, resource: string, requestId: string): string {
  return element(
    "Error",
    text("Code", error.code),
    text("Message", error.message),
    ...Object.entries(error.details).map(([name, value]) => text(name, value)),
    text("Resource", resource),
    text("RequestId", requestId),
  );
}
