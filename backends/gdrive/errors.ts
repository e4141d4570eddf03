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
  /** It isn't written as Drive's answers are: a web page of Google's, or something between that answers in Drive's stead. */
  readonly isForeign: boolean;

  /** Makes one. */
  constructor(status: number, reason: string, message: string, retryAfter?: number, isForeign = false) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
    this.isForeign = isForeign;
  }
}

/**
 * What an answer that says no tells; or one that should be JSON, and is none.
 *
 * Source: https://developers.google.com/workspace/drive/api/guides/handle-errors
 */
export function driveFailureOf(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | ReadableStream,
): DriveFailure {
  const error = memberOf(parseBody(body), "error");
  if (error === undefined) {
    const [, title] = /<title>\s*([^<]{1,80})/i.exec(textOf(body)) ?? [];
    const message = title === undefined ? `HTTP ${status}` : `HTTP ${status}, a web page "${title.trim()}"`;
    return new DriveFailure(status, "", message, retryAfterOf(headers["retry-after"]), true);
  }
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
    return JSON.parse(textOf(body));
  } catch {
    return undefined;
  }
}

function textOf(body: Uint8Array | ReadableStream): string {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : "";
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

/** Reasons of a refusal because folders would be too deep within each other. */
const DEPTH = /hierarchy/i;

/** Whether and how to try again. */
export function driveVerdict(error: unknown): Verdict {
  if (error instanceof NetworkFailure) return networkVerdict(error);
  if (!(error instanceof DriveFailure)) return { again: false };
  const { status, reason, retryAfter: after } = error;
  if (isPage(error)) return { again: true, after, quick: status !== 403 };
  // Seen to come and go: as a rule it is no precondition of anybody's that fails.
  if (status === 400 && /^failedPrecondition$/i.test(reason)) return { again: true, after, quick: true };
  return LATER.test(reason) && status !== 404 ? { again: true, after } : statusVerdict(status, after);
}

/** An answer that only Drive may give, and that something else gave: a page that asks for a login, or that takes a program for a robot. */
function isPage({ isForeign, status }: DriveFailure): boolean {
  return isForeign && (status < 300 || status === 403 || status === 404);
}

/** Whether Drive says that it is asked too often. */
export function isRateLimit({ status, reason }: DriveFailure): boolean {
  return status === 429 || (status === 403 && /^(rateLimitExceeded|userRateLimitExceeded)$/.test(reason));
}

/** Whether a failed write may have taken effect: when nobody said that it did not. */
export function driveMayHaveActed(error: unknown): boolean {
  if (error instanceof NetworkFailure) return mayHaveArrived(error);
  if (!(error instanceof DriveFailure)) return false;
  return error.status < 300 || (error.status >= 500 && error.status !== 501);
}

/**
 * Whether it is worth a look whether a write that failed took effect: where that is unknown, where its id is taken, which nobody else has, and where Drive said that
 * it was asked too often, since it has been seen to say so of what it did (google/skicka, `deleteIncompleteDriveFiles`).
 */
export function isDoubtful(error: unknown): error is CottonCandyError {
  if (!(error instanceof CottonCandyError)) return false;
  if (error.committed !== "no") return true;
  const { cause } = error;
  return cause instanceof DriveFailure && (cause.status === 409 || isRateLimit(cause) || isPage(cause));
}

/** Whether a file or folder that a request names is not there. Not so where it is the shared drive: all requests would say the same. */
export function isGone(error: unknown): error is NotFoundError {
  return error instanceof NotFoundError &&
    !(error.cause instanceof DriveFailure && isDriveUnknown(error.cause));
}

/** Drive says so to those who are no members, too. */
function isDriveUnknown({ message }: DriveFailure): boolean {
  return /^(shared|team) drive not found/i.test(message);
}

/** The HTTP status of a refusal; `undefined` for any other error. */
export function driveStatusOf(error: unknown): number | undefined {
  return failureBehind(error)?.status;
}

/** Drive's word for why it refused; `undefined` for any other error. */
export function driveReasonOf(error: unknown): string | undefined {
  return failureBehind(error)?.reason;
}

function failureBehind(error: unknown): DriveFailure | undefined {
  const cause = error instanceof CottonCandyError ? error.cause : error;
  return cause instanceof DriveFailure ? cause : undefined;
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
  if (isPage(error)) {
    return new ConnectionError(
      `not Drive but something else answered for ${what}, and went on doing so ${said}. ${
        status === 403
          ? "Google takes many requests from one address for a robot's: wait, and lower `concurrency`. Or a proxy refuses: ask whoever runs it."
          : "Check `endpoint`, and whether the network wants a login, or a proxy stands between."
      }`,
      details,
    );
  }
  if (status === 404) {
    const advice = isDriveUnknown(error)
      ? " You are no member of the shared drive, or there is none: leave `driveId` out, and give the `folderId` of what is shared with you."
      : key === undefined
      ? " Check `folderId`, `driveId` and `endpoint`; an old link's `resourceKey` is needed with it."
      : "";
    return new NotFoundError(`there is no ${what} ${said}.${advice}`, details);
  }
  if (isRateLimit(error)) {
    return new ConnectionError(
      `Google Drive is asked too often, and went on saying so ${said}. Wait a minute, lower \`concurrency\`, or ask Google for a higher quota.${
        operation === "upload" || operation === "files.copy"
          ? " Where it goes on for hours, the 750 GB are used up that a user may upload and copy in a day: go on tomorrow."
          : ""
      }`,
      details,
    );
  }
  if (PROPERTIES.test(reason)) {
    return new InvalidArgumentError(
      `Drive has no room for the metadata of ${what} beside the properties that other programs gave the file ${said}.`,
      details,
    );
  }
  if (DEPTH.test(reason)) {
    return new InvalidArgumentError(
      `${what} would be too deep: Drive allows 100 folders within each other, those above the one that was opened too ${said}. Use fewer slashes in the name, or open a folder that is higher up.`,
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
    const advice = Object.hasOwn(ADVICE, reason) ? ADVICE[reason] : SHARE_IT;
    return new AccessDeniedError(`access to ${what} was denied ${said}. ${advice}`, details);
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
    case "teamDriveFileLimitExceeded":
      return "the shared drive is full (Drive's limit is 500,000 files and folders, with what is in its trash): delete some, or use several";
    case "activeItemCreationLimitExceeded":
      return "the account has as many files and folders as Drive allows (500 million): delete some";
    case "dailyLimitExceeded":
    case "dailyLimitExceededUnreg":
      return "the project of the credentials has made its requests for today: go on tomorrow, or raise its quota in Google's console";
    case "sharingRateLimitExceeded":
      return "too much was shared lately: go on tomorrow";
    case "uploadTooLarge":
      return "Drive takes files of 5 TB at most: cut it into several";
    default:
      return "a quota of Drive's is used up";
  }
}

const SCOPES = "The credentials are for other scopes: they need https://www.googleapis.com/auth/drive.";
const ENABLE = "Enable the Google Drive API in the project that the credentials are of.";
const NO_DOWNLOAD =
  "Its owner has switched off downloads, or it is a document of Google's, which has no bytes.";
const SHARE_IT =
  "Check what the folder is shared for: writing needs an editor; in a shared drive, the trash a content manager, and deleting for good a manager.";

/** What to do about a refusal, by its reason. */
const ADVICE: Readonly<Record<string, string>> = {
  insufficientPermissions: SCOPES,
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: SCOPES,
  appNotAuthorizedToFile:
    "With the scope drive.file a program sees what it has made itself, and no more: log in with https://www.googleapis.com/auth/drive.",
  accessNotConfigured: ENABLE,
  SERVICE_DISABLED: ENABLE,
  domainPolicy:
    "The administrators of your domain don't let programs use Drive: sharing won't help, ask them to allow this one.",
  teamDriveMembershipRequired: "That needs a member of the shared drive: ask one of its managers to add you.",
  teamDrivesSharingRestriction: "The shared drive's settings forbid it: ask one of its managers.",
  cannotDownloadAbusiveFile:
    "Google takes the file for malware or spam: its owner, or a manager of the shared drive, can read it with `acknowledgeAbuse: true`.",
  cannotCopyFile:
    "Its owner forbids those who may only read it to copy it: ask for a writer's rights, or for the file.",
  cannotDownloadFile: NO_DOWNLOAD,
  fileNotDownloadable: NO_DOWNLOAD,
  fileContentRestricted: "It is locked: unlock it in Drive, or have whoever locked it do so.",
};
