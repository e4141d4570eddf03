/**
 * What a failed request tells: of an answer that is a refusal, of an error of the SDK, or of a network that failed.
 *
 * @module
 */
import { CottonCandyError } from "../../lib/errors.ts";
import { messageOf } from "../../lib/error_context.ts";
import { NetworkFailure, retryAfterOf } from "../transport/mod.ts";
import { errorElements } from "./xml.ts";

/** What a failed request tells, whatever threw it. */
export interface S3Failure {
  /** The HTTP status, where there was an answer. */
  readonly status?: number;
  /** The store's error code, such as `"NoSuchKey"`. */
  readonly code: string;
  /** In the store's or the platform's words. */
  readonly message: string;
  /** The request got no answer. */
  readonly network?: NetworkFailure;
  /** Milliseconds after which the store wants to be asked again. */
  readonly retryAfter?: number;
  /** The region that the store says is right. */
  readonly region?: string;
  /** Where a redirection sends. */
  readonly location?: URL;
  /** The store's clock has been read off the refusal, and requests are signed by it from now on. */
  readonly clockCorrected?: boolean;
  /** The class that keeps an object from being read. */
  readonly storageClass?: string;
}

/** An answer that is a refusal. Its callers see the library's own error, whose `cause` this is. */
export class S3Refusal extends Error {
  /** What it tells. */
  readonly failure: S3Failure;
  /** What the store calls the request, for whoever asks its keepers. */
  readonly requestId?: string;

  /** Makes one from an answer. */
  constructor(failure: S3Failure, requestId?: string) {
    super([failure.status, failure.code, failure.message].filter(Boolean).join(" "));
    this.name = failure.code || "S3Refusal";
    this.failure = failure;
    this.requestId = requestId;
  }
}

/**
 * The refusal that an answer is. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 *
 * @param body In XML, as S3 answers; what is between may answer in anything else, and HEAD has none.
 * @param clockCorrected The request was signed by a clock that the answer has shown to be wrong.
 */
export function refusalOf(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  clockCorrected: boolean,
): S3Refusal {
  const { Code: code = "", Message: message = "", Region, StorageClass, RequestId } = errorElements(body);
  const failure = {
    ...failureFrom(status, headers, { code, message, region: Region, storageClass: StorageClass }),
    clockCorrected,
  };
  return new S3Refusal(failure, headers["x-amz-request-id"] ?? RequestId);
}

/** Reads what an error tells; one of this library's own is asked for its cause. */
export function s3FailureOf(error: unknown): S3Failure {
  if (error instanceof CottonCandyError && error.cause !== undefined) return s3FailureOf(error.cause);
  const message = messageOf(error);
  if (error instanceof NetworkFailure) return { code: "", message, network: error };
  if (error instanceof S3Refusal) return error.failure;
  const response = field(error, "$response");
  const status = field(field(error, "$metadata"), "httpStatusCode") ?? field(response, "statusCode");
  const code = field(error, "Code") ?? field(error, "name");
  const said = { code, message, region: field(error, "Region"), storageClass: field(error, "StorageClass") };
  return {
    ...failureFrom(status, field(response, "headers"), said),
    clockCorrected: field(field(error, "$metadata"), "clockSkewCorrected") === true,
  };
}

/** What a status, headers and the elements of an error tell; of unknown types, since an SDK's error has had them through other hands. */
function failureFrom(
  status: unknown,
  headers: unknown,
  said: {
    readonly code: unknown;
    readonly message: string;
    readonly region: unknown;
    readonly storageClass: unknown;
  },
): S3Failure {
  const { code, message, storageClass } = said;
  const region = field(headers, "x-amz-bucket-region") ?? said.region ??
    /the region '[^']*' is wrong; expecting '([^']+)'/.exec(message)?.[1];
  return {
    status: typeof status === "number" ? status : undefined,
    code: typeof code === "string" ? code : "",
    message,
    retryAfter: retryAfterOf(field(headers, "retry-after")),
    region: isRegion(region) ? region : undefined,
    location: locationOf(field(headers, "location")),
    storageClass: typeof storageClass === "string" ? storageClass : undefined,
  };
}

/** Whether it can be a region: it becomes part of hosts' names and of all signatures. */
function isRegion(region: unknown): region is string {
  return typeof region === "string" && /^(?!-)[a-z0-9-]{1,63}(?<!-)$/i.test(region);
}

function locationOf(header: unknown): URL | undefined {
  return typeof header === "string" && URL.canParse(header) ? new URL(header) : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
