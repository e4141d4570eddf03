/** The errors of Drive's API: reasons and statuses as in its guide "Resolve errors", and as clients report them. */

import type { Reply } from "../http/reply.ts";

const STATUS = {
  authError: 401,
  badRequest: 400,
  cannotAddParent: 403,
  cannotCopyFile: 403,
  fieldNotWritable: 403,
  fileIdInUse: 409,
  fileNotDownloadable: 403,
  insufficientFilePermissions: 403,
  insufficientPermissions: 403,
  internalError: 500,
  invalid: 400,
  invalidParameter: 400,
  invalidContentType: 400,
  myDriveHierarchyDepthLimitExceeded: 403,
  notFound: 404,
  parentNotAFolder: 403,
  parseError: 400,
  propertyCountLimitExceeded: 403,
  propertyLengthLimitExceeded: 403,
  requestedRangeNotSatisfiable: 416,
  required: 400,
  storageQuotaExceeded: 403,
  teamDriveHierarchyTooDeep: 403,
  teamDrivesFolderMoveInNotSupported: 403,
  teamDrivesParentLimit: 403,
  uploadTooLarge: 413,
} as const;

/** The reasons that the server itself gives; faults may give any. */
export type Reason = keyof typeof STATUS;

/** Where in a request the error is. */
export interface ErrorPlace {
  readonly location?: string;
  readonly locationType?: "parameter" | "header" | "other";
}

/** A failed request of the API. */
export class DriveError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    readonly place: ErrorPlace = {},
    readonly headers: Readonly<Record<string, string>> = {},
    /** The upload server speaks plain text, not JSON. */
    readonly isText: boolean = false,
  ) {
    super(message);
  }
}

/** Makes an error of the server's own vocabulary. */
export function driveError(
  reason: Reason,
  message: string,
  place: ErrorPlace = {},
  headers: Readonly<Record<string, string>> = {},
): DriveError {
  return new DriveError(STATUS[reason], reason, message, place, headers);
}

/** An error at a parameter. */
export function parameterError(reason: Reason, location: string, message = "Invalid Value"): DriveError {
  return driveError(reason, message, { location, locationType: "parameter" });
}

/** There is no such file for this caller. */
export function fileNotFound(id: string): DriveError {
  return parameterError("notFound", "fileId", `File not found: ${id}.`);
}

/** An error of the server that takes uploads in sessions. */
export function sessionError(status: number, reason: string, message: string): DriveError {
  return new DriveError(status, reason, message, {}, {}, true);
}

const USAGE = /quota|rateLimit|limitExceeded/i;

/** The JSON of an error. */
function errorJson({ status, reason, message, place }: DriveError): string {
  const domain = USAGE.test(reason) && !reason.startsWith("property") ? "usageLimits" : "global";
  return JSON.stringify(
    {
      error: { code: status, message, errors: [{ message, domain, reason, ...place }] },
    },
    null,
    1,
  );
}

/** A failed request for a token, answered as OAuth 2.0 says (RFC 6749 section 5.2). */
export class OAuthError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    description: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(description);
  }
}

/** The JSON of an OAuth error. */
function oauthErrorJson({ code, message }: OAuthError): string {
  return JSON.stringify({ error: code, error_description: message });
}

/** The answer to a failed request, and the reason or OAuth's code. */
export function errorReply(error: unknown): Reply & { readonly reason: string } {
  const answer = (
    status: number,
    type: string,
    headers: Readonly<Record<string, string>>,
    text: string,
  ): Reply => ({
    status,
    headers: { "content-type": `${type}; charset=UTF-8`, ...headers },
    body: [new TextEncoder().encode(text)],
  });
  if (error instanceof OAuthError) {
    const { status, headers, code: reason } = error;
    return { ...answer(status, "application/json", headers, oauthErrorJson(error)), reason };
  }
  const known = error instanceof DriveError ? error : driveError("internalError", String(error));
  const { status, headers, reason, isText, message } = known;
  return isText
    ? { ...answer(status, "text/plain", headers, message), reason }
    : { ...answer(status, "application/json", headers, errorJson(known)), reason };
}
