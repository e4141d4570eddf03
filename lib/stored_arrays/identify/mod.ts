/**
 * What there is under a name: an array of which kind, a folder, an object of another kind. Nothing is read but what tells.
 *
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { identify } from "@cottoncandy/cottoncandy/identify";
 * import { writeRaw } from "@cottoncandy/cottoncandy/raw";
 *
 * const backend = new MemoryBackend();
 * await writeRaw(backend, "sub01/betas", new Float32Array(12), { compression: "Zstd" });
 * const found = await identify(backend, "sub01/betas");
 * console.assert(found.kind === "raw" && found.dtype === "<f4" && found.shape.join() === "12" && found.codec === "Zstd");
 * console.assert((await identify(backend, "sub01")).kind === "folder");
 * ```
 *
 * @module
 */
import type { Backend, ObjectReader, RequestOptions } from "../../../backends/backend.ts";
import { withErrorKey } from "../../error_context.ts";
import { AccessDeniedError, InvalidArgumentError, NotFoundError, UnsupportedError } from "../../errors.ts";
import { withoutSlash } from "../../names.ts";
import type { ReadOptions } from "../../objects/mod.ts";
import { READ_OPTIONS, REQUEST_OPTIONS, treeKey } from "../../objects/reading/mod.ts";
import { checkOptions } from "../../options.ts";
import type { StoredArray } from "../stored_array.ts";
import { identifyFolder } from "./folder.ts";
import type { Identity } from "./identity.ts";
import { identifyObject, LOOKED_AT } from "./object.ts";
import { npzMember } from "./npz_member.ts";
import { openIdentified } from "./open.ts";

export type * from "./identity.ts";
export { openIdentified };

/**
 * Tells what there is under a name. An object costs one request, of a few kilobytes; a folder some more, for what may be in it to say what it is. An object counts before a
 * folder of its name; a name below that of a `.npz` archive is one of its arrays; `""` is the root.
 *
 * What claims to be something that it isn't (metadata that contradict themselves, an archive that is cut off) has a `problem`, and the kind that can be made of it.
 *
 * @throws {NotFoundError} when there is nothing.
 */
export async function identify(
  backend: Backend,
  name: string,
  options: RequestOptions = {},
): Promise<Identity> {
  checkOptions(options, REQUEST_OPTIONS);
  const { signal, onWarning } = options;
  const request = { signal, onWarning };
  const key = await treeKey(backend, name, request);
  let missing: unknown;
  if (key !== "" && !key.endsWith("/")) {
    let reader: ObjectReader | undefined;
    try {
      reader = await backend.open(key, { ...request, range: { offset: 0, length: LOOKED_AT } });
    } catch (error) {
      const isNone = error instanceof NotFoundError && error.key !== undefined;
      // An array of an archive may be where the store has no names: a URL of one object has that one.
      if (!isNone && !isRefusal(error)) throw error;
      missing = error;
    }
    if (reader) {
      const opened = reader;
      return await withErrorKey(key, () => identifyObject(backend, opened, request)).finally(() =>
        opened.close()
      );
    }
  }
  const folder = withoutSlash(key);
  const found = await identifyFolder(backend, folder, request).catch((error) => {
    // There is nothing below what can have nothing below it.
    if (
      missing === undefined || !(error instanceof InvalidArgumentError || error instanceof UnsupportedError)
    ) {
      throw error;
    }
  }) ?? await npzMember(backend, folder, request);
  if (found) return found;
  if (isRefusal(missing)) throw missing;
  throw new NotFoundError(`there is neither an object nor a folder "${folder}" in ${backend.name}`, {
    key: folder,
    bucket: backend.bucket,
  });
}

/** Whether a store won't tell of a name, or can't have it. */
function isRefusal(error: unknown): boolean {
  return error instanceof AccessDeniedError || error instanceof InvalidArgumentError;
}

/**
 * Opens whatever array there is under a name, a raw array, a `.npy` file, an array of a `.npz` archive, in chunks, or Zarr's, without reading its items.
 *
 * @throws {NotFoundError} when there is nothing.
 * @throws {InvalidArgumentError} when it is no dense array: the message says what it is.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { openArray } from "@cottoncandy/cottoncandy/identify";
 * import { writeNpy } from "@cottoncandy/cottoncandy/npy";
 *
 * const backend = new MemoryBackend();
 * await writeNpy(backend, "ramp.npy", [[0, 1], [2, 3]]);
 * const ramp = await openArray(backend, "ramp.npy");
 * console.assert((await ramp.slice(1)).toNested().toString() === "2,3");
 * ```
 */
export async function openArray(
  backend: Backend,
  name: string,
  options: ReadOptions = {},
): Promise<StoredArray> {
  checkOptions(options, READ_OPTIONS);
  return await openIdentified(
    backend,
    await identify(backend, name, { signal: options.signal, onWarning: options.onWarning }),
    options,
  );
}
