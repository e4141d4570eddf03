/** Carries out the operations of a step. */
import { isResumable } from "../../backends/arguments.ts";
import type { Keys } from "../../crypto/mod.ts";
import { CottonCandyError, PreconditionFailedError, UnsupportedError } from "../../lib/errors.ts";
import { collect } from "../../lib/async.ts";
import { type ArrayInterface, EncryptedInterface } from "../../lib/interface/mod.ts";
import { openZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import { tree } from "../backends/local/directory.ts";
import { performBucket } from "./buckets.ts";
import { bytesOf, inTemporaryDirectory, store } from "./contents.ts";
import { performPresigned } from "./presigned.ts";
import type { Listing, Operation, Reading } from "./steps.ts";
import { performSync } from "./syncing.ts";
import { type History, performVersion } from "./versions.ts";

/** What a failing source fails of. */
export class SourceFailure extends Error {}

/** What carries out a step. */
export interface Performance {
  readonly cci: ArrayInterface;
  readonly signal?: AbortSignal;
  /** After how many bytes the source of an upload fails. */
  readonly sourceFailsAt?: number;
  /** For `rotate`: the new keys. */
  readonly keys?: Keys;
  /** For versions: those that there are. */
  readonly history?: History;
  /** Ends whatever goes wrong. */
  calm(): Promise<void>;
}

/** Does what an operation says, and gives what it gives. */
export async function perform(operation: Operation, performance: Performance): Promise<unknown> {
  const { cci, signal } = performance;
  switch (operation.op) {
    case "store": {
      const { name, content, overwrite } = operation;
      return await store(cci, name, content, { signal, overwrite });
    }
    case "upload":
      return await upload(operation, performance);
    case "replace":
      return await replace(operation, performance);
    case "resumable":
      return await resumable(operation, performance);
    case "store folder":
      return await store(cci, operation.name, operation.content, { signal });
    case "cp":
    case "mv": {
      const { op, from, to, overwrite, recursive } = operation;
      return await cci[op](from, to, { overwrite, recursive, signal });
    }
    case "rm":
      return (await cci.rm(operation.name, { recursive: operation.recursive, signal })).deleted.sort();
    case "sync":
      return await performSync(operation, cci, signal);
    case "undelete":
      return (await cci.undelete(operation.name, { signal })).key;
    case "version":
      return await performVersion(operation, cci, performance.history ?? new Map(), signal);
    case "bucket":
      return await performBucket(operation, cci, signal);
    case "presign":
      return await performPresigned(operation, performance);
    case "uploads":
      return await uploads(operation, performance);
    case "owner":
      return (await cci.getObjectOwner(operation.name, { signal })).id !== "";
    case "rotate":
      return await rotate(performance);
    case "rebind":
      return await rebind(operation, performance);
    case "tag":
      await cci.setTags(operation.name, operation.tags, { signal });
      return await cci.getTags(operation.name, { signal });
    case "read":
      return await read(cci, operation.name, operation.as, signal);
    case "list":
      return await list(cci, operation.name, operation.as, signal);
  }
}

/** A stream in pieces of odd lengths. */
function streamOf(
  bytes: Uint8Array<ArrayBuffer>,
  failsAt = Infinity,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= failsAt) throw new SourceFailure("the source has failed");
      if (offset >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(offset, offset += 65_537));
    },
  }, { highWaterMark: 0 });
}

async function upload(
  { name, size, seed, how, overwrite }: Extract<Operation, { op: "upload" }>,
  { cci, signal, sourceFailsAt }: Performance,
): Promise<unknown> {
  const bytes = bytesOf({ size, seed });
  const options = { signal, overwrite, metadata: { seed: `${seed}` } };
  switch (how) {
    case "bytes":
      return await cci.uploadObject(name, bytes, options);
    case "blob":
      return await cci.uploadObject(name, new Blob([bytes]), options);
    case "stream":
      return await cci.uploadObject(name, streamOf(bytes, sourceFailsAt), options);
    case "parts":
      return await cci.mpuFileobject(name, streamOf(bytes, sourceFailsAt), {
        ...options,
        bufferSize: 5 * 1024 * 1024,
      });
    case "file":
      return await inTemporaryDirectory(async (directory) => {
        await Deno.writeFile(`${directory}/file`, bytes);
        return await cci.uploadFromFile(`${directory}/file`, name, options);
      });
  }
}

