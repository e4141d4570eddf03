/**
 * Opening a store.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import { AccessDeniedError, AlreadyExistsError, InvalidArgumentError } from "../errors.ts";
import {
  bucketTable,
  checkBucketPrefix,
  DefaultInterface,
  type InterfaceSettings,
} from "../interface/mod.ts";
import { type InterfaceOptions, print } from "../objects/mod.ts";
import { parseTarget } from "./target.ts";

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
 * @param target A URL (`s3://bucket/optional/prefix?endpoint=http://127.0.0.1:9000&region=us-east-1`, `gdrive://optional/folder?driveId=…`, `file:///some/directory`,
 * `memory://name`), the name of a bucket, folder or directory (with `backend`, default `"s3"`), or any `Backend`. Under a prefix all names are relative to it.
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
  const { backend, settings } = await openTarget(target, options);
  return new DefaultInterface(backend, settings);
}

/** The store that a target names, and what an interface to it is to be told. */
export async function openTarget(
  target: string | Backend | undefined,
  options: InterfaceOptions,
): Promise<{ backend: Backend; settings: InterfaceSettings }> {
  const { acl, compression, concurrency, onWarning, signal } = options;
  signal?.throwIfAborted();
  const { backend, ...place } = await open(target, options);
  const settings: InterfaceSettings = { acl, compression, concurrency, onWarning, ...place };
  if (options.createBucket) {
    await createMissing(backend, settings.mandatoryBucketPrefix, { signal, onWarning });
  }
  if (options.verbose) await announce(backend, { signal, onWarning });
  return { backend, settings };
}

/** A store, and where in it an interface is to look. */
interface Opened extends Pick<InterfaceSettings, "prefix" | "mandatoryBucketPrefix"> {
  readonly backend: Backend;
}

async function open(target: string | Backend | undefined, options: InterfaceOptions): Promise<Opened> {
  if (typeof target === "object") return { backend: target };
  const place = parseTarget(target ?? await defaultTarget(options), options.backend);
  switch (place.backend) {
    case "memory": {
      const { MemoryBackend } = await import("../../backends/memory/mod.ts");
      return { backend: new MemoryBackend(place.bucket), prefix: place.prefix };
    }
    case "local": {
      const { LocalBackend } = await import("../../backends/local/mod.ts");
      return { backend: new LocalBackend(place.directory, { create: options.createBucket }) };
    }
    case "s3": {
      const { openS3 } = await import("../../backends/s3/open.ts");
      return { ...await openS3(place.bucket, place.parameters, options), prefix: place.prefix };
    }
    case "gdrive": {
      const { openDrive } = await import("../../backends/gdrive/open.ts");
      return { backend: await openDrive(place.parameters, options), prefix: place.prefix };
    }
  }
}

async function defaultTarget({ backend = "s3" }: InterfaceOptions): Promise<string> {
  // Drive has one root, and no name for it.
  if (backend === "gdrive") return "";
  if (backend !== "s3") {
    throw new InvalidArgumentError(`what is to be opened? A ${backend} store needs a name`);
  }
  const { defaultBucket } = await import("../../backends/s3/open.ts");
  return await defaultBucket();
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

/** What Python's cottoncandy says of stores without buckets. */
const INSTANTIATED: Readonly<Record<string, string>> = {
  file: "Local backend instantiated.",
  gdrive: "Google drive backend instantiated.",
};

/** Prints what Python's cottoncandy prints on opening. */
async function announce({ name, bucket, buckets }: Backend, request: RequestOptions): Promise<void> {
  if (!buckets) return print(INSTANTIATED[name.split(":")[0]] ?? `Opened ${name}`);
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
