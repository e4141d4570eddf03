/**
 * Dictionaries of arrays: each array a raw array object, under the names of the dictionaries that it is in. The layout of Python cottoncandy's
 * `dict2cloud` and `cloud2dict`, compatible both ways.
 *
 * @module
 */
import { checkOptions } from "../options.ts";
import { checkKey } from "../../backends/arguments.ts";
import type { Backend, ObjectInfo } from "../../backends/backend.ts";
import { codecNamed } from "../../codecs/mod.ts";
import { isNDArray, type NDArray, rawMetadata } from "../array/mod.ts";
import {
  type ArrayDict,
  type ArrayTree,
  buildTree,
  flattenTree,
  hiddenNames,
  type TreeLeaf,
} from "./array_tree.ts";
import { NotFoundError } from "../errors.ts";
import { withErrorKey } from "../error_context.ts";
import { cleanName, withoutSlash } from "../names.ts";
import {
  attemptEach,
  checkMetadataSize,
  CONCURRENCY,
  directoryOf,
  exactKey,
  objectsBelow,
  throwIfFailed,
  treeKey,
  type UploadResult,
  userMetadata,
} from "../objects/mod.ts";
import { ByteBudget, forEachConcurrent } from "../streams/mod.ts";
import { withFittingFields } from "./raw_body.ts";
import { warnOncePerKind } from "../warnings.ts";
import { type RawReadOptions, type RawWriteOptions, readRawFrom, writeRaw } from "./raw.ts";
import { IN_FLIGHT } from "./reading.ts";
import { RAW_READ_OPTIONS, RAW_WRITE_OPTIONS } from "./raw_options.ts";

export { Dataset, openDataset } from "./dataset.ts";

export { isNDArray };
export type { ArrayDict, ArrayTree, TreeNode } from "./array_tree.ts";

/** Options of {@linkcode writeDict}. */
export interface DictWriteOptions extends RawWriteOptions {
  /** How many arrays are stored at once; default 8. */
  readonly concurrency?: number;
  /** How many bytes of arrays may be under way at once; default 64 MiB. A larger array goes alone. */
  readonly inFlight?: number;
}

/** Options of {@linkcode readDict}. */
export interface DictReadOptions extends RawReadOptions {
  /** Which entries to read: names of arrays or dictionaries, with `/` between those of dictionaries in dictionaries. Default: all. */
  readonly keys?: string | readonly string[];
  /** How many arrays are read at once; default 8. */
  readonly concurrency?: number;
  /** How many stored bytes may be under way at once; default 64 MiB. A larger array comes alone. */
  readonly inFlight?: number;
}

const IN_FLIGHT_OPTION = { inFlight: true } as const;
const KEYS_OPTION = { keys: true } as const;

/** What {@linkcode writeDict} stored. */
export interface DictUploadResult extends UploadResult {
  /** The full key of the dictionary's root, where no object is; `""` for the whole bucket. */
  readonly key: string;
  /** Stored bytes of all arrays. */
  readonly size: number;
  /** The user's metadata, which every array has. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What was stored for each array, in the dictionary's order. */
  readonly objects: readonly UploadResult[];
}

/**
 * Stores a dictionary of arrays, of any depth: a raw array object for each, several at once. All of it is looked at before anything is stored.
 *
 * Names may have `/` in them, which is one more dictionary, as in Python. Unlike there, none leaves the root: a `/` at the beginning counts for nothing, and `..`
 * can't lead out of a dictionary. Dictionaries with nothing in them leave nothing, since object stores have no empty directories.
 *
 * What is stored under the root already stays, but for arrays of the same names.
 *
 * @param dictionary Plain objects or `Map`s of arrays, typed arrays, nested lists, numbers, bigints, booleans, strings, and further dictionaries.
 * @param options User metadata are stored with every array.
 * @throws {InvalidArgumentError} for what can't be stored (`null`, functions, instances of classes, names that collide), naming where it is. Nothing was stored then.
 * @throws {PartialFailureError} when some arrays could not be stored; it tells which were, and they stay.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { isNDArray, readDict, writeDict } from "@cottoncandy/cottoncandy/dict";
 *
 * const backend = new MemoryBackend();
 * const { objects } = await writeDict(backend, "sub01", { tr: 2.2, roi: { v1: Float32Array.of(1, 2), v4: [[3], [4]] } });
 * console.assert(objects.map(({ key }) => key).join() === "sub01/tr,sub01/roi/v1,sub01/roi/v4");
 * const { tr } = await readDict(backend, "sub01", { keys: "tr" });
 * console.assert(isNDArray(tr) && tr.shape.length === 0 && tr.get() === 2.2);
 * ```
 */
