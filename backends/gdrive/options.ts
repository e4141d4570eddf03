import { InvalidArgumentError } from "../../lib/errors.ts";
import type { OnWarning } from "../../lib/warnings.ts";
import { type RetryOptions, wrongLimit } from "../transport/mod.ts";
import type { DriveCredentials } from "./auth/mod.ts";

/** Which digest whole objects are held against when they are read; `false` holds them against none. */
export type DriveChecksums = "SHA256" | "MD5" | false;

/** Options of {@linkcode GDriveBackend}. */
export interface GDriveOptions {
  /** Who asks: a service account, a refresh token, or a function that gives access tokens. */
  readonly credentials: DriveCredentials;
  /** The shared drive to work in; default My Drive. */
  readonly driveId?: string;
  /** The folder that is the root, by its id; default the drive's own. */
  readonly folderId?: string;
  /** Where Drive is; default `"https://www.googleapis.com"`. */
  readonly endpoint?: string;
  /** How many requests may run at once for one object; default 4 for reads. Uploads are sequential. */
  readonly concurrency?: number;
  /** Bytes of a stream that are sent at a time, and kept until Drive has them: rounded up to 256 KiB, 1 GiB at most, default 4 MiB. Two such pieces are in memory. Larger ones are faster over long distances: Drive takes one after the other. */
  readonly partSize?: number;
  /** What whole objects are held against when they are read: default SHA-256. Where Drive doesn't tell the one, the other. */
  readonly checksums?: DriveChecksums;
  /** How often and how long a failed request is tried again: a number of attempts, or more precisely; default 10 within three minutes. */
  readonly retries?: number | RetryOptions;
  /** Limits in milliseconds: until a connection stands (default 10,000), and without a byte moving (default 30,000). */
  readonly timeout?: { readonly connect?: number; readonly idle?: number };
  /** Receives warnings; by default the first of each kind is printed. */
  readonly onWarning?: OnWarning;
}

/** Throws {@linkcode InvalidArgumentError} on options that can't work. */
export function checkOptions(options: GDriveOptions): void {
  const wrong = (what: string) => {
    throw new InvalidArgumentError(`GDriveBackend: ${what}`);
  };
  const { credentials, endpoint, partSize, checksums } = options;
  if (typeof credentials !== "function" && (typeof credentials !== "object" || credentials === null)) {
    wrong(
      "`credentials` are missing: a service account's key, a refresh token, or a function that gives access tokens",
    );
  }
  if (endpoint !== undefined) {
    const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
    const loopback = url && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
    if (url?.protocol !== "https:" && !(url?.protocol === "http:" && loopback)) {
      wrong(`"${endpoint}" is no endpoint: tokens are sent by https only, or on this machine`);
    }
  }
  for (const [name, id] of [["driveId", options.driveId], ["folderId", options.folderId]] as const) {
    if (id !== undefined && !/^[\w-]+$/.test(id)) {
      wrong(
        `\`${name}\` is an id, as in the address of the drive or folder in a browser, not ${
          JSON.stringify(id)
        }`,
      );
    }
  }
  if (partSize !== undefined && !isPartSize(partSize)) {
    wrong(`\`partSize\` must be a positive whole number of bytes, not ${partSize}`);
  }
  if (checksums !== undefined && checksums !== false && checksums !== "MD5" && checksums !== "SHA256") {
    wrong(`\`checksums\` must be "SHA256", "MD5" or false, not ${JSON.stringify(checksums)}`);
  }
  const limit = wrongLimit(options);
  if (limit !== undefined) wrong(limit);
}

/** Bytes of a stream that are sent at a time, at most: as many are in memory twice. */
export const LARGEST_PART = 1024 ** 3;

/** Whether a stream can be sent so many bytes at a time. */
export function isPartSize(size: number): boolean {
  return Number.isSafeInteger(size) && size > 0;
}
