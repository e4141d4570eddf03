/**
 * Uploads of many objects to one folder that are taken up: by what their tokens name them, and how they are ended.
 *
 * @module
 */
import type {
  Backend,
  DeleteItem,
  PendingUpload,
  RequestOptions,
  UploadToken,
} from "../../../backends/backend.ts";
import { storeIdentity } from "../../../backends/upload_token.ts";
import { messageOf } from "../../error_context.ts";
import {
  AccessDeniedError,
  PartialFailureError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../errors.ts";
import { warnOncePerKind } from "../../warnings.ts";
import { removeKeys } from "../attempt_each.ts";
import { GENERATION_KEY } from "../reading/mod.ts";

const KIND = "chunks";
const DOCUMENT = "/metadata.json";
const PREFIX = "pt";

/** The chunks of an upload: objects `pt0000` and so on in one folder, which its `metadata.json` makes an array at the end. */
export interface UploadedChunks {
  /** The folder's key, without a slash at its end. */
  readonly folder: string;
  /** What all of its objects carry in their metadata. */
  readonly generation: string;
  /** Number of the first chunk. */
  readonly first: number;
  /** How many chunks there are. */
  readonly count: number;
  /** Goes into the digests by which chunks are known again, so that they tell nobody else anything. */
  readonly salt: string;
}

/** The token of an upload of chunks, which the store itself knows nothing of. */
export function chunksToken(
  backend: Backend,
  { folder, ...state }: UploadedChunks,
  size: number,
): UploadToken {
  const started = new Date().toISOString();
  return {
    version: 1,
    store: storeIdentity(backend),
    key: folder + DOCUMENT,
    size,
    started,
    state: { kind: KIND, ...state },
  };
}

/** The upload that a token names; `undefined` where that is one of the store's own. */
export function chunksOf({ key, state }: UploadToken): UploadedChunks | undefined {
  const { kind, generation, first, count, salt } = state;
  if (kind !== KIND || !key.endsWith(DOCUMENT)) return undefined;
  if (typeof generation !== "string" || typeof salt !== "string") return undefined;
  if (!isCount(first) || !isCount(count)) return undefined;
  return { folder: key.slice(0, -DOCUMENT.length), generation, first, count, salt };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The name of a chunk within its folder, as Python's cottoncandy gives it. */
export function chunkName(number: number): string {
  return `${PREFIX}${String(number).padStart(4, "0")}`;
}

/** Whether a name within the folder is that of one of the upload's chunks. */
export function isChunkOf({ first, count }: UploadedChunks, name: string): boolean {
  const number = Number(name.slice(PREFIX.length));
  return chunkName(number) === name && number >= first && number < first + count;
}

/**
 * Ends an upload of chunks: removes what it has stored. Nothing else goes, whatever has the same name by now; and where the array is complete, nothing does.
 *
 * @throws {PartialFailureError} when some could not be removed.
 */
export async function removeChunks(
  backend: Backend,
  upload: UploadedChunks,
  options: RequestOptions,
): Promise<void> {
  const { folder, generation } = upload;
  const own = async (key: string) => {
    const head = await backend.head(key, options);
    return head?.metadata[GENERATION_KEY] === generation ? head : undefined;
  };
  if (await own(folder + DOCUMENT)) return;
  await abortPending(backend, upload, 0, options);
  const keys: string[] = [];
  const versions: DeleteItem[] = [];
  for await (const { key } of chunkEntries(backend, folder, options)) {
    const head = isChunkOf(upload, key.slice(folder.length + 1)) ? await own(key) : undefined;
    if (!head) continue;
    keys.push(key);
    versions.push({ key, ifMatch: head.etag });
  }
  // What somebody has replaced since is not ours any more.
  const failed = (await removeKeys(backend, versions)).filter(({ error }) =>
    !(error instanceof PreconditionFailedError)
  );
  if (failed.length === 0) return;
  const left = new Set(failed.map(({ key }) => key));
  throw new PartialFailureError(
    `of the chunks of "${folder}", removed`,
    keys.filter((key) => !left.has(key)),
    failed,
    { key: folder, bucket: backend.bucket },
  );
}

/** The objects of a folder that may be chunks, by one listing. */
export async function* chunkEntries(
  backend: Backend,
  folder: string,
  { signal, onWarning }: RequestOptions,
): AsyncGenerator<{ readonly key: string; readonly etag?: string }, void, void> {
  for await (
    const entry of backend.list({ signal, onWarning, prefix: `${folder}/${PREFIX}`, delimiter: "/" })
  ) if ("key" in entry) yield entry;
}

/**
 * Ends what a process that was killed has begun of single chunks, where a chunk goes in parts: the store keeps them until somebody does. A failure is a warning.
 *
 * @param olderThan As that of `abortUploads`.
 */
export async function abortPending(
  backend: Backend,
  upload: UploadedChunks,
  olderThan: Date | number,
  { signal, onWarning = warnOncePerKind }: RequestOptions,
): Promise<void> {
  if (!backend.abortUploads) return;
  const { folder } = upload;
  try {
    const only = ({ key }: PendingUpload) => isChunkOf(upload, key.slice(folder.length + 1));
    await backend.abortUploads({ prefix: `${folder}/${PREFIX}`, only, olderThan, signal, onWarning });
  } catch (error) {
    signal?.throwIfAborted();
    // Who may write need not be allowed to list, and not every server has such lists.
    if (error instanceof AccessDeniedError || error instanceof UnsupportedError) return;
    onWarning({
      kind: "leftover",
      key: folder,
      message: `parts of chunks of "${folder}" that a process which was killed has sent may be left: ${
        messageOf(error)
      }`,
    });
  }
}