export async function writeDict(
  backend: Backend,
  name: string,
  dictionary: ArrayTree,
  options: DictWriteOptions = {},
): Promise<DictUploadResult> {
  checkOptions(options, RAW_WRITE_OPTIONS, IN_FLIGHT_OPTION);
  const root = withoutSlash(await treeKey(backend, name, options));
  return await withErrorKey(root, async () => {
    const { inFlight = IN_FLIGHT, concurrency = CONCURRENCY, signal, ...rest } = options;
    const metadata = userMetadata(options.metadata);
    if (typeof options.compression === "string") codecNamed(options.compression);
    const budget = new ByteBudget(inFlight);
    const leaves = flattenTree(dictionary)
      .map((leaf) => ({ ...leaf, key: exactKey(backend, keyOf(root, leaf.path)) }));
    for (const leaf of leaves) checkLeaf(backend, leaf, metadata);
    const objects: UploadResult[] = new Array(leaves.length);
    const attempts = await attemptEach(leaves, async ({ key, array }, index, ended) => {
      const release = await budget.acquire(array.nbytes, ended);
      try {
        objects[index] = await writeRaw(backend, key, array, { ...rest, concurrency, signal: ended });
      } finally {
        release();
      }
    }, { concurrency, signal });
    throwIfFailed(`of the ${leaves.length} arrays of "${root}", stored`, attempts, backend);
    return { key: root, size: objects.reduce((sum, { size }) => sum + size, 0), metadata, objects };
  });
}

/** Everything about an array that a store could refuse. */
function checkLeaf(
  backend: Backend,
  { key, array }: TreeLeaf & { readonly key: string },
  metadata: Record<string, string>,
): void {
  checkKey(key);
  // Of all values for the compression, none is longer than this one.
  const own = rawMetadata(array, "False");
  const fitting = withFittingFields({ ...own, ...metadata }, backend, key, null);
  checkMetadataSize(fitting, backend.capabilities.metadataLimit, key);
}

/**
 * Reads a dictionary of arrays, stored here or by Python's `dict2cloud`: all arrays below a root, however many, several at once. Costs the pages of one listing and a
 * request for each array.
 *
 * Single values come as arrays without axes. An object that is no raw array comes as `null`, with a warning, as do Python's arrays of objects, which hold no data
 * (it stores `None` so). Where an object has the name of a dictionary, the object counts, as in Python, and a warning tells.
 *
 * @param name The root; `""` or `"/"` is the whole bucket.
 * @throws {NotFoundError} when there is nothing below the root, or nothing that has one of the `keys`.
 * @throws {IntegrityError} when an array is corrupt.
 * @throws {UnsupportedError} for dtypes and codecs that are not known here.
 */
export async function readDict(
  backend: Backend,
  name: string,
  options: DictReadOptions = {},
): Promise<ArrayDict> {
  checkOptions(options, RAW_READ_OPTIONS, IN_FLIGHT_OPTION, KEYS_OPTION);
  const { keys, concurrency = CONCURRENCY, inFlight = IN_FLIGHT, signal, ...rest } = options;
  const root = withoutSlash(await treeKey(backend, name, options));
  return await withErrorKey(root, async () => {
    const budget = new ByteBudget(inFlight);
    const found = keys === undefined
      ? await listAll(backend, root, options)
      : await listKeys(backend, root, typeof keys === "string" ? [keys] : keys, { ...options, concurrency });
    const visible = withoutHidden(found, root, options);
    const values: (NDArray | null)[] = new Array(visible.length).fill(null);
    await forEachConcurrent(visible, async ([, { key, size }], index, ended) => {
      const release = await budget.acquire(size, ended);
      try {
        values[index] = await readArray(backend, key, { ...rest, concurrency, signal: ended });
      } finally {
        release();
      }
    }, { concurrency, signal });
    return buildTree(visible.map(([path], index) => [path, values[index]] as const));
  });
}

