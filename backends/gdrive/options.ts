import type { OptionTable } from "../../lib/options.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import {
  checkConnectionOptions,
  type ConnectionOptions,
  isPartSize,
  type StoreOptions,
  wrongEndpoint,
  wrongLimit,
} from "../options.ts";
import type { DriveCredentials } from "./auth/mod.ts";

/** Which digest whole objects are held against when they are read; `false` holds them against none. */
export type DriveChecksums = "SHA256" | "MD5" | false;

/** Options of {@linkcode GDriveBackend}. Without `concurrency` 4 requests run at once for reads; uploads are sequential. */
export interface GDriveOptions extends ConnectionOptions {
  /** The id of the shared drive to work in; default My Drive. */
  readonly driveId?: string;
  /** The id of the folder that is the root; default the drive's own. */
  readonly folderId?: string;
  /** What the link of `folderId` has as `resourcekey=…`, where it is an old one: who comes by it needs both. */
  readonly resourceKey?: string;
  /** Read what Google takes for malware or spam, which only its owner may, or a manager of the shared drive; default false. */
  readonly acknowledgeAbuse?: boolean;
  /** Who asks: a service account, a refresh token, or a function that gives access tokens. */
  readonly credentials: DriveCredentials;
  /** Bytes of a stream that are sent at a time, and kept until Drive has them: rounded up to 256 KiB, 1 GiB at most, default 4 MiB. Two such pieces are in memory. Larger ones are faster over long distances: Drive takes one after the other. */
  readonly partSize?: number;
  /** What whole objects are held against when they are read: default SHA-256. Where Drive doesn't tell the one, the other. */
  readonly checksums?: DriveChecksums;
}

/** The names of {@linkcode GDriveOptions} that are Drive's own. */
const DRIVE_OPTIONS: OptionTable<Omit<GDriveOptions, keyof ConnectionOptions>> = {
  driveId: true,
  folderId: true,
  resourceKey: true,
  acknowledgeAbuse: true,
  credentials: true,
};

/** What opening a drive by its URL may be told. */
export interface DriveOpenOptions
  extends StoreOptions, Pick<GDriveOptions, "driveId" | "folderId" | "resourceKey" | "acknowledgeAbuse"> {
  /** An OAuth client's `client_secrets.json`, its path or its parsed JSON, where the credentials name no client; default that of Python's cottoncandy. */
  readonly secrets?: string | object;
  /** The user for whom a service account acts, where the domain lets it. */
  readonly subject?: string;
}

/** Throws {@linkcode InvalidArgumentError} on options that can't work. */
export function checkDriveOptions(options: GDriveOptions): void {
  checkConnectionOptions(options, DRIVE_OPTIONS);
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
    const wrongAddress = wrongEndpoint(endpoint);
    if (wrongAddress !== undefined) wrong(wrongAddress);
    const { protocol, hostname } = new URL(endpoint);
    if (protocol !== "https:" && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) {
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
  const { resourceKey, folderId } = options;
  if (resourceKey !== undefined && (folderId === undefined || !/^[\w-]+$/.test(resourceKey))) {
    wrong(
      "`resourceKey` is what the link of a `folderId` has behind `resourcekey=`: give both, as they are there",
    );
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
