/** Which operation a request asks for: method, path and query, as in Drive's REST reference. */
import { driveError } from "./error.ts";

/** The operations served. */
export type Operation =
  | "about.get"
  | "auth"
  | "drives.get"
  | "drives.list"
  | "files.copy"
  | "files.create"
  | "files.delete"
  | "files.download"
  | "files.generateIds"
  | "files.get"
  | "files.list"
  | "files.update"
  | "revisions.get"
  | "revisions.list"
  | "token"
  | "upload.cancel"
  | "upload.create"
  | "upload.put"
  | "upload.start"
  | "upload.status"
  | "upload.update";

/** What a request is for. */
export interface Target {
  readonly operation: Operation;
  /** As given: may be `root`. */
  readonly fileId?: string;
  readonly revisionId?: string;
  readonly driveId?: string;
  /** The session of a resumable upload. */
  readonly uploadId?: string;
}

/** The target, or notFound. */
export function route(
  method: string,
  path: string,
  query: URLSearchParams,
  contentRange: string | undefined,
): Target {
  const target = findTarget(method, path, query, contentRange);
  if (!target) throw driveError("notFound", `Not Found: ${method} ${path}`);
  return target;
}

function findTarget(
  method: string,
  path: string,
  query: URLSearchParams,
  contentRange: string | undefined,
): Target | undefined {
  if (path === "/token") return method === "POST" ? { operation: "token" } : undefined;
  if (path === "/o/oauth2/v2/auth") return method === "GET" ? { operation: "auth" } : undefined;
  const [, upload, rest] = /^(\/upload)?\/drive\/v3\/(.+)$/.exec(path) ?? [];
  if (rest === undefined) return undefined;
  const parts = rest.split("/").map(decode);
  return upload === undefined
    ? apiTarget(method, parts, query)
    : uploadTarget(method, parts, query, contentRange);
}

function apiTarget(method: string, parts: readonly string[], query: URLSearchParams): Target | undefined {
  const [collection, id, sub, subId] = parts;
  if (parts.length > 4 || parts.some((part) => part === "")) return undefined;
  if (collection === "about") return method === "GET" && !id ? { operation: "about.get" } : undefined;
  if (collection === "drives") {
    if (method !== "GET" || sub !== undefined) return undefined;
    return id === undefined ? { operation: "drives.list" } : { operation: "drives.get", driveId: id };
  }
  if (collection !== "files") return undefined;
  if (id === undefined) {
    return method === "GET"
      ? { operation: "files.list" }
      : method === "POST"
      ? { operation: "files.create" }
      : undefined;
  }
  if (sub === "copy") {
    return method === "POST" && !subId ? { operation: "files.copy", fileId: id } : undefined;
  }
  if (sub === "revisions" && method === "GET") {
    return subId === undefined
      ? { operation: "revisions.list", fileId: id }
      : { operation: "revisions.get", fileId: id, revisionId: subId };
  }
  if (sub !== undefined) return undefined;
  switch (method) {
    case "GET":
      if (id === "generateIds") return { operation: "files.generateIds" };
      return { operation: query.get("alt") === "media" ? "files.download" : "files.get", fileId: id };
    case "PATCH":
      return { operation: "files.update", fileId: id };
    case "DELETE":
      return { operation: "files.delete", fileId: id };
  }
}

function uploadTarget(
  method: string,
  parts: readonly string[],
  query: URLSearchParams,
  contentRange: string | undefined,
): Target | undefined {
  const [collection, fileId] = parts;
  if (collection !== "files" || parts.length > 2 || fileId === "") return undefined;
  const uploadId = query.get("upload_id");
  if (uploadId !== null) {
    if (method === "DELETE") return { operation: "upload.cancel", uploadId };
    if (method !== "PUT") return undefined;
    const isStatus = /^bytes\s+\*\//.test(contentRange ?? "");
    return { operation: isStatus ? "upload.status" : "upload.put", uploadId };
  }
  if (method !== (fileId === undefined ? "POST" : "PATCH")) return undefined;
  if (query.get("uploadType") === "resumable") return { operation: "upload.start", fileId };
  return { operation: fileId === undefined ? "upload.create" : "upload.update", fileId };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw driveError("badRequest", "Bad Request");
  }
}