async function replace(
  { name, size, seed }: Extract<Operation, { op: "replace" }>,
  { cci, signal }: Performance,
): Promise<unknown> {
  const key = cci.prefix + name;
  const there = await cci.backend.head(key, { signal });
  if (!there) throw new PreconditionFailedError("there is nothing to replace", { key, committed: "no" });
  return await cci.backend.put(key, bytesOf({ size, seed }), {
    signal,
    ifMatch: there.etag,
    metadata: { seed: `${seed}` },
  });
}

async function resumable(
  { name, size, seed, end }: Extract<Operation, { op: "resumable" }>,
  { cci, signal, sourceFailsAt, calm }: Performance,
): Promise<unknown> {
  const { backend } = cci;
  const source = `${seed}`;
  const bytes = bytesOf({ size, seed });
  if (!isResumable(backend)) throw new UnsupportedError("no upload can be resumed here", { committed: "no" });
  const token = await backend.startUpload(cci.prefix + name, {
    size,
    source,
    metadata: { seed: source },
    signal,
  });
  try {
    return await backend.resumeUpload(token, streamOf(bytes, sourceFailsAt), { source, signal });
  } catch (error) {
    await calm();
    if (end === "abort") {
      await backend.abortUpload(token);
      throw error;
    }
    // What was refused for good is over.
    if (
      error instanceof CottonCandyError && error.committed === "no" && error.code === "PreconditionFailed"
    ) throw error;
    return await backend.resumeUpload(JSON.parse(JSON.stringify(token)), streamOf(bytes), { source });
  }
}

async function uploads(
  { name, size }: Extract<Operation, { op: "uploads" }>,
  { cci, signal, calm }: Performance,
): Promise<unknown> {
  const { backend } = cci;
  if (!isResumable(backend)) throw new UnsupportedError("no upload can be resumed here", { committed: "no" });
  const token = await backend.startUpload(cci.prefix + name, { size, source: name, signal });
  try {
    const below = { prefix: name, signal };
    const found = await collect(cci.listUploads(below));
    const ended = await cci.abortUploads({ ...below, olderThan: 0 });
    const left = await collect(cci.listUploads(below));
    const isFound = found.some(({ key }) => key === name);
    // An answer that was lost may have begun another one.
    return { isFound, isEnded: ended.length === found.length, left: left.length };
  } finally {
    await calm();
    await backend.abortUpload(token);
  }
}

async function rotate({ cci, signal, keys, calm }: Performance): Promise<unknown> {
  if (!(cci instanceof EncryptedInterface) || !keys) throw new UnsupportedError("nothing is encrypted here");
  try {
    return (await cci.rotate(keys, { signal })).changed.length;
  } finally {
    // Whatever came of it, and whatever was written meanwhile.
    await calm();
    if ((await collect(cci.getObjects())).length > 0) await cci.rotate(keys);
  }
}

async function rebind(
  { from, to }: Extract<Operation, { op: "rebind" }>,
  { cci, signal, calm }: Performance,
): Promise<unknown> {
  if (!(cci instanceof EncryptedInterface)) throw new UnsupportedError("nothing is encrypted here");
  const { store } = cci.backend;
  const rename = async (signal?: AbortSignal) => {
    await store.copy(cci.prefix + from, cci.prefix + to, { signal });
    return (await cci.rebind(to, { from, signal })).changed;
  };
  try {
    return await rename(signal);
  } catch (error) {
    await calm();
    // What was copied by then is nobody's object under its name.
    if (await cci.existsObject(from)) await rename();
    throw error;
  }
}

