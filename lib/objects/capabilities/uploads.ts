/**
 * Uploads that nobody has finished: those that a store tells of, and those that a resume store remembers.
 *
 * @module
 */
import { checkedAge, compareKeys } from "../../../backends/arguments.ts";
import type {
  AbortUploadsOptions,
  Backend,
  PendingUpload,
  RequestOptions,
} from "../../../backends/backend.ts";
import { storeIdentity } from "../../../backends/upload_token.ts";
import { asError } from "../../error_context.ts";
import { type FailedObject, PartialFailureError } from "../../errors.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import { relativeTo, type RootOptions } from "../listing.ts";
import type { ResumeStore } from "../resuming/mod.ts";
import { askedPrefix, missing, PREFIXED_OPTIONS, type PrefixedOptions, remembered } from "./below.ts";

/** Options of {@linkcode listUploads}. */
export interface ListUploadsOptions extends PrefixedOptions {
  /**
   * A resume store, whose uploads are told too: of those that the store lists what they are of, and those that it doesn't list (Drive lists none). `true` for the
   * default directory; default false.
   */
  readonly resume?: boolean | ResumeStore;
}

/** Options of {@linkcode abortUploads}. */
export interface EndUploadsOptions extends ListUploadsOptions, Pick<AbortUploadsOptions, "olderThan"> {}

const LIST_OPTIONS: OptionTable<ListUploadsOptions> = { ...PREFIXED_OPTIONS, resume: true };
const ABORT_OPTIONS: OptionTable<EndUploadsOptions> = { ...LIST_OPTIONS, olderThan: true };

/** An upload that is not complete, and what it is of, where a resume store remembers that. */
export interface UnfinishedUpload extends PendingUpload {
  /** The store's name for the upload, or that of its record where the store gives it none. */
  readonly uploadId: string;
  /** What it takes its bytes from, such as a file's path; `""` for a stream. Only for what the resume store remembers. */
  readonly source?: string;
}

/**
 * Uploads in parts that were begun and are not complete: underway, or left by a process that was killed. Their parts are stored, and paid for.
 *
 * @param options `resume`: a resume store, whose uploads are told too, last where the store lists none.
 * @throws {UnsupportedError} where the store keeps no parts, and no resume store is given.
 *
 * @example
 * ```ts
 * import { MemoryBackend, UnsupportedError } from "@cottoncandy/cottoncandy";
 * import { listUploads } from "@cottoncandy/cottoncandy/objects";
 *
 * const asked = await listUploads(new MemoryBackend()).next().catch((error) => error);
 * console.assert(asked instanceof UnsupportedError);
 * ```
 */
export async function* listUploads(
  backend: Backend,
  options: ListUploadsOptions & RootOptions = {},
): AsyncGenerator<UnfinishedUpload, void, void> {
  checkOptions(options, LIST_OPTIONS);
  const { root = "", signal, onWarning } = options;
  if (!backend.listUploads && !options.resume) {
    throw missing(backend, "keeps no parts of uploads that are not complete");
  }
  const prefix = await askedPrefix(options, (below) => backend.listUploads?.(below));
  const known = await rememberedUploads(backend, prefix, options);
  const all = async function* (): AsyncGenerator<UnfinishedUpload, void, void> {
    for await (const upload of backend.listUploads?.({ prefix, signal, onWarning }) ?? []) {
      const index = known.findIndex((one) => isSame(one, upload));
      const [record] = index < 0 ? [] : known.splice(index, 1);
      yield { ...upload, ...(record ? { source: record.source } : {}) };
    }
    for (const { end: _end, ...upload } of known) yield upload;
  };
  yield* relativeTo(root, remembered(backend, all()));
}

