/**
 * Opening a bucket, `s3://bucket/optional/prefix?endpoint=…&region=…` or its name: where the server is and what signs the requests, by what is given, what the environment says, and what the user's files say.
 *
 * @module
 */
import {
  type AccessKey,
  type Environment,
  type OptionsFile,
  processEnvironment,
  readOptionsFile,
} from "../../lib/config/mod.ts";
import { hasPlatform } from "../../lib/environment.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { warnOncePerKind } from "../../lib/warnings.ts";
import { isCredentialProvider, shownUrl } from "../options.ts";
import {
  type OpenedStore,
  optionOrUrl,
  refuseUserInfo,
  splitOnce,
  type StoreTarget,
  urlParameters,
} from "../target.ts";
import { credentialChain, sharedConfig } from "./credentials.ts";
import { S3Backend } from "./mod.ts";
import type { S3Credentials, S3OpenOptions, S3Options } from "./options.ts";

/** What a target says of where a bucket is, and where in it names begin. */
interface S3Target extends Pick<S3Options, "bucket" | "endpoint" | "region" | "forcePathStyle"> {
  /** Names are relative to it. */
  readonly prefix: string;
}

/**
 * Opens a bucket; nothing is sent.
 *
 * @throws {InvalidArgumentError} when the target or an option makes no sense, or says something else than the other.
 */
export async function openS3(target: StoreTarget, options: S3OpenOptions): Promise<OpenedStore> {
  const environment = processEnvironment();
  const place: S3Target = target.kind === "default"
    ? { bucket: await defaultBucket(environment), prefix: "" }
    : parseS3Target(target);
  const explicit = explicitCredentials(options);
  const ownEndpoint = optionOrUrl("endpoint", options.endpoint, place.endpoint);
  // Whoever says who asks, and where, needs nothing of it.
  const file = await readOptionsFile(environment, explicit === undefined || ownEndpoint === undefined);
  const { profile, partSize, concurrency, checksums, retries, timeout, proxy, ca, onWarning } = options;
  const { storageClass, sse, requestPayer, conditionalWrites } = options;
  const ownRegion = optionOrUrl("region", options.region, place.region);
  const shared = ownEndpoint === undefined || ownRegion === undefined ? await sharedConfig({ profile }) : {};
  warnOfSignature(file, onWarning);
  const credentials = explicit ?? (hasPlatform()
    ? credentialChain({
      profile,
      afterEnvironment: () => environmentKeys(environment),
      afterProfiles: async () => await passwdKeys(environment, place.bucket) ?? file?.keys,
    })
    : undefined);
  const backend = new S3Backend({
    bucket: place.bucket,
    endpoint: ownEndpoint ?? shared.endpoint ?? file?.endpoint,
    region: ownRegion ?? shared.region,
    forcePathStyle: optionOrUrl("forcePathStyle", options.forcePathStyle, place.forcePathStyle),
    credentials,
    partSize,
    concurrency,
    checksums,
    retries,
    timeout,
    proxy,
    ca,
    onWarning,
    conditionalWrites,
    storageClass,
    sse,
    requestPayer,
  });
  return { backend, prefix: place.prefix, mandatoryBucketPrefix: file?.mandatoryBucketPrefix };
}

/**
 * Reads a URL or a bucket's name.
 *
 * @throws {InvalidArgumentError} when it names no bucket, or says something after its `?` that means nothing.
 */
