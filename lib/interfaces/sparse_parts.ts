/**
 * Reads the parts of a sparse array.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { asStored } from "../array/descr.ts";
import type { NDArray } from "../array/mod.ts";
import type { SparseArray } from "../array/sparse.ts";
import { assembleSparse } from "../array/sparse/assemble.ts";
import { PART_NAMES } from "../array/sparse/format.ts";
import { about } from "../about.ts";
import { IntegrityError, NotFoundError } from "../errors.ts";
import { forEachConcurrent } from "../streams/mod.ts";
import { warnOncePerKind } from "../warnings.ts";
import { GENERATION_KEY } from "./chunked_metadata.ts";
import { CONCURRENCY } from "./outcome.ts";
import { PartsProgress } from "./parts_progress.ts";
import { type RawReadOptions, readRawFrom } from "./raw.ts";
import { readShape, type StoredSparseArray } from "./sparse_folder.ts";

/**
 * Reads all parts of a sparse array, and makes sure that they belong together.
 *
 * @throws {NotFoundError} when one is missing.
 * @throws {IntegrityError} when they don't fit each other, or are of two uploads.
 */
export async function readParts(
  backend: Backend,
  stored: StoredSparseArray,
  options: RawReadOptions,
): Promise<SparseArray> {
  const { folder, format } = stored;
  const { signal, onWarning, onProgress, order, concurrency = CONCURRENCY } = options;
  const shape = stored.shape ?? await readShape(backend, stored, { signal, onWarning });
  const progress = onProgress && new PartsProgress(folder, onProgress);
  const parts = new Map<string, NDArray>();
  await forEachConcurrent<string>(PART_NAMES[format], async (name, _, ended) => {
    const key = `${folder}/${name}`;
    const open = { signal: ended, onWarning, concurrency, onProgress: progress?.part() };
    const reader = await backend.open(key, { ...open, parallel: true }).catch((error) => {
      throw error instanceof NotFoundError ? lost(folder, key, error) : error;
    });
    try {
      await about(key, () => Promise.resolve(checkGeneration(stored, reader.info, options)));
      parts.set(name, await readRawFrom(reader, { ...open, order }));
    } finally {
      await reader.close();
    }
  }, { concurrency, signal });
  progress?.finish();
  const part = (name: string): NDArray => {
    const array = parts.get(name);
    if (array) return array;
    throw new IntegrityError(`there is no part "${name}"`);
  };
  return await about(
    folder,
    () => Promise.resolve(asStored("sparse array", () => assembleSparse(format, shape, part))),
  );
}

/** Makes sure that a part is of the same upload as `metadata.json`. */
function checkGeneration(
  { folder, generation }: StoredSparseArray,
  { key, metadata }: { readonly key: string; readonly metadata: Readonly<Record<string, string>> },
  { onWarning = warnOncePerKind }: RawReadOptions,
): void {
  const own = metadata[GENERATION_KEY];
  if (own === generation) return;
  if (own === undefined) {
    onWarning({
      kind: "metadata",
      key,
      message:
        `this part of "${folder}" was written after it by another program: parts may not belong together`,
    });
    return;
  }
  throw new IntegrityError(
    `this part is of another upload than the metadata of "${folder}", which was replaced, or is being replaced. Read the array again; ` +
      "what is in the part, downloadRawArray tells",
  );
}

function lost(folder: string, key: string, cause: NotFoundError): NotFoundError {
  return new NotFoundError(`"${folder}" has lost its part "${key}": if it is being replaced, read it again`, {
    key,
    bucket: cause.bucket,
    cause,
  });
}