/** The objects below a root, by their names below it. */
async function listAll(
  backend: Backend,
  root: string,
  options: DictReadOptions,
): Promise<Map<string, ObjectInfo>> {
  const found = new Map<string, ObjectInfo>();
  if (await listInto(found, backend, root, keyOf(root, ""), options)) return found;
  const isArray = root !== "" &&
    await backend.head(root, { signal: options.signal, onWarning: options.onWarning });
  throw new NotFoundError(
    isArray
      ? `"${root}" is one object, and no dictionary: use downloadRawArray`
      : `there is nothing below "${root}" in ${backend.name}`,
    { key: root, bucket: backend.bucket },
  );
}

/** The objects of some keys below a root, and those below them. */
async function listKeys(
  backend: Backend,
  root: string,
  keys: readonly string[],
  options: DictReadOptions & { readonly concurrency: number },
): Promise<Map<string, ObjectInfo>> {
  const { signal, onWarning, concurrency } = options;
  // The name of one object or dictionary: as it is where there is one of exactly that, as for all methods.
  const names = [
    ...new Set(
      await Promise.all(keys.map(async (key) => {
        cleanName(key);
        return withoutSlash(await treeKey(backend, key, { root: keyOf(root, ""), signal, onWarning }))
          .slice(keyOf(root, "").length);
      })),
    ),
  ];
  const lists = names.map(() => new Map<string, ObjectInfo>());
  await forEachConcurrent(names, async (name, index, ended) => {
    const key = keyOf(root, name);
    const request = { signal: ended, onWarning };
    const head = await backend.head(key, request);
    if (head) lists[index].set(name, head);
    else if (!await listInto(lists[index], backend, root, directoryOf(key), request)) {
      throw new NotFoundError(`there is no "${name}" below "${root}" in ${backend.name}`, {
        key,
        bucket: backend.bucket,
      });
    }
  }, { concurrency, signal });
  return new Map(lists.flatMap((list) => [...list]));
}

/** Lists what begins with a prefix, and tells whether anything does; placeholders of directories count, but hold nothing. */
async function listInto(
  found: Map<string, ObjectInfo>,
  backend: Backend,
  root: string,
  prefix: string,
  { signal, onWarning }: DictReadOptions,
): Promise<boolean> {
  let any = false;
  const skipped = root === "" ? 0 : root.length + 1;
  for await (const info of objectsBelow(backend, prefix, { signal, onWarning })) {
    any = true;
    if (!info.key.endsWith("/")) found.set(info.key.slice(skipped), info);
  }
  return any;
}

/** What is found, less what lies below objects. */
function withoutHidden(
  found: ReadonlyMap<string, ObjectInfo>,
  root: string,
  { onWarning = warnOncePerKind }: DictReadOptions,
): (readonly [path: string, info: ObjectInfo])[] {
  const hidden = hiddenNames(found.keys());
  for (const above of new Set(hidden.values())) {
    onWarning({
      kind: "hidden",
      key: keyOf(root, above),
      message: `"${
        keyOf(root, above)
      }" is an object, and hides those below it from the dictionary: read them by themselves`,
    });
  }
  return [...found].filter(([path]) => !hidden.has(path));
}

async function readArray(backend: Backend, key: string, options: RawReadOptions): Promise<NDArray | null> {
  const { order: _order, ...request } = options;
  const reader = await backend.open(key, { ...request, parallel: true });
  try {
    const why = whyNoArray(reader.info.metadata);
    if (why === undefined) return await readRawFrom(reader, options);
    const { onWarning = warnOncePerKind } = options;
    onWarning({ kind: "metadata", key, message: `this ${why}: the dictionary has null in its place` });
    return null;
  } finally {
    await reader.close();
  }
}

function whyNoArray({ dtype, shape }: Readonly<Record<string, string>>): string | undefined {
  if (dtype === undefined || shape === undefined) {
    return "is no raw array, since its metadata have no dtype and shape";
  }
  return /^[<>=|]?O/.test(dtype) ? "array of Python objects holds no data" : undefined;
}

function keyOf(root: string, path: string): string {
  return root === "" ? path : `${root}/${path}`;
}
