/**
 * Opening a store by its URL or name: what most programs begin with.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import { type BackendOptions, isRegistered, openBackend } from "../../backends/registry.ts";
import { checkOptions, type OptionTable } from "../options.ts";
import type { OpenedStore } from "../../backends/target.ts";
import type { EncryptionScheme, Keys } from "../../crypto/scheme.ts";
import type { Browser } from "../browse/mod.ts";
import type { EncryptionOptions } from "../encryption/mod.ts";
import { AccessDeniedError, AlreadyExistsError, InvalidArgumentError } from "../errors.ts";
import {
  bucketTable,
  checkBucketPrefix,
  DefaultInterface,
  EncryptedInterface,
  type InterfaceSettings,
} from "../interface/mod.ts";
import { type InterfaceDefaults, print } from "../objects/mod.ts";

/**
 * Options of {@linkcode getInterface}. `region` to `profile` are for S3, `secrets` to `folderId` for Google Drive, `headers`, `listing` and `oneObject` for `https://` URLs, and those of a
 * connection for all three; a store has no use for what is not for it.
 */
export interface InterfaceOptions extends InterfaceDefaults, BackendOptions {
  /** Print what Python's cottoncandy prints: the buckets, and the current one. Default false. */
  readonly verbose?: boolean;
  /** Ends the opening: what `createBucket` and `verbose` ask of the store. Nothing that is asked later. */
  readonly signal?: AbortSignal;
  /** How many requests may run at once for one object. */
  readonly concurrency?: number;
}

const INTERFACE_OPTIONS: OptionTable<InterfaceOptions> = {
  endpoint: true,
  concurrency: true,
  partSize: true,
  checksums: true,
  retries: true,
  timeout: true,
  proxy: true,
  ca: true,
  onWarning: true,
  acl: true,
  compression: true,
  workers: true,
  verbose: true,
  signal: true,
  backend: true,
  createBucket: true,
  credentials: true,
  region: true,
  forcePathStyle: true,
  conditionalWrites: true,
  storageClass: true,
  sse: true,
  requestPayer: true,
  accessKeyId: true,
  secretAccessKey: true,
  sessionToken: true,
  profile: true,
  secrets: true,
  subject: true,
  driveId: true,
  folderId: true,
  resourceKey: true,
  acknowledgeAbuse: true,
  headers: true,
  listing: true,
  oneObject: true,
};

type KeyOfEach<T> = T extends unknown ? keyof T : never;
const ENCRYPTION_OPTIONS: { readonly [name in KeyOfEach<EncryptionOptions>]: true } = {
  encryption: true,
  key: true,
  publicKey: true,
  privateKey: true,
  passphrase: true,
  recipients: true,
  identities: true,
  workFactor: true,
  legacy: true,
  binding: true,
};

/**
 * Opens a bucket, a directory or a store in memory.
 *
 * Nothing is sent, unless `createBucket` or `verbose` ask for it, and nothing is printed, unless `verbose` does. A backend's code is loaded when it is first asked
 * for, so a page that only uses memory loads no S3 client.
 *
 * On S3, what no option says is looked up. The server's address: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, the profile, `endpoint_url` of Python
 * cottoncandy's `options.cfg`. The region: `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile. Credentials: `AWS_ACCESS_KEY_ID` and
 * `AWS_SECRET_ACCESS_KEY`, `AWS_ACCESS_KEY` and `AWS_SECRET_KEY`, the profile, `~/.passwd-s3fs`, `options.cfg`, the role of the container or machine.
 *
 * On Google Drive, credentials are: the option, the file that `GOOGLE_APPLICATION_CREDENTIALS` names, what `deno task gdrive:login` wrote, Python's
 * `credentials.txt`. Folders are made as they are needed, so `createBucket` has nothing to do there.
 *
 * @category Opening a store
 * @param target A URL (`s3://bucket/optional/prefix?endpoint=http://127.0.0.1:9000&region=us-east-1`, `gdrive://optional/folder?driveId=…`, `file:///some/directory`,
 * `memory://name`, or `https://host/path` of a web server, a public bucket or a presigned object, which is read only: {@linkcode HttpBackend}), the name of a bucket, folder or directory (with `backend`, default `"s3"`), or any `Backend`. Under a prefix all names are relative to it.
 * Default: `default_bucket` of `options.cfg`; with `backend: "gdrive"` the whole drive.
 * @throws {InvalidArgumentError} when the target or an option makes no sense, or Python could not read `options.cfg` either.
 * @throws {AccessDeniedError} when Deno was not allowed to load the AWS SDK.
 *
 * @example
 * ```ts
 * import { getInterface } from "@cottoncandy/cottoncandy";
 *
 * const cci = await getInterface("memory://lab/sub01");
 * await cci.uploadRawArray("run1", new Float64Array([1, 2, 3]));
 * console.assert((await cci.downloadRawArray("run1")).shape.join() === "3");
 * ```
 */
export async function getInterface(
  target?: string | Backend,
  options: InterfaceOptions = {},
): Promise<DefaultInterface> {
  checkOpening(target, options);
  const { backend, settings } = await openTarget(target, options);
  return new DefaultInterface(backend, settings);
}

