/**
 * A tree of arrays that is looked at one step at a time.
 *
 * @module
 */
import { checkOptions } from "../options.ts";
import { compareKeys } from "../../backends/arguments.ts";
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import type { NDArray } from "../array/mod.ts";
import { anySignal } from "../async.ts";
import { InvalidArgumentError, NotFoundError } from "../errors.ts";
import { cleanName, cleanPrefix, withoutSlash } from "../names.ts";
import { treeKey, wasSeen } from "../objects/mod.ts";
import { type RawReadOptions, readRaw } from "./raw.ts";
import { RAW_READ_OPTIONS } from "./raw_options.ts";

/** What `console.log` asks an object for, in Deno, Node and Bun. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** How many keys the message of an error tells. */
const TOLD = 10;

/**
 * A group of arrays and further groups, or an array, as h5py would give them. Nothing is read before it is asked for.
 *
 * Made by `cloud2dataset`.
 * @category Arrays
 */
export class Dataset {
  readonly #backend: Backend;
  /** The name as it was given, and the key that it stands for as far as that is known. */
  readonly #name: string;
  #root: string;
  readonly #defaults: RawReadOptions;

  /**
   * What is below a root; nothing is sent.
   *
   * @param root A full name; `""` is the whole bucket.
   * @param defaults Options of all that is read, where a call does not say otherwise.
   */
  constructor(backend: Backend, root: string, defaults: RawReadOptions = {}) {
    this.#backend = backend;
    this.#name = root;
    const clean = cleanPrefix(root);
    this.#root = withoutSlash(wasSeen(backend, root) ? root : clean);
    this.#defaults = defaults;
  }

  /** Its full key within the bucket. */
  get key(): string {
    return this.#root;
  }

  /**
   * The names in this group, of arrays and of groups, complete and in the order of their UTF-8 bytes; none of an array.
   *
   * @throws {NotFoundError} when there is nothing here.
   */
  async keys(options: RequestOptions = {}): Promise<string[]> {
    const { signal, onWarning } = this.#reading(options);
    const directory = below(await this.#resolved({ signal, onWarning }), "");
    const names = new Set<string>();
    let any = false;
    for await (const entry of this.#backend.list({ prefix: directory, delimiter: "/", signal, onWarning })) {
      any = true;
      const key = "key" in entry ? entry.key : entry.prefix;
      const name = key.slice(directory.length).replace(/\/$/, "");
      if (name !== "") names.add(name);
    }
    // Listed with a slash at its end, "roi" comes after "roi-b".
    if (any) return [...names].sort(compareKeys);
    if (this.#root !== "" && await this.#backend.head(this.#root, { signal, onWarning })) return [];
    throw nothingThereError(this.#backend, this.#root);
  }

  /**
   * Reads an array: this one, or one below.
   *
   * @param key Its name below this group, with `/` between those of groups in groups.
   * @throws {InvalidArgumentError} when it is a group; the message lists the names in it.
   * @throws {NotFoundError} when there is nothing of that name.
   * @throws {IntegrityError} when it is no raw array, or corrupt.
   */
  async load(key?: string, options: RawReadOptions = {}): Promise<NDArray> {
    if (key !== undefined) return await this.group(key).load(undefined, options);
    const reading = this.#reading(options);
    try {
      const key = await this.#resolved(reading);
      if (key !== "") return await readRaw(this.#backend, key, reading);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
    const names = await this.keys(reading);
    const told = names.slice(0, TOLD).map((name) => JSON.stringify(name)).join(", ");
    throw new InvalidArgumentError(
      `"${this.#root}" is a group and no array: load one of ${told}${
        names.length > TOLD ? ` and ${names.length - TOLD} more` : ""
      }`,
      { key: this.#root, bucket: this.#backend.bucket },
    );
  }

  /**
   * What is below a name; nothing is sent.
   *
   * @param key A name in this group, with `/` between those of groups in groups.
   * @throws {InvalidArgumentError} when the name is empty or leads out of this group.
   */
  group(key: string): Dataset {
    cleanName(key);
    return new Dataset(this.#backend, below(this.#root, key), this.#defaults);
  }

  /** Where it is: `Dataset("sub01/rois", store="s3://lab")`. What consoles show, too. */
  toString(): string {
    return `Dataset(${JSON.stringify(this.#root)}, store=${JSON.stringify(this.#backend.name)})`;
  }

  /** What consoles show. */
  [INSPECT](): string {
    return this.toString();
  }

  /** Where it is. */
  toJSON(): { readonly key: string; readonly store: string } {
    return { key: this.#root, store: this.#backend.name };
  }

  async #resolved({ signal, onWarning }: RequestOptions): Promise<string> {
    return this.#root = withoutSlash(await treeKey(this.#backend, this.#name, { signal, onWarning }));
  }

  #reading<T extends RequestOptions>({ signal, ...rest }: T): RawReadOptions {
    return { ...this.#defaults, ...rest, signal: anySignal(this.#defaults.signal, signal) };
  }
}

function below(root: string, name: string): string {
  return root === "" ? name : `${root}/${name}`;
}

function nothingThereError({ name, bucket }: Backend, key: string): NotFoundError {
  return new NotFoundError(`there is nothing at "${key}" in ${name}`, { key, bucket });
}

/**
 * Opens a tree of arrays to be read one at a time: what h5py does with a file, for what `dict2cloud` stored.
 *
 * @param name Where the tree begins; `""` or `"/"` is the whole bucket.
 * @param options What all reads take.
 * @throws {NotFoundError} when there is nothing.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { openDataset, writeDict } from "@cottoncandy/cottoncandy/dict";
 *
 * const backend = new MemoryBackend();
 * await writeDict(backend, "sub01", { tr: 2.2, roi: { v1: Float32Array.of(1, 2) } });
 * const dataset = await openDataset(backend, "sub01");
 * console.assert((await dataset.keys()).join() === "roi,tr");
 * console.assert((await dataset.load("roi/v1")).get(1) === 2);
 * console.assert((await dataset.group("roi").keys()).join() === "v1");
 * ```
 */
export async function openDataset(
  backend: Backend,
  name: string,
  options: RawReadOptions = {},
): Promise<Dataset> {
  checkOptions(options, RAW_READ_OPTIONS);
  const { signal, onWarning } = options;
  const dataset = new Dataset(backend, await treeKey(backend, name, { signal, onWarning }), options);
  const { key } = dataset;
  for await (const _ of backend.list({ prefix: below(key, ""), pageSize: 1, signal, onWarning })) {
    return dataset;
  }
  if (key !== "" && await backend.head(key, { signal, onWarning })) return dataset;
  throw nothingThereError(backend, key);
}
