/**
 * What Drive's refusals mean: whether to try again, what became of a write, and which error is told.
 *
 * @module
 */
import {
  AccessDeniedError,
  type Committed,
  ConnectionError,
  CottonCandyError,
  type ErrorDetails,
  InvalidArgumentError,
  NotFoundError,
  QuotaError,
} from "../../lib/errors.ts";
import {
  connectionError,
  mayHaveArrived,
  NetworkFailure,
  networkVerdict,
  retryAfterOf,
  statusVerdict,
  type Verdict,
  withCommitted,
} from "../transport/mod.ts";
import { memberOf } from "./file.ts";

/** An answer of Drive that says no. Stays inside the backend: its callers see an error of this library, with this as its cause. */
export class DriveFailure extends Error {
  override readonly name = "DriveFailure";
  /** The HTTP status. */
  readonly status: number;
  /** Drive's word for what is wrong, such as `"rateLimitExceeded"`. */
  readonly reason: string;
  /** Milliseconds after which Drive wants to be asked again. */
  readonly retryAfter?: number;

  /** Makes one. */
  constructor(status: number, reason: string, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

/**
 * What an answer that says no tells.
 *
 * Source: https://developers.google.com/workspace/drive/api/guides/handle-errors
 */
export function driveFailureOf(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | ReadableStream,
): DriveFailure {
  const error = memberOf(parseBody(body), "error");
  const errors = memberOf(error, "errors");
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  return new DriveFailure(
    status,
    text(memberOf(first, "reason")) ?? text(memberOf(error, "status")) ?? "",
    text(memberOf(error, "message")) ?? `HTTP ${status}`,
    retryAfterOf(headers["retry-after"]),
  );
}

/** A body's JSON; `undefined` when it is none. */
export function parseBody(body: Uint8Array | ReadableStream): unknown {
  try {
    return body instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(body)) : undefined;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What was being done, for messages. */
export interface DriveCall {
  /** The method of Drive's API, such as `"files.list"`. */
  readonly operation: string;
  /** The object. */
  readonly key?: string;
  /** Something is being written: errors say whether it took effect. `"later"`: not by this request, but by one that follows. */
  readonly writes?: boolean | "later";
}

/** Reasons of a refusal that says to ask again later. */
const LATER = /^(rateLimitExceeded|userRateLimitExceeded|backendError|internalError|transientError)$/;
/** Reasons of a refusal because something is full, or used up. */
const FULL =
  /^(storageQuotaExceeded|quotaExceeded|downloadQuotaExceeded|dailyLimitExceeded|dailyLimitExceededUnreg|sharingRateLimitExceeded|teamDriveFileLimitExceeded|numChildrenInNonRootLimitExceeded|activeItemCreationLimitExceeded|uploadTooLarge)$/;
/** Reasons of a refusal because a file would have too many properties. */
const PROPERTIES = /^property(Count|Length)LimitExceeded$/;

/** Whether and how to try again. */
export function driveVerdict(error: unknown): Verdict {
  if (error instanceof NetworkFailure) return networkVerdict(error);
  if (!(error instanceof DriveFailure)) return { again: false };
  const { status, reason, retryAfter: after } = error;
  return LATER.test(reason) && status !== 404 ? { again: true, after } : statusVerdict(status, after);
}

/** Whether Drive says that it is asked too often. */
export function isRateLimit({ status, reason }: DriveFailure): boolean {
  return status === 429 || (status === 403 && /^(rateLimitExceeded|userRateLimitExceeded)$/.test(reason));
}

/** Whether a failed write may have taken effect: when nobody said that it did not. */
export function driveMayHaveActed(error: unknown): boolean {
  if (error instanceof NetworkFailure) return mayHaveArrived(error);
  return error instanceof DriveFailure && error.status >= 500 && error.status !== 501;
}

/** The HTTP status of a refusal; `undefined` for any other error. */
export function driveStatusOf(error: unknown): number | undefined {
  const cause = error instanceof CottonCandyError ? error.cause : error;
  return cause instanceof DriveFailure ? cause.status : undefined;
}

/** Does what comes before a write: where it fails, nothing is stored. */
export async function asUncommitted<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof CottonCandyError ? withCommitted(error, "no") : error;
  }
}

/** Does what comes after a write: where it fails, the write is done all the same. */
export async function asCommitted<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CottonCandyError ? withCommitted(error, "yes") : error;
  }
}