export function parseS3Target(target: Exclude<StoreTarget, { kind: "default" }>): S3Target {
  if (target.kind === "name") {
    const { name } = target;
    if (name !== "" && !name.includes("/")) return { bucket: name, prefix: "" };
    throw new InvalidArgumentError(
      `${
        JSON.stringify(name)
      } is no bucket's name: write s3://bucket/prefix for a prefix, or name another backend`,
    );
  }
  refuseUserInfo(target);
  const { url, rest } = target;
  const [path, query] = splitOnce(rest, "?");
  const [bucket, prefix] = splitOnce(path, "/");
  if (bucket === "") {
    throw new InvalidArgumentError(`"${shownUrl(url)}" names no bucket: write s3://bucket/optional/prefix`);
  }
  const parameters = urlParameters(url, query, ["endpoint", "region", "forcePathStyle"]);
  const { forcePathStyle, ...place } = parameters;
  if (forcePathStyle === undefined) return { bucket, prefix, ...place };
  if (forcePathStyle !== "true" && forcePathStyle !== "false") {
    throw new InvalidArgumentError(
      `"${shownUrl(url)}" says forcePathStyle=${forcePathStyle}: it is true or false`,
    );
  }
  return { bucket, prefix, ...place, forcePathStyle: forcePathStyle === "true" };
}

/** The bucket that `options.cfg` names as default. */
async function defaultBucket(environment: Environment): Promise<string> {
  const bucket = (await readOptionsFile(environment))?.defaultBucket;
  if (bucket !== undefined) return bucket;
  throw new InvalidArgumentError(
    "what is to be opened? Give a URL or a bucket's name, or set default_bucket in cottoncandy's options.cfg",
  );
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

function explicitCredentials(options: S3OpenOptions): S3Options["credentials"] {
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
  credentials: NonNullable<S3OpenOptions["credentials"]>,
): NonNullable<S3Options["credentials"]> {
  if (isCredentialProvider(credentials)) {
    return async () => {
      const keys = await credentials();
      if (typeof keys === "string") throw notForS3Error("the function gives an access token");
      return checkedKeys(keys);
    };
  }
  if (credentials === "anonymous") return credentials;
  if (typeof credentials === "string") throw notForS3Error("a path");
  return checkedKeys(credentials);
}

function checkedKeys(keys: unknown): S3Credentials {
  if (isS3Credentials(keys)) return keys;
  const what = typeof keys === "object" && keys && "type" in keys
    ? "a key for Google Drive"
    : "what was given";
  throw notForS3Error(what);
}

function isS3Credentials(keys: unknown): keys is S3Credentials {
  return typeof keys === "object" && keys !== null && "accessKeyId" in keys && "secretAccessKey" in keys;
}

function notForS3Error(what: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `credentials for S3 are accessKeyId and secretAccessKey, a function that gets them, or "anonymous", not ${what}`,
  );
}

/** The environment variables that Python's cottoncandy looks at; Amazon's own have longer names. */
export function environmentKeys({ variable }: Environment): AccessKey | undefined {
  const accessKeyId = variable("AWS_ACCESS_KEY");
  const secretAccessKey = variable("AWS_SECRET_KEY");
  return accessKeyId === undefined || secretAccessKey === undefined
    ? undefined
    : { accessKeyId, secretAccessKey };
}

/**
 * The keys that `~/.passwd-s3fs` has for a bucket. Its lines are `ACCESS:SECRET` and `BUCKET:ACCESS:SECRET`; of those without a bucket the first
 * counts, as in Python's cottoncandy.
 *
 * Source: https://github.com/s3fs-fuse/s3fs-fuse/wiki/Fuse-Over-Amazon, "password file".
 *
 * @throws {InvalidArgumentError} for a line that is neither.
 */
export async function passwdKeys(environment: Environment, bucket: string): Promise<AccessKey | undefined> {
  const { home } = environment;
  if (home === undefined) return undefined;
  const path = `${home}/.passwd-s3fs`;
  const text = await environment.readText(path);
  let general: AccessKey | undefined;
  for (const [index, line] of (text ?? "").split("\n").entries()) {
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    const fields = content.split(":");
    const [secretAccessKey, accessKeyId, name] = fields.reverse();
    if (fields.length < 2 || fields.length > 3 || !accessKeyId || !secretAccessKey) {
      throw new InvalidArgumentError(
        `${path}, line ${index + 1} is neither ACCESS:SECRET nor BUCKET:ACCESS:SECRET`,
      );
    }
    if (name === bucket) return { accessKeyId, secretAccessKey };
    if (name === undefined) general ??= { accessKeyId, secretAccessKey };
  }
  return general;
}
