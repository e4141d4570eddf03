/**
 * Opening Google Drive: who asks, by what is given, what the environment says, and what the user's files say.
 *
 * @module
 */
import { processEnvironment, readOptionsFile } from "../../lib/config/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import type { InterfaceOptions } from "../../lib/objects/mod.ts";
import { type DriveParameters, optionOrUrl } from "../../lib/open/mod.ts";
import type { Backend } from "../backend.ts";
import { driveCredentials } from "./auth/mod.ts";
import { type DriveChecksums, GDriveBackend } from "./mod.ts";

/**
 * Opens a drive; nothing is sent.
 *
 * @param parameters What its URL says.
 * @throws {AccessDeniedError} when there are no credentials.
 */
export async function openDrive(parameters: DriveParameters, options: InterfaceOptions): Promise<Backend> {
  const { secrets, subject, partSize, concurrency, retries, timeout, onWarning } = options;
  const environment = processEnvironment();
  const file = await readOptionsFile(environment, typeof options.credentials !== "function");
  const credentials = await driveCredentials(
    { secrets, subject, credentials: keyOf(options.credentials) },
    environment,
    file,
  );
  return new GDriveBackend({
    credentials,
    driveId: optionOrUrl("driveId", options.driveId, parameters.driveId),
    folderId: optionOrUrl("folderId", options.folderId, parameters.folderId),
    endpoint: optionOrUrl("endpoint", options.endpoint, parameters.endpoint),
    // Drive's own pieces need not grow.
    partSize: partSize === "auto" ? undefined : partSize,
    checksums: checksumsOf(options.checksums),
    concurrency,
    retries,
    timeout,
    onWarning,
  });
}

/** What may be credentials for Drive; a function's answer is looked at when it comes. */
function keyOf(
  credentials: InterfaceOptions["credentials"],
): string | object | (() => Promise<string>) | undefined {
  if (credentials === "anonymous") {
    throw new InvalidArgumentError(
      'Google Drive answers nobody without credentials: leave `credentials: "anonymous"` out, and log in',
    );
  }
  if (typeof credentials !== "function") return credentials;
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

function checksumsOf(checksums: InterfaceOptions["checksums"]): DriveChecksums | undefined {
  if (checksums === undefined || checksums === false || checksums === "MD5" || checksums === "SHA256") {
    return checksums;
  }
  throw new InvalidArgumentError(
    `Drive tells SHA-256 and MD5 of what it has, and no ${checksums}: set \`checksums\` to "SHA256", "MD5" or false`,
  );
}