/** Turns whatever a request threw into the library's own error. `uncertain`: an attempt may have taken effect. */
export function driveError(
  error: unknown,
  { operation, key, writes }: DriveCall,
  store: string,
  uncertain: boolean,
): unknown {
  const committed: Committed | undefined = writes
    ? (uncertain && writes !== "later" ? "unknown" : "no")
    : undefined;
  const details: ErrorDetails = { key, bucket: store, committed, cause: error };
  if (error instanceof NetworkFailure) return connectionError(error, "Google Drive", operation, details);
  if (!(error instanceof DriveFailure)) {
    // No token was to be had: whoever gives them does not know what for.
    return committed && error instanceof CottonCandyError
      ? withCommitted(error, committed, { key, bucket: store })
      : error;
  }
  const what = key === undefined ? store : `"${key}" in ${store}`;
  const { status, reason, message } = error;
  const said = `(${operation}: ${[status, reason, message].filter(Boolean).join(" ")})`;
  if (status === 404) {
    const advice = key === undefined ? " Check `folderId`, `driveId` and `endpoint`." : "";
    return new NotFoundError(`there is no ${what} ${said}.${advice}`, details);
  }
  if (isRateLimit(error)) {
    return new ConnectionError(
      `Google Drive is asked too often, and went on saying so ${said}. Wait a minute, lower \`concurrency\`, or ask Google for a higher quota.`,
      details,
    );
  }
  if (PROPERTIES.test(reason)) {
    return new InvalidArgumentError(
      `Drive has no room for the metadata of ${what} beside the properties that other programs gave the file ${said}.`,
      details,
    );
  }
  if (FULL.test(reason)) return new QuotaError(`${what}: ${adviceOnQuota(reason)} ${said}.`, details);
  if (status === 401) {
    return new AccessDeniedError(
      `access to ${what} was denied ${said}. The access token is not valid, even a fresh one: check the credentials.`,
      details,
    );
  }
  if (status === 403) {
    return new AccessDeniedError(`access to ${what} was denied ${said}. ${adviceOnAccess(reason)}`, details);
  }
  if (status === 400 || status === 413) {
    return new InvalidArgumentError(`Drive refused ${what} ${said}.`, details);
  }
  return new CottonCandyError(`Drive failed on ${what} ${said}.`, details);
}

function adviceOnQuota(reason: string): string {
  switch (reason) {
    case "storageQuotaExceeded":
      return "there is no room left. Free some, or use a shared drive (`driveId`): a service account has no storage of its own, only there or with `subject`";
    case "downloadQuotaExceeded":
      return "it was downloaded too often lately, and can be again tomorrow";
    case "numChildrenInNonRootLimitExceeded":
      return "its folder is full (Drive's limit is 500,000): use several";
    default:
      return "a quota of Drive's is used up";
  }
}

function adviceOnAccess(reason: string): string {
  switch (reason) {
    case "insufficientPermissions":
    case "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
      return "The credentials are for other scopes: they need https://www.googleapis.com/auth/drive.";
    case "accessNotConfigured":
    case "SERVICE_DISABLED":
      return "Enable the Google Drive API in the project that the credentials are of.";
    case "cannotDownloadAbusiveFile":
      return "Google takes the file for malware: only its owner can download it, in a browser.";
    case "cannotDownloadFile":
    case "fileNotDownloadable":
      return "Its owner has switched off downloads, or it is a document of Google's, which has no bytes.";
    default:
      return "Check what the folder is shared for: writing needs an editor; in a shared drive, the trash a content manager, and deleting for good a manager.";
  }
}