/**
 * Ends uploads in parts that were begun before some time, and removes their parts. One that is still underway fails then: choose a time in which any upload
 * of yours is done.
 *
 * @param options `olderThan`: a `Date`, or a number of milliseconds ago; `prefix`: only names that begin with it; `resume`: a resume store, whose uploads are ended and forgotten too.
 * @returns Those that were ended.
 * @throws {PartialFailureError} when some could not be ended.
 * @throws {UnsupportedError} where the store keeps no parts, and no resume store is given.
 *
 * @example
 * ```ts
 * import { MemoryBackend, UnsupportedError } from "@cottoncandy/cottoncandy";
 * import { abortUploads } from "@cottoncandy/cottoncandy/objects";
 *
 * const week = 7 * 24 * 3600 * 1000;
 * const asked = await abortUploads(new MemoryBackend(), { olderThan: week }).catch((error) => error);
 * console.assert(asked instanceof UnsupportedError);
 * ```
 */
export async function abortUploads(
  backend: Backend,
  options: EndUploadsOptions & RootOptions,
): Promise<UnfinishedUpload[]> {
  checkOptions(options, ABORT_OPTIONS);
  const { root = "", olderThan, signal, onWarning } = options;
  if (!backend.abortUploads && !options.resume) {
    throw missing(backend, "keeps no parts of uploads that are not complete");
  }
  const where = { bucket: backend.bucket };
  checkedAge(olderThan, where);
  const prefix = await askedPrefix(options, (below) => backend.listUploads?.(below));
  const known = await rememberedUploads(backend, prefix, options);
  const ended: UnfinishedUpload[] = [];
  const failed: FailedObject[] = [];
  try {
    ended.push(...await backend.abortUploads?.({ prefix, olderThan, signal, onWarning }) ?? []);
  } catch (error) {
    if (known.length === 0 || !(error instanceof PartialFailureError)) throw error;
    failed.push(...error.failed);
  }
  // By the store's clock, which has been asked by now.
  const before = checkedAge(olderThan, where, backend.clockOffset?.()?.least);
  for (const { end, ...upload } of known) {
    if (upload.started.getTime() > before || failed.some(({ key }) => key === upload.key)) continue;
    const index = ended.findIndex((one) => isSame(one, upload));
    try {
      await end({ signal, onWarning });
      if (index < 0) ended.push(upload);
      else ended[index] = upload;
    } catch (error) {
      signal?.throwIfAborted();
      failed.push({ key: upload.key, error: asError(error) });
    }
  }
  if (failed.length > 0) {
    throw new PartialFailureError("ended uploads:", ended.map(({ key }) => key), failed, {
      bucket: backend.bucket,
    });
  }
  return ended.map((upload) => ({ ...upload, key: upload.key.slice(root.length) }));
}

function isSame(a: PendingUpload, b: PendingUpload): boolean {
  return a.uploadId === b.uploadId && a.key === b.key;
}

/** An upload of a record. */
interface RecordedUpload extends UnfinishedUpload {
  /** Ends it, and removes the record. */
  end(options: RequestOptions): Promise<void>;
}

/** The uploads below a prefix of this store that a resume store remembers, by their keys. */
async function rememberedUploads(
  backend: Backend,
  prefix: string,
  { resume = false, onWarning }: ListUploadsOptions,
): Promise<RecordedUpload[]> {
  if (resume === false) return [];
  const { chunksOf, readRecord, removeChunks, resumeStoreOf } = await import("../resuming/mod.ts");
  const store = resumeStoreOf(resume);
  const found: RecordedUpload[] = [];
  for (const name of await store.list()) {
    const record = await readRecord(store, name, "left", onWarning);
    if (!record || record.token.store !== storeIdentity(backend) || !record.token.key.startsWith(prefix)) {
      continue;
    }
    const { token, source } = record;
    const { uploadId } = token.state;
    const chunks = chunksOf(token);
    found.push({
      key: token.key,
      uploadId: typeof uploadId === "string" ? uploadId : name,
      started: new Date(token.started),
      source: source.id,
      async end(options) {
        if (chunks) await removeChunks(backend, chunks, options);
        else await backend.abortUpload?.(token, options);
        await store.delete(name);
      },
    });
  }
  return found.sort((a, b) => compareKeys(a.key, b.key));
}
