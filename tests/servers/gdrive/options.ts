/** What a stand-in can be started with. */

/** What the callers may do in shared drives. */
export type Role = "organizer" | "fileOrganizer" | "writer" | "reader";

/** A shared drive to start with. */
export interface DriveName {
  /** Also the id of its root folder. */
  readonly id: string;
  readonly name: string;
  /** Whether the callers are members. Default true; else they see what is shared with them by itself. */
  readonly member?: boolean;
}

/** Options of `startDrive`. */
export interface DriveOptions {
  /** Default 0: a free port. */
  readonly port?: number;
  /** Let web pages of any origin in. */
  readonly cors?: boolean;
  /** Shared drives to start with. */
  readonly drives?: readonly DriveName[];
  /** So many milliseconds lists are behind. Default 0. */
  readonly lag?: number;
  /** The callers' role in every shared drive. Default `"organizer"`. */
  readonly role?: Role;
  /** Bytes that My Drive has room for; beyond, storageQuotaExceeded. Default: no limit. */
  readonly quota?: number;
  /** Parts of a resumable upload but the last are multiples of it. Default 256 KiB, as with Google. */
  readonly chunkMultiple?: number;
  /** Tell the MD5 of what is kept of a resumable upload, as Google's servers do and no documentation says. Default true. */
  readonly rangeMd5?: boolean;
  /** The user declines at the consent page. */
  readonly declines?: boolean;
}

/** What operations need to know of the options. */
export interface Settings {
  readonly role: Role;
  readonly quota: number;
  readonly chunkMultiple: number;
  readonly rangeMd5: boolean;
  readonly declines: boolean;
}

/** The largest body that goes in one request: larger ones need a session. */
export const MAX_SIMPLE_UPLOAD: number = 5 * 1024 * 1024;
