/** The stand-in as tests see it. */
import type { InjectedFault } from "../http/fault.ts";
import type { HttpRecord } from "../http/record.ts";
import type { Fault, FaultAction } from "./fault.ts";
import type { ClientSecrets, ServiceAccount } from "./keys.ts";
import type { Operation } from "./route.ts";
import type { UploadSession } from "./sessions.ts";
import type { DriveStore } from "./store.ts";

/** What is remembered of a request. */
export interface RequestRecord extends HttpRecord {
  /** `undefined` when the request makes no sense. */
  readonly operation?: Operation;
  /** The file it is for, `root` resolved; of an upload's session, the file that is updated. */
  readonly fileId?: string;
  /** The name of that file, or of the one to be made. */
  readonly name?: string;
  /** The reason, or OAuth's code, of the error answered. */
  readonly reason?: string;
  readonly faults: readonly FaultAction["kind"][];
}

/** Whom a token is for. */
export interface TokenOptions {
  /** The client whose private properties are seen. Default: the one of `clientSecrets`, or the service account's own. */
  readonly clientId?: string;
  /** Seconds. Default 3599. */
  readonly expiresIn?: number;
  /** Not the user, but the service account on its own. */
  readonly serviceAccount?: boolean;
  /** Default: everything. */
  readonly scopes?: readonly string[];
}

/** A running stand-in. */
export interface FakeDrive extends AsyncDisposable {
  /** `http://127.0.0.1:port`: the API is at `/drive/v3/…`, uploads are at `/upload/drive/v3/…`. */
  readonly endpoint: string;
  readonly port: number;
  /** Where tokens are given out. */
  readonly tokenUrl: string;
  /** The consent page. */
  readonly authUrl: string;
  readonly serviceAccount: ServiceAccount;
  readonly clientSecrets: ClientSecrets;
  /** Good for the client of `clientSecrets`. */
  readonly refreshToken: string;
  /** All requests so far, in order of arrival; may be emptied. */
  readonly requests: RequestRecord[];
  readonly store: DriveStore;
  /** The open sessions of resumable uploads, by upload id. */
  readonly sessions: ReadonlyMap<string, UploadSession>;
  /** So many milliseconds lists are behind; may be changed. */
  lag: number;
  /** Makes an access token. */
  token(who?: TokenOptions): string;
  /** Makes all access tokens worthless; refresh tokens stay good. */
  revokeTokens(): void;
  /** Lets something go wrong. */
  inject(fault: Fault): InjectedFault;
  /** Ends all faults. */
  clearFaults(): void;
  /** Resolves when no request is being served; rejects when some still is after half a minute: whoever sent it has forgotten it. */
  idle(): Promise<void>;
  /** Closes the port and all connections. */
  shutdown(): Promise<void>;
}
