/**
 * Opening a store.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { InvalidArgumentError, UnsupportedError } from "../errors.ts";
import { DefaultInterface } from "./default.ts";
import type { InterfaceOptions, S3Credentials } from "./options.ts";
import { parseTarget, type Target } from "./target.ts";

/**
 * Opens a bucket, a directory or a store in memory.
 *
 * Nothing is printed. A backend's code is loaded when it is first asked for, so a page that only uses memory loads no S3 client.
 *
 * @param target A URL (`s3://bucket/optional/prefix?endpoint=http://127.0.0.1:9000&region=us-east-1`, `file:///some/directory`,
 * `memory://name`), the name of a bucket or directory (with `backend`, default `"s3"`), or any `Backend`. Under a prefix all names are relative to it.
 * @throws {InvalidArgumentError} when the target or an option makes no sense.
 * @throws {NotFoundError} when `createBucket` is not set and a local directory does not exist.
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
  target: string | Backend,
  options: InterfaceOptions = {},
): Promise<DefaultInterface> {
  const { acl, compression, concurrency, onWarning } = options;
  const defaults = { acl, compression, concurrency, onWarning };
  if (typeof target !== "string") return await open(target, { ...defaults, prefix: "" }, options);
  const place = parseTarget(target, options.backend);
  const prefix = "prefix" in place ? place.prefix : "";
  return await open(await makeBackend(place, options), { ...defaults, prefix }, options);
}

async function open(
  backend: Backend,
  settings: ConstructorParameters<typeof DefaultInterface>[1],
  { createBucket }: InterfaceOptions,
): Promise<DefaultInterface> {
  const { bucket, buckets } = backend;
  if (createBucket && buckets && bucket !== undefined && !await buckets.exists(bucket)) {
    await buckets.create(bucket);
  }
  return new DefaultInterface(backend, settings);
}

async function makeBackend(place: Target, options: InterfaceOptions): Promise<Backend> {
  switch (place.backend) {
    case "memory": {
      const { MemoryBackend } = await import("../../backends/memory.ts");
      return new MemoryBackend(place.bucket);
    }
    case "local": {
      const { LocalBackend } = await import("../../backends/local.ts");
      return new LocalBackend(place.directory, { create: options.createBucket });
    }
    case "s3": {
      const { S3Backend } = await import("../../backends/s3.ts");
      const { region, endpoint, forcePathStyle, partSize, concurrency, onWarning } = {
        ...options,
        ...place.parameters,
      };
      return new S3Backend({
        bucket: place.bucket,
        region,
        endpoint,
        forcePathStyle,
        partSize,
        concurrency,
        onWarning,
        credentials: credentialsOf(options),
      });
    }
    case "gdrive":
      throw new UnsupportedError("Google Drive can't be opened yet: use s3://, file:// or memory://");
  }
}

function credentialsOf(options: InterfaceOptions): InterfaceOptions["credentials"] {
  const { credentials, accessKeyId, secretAccessKey, sessionToken } = options;
  if (accessKeyId === undefined && secretAccessKey === undefined) {
    if (sessionToken !== undefined) {
      throw new InvalidArgumentError("sessionToken needs accessKeyId and secretAccessKey beside it");
    }
    return credentials;
  }
  if (credentials !== undefined) {
    throw new InvalidArgumentError("give either credentials or accessKeyId and secretAccessKey, not both");
  }
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new InvalidArgumentError(
      `${
        accessKeyId === undefined ? "accessKeyId" : "secretAccessKey"
      } is missing: give both keys, or neither`,
    );
  }
  const keys: S3Credentials = {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
  return keys;
}
