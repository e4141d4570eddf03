/** Makes sequences of steps from a seed: what is likely to matter more often than what is merely possible. */
import { generator } from "../array/random.ts";
import { type Content, DTYPES, type FolderContent, type ObjectContent } from "./contents.ts";
import type {
  Fault,
  Handover,
  Listing,
  Operation,
  OtherWrite,
  Outside,
  Reading,
  Sequence,
  Step,
} from "./steps.ts";
import type { TestedStore } from "./stores/mod.ts";

/** Names of objects: one is that of a directory too, which no file system takes as it is. */
const NAMES = ["a", "b", "dir", "dir/a", "dir/b"] as const;
const FOLDERS = ["run", "cube", "tree", "files"] as const;
const HANDOVERS: readonly Handover[] = ["bytes", "stream", "blob", "parts", "file"];
const LISTINGS: readonly Listing[] = ["objects", "size", "ls", "lsdir", "glob", "glob deep", "browse"];
/** Arrays in chunks and sparse ones may replace each other. */
const FOLDER_NAMES: Readonly<Record<FolderContent["kind"], typeof FOLDERS[number]>> = {
  dask: "run",
  sparse: "run",
  zarr: "cube",
  dict: "tree",
  files: "files",
};
/** In which ways a content is sensibly read. */
const READINGS: Readonly<Record<Content["kind"], readonly Reading[]>> = {
  bytes: ["bytes", "range", "stream", "file", "head"],
  json: ["json", "bytes"],
  pickle: ["pickle", "stream"],
  npz: ["npz", "file"],
  raw: ["raw", "raw slice", "head"],
  npy: ["npy", "npy slice"],
  dask: ["dask", "dask slice"],
  zarr: ["zarr", "zarr slice"],
  sparse: ["sparse"],
  dict: ["dict", "dataset"],
  files: ["directory"],
};

/**
 * A sequence for a store.
 *
 * @param length Its steps: so many at least, and at most twice as many.
 */
export function sequenceOf(seed: number, store: string, kind: TestedStore, length = 5): Sequence {
  const generate = new Generator(seed, kind);
  return generate.sequence(store, length);
}

class Generator {
  readonly #kind: TestedStore;
  readonly #next: (below: number) => number;
  /** What each content is told from all others by. */
  #serial = 0;
  #place: Outside | undefined;
  /** What is probably there. */
  readonly #there = new Map<string, Content["kind"]>();
  /** Other buckets that are probably there. */
  readonly #buckets = new Set<string>();

  constructor(seed: number, kind: TestedStore) {
    this.#kind = kind;
    this.#next = generator(Math.imul(seed + 1, 0x9e3779b1) | 1);
    // The first numbers of neighbouring seeds are alike.
    for (let i = 0; i < 8; i++) this.#next(2);
  }

  sequence(store: string, length: number): Sequence {
    const prefix = this.#chance(30) ? "lab/" : "";
    const concurrency = this.#chance(70) ? 1 : 3;
    const steps = Array.from({ length: length + this.#next(length + 1) }, () => this.#step());
    return { store, prefix, concurrency, steps };
  }

  #chance(percent: number): boolean {
    return this.#next(100) < percent;
  }

  #of<T>(some: readonly T[]): T {
    return some[this.#next(some.length)];
  }

  #step(): Step {
    if (this.#chance(this.#kind.readOnly ? 45 : 8)) return { do: { op: "other", ...this.#otherStep() } };
    const operation = this.#operation();
    const fault = this.#chance(45) ? this.#fault(operation) : undefined;
    const meanwhile = this.#chance(operation.op === "mv" ? 40 : 15) ? this.#meanwhile(operation) : undefined;
    return { do: operation, ...(fault ? { fault } : {}), ...(meanwhile ? { meanwhile } : {}) };
  }

  #fault(operation: Operation): Fault {
    const { faults } = this.#kind;
    return {
      kind: this.#of(isStreamed(operation) ? faults : faults.filter((kind) => kind !== "source")),
      skip: this.#next(5),
      times: this.#chance(30) ? null : 1 + this.#next(2),
    };
  }

