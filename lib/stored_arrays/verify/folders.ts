/**
 * Whether an array is whole that is a folder: whether what its document promises is there.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../../backends/backend.ts";
import { itemCount } from "../../array/layout/mod.ts";
import { parseRawMetadata } from "../../array/formats/mod.ts";
import { PART_NAMES } from "../../array/sparse/mod.ts";
import { withErrorKey } from "../../error_context.ts";
import { IntegrityError, NotFoundError, UnsupportedError } from "../../errors.ts";
import { checkGeneration, lostPartError, sealedFolderError } from "../folder.ts";
import { identify } from "../identify/mod.ts";
import { byteLengthOf } from "../items.ts";
import { type Checked, readThrough } from "./objects.ts";

/** What chunks of Zarr are called in either version. */
const CHUNK_NAME = /^(?:c(?:[./]\d+)*|\d+(?:[./]\d+)*)$/;

/** Whether an object is a chunk of the Zarr array in a folder, by their names. */
export function isZarrChunk(name: string): boolean {
  return CHUNK_NAME.test(name);
}

/**
 * Checks the array in a folder; `undefined` where there is none, but somebody's document.
 *
 * The parts of chunked and sparse arrays are objects of their own, which are read as such: here is looked whether each is there and says of itself what the
 * array says of it. The chunks of Zarr arrays say nothing of themselves, and are read here.
 *
 * @throws {IntegrityError} when a part is damaged, or another one.
 * @throws {NotFoundError} when a part is missing.
 */
export async function checkFolder(
  backend: Backend,
  folder: string,
  options: RequestOptions,
): Promise<Checked | undefined> {
  const found = await identify(backend, `${folder}/`, options);
  switch (found.kind) {
    case "chunked": {
      const { openChunked } = await import("../chunked/mod.ts");
      await (await openChunked(backend, folder, options)).checkParts(options);
      return { kind: "chunked", bytes: 0 };
    }
    case "sparse":
      await checkSparse(backend, folder, options);
      return { kind: "sparse", bytes: 0 };
    case "zarr": {
      const { openZarr } = await import("../zarr/mod.ts");
      const array = await openZarr(backend, folder, options);
      for await (const _ of array.blocks(options));
      let stored = 0;
      for await (const _ of chunkKeys(backend, folder, options)) stored++;
      const objects = array.shardShape ?? array.chunkShape;
      const all = itemCount(array.shape) === 0
        ? 0
        : itemCount(array.shape.map((length, axis) => Math.ceil(length / objects[axis])));
      return {
        kind: "zarr",
        bytes: byteLengthOf(array),
        ...(stored < all &&
          { note: `${all - stored} of ${all} chunks are not stored: they are fill values` }),
      };
    }
    case "folder":
      if (found.encryption !== undefined) throw sealedFolderError(folder, found.encryption);
      if (found.problem === undefined) return undefined;
      return await checkUnknown(backend, folder, found.problem, options);
    default:
      return undefined;
  }
}

async function checkSparse(backend: Backend, name: string, options: RequestOptions): Promise<void> {
  const { findSparse } = await import("../sparse_folder.ts");
  const { folder, format, shape, generation } = await findSparse(backend, name, options);
  for (const part of [...PART_NAMES[format], ...shape ? [] : ["shape"]]) {
    const key = `${folder}/${part}`;
    const head = await backend.head(key, options);
    if (!head) throw lostPartError(folder, key, new NotFoundError("there is no such object", { key }));
    await withErrorKey(key, () => {
      parseRawMetadata(head.metadata);
      checkGeneration(folder, generation, head, options.onWarning);
    });
  }
}

/** A Zarr array whose codec or dtype is not known here is whole as bytes, at best; any other that can't be opened is damaged. */
async function checkUnknown(
  backend: Backend,
  folder: string,
  problem: string,
  options: RequestOptions,
): Promise<Checked> {
  const { openZarr } = await import("../zarr/mod.ts");
  const error = await openZarr(backend, folder, options).then(() => undefined, (error) => error);
  if (!(error instanceof UnsupportedError)) throw new IntegrityError(problem);
  let bytes = 0;
  for await (const key of chunkKeys(backend, folder, options)) {
    bytes += await readThrough(backend, key, options);
  }
  return { kind: "zarr", bytes, note: `its chunks were read as bytes, and not decoded: ${problem}` };
}

async function* chunkKeys(backend: Backend, folder: string, options: RequestOptions): AsyncIterable<string> {
  const root = folder === "" ? "" : `${folder}/`;
  for await (const entry of backend.list({ ...options, prefix: root })) {
    if ("key" in entry && isZarrChunk(entry.key.slice(root.length))) yield entry.key;
  }
}
