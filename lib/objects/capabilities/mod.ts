/**
 * What not every store can do: owners, tags, URLs for others, versions, and uploads that nobody has finished. Each asks the store, or says which can.
 *
 * @module
 */
import { REQUEST_OPTIONS } from "../reading/mod.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import type {
  Backend,
  HeadOptions,
  ObjectVersion,
  Owner,
  PresignOptions,
  RequestOptions,
} from "../../../backends/backend.ts";
import { UnsupportedError } from "../../errors.ts";
import { cleanName } from "../../names.ts";
import { exactKey, objectKey } from "../keys.ts";
import { relativeTo, type RootOptions } from "../listing.ts";
import { askedPrefix, missing, PREFIXED_OPTIONS, type PrefixedOptions, remembered } from "./below.ts";

export type { PrefixedOptions };
export { abortUploads, listUploads } from "./uploads.ts";
export type { EndUploadsOptions, ListUploadsOptions, UnfinishedUpload } from "./uploads.ts";

/**
 * Who owns an object.
 *
 * @throws {NotFoundError} when there is no such object.
 * @throws {UnsupportedError} where the store knows of no owners.
 * @throws {AccessDeniedError} when the store won't tell.
 *
 * @example
 * ```ts
 * import { MemoryBackend, UnsupportedError } from "@cottoncandy/cottoncandy";
 * import { objectOwner } from "@cottoncandy/cottoncandy/objects";
 *
 * const asked = await objectOwner(new MemoryBackend(), "scan").catch((error) => error);
 * console.assert(asked instanceof UnsupportedError);
 * ```
 */
export async function objectOwner(
  backend: Backend,
  name: string,
  options: RequestOptions = {},
): Promise<Owner> {
  checkOptions(options, REQUEST_OPTIONS);
  if (!backend.owner) {
    throw new UnsupportedError(`${backend.name} knows of no owners, so nobody owns "${cleanName(name)}"`, {
      key: cleanName(name),
      bucket: backend.bucket,
    });
  }
  return await backend.owner(await objectKey(backend, name, options), options);
}

/**
 * An object's tags.
 *
 * @param options `versionId`: those of an older version.
 * @throws {NotFoundError} when there is no such object.
 * @throws {UnsupportedError} where the store has no tags.
 *
 * @example
 * ```ts
 * import { MemoryBackend, UnsupportedError } from "@cottoncandy/cottoncandy";
 * import { objectTags } from "@cottoncandy/cottoncandy/objects";
 *
 * const asked = await objectTags(new MemoryBackend(), "scan").catch((error) => error);
 * console.assert(asked instanceof UnsupportedError);
 * ```
 */
export async function objectTags(
  backend: Backend,
  name: string,
  options: HeadOptions = {},
): Promise<Record<string, string>> {
  checkOptions(options, HEAD_OPTIONS);
  if (!backend.getTags) throw missing(backend, "has no tags, only metadata", cleanName(name));
  return await backend.getTags(await objectKey(backend, name, options), options);
}

/**
 * Replaces all tags of an object; its bytes and metadata stay.
 *
 * @throws {NotFoundError} when there is no such object.
 * @throws {UnsupportedError} where the store has no tags.
 * @throws {InvalidArgumentError} for tags that it does not take; S3 takes 10 of an object.
 *
 * @example
 * ```ts
 * import { MemoryBackend, UnsupportedError } from "@cottoncandy/cottoncandy";
 * import { setObjectTags } from "@cottoncandy/cottoncandy/objects";
 *
 * const asked = await setObjectTags(new MemoryBackend(), "scan", { keep: "7d" }).catch((error) => error);
 * console.assert(asked instanceof UnsupportedError);
 * ```
 */
export async function setObjectTags(
  backend: Backend,
  name: string,
  tags: Readonly<Record<string, string>>,
  options: HeadOptions = {},
): Promise<void> {
  checkOptions(options, HEAD_OPTIONS);
  if (!backend.setTags) throw missing(backend, "has no tags, only metadata", cleanName(name));
  await backend.setTags(await objectKey(backend, name, options), tags, options);
}

