/** Faults: what goes wrong, for which requests, how often. */
import { type FaultTimes, fits, isOneOf, type TransportFault } from "../http/fault.ts";
import type { Operation } from "./route.ts";
import type { DriveStore, StoredFile } from "./store.ts";

/** What a fault can be chosen by. */
export interface FaultRequest {
  readonly method: string;
  readonly operation?: Operation;
  /** The file it is for, `root` resolved; of an upload's session, the file that is updated. */
  readonly fileId?: string;
  /** The name of that file, or of the one to be made. */
  readonly name?: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Which requests a fault meets; all that is given must hold. */
export interface FaultMatch extends FaultTimes {
  readonly operation?: Operation | readonly Operation[];
  readonly method?: string;
  readonly fileId?: string;
  /**
   * The name of the file concerned. Where it is in the request's body, as for a file to be made, the fault meets the request once
   * the body has come; `files.list` has none.
   */
  readonly name?: string | RegExp | ((name: string) => boolean);
  /** Anything else. */
  readonly when?: (request: FaultRequest) => boolean;
}

/** What goes wrong. After a `reset` amid a session's PUT, what had come stays, as when the client breaks off. */
export type FaultAction =
  | TransportFault
  /** Answer an error; nothing is done. `early`: before the request's body is read. */
  | {
    readonly kind: "status";
    readonly status: number;
    readonly reason: string;
    readonly message?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly early?: boolean;
  }
  /** Answer with this page instead, as a proxy would. Nothing is done unless `applied`. */
  | { readonly kind: "answer"; readonly body: string; readonly applied?: boolean }
  /** Store the media with the lowest bit of one byte flipped. Default: of the first that the request brings. */
  | { readonly kind: "corruptUpload"; readonly atByte?: number }
  /** Keep only so many bytes of a session's PUT, rounded down as always, and answer 308. */
  | { readonly kind: "partial"; readonly keep: number }
  /** The session is gone, from this request on. Default 404. */
  | { readonly kind: "expireSession"; readonly status?: 404 | 410 }
  /** The token that the request comes with is worth nothing, from this request on. */
  | { readonly kind: "expireToken" }
  /** `files.list` finds nothing, and there is no next page: it happens where several folders are asked for at once. */
  | { readonly kind: "emptyList" }
  /** `files.list` leaves files out, and doesn't say so: the same, for some of the folders. */
  | { readonly kind: "omitFromList"; readonly omit: (file: StoredFile) => boolean }
  /** `files.list` says that it has not looked everywhere. */
  | { readonly kind: "incompleteSearch" }
  /** `files.list` answers at most so many files, even none, with a token for the rest: Drive may always do that. */
  | { readonly kind: "shortPage"; readonly most: number }
  /** The user declines at the consent page. */
  | { readonly kind: "decline" }
  /** Change what is stored just before the request is served, which waits for that. */
  | { readonly kind: "run"; readonly run: (store: DriveStore) => unknown };

/** A fault to inject. */
export type Fault = FaultMatch & FaultAction;

/** Whether a fault is meant for a request. */
export function matches(fault: FaultMatch, request: FaultRequest): boolean {
  const { operation, method, fileId, name, when } = fault;
  if (operation !== undefined && !isOneOf(request.operation, operation)) return false;
  if (method !== undefined && method !== request.method) return false;
  if (fileId !== undefined && fileId !== request.fileId) return false;
  if (name !== undefined && !fits(request.name, name)) return false;
  return when?.(request) ?? true;
}