async function read(cci: ArrayInterface, name: string, as: Reading, signal?: AbortSignal): Promise<unknown> {
  switch (as) {
    case "bytes":
      return await cci.downloadObject(name, { signal });
    case "range":
      return await cci.downloadObject(name, { signal, range: { offset: 3, length: 40 } });
    case "stream": {
      const { content, metadata } = await cci.downloadStream(name, { signal });
      return { bytes: await new Response(content).bytes(), metadata };
    }
    case "file":
      return await inTemporaryDirectory((directory) => readToFile(cci, name, directory, signal));
    case "json":
      return await cci.downloadJson(name, { signal });
    case "pickle":
      return await cci.downloadPickle(name, { signal });
    case "raw":
      return await cci.downloadRawArray(name, { signal });
    case "npy":
      return await cci.downloadNpyArray(name, { signal });
    case "raw slice":
      return await (await cci.openRawArray(name, { signal })).read([[0, null, 2]], { signal });
    case "npy slice":
      return await (await cci.openNpyArray(name, { signal })).read([[0, null, 2]], { signal });
    case "npz": {
      const archive = await cci.openNpz(name, { signal });
      return [await archive.read("betas"), await archive.read("mask")];
    }
    case "dask":
      return await (await cci.downloadDaskArray(name, { signal })).read([], { signal });
    case "dask slice":
      return await (await cci.downloadDaskArray(name, { signal })).read([[1, 3]], { signal });
    case "zarr":
      return await (await openZarr(cci.backend, cci.prefix + name, { signal })).read([], { signal });
    case "zarr slice":
      return await (await openZarr(cci.backend, cci.prefix + name, { signal })).read([[1, 3]], { signal });
    case "sparse":
      return (await cci.downloadSparseArray(name, { signal })).toDense();
    case "dict":
      return await cci.cloud2dict(name, { signal });
    case "directory":
      return await inTemporaryDirectory(async (directory) => {
        await cci.downloadDirectory(name, directory, { signal });
        return await filesBelow(directory);
      });
    case "dataset":
      return await (await cci.cloud2dataset(name, {})).keys({ signal });
    case "head": {
      const { key, size, metadata } = await cci.getObject(name, { signal });
      return { key, size, metadata };
    }
    case "exists":
      return await cci.existsObject(name, { signal });
  }
}

/** Reads to a file; a failure must leave none. */
async function readToFile(
  cci: ArrayInterface,
  name: string,
  directory: string,
  signal?: AbortSignal,
): Promise<unknown> {
  try {
    await cci.downloadToFile(name, `${directory}/file`, { signal });
  } catch (error) {
    const left = [...Deno.readDirSync(directory)].map(({ name }) => name);
    if (left.length > 0) throw new Error(`a download that failed left ${left.join(", ")}`, { cause: error });
    throw error;
  }
  const files = [...Deno.readDirSync(directory)].map(({ name }) => name);
  return { files, bytes: await Deno.readFile(`${directory}/file`) };
}

async function list(cci: ArrayInterface, name: string, as: Listing, signal?: AbortSignal): Promise<unknown> {
  switch (as) {
    case "objects":
      return (await collect(cci.getObjects({ prefix: name, signal }))).map(({ key, size }) =>
        `${key} ${size}`
      );
    case "size":
      return await cci.getSize({ prefix: name, signal });
    case "ls":
      return (await cci.ls(name, { signal })).sort();
    case "lsdir":
      return (await cci.lsdir(name, { signal })).sort();
    case "glob":
      return await cci.glob(`${name}*`, { signal });
    case "glob deep":
      return await cci.glob(`${name}**`, { signal });
    case "browse":
      return await (await cci.getBrowser()).keys({ signal });
  }
}

async function filesBelow(directory: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const path of await tree(directory)) files[path] = await Deno.readFile(`${directory}/${path}`);
  return files;
}
