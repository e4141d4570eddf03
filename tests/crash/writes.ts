/** Every kind of write, each with what it finds and what tells that it is whole. */
import { collect } from "../../lib/async.ts";
import { type NDArray, ndarray } from "../../lib/array/mod.ts";
import { EncryptedInterface } from "../../lib/interface/mod.ts";
import { upload } from "../../lib/objects/mod.ts";
import { convertArray } from "../../lib/stored_arrays/convert/mod.ts";
import { openNpy } from "../../lib/stored_arrays/npy.ts";
import { writeNpz } from "../../lib/stored_arrays/npz/mod.ts";
import { openZarr, writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import { sync, transferObject } from "../../lib/sync/mod.ts";
import { oddStream, pattern } from "../../testing/case.ts";
import { NEXT_KEYS, type Place, resumeStore, writeFile } from "./place.ts";
import type { Write } from "./write.ts";

const text = (words: string) => new TextEncoder().encode(words.repeat(40));
const OLD = text("the old text. ");
const NEW = text("the new text, which is longer. ");
const of = (run: string) => ({ metadata: { run } });
const array = (seed: number, ...shape: number[]) =>
  ndarray(Int16Array.from(pattern(shape.reduce((a, b) => a * b), seed)), shape);

/** Objects of every kind that a tree is copied, moved and removed with. */
async function tree({ cci }: Place): Promise<void> {
  await cci.uploadObject("tree/a", OLD, of("a"));
  await cci.uploadObject("tree/b/c", NEW, of("c"));
  await cci.uploadObject("tree/b//odd", text("odd"), of("odd"));
}

async function plainTree({ cci }: Place): Promise<void> {
  await cci.uploadObject("tree/a", OLD, of("a"));
  await cci.uploadObject("tree/b/c", NEW, of("c"));
}

async function directory(place: Place): Promise<void> {
  await writeFile(place, "data/a", OLD);
  await writeFile(place, "data/b/c", NEW);
  await place.cci.uploadObject("data/a", text("in its place"), of("1"));
}

const old = (key: string) => ({ cci }: Place) =>
  cci.uploadObject(key, OLD, { metadata: { run: "1", only: "here" }, contentType: "text/old" });

async function isThereAnother({ cci }: Place): Promise<string> {
  return `${await cci.existsBucket("another")}`;
}

const sparse = (seed: number) =>
  ({
    format: "coo",
    shape: [9, 9 + seed],
    parts: { data: [seed, 2.5], row: [seed, 3], col: [8, seed] },
  }) as const;

const items = (values: NDArray) => JSON.stringify(values);

/** All of them. `writes_test.ts` tells which are missing. */
export const WRITES: readonly Write[] = [
  {
    name: "a new object",
    run: ({ cci }) => cci.uploadObject("sub01/run1/notes", NEW, of("2")),
  },
  {
    name: "an object replaced",
    prepare: old("sub01/notes"),
    run: ({ cci }) => cci.uploadObject("sub01/notes", NEW, { ...of("2"), contentType: "text/new" }),
  },
  {
    name: "an object that must not be there",
    run: ({ cci }) => cci.uploadObject("sub01/notes", NEW, { ...of("2"), overwrite: false }),
  },
  {
    name: "an object whose key is no path",
    prepare: old("sub01//notes"),
    run: ({ cci }) => cci.uploadObject("sub01//notes", NEW, of("2")),
  },
  {
    name: "an object with a time of its content",
    prepare: ({ cci }) => cci.uploadObject("notes", OLD, { metadata: { mtime: "1000000000.25" } }),
    run: ({ cci }) => cci.uploadObject("notes", NEW, { metadata: { mtime: "1100000000.25" } }),
  },
  {
    name: "a stream",
    prepare: old("stream"),
    run: ({ cci, large }) => cci.uploadObject("stream", oddStream(pattern(large, 2)), of("2")),
  },
  {
    name: "a stream at the end of a pipe",
    prepare: old("piped"),
    run: ({ cci, large }) => oddStream(pattern(large, 8)).pipeTo(upload(cci.backend, "piped", of("2"))),
  },
  {
    name: "a stream in parts",
    prepare: old("parts"),
    run: ({ cci, large }) => cci.mpuFileobject("parts", oddStream(pattern(large, 3)), of("2")),
  },
  {
    name: "a stream that goes on",
    // Nothing tells a stream from another, which what encrypts must know.
    on: { encrypted: false },
    prepare: old("parts"),
    run: async (place) => {
      const bytes = pattern(place.large, 4);
      const resume = resumeStore(place);
      await place.cci.mpuFileobject("parts", oddStream(bytes), { ...of("2"), size: bytes.length, resume });
    },
  },
  {
    name: "an upload that was begun",
    prepare: old("begun"),
    async run({ cci: { backend }, large }) {
      const source = "numbers";
      const token = await backend.startUpload?.("begun", { ...of("2"), size: large, source });
      if (token) await backend.resumeUpload?.(token, oddStream(pattern(large, 7)), { source });
    },
  },
  {
    name: "a file that goes on",
    prepare: (place) => writeFile(place, "scan", pattern(place.large, 5)),
    run: (place) =>
      place.cci.uploadFromFile(`${place.files}/scan`, "scan", { ...of("2"), resume: resumeStore(place) }),
  },
  {
    name: "a transfer that goes on",
    prepare: (place) => writeFile(place, "data/scan", pattern(place.large, 9)),
    run: (place) =>
      transferObject(
        { backend: place.directory(`${place.files}/data`), name: "scan" },
        { backend: place.cci.backend, name: "scan" },
        { resume: resumeStore(place) },
      ),
  },
  {
    // Of an upload that is ended no more is promised than that no object changes: where the power went, it may have to be ended again.
    name: "unfinished uploads ended",
    async prepare(place) {
      const { cci: { backend }, large } = place;
      await old("begun")(place);
      for (const source of ["1", "2"]) await backend.startUpload?.("begun", { size: large, source });
    },
    run: (place) => place.cci.abortUploads({ olderThan: 0, resume: resumeStore(place) }),
  },
  {
    name: "JSON and a pickle",
    prepare: ({ cci }) => cci.uploadJson("json", { run: 1 }),
    async run({ cci }, tell) {
      await cci.uploadJson("json", { run: 2 });
      tell("object json");
      await cci.uploadPickle("pickle", { run: 2 });
    },
  },
  {
    name: "a raw and an npy array",
    prepare: ({ cci }) => cci.uploadRawArray("raw", array(1, 50, 4), { compression: "Zstd" }),
    async run({ cci }, tell) {
      await cci.uploadRawArray("raw", array(2, 60, 4), { compression: "gzip" });
      tell("object raw");
      await cci.uploadNpyArray("a.npy", array(3, 7, 9));
    },
    read: async ({ cci }) => items(await cci.downloadRawArray("raw")),
  },
  {
    name: "an npz archive",
    prepare: async ({ cci }) => {
      await cci.uploadNpyArray("a.npy", array(3, 7, 9));
      await cci.uploadObject("all.npz", OLD);
    },
    run: async ({ cci: { backend } }) =>
      await writeNpz(backend, "all.npz", new Map([["a", await openNpy(backend, "a.npy")]])),
  },
  {
    name: "a chunked array replaced",
    choosesBelow: "chunked/",
    prepare: ({ cci }) => cci.uploadDaskArray("chunked", array(1, 6, 5), { chunks: [2, 5] }),
    run: ({ cci }) => cci.uploadDaskArray("chunked", array(2, 4, 7), { chunks: [2, 7] }),
    read: async ({ cci }) => items(await (await cci.downloadDaskArray("chunked")).toArray()),
  },
  {
    name: "a chunked array that goes on",
    choosesBelow: "chunked/",
    run: async (place) => {
      const options = { chunks: [2, 7], resume: resumeStore(place) };
      await place.cci.uploadDaskArray("chunked", array(2, 6, 7), options);
    },
    read: async ({ cci }) => items(await (await cci.downloadDaskArray("chunked")).toArray()),
  },
  {
    name: "a sparse array replaced",
    mayBeRefused: true,
    choosesBelow: "sparse/",
    prepare: ({ cci }) => cci.uploadSparseArray("sparse", sparse(1)),
    run: ({ cci }) => cci.uploadSparseArray("sparse", sparse(2)),
    read: async ({ cci }) => items((await cci.downloadSparseArray("sparse")).toDense()),
  },
  {
    name: "a dictionary of arrays",
    run: ({ cci }) => cci.dict2cloud("dict", { betas: array(1, 5), rois: { v1: array(2, 3) } }),
  },
  {
    name: "a Zarr array",
    run: ({ cci: { backend } }) => writeZarr(backend, "zarr", array(1, 4, 4), { chunks: [2, 4] }),
    read: async ({ cci: { backend } }) => items(await (await openZarr(backend, "zarr")).toArray()),
  },
  {
    name: "an array converted",
    choosesBelow: "converted/",
    prepare: ({ cci }) => cci.uploadNpyArray("a.npy", array(3, 7, 9)),
    run: ({ cci: { backend } }) =>
      convertArray(backend, "a.npy", backend, "converted", { to: "chunked", chunks: [4, 9] }),
    read: async ({ cci }) => items(await (await cci.downloadDaskArray("converted")).toArray()),
  },
  {
    name: "a copy over another object",
    prepare: async (place) => {
      await old("from")(place);
      await place.cci.uploadObject("to", NEW, of("2"));
    },
    run: ({ cci }) => cci.cp("from", "to", { overwrite: true }),
  },
  {
    name: "a copied tree",
    prepare: tree,
    run: ({ cci }) => cci.cp("tree", "copy", { recursive: true }),
  },
  {
    name: "a moved object",
    keeps: true,
    prepare: old("from/here"),
    run: ({ cci }) => cci.mv("from/here", "to/there"),
  },
  {
    name: "an object moved over another",
    keeps: true,
    prepare: async (place) => {
      await old("from")(place);
      await place.cci.uploadObject("to", NEW, of("2"));
    },
    run: ({ cci }) => cci.mv("from", "to", { overwrite: true }),
  },
  {
    name: "a moved tree",
    keeps: true,
    prepare: tree,
    run: ({ cci }) => cci.mv("tree", "moved/tree", { recursive: true }),
  },
  {
    name: "a tree moved by sync",
    keeps: true,
    prepare: tree,
    run: ({ cci: { backend } }, tell) =>
      sync({ backend, prefix: "tree" }, { backend, prefix: "moved" }, {
        // What is skipped stays.
        compare: "always",
        move: true,
        onAction: ({ name }) => {
          tell(`object moved/${name}`);
          tell(`object tree/${name}`);
        },
      }),
  },
  {
    name: "files moved into the store by sync",
    keeps: true,
    prepare: directory,
    run: (place, tell) =>
      sync(
        { backend: place.directory(`${place.files}/data`) },
        { backend: place.cci.backend, prefix: "data" },
        { move: true, compare: "always", onAction: ({ name }) => tell(`object data/${name}`) },
      ),
  },
  {
    name: "a removed object",
    prepare: old("sub01/notes"),
    run: ({ cci }) => cci.rm("sub01/notes"),
  },
  {
    name: "a removed tree",
    prepare: tree,
    run: ({ cci }) => cci.rm("tree", { recursive: true }),
  },
  {
    name: "tags",
    on: { store: "S3" },
    prepare: old("tagged"),
    run: ({ cci }) => cci.setTags("tagged", { run: "2" }),
    read: async ({ cci }) => JSON.stringify(await cci.getTags("tagged")),
  },
  {
    name: "an object brought back",
    on: { store: "S3", versions: true },
    async prepare(place) {
      // A deletion hides it, and so does another one.
      for (const _ of [1, 2]) {
        await old("hidden")(place);
        await place.cci.rm("hidden");
      }
      await collect(place.cci.backend.delete(["hidden"]));
    },
    run: ({ cci }) => cci.undelete("hidden"),
  },
  {
    name: "a new bucket",
    on: { store: "S3" },
    run: async ({ cci }) => {
      const { bucketName } = cci;
      await cci.createBucket("another");
      await cci.uploadObject("first", NEW);
      if (bucketName !== undefined) await cci.setBucket(bucketName);
    },
    read: isThereAnother,
  },
  {
    name: "a removed bucket",
    on: { store: "S3" },
    async prepare({ cci }) {
      const { bucketName } = cci;
      await cci.createBucket("another");
      if (bucketName !== undefined) await cci.setBucket(bucketName);
    },
    run: ({ cci }) => cci.rmBucket("another"),
    read: isThereAnother,
  },
  {
    name: "a directory uploaded",
    prepare: directory,
    run: (place) => place.cci.uploadFromDirectory(`${place.files}/data`, "data"),
  },
  {
    name: "a directory synced to the store",
    trustsStore: true,
    prepare: async (place) => {
      await directory(place);
      await place.cci.uploadObject("data/gone", OLD);
    },
    run: (place, tell) =>
      sync(
        { backend: place.directory(`${place.files}/data`) },
        { backend: place.cci.backend, prefix: "data" },
        { delete: true, onAction: ({ name }) => tell(`object data/${name}`) },
      ),
  },
  {
    name: "a file downloaded",
    files: true,
    prepare: async (place) => {
      await old("notes")(place);
      await writeFile(place, "notes", NEW);
    },
    run: ({ cci, files }) => cci.downloadToFile("notes", `${files}/notes`),
  },
  {
    name: "a large file downloaded that goes on",
    files: true,
    // In more than one range.
    prepare: ({ cci }) => cci.uploadObject("scan", pattern(8 * 2 ** 20 + 77, 6)),
    run: ({ cci, files }) => cci.downloadToFile("scan", `${files}/scan`, { resume: true }),
  },
  {
    name: "a directory downloaded",
    files: true,
    prepare: plainTree,
    run: ({ cci, files }) => cci.downloadDirectory("tree", `${files}/tree`),
  },
  {
    name: "keys rotated",
    keeps: true,
    on: { encrypted: true },
    prepare: tree,
    run: async ({ cci }) =>
      cci instanceof EncryptedInterface && await cci.rotate(NEXT_KEYS, { concurrency: 1 }),
  },
  {
    name: "objects bound to their new names",
    keeps: true,
    on: { encrypted: true },
    prepare: async (place) => {
      await place.cci.uploadObject("sub01/notes", OLD, of("1"));
      await place.store.copy("sub01/notes", "archive/sub01/notes");
    },
    run: async ({ cci }) => cci instanceof EncryptedInterface && await cci.rebind("archive"),
  },
];

/** What is in every place, and no write has to do with. */
export async function bystanders({ cci }: Place): Promise<void> {
  await cci.uploadObject("bystander", OLD, of("bystander"));
  await cci.uploadObject("sub01/run1/bystander", NEW, of("bystander"));
}