/**
 * Opens a bucket, a directory or a store in memory, and encrypts everything on its way there.
 *
 * @category Opening a store
 * @param target As for `getInterface`.
 * @param options Those of `getInterface`, and the keys: `{ encryption: "AES", key }`, `{ encryption: "RSA", publicKey, privateKey }` or
 * `{ encryption: "age", recipients, identities }`.
 * @throws {InvalidArgumentError} when the target, an option or a key makes no sense. No message shows a key.
 * @throws {NotFoundError} when a key's file, a bucket or a directory is missing.
 *
 * @example
 * ```ts
 * import { getEncryptedInterface } from "@cottoncandy/cottoncandy";
 * import { generateAesKey } from "@cottoncandy/cottoncandy/crypto";
 *
 * const key = generateAesKey(); // keep it
 * const cci = await getEncryptedInterface("memory://lab-encrypted", { key });
 * await cci.uploadJson("subjects", ["S01", "S02"]);
 * console.assert(JSON.stringify(await cci.downloadJson("subjects")) === '["S01","S02"]');
 * ```
 */
export async function getEncryptedInterface(
  target: string | Backend | undefined,
  options: InterfaceOptions & EncryptionOptions,
): Promise<EncryptedInterface> {
  checkOpening(target, options, ENCRYPTION_OPTIONS);
  const { encryptionKeys } = await import("../encryption/mod.ts");
  const keys = await encryptionKeys(options);
  const legacy = await legacyOf(keys, options);
  const { backend, settings } = await openTarget(target, options);
  return new EncryptedInterface(backend, { ...settings, keys, legacy, binding: options.binding });
}

/**
 * Opens a bucket, a directory or a store in memory as a tree of properties. Known children are completed by a REPL; see {@linkcode browse}.
 *
 * @category Opening a store
 * @param target A URL, the name of a bucket or directory (with `backend`), or any `Backend`, as for `getInterface`.
 * @throws {InvalidArgumentError} when the target or an option makes no sense.
 * @throws {NotFoundError} when there is no such bucket or directory.
 *
 * @example
 * ```ts
 * import { getBrowser, getInterface } from "@cottoncandy/cottoncandy";
 *
 * const cci = await getInterface("memory://lab");
 * await cci.uploadRawArray("sub-01/run1.hdf5", new Float64Array(131_072), { compression: false });
 * const browser = await getBrowser("memory://lab");
 * console.assert(await browser.sub_01.describe() === "cottoncandy-path <bucket:lab> sub-01");
 * const run = await browser.sub_01.run1_DOT_hdf5;
 * console.assert(await run.describe() === "cottoncandy-dataset <bucket:lab [1.0MB:shape=(131072)]>");
 * ```
 */
export async function getBrowser(target: string | Backend, options: InterfaceOptions = {}): Promise<Browser> {
  const { backend, prefix } = await getInterface(target, options);
  const { concurrency, onWarning } = options;
  const { browse } = await import("../browse/mod.ts");
  return await browse(backend, { root: prefix, concurrency, onWarning });
}

/** A store of somebody else's may have options of its own. */
function checkOpening(
  target: string | Backend | undefined,
  options: InterfaceOptions,
  more: Readonly<Record<string, true>> = {},
): void {
  if (typeof target === "object" || !isRegistered(target, options?.backend)) {
    checkOptions(options, INTERFACE_OPTIONS, more);
  }
}

/** The store that a target names, and what an interface to it is to be told. */
async function openTarget(
  target: string | Backend | undefined,
  options: InterfaceOptions,
): Promise<{ backend: Backend; settings: InterfaceSettings }> {
  const { acl, compression, workers, concurrency, onWarning, signal } = options;
  signal?.throwIfAborted();
  const opened: OpenedStore = typeof target === "object"
    ? { backend: target }
    : await openBackend(target, options);
  const { backend, prefix, mandatoryBucketPrefix } = opened;
  if (options.createBucket) await createMissing(backend, mandatoryBucketPrefix, { signal, onWarning });
  if (options.verbose) await announce(opened, { signal, onWarning });
  const settings = { acl, compression, workers, concurrency, onWarning, prefix, mandatoryBucketPrefix };
  return { backend, settings };
}

async function createMissing(
  backend: Backend,
  mandatoryBucketPrefix: string | undefined,
  request: RequestOptions,
): Promise<void> {
  const { bucket, buckets } = backend;
  if (!buckets || bucket === undefined || await buckets.exists(bucket, request)) return;
  checkBucketPrefix(bucket, mandatoryBucketPrefix);
  try {
    await buckets.create(bucket, request);
  } catch (error) {
    // Somebody else has just made it.
    if (!(error instanceof AlreadyExistsError)) throw error;
  }
}

/** Prints what Python's cottoncandy prints on opening. */
async function announce({ backend, announcement }: OpenedStore, request: RequestOptions): Promise<void> {
  const { name, bucket, buckets } = backend;
  if (!buckets) return print(announcement ?? `Opened ${name}`);
  if (bucket !== undefined && !await buckets.exists(bucket, request)) {
    print(`* BUCKET "${bucket}" DOES NOT EXIST...\n`);
  }
  try {
    print(`Available buckets:\n${bucketTable(await buckets.list(request))}`);
  } catch (error) {
    // Many credentials may use buckets and not list them.
    if (!(error instanceof AccessDeniedError)) throw error;
  }
  print(`Current bucket: ${bucket ?? "None"}`);
}

async function legacyOf(keys: Keys, { legacy }: EncryptionOptions): Promise<EncryptionScheme | undefined> {
  if (legacy === undefined) return undefined;
  if (legacy !== "read") {
    throw new InvalidArgumentError('`legacy` is "read" or left away: older objects are never written');
  }
  const { legacyScheme } = await import("../../crypto/legacy.ts");
  return legacyScheme(keys);
}