  #otherStep(): OtherWrite<Content> {
    if (!this.#chance(this.#kind.readOnly ? 35 : 15)) return this.#otherWrite();
    const content = this.#folderContent();
    const name = FOLDER_NAMES[content.kind];
    this.#there.set(name, content.kind);
    return { name, content };
  }

  #otherWrite(name: string = this.#of(NAMES)): OtherWrite {
    const content = this.#chance(80) ? this.#objectContent() : null;
    if (content) this.#there.set(name, content.kind);
    else this.#there.delete(name);
    return { name, content };
  }

  #meanwhile(operation: Operation): OtherWrite & { skip: number } {
    const own = this.#nameIn(operation);
    const isObject = NAMES.some((name) => name === own);
    const write = this.#otherWrite(isObject && this.#chance(75) ? own : undefined);
    const content = write.content ?? (this.#kind.lags ? this.#objectContent() : null);
    return { skip: this.#next(4), name: write.name, content };
  }

  /** A name that an operation is about. */
  #nameIn(operation: Operation): string {
    if (operation.op === "sync") return this.#of(["dir/a", "dir/b"]);
    if ("name" in operation) return operation.name;
    return "from" in operation ? this.#of([operation.from, operation.to]) : "";
  }

  #operation(): Operation {
    const { readOnly, versions, tags, owners, buckets, presigns, uploads, encryption } = this.#kind;
    // There is little to be seen where nothing is.
    if (!readOnly && this.#there.size === 0 && this.#chance(70)) {
      return this.#chance(60) ? this.#store() : this.#storeFolder();
    }
    const makers: [weight: number, make: () => Operation][] = [
      [readOnly ? 3 : 14, () => this.#store()],
      [readOnly ? 3 : 14, () => this.#upload()],
      [readOnly ? 0 : 5, () => ({ op: "replace", name: this.#present(), ...this.#bytes() })],
      [readOnly || encryption === "age" ? 0 : 5, () => this.#resumable()],
      [readOnly ? 0 : 8, () => this.#storeFolder()],
      [readOnly ? 2 : 8, () => this.#copy("cp")],
      [readOnly ? 2 : 8, () => this.#copy("mv")],
      [readOnly ? 2 : 7, () => this.#remove()],
      [readOnly ? 5 : 9, () => this.#sync()],
      [versions ? 6 : 0, () => ({ op: "undelete", name: this.#present() })],
      [versions ? 16 : 0, () => this.#version()],
      [buckets ? this.#buckets.size > 0 ? 25 : 5 : 0, () => this.#bucket()],
      [presigns || this.#chance(20) ? 4 : 0, () => this.#presign()],
      [
        uploads && encryption !== "age" ? 3 : 0,
        () => ({ op: "uploads", name: this.#of(NAMES), size: this.#bytes(40).size }),
      ],
      [owners ? 2 : 0, () => ({ op: "owner", name: this.#present() })],
      [encryption === "AES" && !readOnly ? 5 : 0, () => ({ op: "rotate" })],
      [encryption === "AES" && !readOnly ? 4 : 0, () => this.#rebind()],
      [tags ? 4 : 0, () => ({ op: "tag", name: this.#present(), tags: { run: `${this.#seed()}` } })],
      [22, () => this.#read()],
      [8, () => this.#list()],
    ];
    let at = this.#next(makers.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, make] of makers) {
      at -= weight;
      if (at < 0) return make();
    }
    return this.#read();
  }

  /** A name, of an object that is probably there. */
  #present(): string {
    const there = NAMES.filter((name) => this.#there.has(name));
    return there.length > 0 && this.#chance(80) ? this.#of(there) : this.#of(NAMES);
  }

  /** A directory, in which probably something is. */
  #directory(): string {
    const some = ["dir", "copy", ...FOLDERS];
    const there = some.filter((name) => this.#keysIn(name).length > 0);
    return there.length > 0 && this.#chance(75) ? this.#of(there) : this.#of(some);
  }

  #keysIn(directory: string): string[] {
    return [...this.#there.keys()].filter((name) => name === directory || name.startsWith(`${directory}/`));
  }

  /** Something is stored, which a store that is only read refuses. */
  #stores(name: string, kind: Content["kind"]): void {
    if (!this.#kind.readOnly) this.#there.set(name, kind);
  }

  /** Something is removed, with what is below it. */
  #removes(name: string, recursive: boolean): void {
    if (this.#kind.readOnly) return;
    for (const each of recursive ? this.#keysIn(name) : [name]) this.#there.delete(each);
  }

  #seed(): number {
    return ++this.#serial;
  }

  #bytes(largePercent = 4): { size: number; seed: number } {
    const { large } = this.#kind;
    const size = large !== undefined && this.#chance(largePercent) ? large : this.#of([0, 1, 100, 5000]);
    return { size, seed: this.#seed() };
  }

  #items(): { dtype: typeof DTYPES[number]; shape: number[]; compression: boolean | "Zstd" | "gzip" } {
    return {
      dtype: this.#of(DTYPES),
      shape: [4 + this.#next(8), 1 + this.#next(6)],
      compression: this.#of([false, true, "gzip", "Zstd"]),
    };
  }

  #objectContent(): ObjectContent {
    const { compression, ...items } = this.#items();
    switch (this.#next(6)) {
      case 0:
        return { kind: "json", seed: this.#seed() };
      case 1:
        return { kind: "pickle", seed: this.#seed() };
      case 2:
        return { kind: "npz", seed: this.#seed() };
      case 3:
        return { kind: "raw", seed: this.#seed(), ...items, compression };
      case 4:
        return { kind: "npy", seed: this.#seed(), ...items };
      default:
        return { kind: "bytes", ...this.#bytes() };
    }
  }

  #store(): Operation {
    const name = this.#of(NAMES);
    const content = this.#objectContent();
    this.#stores(name, content.kind);
    return { op: "store", name, content, overwrite: this.#chance(65) };
  }

  #upload(): Operation {
    const name = this.#of(NAMES);
    this.#stores(name, "bytes");
    return { op: "upload", name, ...this.#bytes(6), how: this.#of(HANDOVERS), overwrite: this.#chance(65) };
  }

  #resumable(): Operation {
    const name = this.#of(NAMES);
    this.#there.set(name, "bytes");
    return { op: "resumable", name, ...this.#bytes(25), end: this.#chance(60) ? "resume" : "abort" };
  }

  #storeFolder(): Operation {
    const content = this.#folderContent();
    const name = FOLDER_NAMES[content.kind];
    this.#there.set(name, content.kind);
    return { op: "store folder", name, content };
  }

  #folderContent(): FolderContent {
    const seed = this.#seed();
    switch (this.#next(5)) {
      case 4:
        return { kind: "zarr", seed, ...this.#items(), chunk: 2 + this.#next(3) };
      case 0:
        return { kind: "dask", seed, ...this.#items(), chunk: 2 + this.#next(3) };
      case 1:
        return { kind: "sparse", seed, format: this.#of(["coo", "csr"]), side: 3 + this.#next(5) };
      case 2:
        return {
          kind: "files",
          seed,
          names: this.#of([["x"], ["x", "y/z"], ["y/z", "y/w", "x"]]),
          size: this.#of([0, 200]),
        };
      default:
        return {
          kind: "dict",
          seed,
          names: this.#of([["betas"], ["betas", "rois/v1"], ["rois/v1", "rois/v2"]]),
        };
    }
  }

  #copy(op: "cp" | "mv"): Operation {
    const overwrite = this.#chance(50);
    if (this.#chance(30)) {
      const from = this.#directory();
      const kind = this.#there.get(from) ?? "files";
      if (op === "mv") this.#removes(from, true);
      this.#stores("copy", kind);
      return { op, from, to: "copy", overwrite, recursive: true };
    }
    const [from, to] = [this.#present(), this.#of(NAMES)];
    const kind = this.#there.get(from) ?? "bytes";
    if (op === "mv") this.#removes(from, false);
    this.#stores(to, kind);
    return { op, from, to, overwrite, recursive: false };
  }

  #version(): Operation {
    const act = this.#of(["list", "read", "read", "restore", "remove"] as const);
    return { op: "version", name: this.#present(), act, age: this.#next(4) };
  }

  #bucket(): Operation {
    const isThere = this.#buckets.size > 0 && this.#chance(80);
    const act = this.#of(
      isThere
        ? ["create", "remove", "exists", "list", "tell", "fill", "fill", "empty", "empty"] as const
        : ["create", "create", "create", "create", "remove", "exists", "list", "fill"] as const,
    );
    const name = this.#of(isThere ? [...this.#buckets] : ["spare", "third"]);
    if (act === "create") this.#buckets.add(name);
    return { op: "bucket", name, act, seed: this.#seed() };
  }

  #presign(): Operation {
    const method = this.#of(["GET", "GET", "HEAD", "PUT", "DELETE"] as const);
    return { op: "presign", name: this.#present(), method, ...this.#bytes() };
  }

  #sync(): Operation {
    const { readOnly } = this.#kind;
    const way = this.#of<"in" | "out" | "within">(
      readOnly ? ["out", "out", "in"] : ["in", "in", "out", "within", "within"],
    );
    const outside = this.#outside();
    const from = way === "in" ? outside : this.#directory();
    const to = way === "out" ? outside : this.#of(["dir", "copy", "files"]);
    if (typeof to === "string") this.#stores(to, "files");
    const deletes = this.#chance(50);
    return {
      op: "sync",
      from,
      to,
      compare: this.#of(["auto", "auto", "auto", "time", "checksum", "size", "always", "missing"]),
      delete: deletes,
      maxDelete: deletes && this.#chance(20) ? this.#next(3) : null,
      allowEmptySource: deletes && this.#chance(50),
      move: !deletes && this.#chance(30),
      dryRun: this.#chance(15),
    };
  }

  /** Another place, sometimes as it was before. */
  #outside(): Outside {
    if (!this.#place || this.#chance(65)) {
      this.#place = {
        at: this.#of(["memory", "directory"]),
        seed: this.#seed(),
        names: this.#of([["x"], ["x", "y/z"], ["a", "b"], ["a", "x", "y/w"], []]),
        size: this.#of([0, 1, 100, 200]),
      };
    }
    return this.#place;
  }

  #rebind(): Operation {
    const from = this.#present();
    const to = this.#of(NAMES.filter((name) => name !== from));
    this.#there.set(to, this.#there.get(from) ?? "bytes");
    return { op: "rebind", from, to };
  }

  #remove(): Operation {
    const recursive = this.#chance(30);
    const name = recursive ? this.#directory() : this.#present();
    this.#removes(name, recursive);
    return { op: "rm", name, recursive };
  }

  #read(): Operation {
    const name = this.#chance(85) && this.#there.size > 0
      ? this.#of([...this.#there.keys()])
      : this.#of(NAMES);
    const fitting = READINGS[this.#there.get(name) ?? "bytes"];
    if (this.#chance(75)) return { op: "read", name, as: this.#of(fitting) };
    return { op: "read", name, as: this.#chance(50) ? "exists" : this.#of(Object.values(READINGS).flat()) };
  }

  #list(): Operation {
    const as = this.#of(LISTINGS);
    const name = as === "glob deep"
      ? this.#of(["", "dir/", "tree/"])
      : this.#of(["", "dir", "dir/", "run/", "tree/", "d"]);
    return { op: "list", name, as };
  }
}

/** Whether it stores bytes that come as a stream, which may fail. */
function isStreamed(operation: Operation): boolean {
  return operation.op === "resumable" ||
    operation.op === "upload" && (operation.how === "stream" || operation.how === "parts");
}
