/**
 * Python's cottoncandy as a process that answers requests (reference.py is its other half).
 *
 * @module
 */
import type { Described } from "../array/pickle/described.ts";
import { TextLineStream } from "./lines.ts";

/** The Python environments that tests/interop/setup.sh makes. */
export const environments = ["numcodecs-0.11", "current"] as const;

/** The name of a Python environment. */
export type Environment = typeof environments[number];

/** Where Python stores: the same place that the TypeScript side opens. */
export type PythonStore =
  | { backend: "local"; path: string }
  | { backend: "s3"; bucket: string; endpoint: string; accessKeyId: string; secretAccessKey: string };

/** A field of a structured dtype, as numpy's `dtype.descr` lists it. */
export type FieldDescr = readonly [
  name: string,
  dtype: string | readonly FieldDescr[],
  shape?: readonly number[],
];

/** A numpy dtype: its string, or its fields. */
export type Descr = string | readonly FieldDescr[];

/** How an array lies in Python's memory before it is stored. */
export type Layout = "C" | "F" | "strided" | "reversed" | "read-only";

/** An array that Python is to make. */
export interface PythonArray {
  dtype: Descr;
  shape: readonly number[];
  /** The items in C order. */
  bytes: Uint8Array;
  layout?: Layout;
}

/** An array that Python has read. */
export interface ReadByPython {
  /** `dtype.str` */
  dtype: string;
  /** Whether the dtype is structured. */
  fields: boolean;
  shape: number[];
  /** The items in C order. */
  bytes: Uint8Array;
}

/** A sparse array that Python has read. */
export interface SparseReadByPython {
  /** Scipy's name of the format. */
  format: string;
  shape: number[];
  parts: Record<string, ReadByPython>;
  dense: ReadByPython;
}

/** A dictionary that Python is to store: of arrays, of what JSON has, and of dictionaries (`Map`s). */
export type PythonTree = Map<string, PythonTree | { array: PythonArray } | { value: unknown }>;

/** A dictionary that Python has read; `null` is None. */
export type TreeReadByPython = Map<string, TreeReadByPython | ReadByPython | null>;

/** An error that Python's cottoncandy raised. */
export class PythonError extends Error {
  override readonly name = "PythonError";
  /** @param type name of the exception's class */
  constructor(readonly type: string, message: string) {
    super(`${type}: ${message}`);
  }
}

type Metadata = Record<string, string>;

