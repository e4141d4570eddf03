/**
 * Opening a bucket: where the server is and what signs the requests, by what is given, what the environment says, and what the user's files say.
 *
 * @module
 */
import { type OptionsFile, processEnvironment, readOptionsFile } from "../../lib/config/mod.ts";
import { hasPlatform, isNotGranted } from "../../lib/environment.ts";
import { AccessDeniedError, InvalidArgumentError } from "../../lib/errors.ts";
import type { InterfaceOptions } from "../../lib/objects/mod.ts";
import { optionOrUrl, type S3Parameters } from "../../lib/open/mod.ts";
import { warnOncePerKind } from "../../lib/warnings.ts";
import type { Backend } from "../backend.ts";
import { environmentKeys, passwdKeys } from "./credentials.ts";

type S3Options = ConstructorParameters<S3Module["S3Backend"]>[0];
type S3Module = typeof import("./mod.ts");

/** An opened bucket. */
export interface OpenedS3 {
  /** The bucket. */
  readonly backend: Backend;
  /** What the names of new buckets must begin with. */
  readonly mandatoryBucketPrefix?: string;
}

/**
 * The bucket that `options.cfg` names as default.
 *
 * @throws {InvalidArgumentError} when it names none.
 */
export async function defaultBucket(): Promise<string> {
  const bucket = (await readOptionsFile(processEnvironment()))?.defaultBucket;
  if (bucket !== undefined) return bucket;
  throw new InvalidArgumentError(
    "what is to be opened? Give a URL or a bucket's name, or set default_bucket in cottoncandy's options.cfg",
  );
}

/**
 * Opens a bucket; nothing is sent.
 *
 * @param parameters What its URL says.
 * @throws {AccessDeniedError} when Deno was not allowed to load the AWS SDK.
 */
export async function openS3(
  bucket: string,
  parameters: S3Parameters,
  options: InterfaceOptions,
): Promise<OpenedS3> {
  const environment = processEnvironment();
  const explicit = explicitCredentials(options);
  const ownEndpoint = optionOrUrl("endpoint", options.endpoint, parameters.endpoint);
  // Whoever says who asks, and where, needs nothing of it.
  const file = await readOptionsFile(environment, explicit === undefined || ownEndpoint === undefined);
  const { S3Backend, credentialChain, sharedConfig } = await loadS3();
  const { profile, partSize, concurrency, checksums, retries, timeout, onWarning } = options;
  const shared = await sharedConfig({ profile });
  warnOfSignature(file, onWarning);
  const credentials = explicit ?? (hasPlatform()
    ? credentialChain({
      profile,
      afterEnvironment: () => environmentKeys(environment),
      afterProfiles: async () => await passwdKeys(environment, bucket) ?? file?.keys,
    })
    : undefined);
  const backend = new S3Backend({
    bucket,
    endpoint: ownEndpoint ?? shared.endpoint ?? file?.endpoint,
    region: optionOrUrl("region", options.region, parameters.region) ?? shared.region,
    forcePathStyle: optionOrUrl("forcePathStyle", options.forcePathStyle, parameters.forcePathStyle),
    credentials,
    partSize,
    concurrency,
    checksums,
    retries,
    timeout,
    onWarning,
  });
  return { backend, mandatoryBucketPrefix: file?.mandatoryBucketPrefix };
}

/** The SDK reads variables of the environment while it is loaded, whatever it is then told. */
async function loadS3(): Promise<S3Module> {
  try {
    return await import("./mod.ts");
  } catch (cause) {
    if (!isNotGranted(cause)) throw cause;
    throw new AccessDeniedError(
      "the AWS SDK can't be loaded: it looks into the environment. Run Deno with --allow-env, or with --ignore-env to show it none",
      { cause },
    );
  }
}

function warnOfSignature(file: OptionsFile | undefined, onWarning = warnOncePerKind): void {
  const version = file?.signatureVersion;
  if (version === undefined || /^(?:s3)?v4$/.test(version)) return;
  onWarning({
    kind: "configuration",
    message:
      `${file?.path} asks for signature_version "${version}", which is not supported: requests are signed with version 4`,
  });
}

function explicitCredentials(options: InterfaceOptions): S3Options["credentials"] {
  const { credentials, accessKeyId, secretAccessKey, sessionToken } = options;
  if (accessKeyId === undefined && secretAccessKey === undefined) {
    if (sessionToken !== undefined) {
      throw new InvalidArgumentError("sessionToken needs accessKeyId and secretAccessKey beside it");
    }
    return credentials === undefined ? undefined : s3Credentials(credentials);
  }
  if (credentials !== undefined) {
    throw new InvalidArgumentError("give either credentials or accessKeyId and secretAccessKey, not both");
  }
  if (!accessKeyId || !secretAccessKey) {
    throw new InvalidArgumentError(
      `${accessKeyId ? "secretAccessKey" : "accessKeyId"} is missing: give both keys, or neither`,
    );
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** Credentials that are for S3, and not for Drive. */
function s3Credentials(
  credentials: NonNullable<InterfaceOptions["credentials"]>,
): NonNullable<S3Options["credentials"]> {
  if (typeof credentials === "function") {
    return async () => {
      const given = await credentials();
      if (typeof given === "string") throw notForS3("the function gives an access token");
      return given;
    };
  }
  if (credentials === "anonymous") return credentials;
  if (typeof credentials === "string") throw notForS3("a path");
  if ("type" in credentials) throw notForS3("a key for Google Drive");
  return credentials;
}

function notForS3(what: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `credentials for S3 are accessKeyId and secretAccessKey, a function that gets them, or "anonymous", not ${what}`,
  );
}
