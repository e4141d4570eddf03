/**
 * Opening Google Drive, `gdrive://optional/folder?driveId=…`: who asks, by what is given, what the environment says, and what the user's files say.
 *
 * @module
 */
import { processEnvironment, readOptionsFile } from "../../lib/config/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { isCredentialProvider } from "../options.ts";
import {
  type OpenedStore,
  optionOrUrl,
  refuseUserInfo,
  splitOnce,
  type StoreTarget,
  urlParameters,
} from "../target.ts";
import { driveCredentials } from "./auth/mod.ts";
import { type DriveChecksums, GDriveBackend } from "./mod.ts";
import type { DriveOpenOptions, GDriveOptions } from "./options.ts";

/**
 * Opens a drive; nothing is sent.
 *
 * @throws {InvalidArgumentError} when the target or an option makes no sense, or says something else than the other.
 * @throws {AccessDeniedError} when there are no credentials.
 */
export async function openDrive(target: StoreTarget, options: DriveOpenOptions): Promise<OpenedStore> {
  const { prefix, ...place } = parseDriveTarget(target);
  const { secrets, subject, partSize, concurrency, retries, timeout, proxy, ca, onWarning } = options;
  const environment = processEnvironment();
  const file = await readOptionsFile(environment, typeof options.credentials !== "function");
  const credentials = await driveCredentials(
    { secrets, subject, credentials: keyOf(options.credentials) },
    environment,
    file,
  );
  const backend = new GDriveBackend({
    credentials,
    driveId: optionOrUrl("driveId", options.driveId, place.driveId),
    folderId: optionOrUrl("folderId", options.folderId, place.folderId),
    resourceKey: optionOrUrl("resourceKey", options.resourceKey, place.resourceKey),
    acknowledgeAbuse: options.acknowledgeAbuse,
    endpoint: optionOrUrl("endpoint", options.endpoint, place.endpoint),
    // Drive's own pieces need not grow.
    partSize: partSize === "auto" ? undefined : partSize,
    checksums: checksumsOf(options.checksums),
    concurrency,
    retries,
    timeout,
    proxy,
    ca,
    onWarning,
  });
  return { backend, prefix, announcement: "Google drive backend instantiated." };
}

/** What a target says of where a root is, and where in it names begin. Drive has one root, and no name for it: by default that. */
export function parseDriveTarget(
  target: StoreTarget,
): Pick<GDriveOptions, "driveId" | "folderId" | "resourceKey" | "endpoint"> & { prefix: string } {
  if (target.kind !== "url") return { prefix: target.kind === "name" ? target.name : "" };
  refuseUserInfo(target);
  const [prefix, query] = splitOnce(target.rest, "?");
  return { prefix, ...urlParameters(target.url, query, ["driveId", "folderId", "resourceKey", "endpoint"]) };
}

/** What may be credentials for Drive; a function's answer is looked at when it comes. */
function keyOf(
  credentials: DriveOpenOptions["credentials"],
): string | object | (() => Promise<string>) | undefined {
  if (credentials === "anonymous") {
    throw new InvalidArgumentError(
      'Google Drive answers nobody without credentials: leave `credentials: "anonymous"` out, and log in',
    );
  }
  if (!isCredentialProvider(credentials)) return credentials;
  const known = providers.get(credentials);
  if (known) return known;
  const provider = async () => {
    const token = await credentials();
    if (typeof token === "string") return token;
    throw new InvalidArgumentError(
      "for Google Drive, a function of credentials gives an access token, a string",
    );
  };
  providers.set(credentials, provider);
  return provider;
}

/** By one function, one user is told, however often a drive is opened with it. */
const providers = new WeakMap<() => Promise<unknown>, () => Promise<string>>();

function checksumsOf(checksums: DriveOpenOptions["checksums"]): DriveChecksums | undefined {
  if (checksums === undefined || checksums === false || checksums === "MD5" || checksums === "SHA256") {
    return checksums;
  }
  throw new InvalidArgumentError(
    `Drive tells SHA-256 and MD5 of what it has, and no ${checksums}: set \`checksums\` to "SHA256", "MD5" or false`,
  );
}