/** One process of Python's cottoncandy. Requests are answered one after the other. */
export class Reference implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;
  readonly #log: string;
  #last: Promise<unknown> = Promise.resolve();

  /** Starts it. */
  constructor(readonly environment: Environment) {
    const root = new URL("../../.tmp/", import.meta.url).pathname;
    this.#log = `${root}reference-${environment}-${crypto.randomUUID()}.log`;
    const python = `${root}venv-${environment}/bin/python`;
    const script = new URL("reference.py", import.meta.url).pathname;
    this.#process = new Deno.Command(python, {
      args: [script, this.#log],
      env: { NO_PROXY: "127.0.0.1,localhost", PYTHONWARNINGS: "ignore" },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#requests = this.#process.stdin.getWriter();
    this.#answers = this.#process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(
      new TextLineStream(),
    )
      .getReader();
  }

  /** Versions of what the environment holds. */
  versions(): Promise<{ python: string; cottoncandy: string; numcodecs: string; numpy: string }> {
    return this.#ask("versions", {});
  }

  /** `upload_raw_array`; without `compression` as the reference chooses. */
  async uploadRaw(
    store: PythonStore,
    name: string,
    array: PythonArray,
    { compression, metadata = {} }: { compression?: string | boolean; metadata?: Metadata } = {},
  ): Promise<void> {
    const more = compression === undefined ? {} : { compression };
    await this.#ask("upload_raw", { store, name, array: toJSON(array), metadata, ...more });
  }

  /** `download_raw_array` */
  async downloadRaw(store: PythonStore, name: string): Promise<ReadByPython> {
    return fromJSON(await this.#ask("download_raw", { store, name }));
  }

  /** `upload_npy_array` */
  async uploadNpy(store: PythonStore, name: string, array: PythonArray): Promise<void> {
    await this.#ask("upload_npy", { store, name, array: toJSON(array) });
  }

  /** `download_npy_array`, with numpy's description of the dtype and whether the array came in Fortran order. */
  async downloadNpy(
    store: PythonStore,
    name: string,
  ): Promise<ReadByPython & { descr: Descr; fortran: boolean }> {
    const answer = await this.#ask<JSONArray & { descr: Descr; fortran: boolean }>("download_npy", {
      store,
      name,
    });
    return { ...fromJSON(answer), descr: answer.descr, fortran: answer.fortran };
  }

  /** `upload_object`; on the local backend metadata may be anything that JSON has. */
  async uploadObject(
    store: PythonStore,
    name: string,
    body: Uint8Array,
    metadata: Record<string, unknown> = {},
  ): Promise<void> {
    await this.#ask("upload_object", { store, name, body: body.toBase64(), metadata });
  }

  /** `download_object`, and the object's metadata. */
  async downloadObject(store: PythonStore, name: string): Promise<{ body: Uint8Array; metadata: Metadata }> {
    const answer = await this.#ask<{ body: string; metadata: Metadata }>("download_object", { store, name });
    return { body: Uint8Array.fromBase64(answer.body), metadata: answer.metadata };
  }

  /** `upload_json` */
  async uploadJson(store: PythonStore, name: string, value: unknown): Promise<void> {
    await this.#ask("upload_json", { store, name, value });
  }

  /** `download_json` */
  downloadJson(store: PythonStore, name: string): Promise<unknown> {
    return this.#ask("download_json", { store, name });
  }

  /** `cp`, over whatever has the name. */
  async copy(store: PythonStore, name: string, to: string): Promise<void> {
    await this.#ask("copy", { store, name, to });
  }

  /** `mv`, over whatever has the name. */
  async move(store: PythonStore, name: string, to: string): Promise<void> {
    await this.#ask("move", { store, name, to });
  }

  /** `ls` */
  ls(store: PythonStore, pattern: string): Promise<string[]> {
    return this.#ask("ls", { store, pattern });
  }

  /** `lsdir` */
  lsdir(store: PythonStore, pattern: string): Promise<string[]> {
    return this.#ask("lsdir", { store, pattern });
  }

  /** `glob` */
  glob(store: PythonStore, pattern: string): Promise<string[]> {
    return this.#ask("glob", { store, pattern });
  }

  /** `rm`; with `recursive` all whose names begin with this one. */
  async remove(store: PythonStore, name: string, { recursive = false } = {}): Promise<void> {
    await this.#ask("remove", { store, name, recursive });
  }

  /** `upload_from_file`, of a file with these bytes. */
  async uploadFromFile(store: PythonStore, name: string, body: Uint8Array): Promise<void> {
    await this.#ask("upload_from_file", { store, name, body: body.toBase64() });
  }

  /** `upload_pickle` */
  async uploadPickle(store: PythonStore, name: string, value: Described): Promise<void> {
    await this.#ask("upload_pickle", { store, name, value });
  }

  /** `download_pickle`; fails also when loading the pickle draws a warning, or its arrays are unlike numpy's own. */
  downloadPickle(store: PythonStore, name: string): Promise<Described> {
    return this.#ask("download_pickle", { store, name });
  }

  /** Stores every value that pickles hold, in every protocol, under `name/index/protocol`, and tells which they are. */
  pickleCases(store: PythonStore, name: string): Promise<[name: string, value: Described][]> {
    return this.#ask("pickle_cases", { store, name });
  }

  /** Stores a random value, in every protocol, under `name/protocol`. */
  pickleRandom(store: PythonStore, name: string, seed: number): Promise<Described> {
    return this.#ask("pickle_random", { store, name, seed });
  }

  /** Whether Python reads the one value that contains itself as it is meant. */
  inspectCycle(store: PythonStore, name: string): Promise<boolean> {
    return this.#ask("inspect_cycle", { store, name });
  }

  /** `exists_object` */
  exists(store: PythonStore, name: string): Promise<boolean> {
    return this.#ask("exists", { store, name });
  }

  /** Stores `count` items of a fixed pattern as a raw array; gives the object's ETag where there is one. */
  uploadPattern(
    store: PythonStore,
    name: string,
    count: number,
    compression: string | false,
  ): Promise<string | null> {
    return this.#ask("upload_pattern", { store, name, count, compression });
  }

  /** The SHA-256 (hexadecimal) of that pattern's bytes. */
  digestPattern(count: number): Promise<string> {
    return this.#ask("digest_pattern", { count });
  }

  /** `download_raw_array` of something large: only what it is. */
  digestRaw(store: PythonStore, name: string): Promise<{ dtype: string; shape: number[]; sha256: string }> {
    return this.#ask("digest_raw", { store, name });
  }

  /** `upload_dask_array` */
  async uploadDask(
    store: PythonStore,
    name: string,
    array: PythonArray,
    options: { axis: number | null; buffersize?: number; metadata?: Metadata },
  ): Promise<void> {
    await this.#ask("upload_dask", { store, name, array: toJSON(array), ...options });
  }

  /** `download_dask_array`: all of it, and slices that dask makes. */
  async downloadDask(
    store: PythonStore,
    name: string,
    slices: readonly (readonly (number | readonly (number | null)[])[])[] = [],
  ): Promise<ReadByPython & { chunks: number[][]; slices: ReadByPython[] }> {
    const answer = await this.#ask<JSONArray & { chunks: number[][]; slices: JSONArray[] }>("download_dask", {
      store,
      name,
      slices,
    });
    return { ...fromJSON(answer), chunks: answer.chunks, slices: answer.slices.map(fromJSON) };
  }

  /** `upload_sparse_array` of a scipy array of these parts; `as` is the format to turn it into before. */
  async uploadSparse(
    store: PythonStore,
    name: string,
    { format, shape, parts }: {
      format: string;
      shape: readonly number[];
      parts: Record<string, PythonArray>;
    },
    as?: string,
  ): Promise<void> {
    const given = Object.fromEntries(Object.entries(parts).map(([part, array]) => [part, toJSON(array)]));
    await this.#ask("upload_sparse", { store, name, format, shape, parts: given, ...(as && { as }) });
  }

  /** `download_sparse_array`: its parts, and what it is as a dense array. */
  async downloadSparse(store: PythonStore, name: string): Promise<SparseReadByPython> {
    const { parts, dense, ...rest } = await this.#ask<
      { format: string; shape: number[]; parts: Record<string, JSONArray>; dense: JSONArray }
    >("download_sparse", { store, name });
    const read = Object.fromEntries(Object.entries(parts).map(([part, array]) => [part, fromJSON(array)]));
    return { ...rest, parts: read, dense: fromJSON(dense) };
  }

  /** `dict2cloud` */
  async uploadDict(
    store: PythonStore,
    name: string,
    tree: PythonTree,
    metadata: Metadata = {},
  ): Promise<void> {
    await this.#ask("upload_dict", { store, name, tree: treeToJSON(tree), metadata });
  }

  /** `cloud2dict` */
  async downloadDict(
    store: PythonStore,
    name: string,
    keys?: readonly string[],
  ): Promise<TreeReadByPython | ReadByPython | null> {
    return treeFromJSON(await this.#ask<JSONTree>("download_dict", { store, name, ...(keys && { keys }) }));
  }

  #ask<T>(op: string, request: Record<string, unknown>): Promise<T> {
    const answer = this.#last.then(() => this.#exchange<T>({ op, ...request }));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async #exchange<T>(request: Record<string, unknown>): Promise<T> {
    try {
      await this.#requests.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
    } catch (cause) {
      throw new Error(`Python (${this.environment}) is gone; its log is ${this.#log}`, { cause });
    }
    const { value, done } = await this.#answers.read();
    if (done) {
      throw new Error(`Python (${this.environment}) ended without an answer; its log is ${this.#log}`);
    }
    const answer: { ok: T } | { error: string; message: string } = JSON.parse(value);
    if ("error" in answer) throw new PythonError(answer.error, answer.message);
    return answer.ok;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    await this.#requests.close().catch(() => {});
    await this.#answers.cancel();
    await this.#process.status;
    await Deno.remove(this.#log).catch(() => {});
  }
}

interface JSONArray {
  dtype: string;
  fields: boolean;
  shape: number[];
  data: string;
}

function toJSON({ dtype, shape, bytes, layout = "C" }: PythonArray): Record<string, unknown> {
  return { dtype, shape, data: bytes.toBase64(), layout };
}

function fromJSON({ dtype, fields, shape, data }: JSONArray): ReadByPython {
  return { dtype, fields, shape, bytes: Uint8Array.fromBase64(data) };
}

type JSONTree = { dict: Record<string, JSONTree> } | { array: JSONArray } | { value: null };

function treeToJSON(tree: PythonTree | { array: PythonArray } | { value: unknown }): unknown {
  if (tree instanceof Map) {
    return { dict: Object.fromEntries(Array.from(tree, ([name, inner]) => [name, treeToJSON(inner)])) };
  }
  return "array" in tree ? { array: toJSON(tree.array) } : tree;
}

function treeFromJSON(json: JSONTree): TreeReadByPython | ReadByPython | null {
  if ("value" in json) return null;
  if ("array" in json) return fromJSON(json.array);
  return new Map(Object.entries(json.dict).map(([name, inner]) => [name, treeFromJSON(inner)]));
}