/**
 * A URL by which whoever has it may read an object for some time, or look it up, store it or delete it: no more, and without credentials.
 *
 * @param options `method`: what for, default `"GET"`; `expires`: for how many seconds, default 3600.
 * @throws {UnsupportedError} where the store has no such URLs, and for stores that encrypt: a URL gives what is stored, which is encrypted.
 * @throws {InvalidArgumentError} when an option makes no sense.
 *
 * @example
 * ```ts
 * import { presignUrl } from "@cottoncandy/cottoncandy/objects";
 * import { S3Backend } from "@cottoncandy/cottoncandy/backends/s3";
 *
 * const backend = new S3Backend({
 *   bucket: "brains",
 *   region: "eu-central-1",
 *   credentials: { accessKeyId: "key", secretAccessKey: "secret" },
 * });
 * const url = await presignUrl(backend, "sub01/anat.nii.gz", { expires: 600 });
 * console.assert(url.startsWith("https://brains.s3.eu-central-1.amazonaws.com/sub01/anat.nii.gz?"));
 * ```
 */
export async function presignUrl(
  backend: Backend,
  name: string,
  options: PresignOptions = {},
): Promise<string> {
  checkOptions(options, PRESIGN_OPTIONS);
  if (!backend.presign) throw missing(backend, "can't sign URLs", cleanName(name));
  return await backend.presign(await objectKey(backend, name, {}), options);
}

const HEAD_OPTIONS: OptionTable<HeadOptions> = { ...REQUEST_OPTIONS, versionId: true };
const PRESIGN_OPTIONS: OptionTable<PresignOptions> = {
  ...HEAD_OPTIONS,
  method: true,
  expires: true,
  filename: true,
  contentType: true,
};

/**
 * All versions of the objects whose names begin with a prefix, delete markers among them: in the order of their names, the newest first. A version is read
 * by its `versionId`.
 *
 * @throws {UnsupportedError} where the store keeps one version of each object.
 *
 * @example
 * ```ts
 * import { MemoryBackend, UnsupportedError } from "@cottoncandy/cottoncandy";
 * import { listVersions } from "@cottoncandy/cottoncandy/objects";
 *
 * const asked = await listVersions(new MemoryBackend()).next().catch((error) => error);
 * console.assert(asked instanceof UnsupportedError);
 * ```
 */
export async function* listVersions(
  backend: Backend,
  options: PrefixedOptions & RootOptions = {},
): AsyncGenerator<ObjectVersion, void, void> {
  checkOptions(options, PREFIXED_OPTIONS);
  if (!backend.listVersions) throw missing(backend, "keeps one version of each object");
  const { root = "" } = options;
  const prefix = await askedPrefix(options, (below) => backend.listVersions?.(below));
  const { signal, onWarning } = options;
  yield* relativeTo(root, remembered(backend, backend.listVersions({ prefix, signal, onWarning })));
}

/**
 * Brings a deleted object back, where the store has kept it: the delete markers that hide it go. One that is not deleted is left alone.
 *
 * @returns The version that is read from now on.
 * @throws {NotFoundError} when no version of it was kept.
 * @throws {UnsupportedError} where the store keeps no versions.
 *
 * @example
 * ```ts
 * import { MemoryBackend, UnsupportedError } from "@cottoncandy/cottoncandy";
 * import { undeleteObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const asked = await undeleteObject(new MemoryBackend(), "scan").catch((error) => error);
 * console.assert(asked instanceof UnsupportedError);
 * ```
 */
export async function undeleteObject(
  backend: Backend,
  name: string,
  options: RequestOptions = {},
): Promise<ObjectVersion> {
  checkOptions(options, REQUEST_OPTIONS);
  if (!backend.undelete) throw missing(backend, "keeps nothing of what is deleted", cleanName(name));
  return await backend.undelete(await versionedKey(backend, name, options), options);
}

/** The key of a name that may be deleted, so that only its versions tell whether it is exact. */
async function versionedKey(backend: Backend, name: string, options: RequestOptions): Promise<string> {
  const key = await objectKey(backend, name, options);
  if (key === name || !backend.listVersions) return key;
  for await (const version of backend.listVersions({ ...options, prefix: name })) {
    if (version.key === name) return exactKey(backend, name);
  }
  return key;
}
