/**
 * The token of an upload in parts that is begun to be resumed: what another process needs to go on with it, and to recognise the object when the answer was lost.
 *
 * @module
 */
import { InvalidArgumentError } from "../../../lib/errors.ts";
import type { JsonValue } from "../../../lib/json.ts";
import type { Backend, UploadToken } from "../../backend.ts";
import { isPartSize } from "../../options.ts";
import { checkUploadToken, malformedTokenError, storeIdentity } from "../../upload_token.ts";
import { customerKeyDigest } from "../keeping.ts";
import { MAX_PART, MIN_PART, type S3Checksums } from "../options.ts";
import type { S3Store } from "../store.ts";
import type { BegunUpload } from "./begin.ts";
import type { WriteTarget } from "./target.ts";

/** What a token tells. */
export interface ResumableUpload {
  /** What is written. What the store was told when the upload began, such as its class and tags, is not in it. */
  readonly target: WriteTarget & { readonly size: number };
  /** Bytes of each part but the last. */
  readonly partSize: number;
  /** What the store knows of it. */
  readonly begun: Omit<BegunUpload, "began">;
  /** When it was begun, in milliseconds of the server's clock, where that was known. */
  readonly began?: number;
}

function namesOf({ bucket, identity }: S3Store): Pick<Backend, "name" | "identity" | "bucket"> {
  return { name: `s3://${bucket}`, identity, bucket };
}

/** Writes a token. The customer's key is no part of it, only what tells it from another. */
export async function tokenOf(
  store: S3Store,
  { target, partSize, begun, began }: ResumableUpload,
): Promise<UploadToken> {
  const { key, size, metadata = {}, contentType, ifAbsent, ifMatch } = target;
  const { uploadId, setting, knowsFullObject, digestETags } = begun;
  const state: Record<string, JsonValue | undefined> = {
    uploadId,
    partSize,
    checksums: setting,
    fullObject: knowsFullObject,
    digestETags,
    began,
    metadata,
    contentType,
    ifAbsent,
    ifMatch,
    customerKey: await customerKeyDigest(store.options, uploadId),
  };
  return Object.freeze({
    version: 1,
    store: storeIdentity(namesOf(store)),
    key,
    size,
    started: new Date(began ?? Date.now()).toISOString(),
    state: Object.freeze(JSON.parse(JSON.stringify(state))),
  });
}

const CHECKSUMS: readonly S3Checksums[] = ["CRC32", "CRC32C", "CRC64NVME", "SHA256", "MD5", false];

/**
 * Reads a token, which may come from a file that anybody has written.
 *
 * @throws {InvalidArgumentError} when it is malformed, another bucket's, or of an upload with another customer's key.
 */
export async function readToken(store: S3Store, token: UploadToken): Promise<ResumableUpload> {
  const { bucket } = store;
  const { key, size, state } = checkUploadToken(token, namesOf(store));
  const wrong = (name: string) => malformedTokenError(`\`state.${name}\` can't be right`, { key, bucket });
  const text = (name: string): string | undefined => {
    const value = state[name];
    if (value !== undefined && (typeof value !== "string" || value === "")) throw wrong(name);
    return value;
  };
  const flag = (name: string): boolean => {
    const value = state[name] ?? false;
    if (typeof value !== "boolean") throw wrong(name);
    return value;
  };
  const { partSize, began } = state;
  const uploadId = text("uploadId");
  if (uploadId === undefined) throw wrong("uploadId");
  if (typeof partSize !== "number" || !isPartSize(partSize, MIN_PART, MAX_PART)) throw wrong("partSize");
  if (began !== undefined && typeof began !== "number") throw wrong("began");
  const setting = CHECKSUMS.find((known) => known === state.checksums);
  if (setting === undefined) throw wrong("checksums");
  if (text("customerKey") !== await customerKeyDigest(store.options, uploadId)) {
    throw new InvalidArgumentError(
      `the upload of "${key}" was begun with another customer's key, or with none: open the store with the same \`sse\`, or begin anew`,
      { key, bucket, committed: "no" },
    );
  }
  const [ifAbsent, ifMatch] = [flag("ifAbsent"), text("ifMatch")];
  if (ifAbsent && ifMatch !== undefined) throw wrong("ifMatch");
  return {
    target: {
      key,
      size,
      metadata: metadataIn(state.metadata, wrong),
      contentType: text("contentType"),
      ifAbsent,
      ifMatch,
    },
    partSize,
    begun: {
      uploadId,
      setting,
      knowsFullObject: flag("fullObject"),
      digestETags: flag("digestETags"),
    },
    began,
  };
}

function metadataIn(
  value: JsonValue | undefined,
  wrong: (name: string) => InvalidArgumentError,
): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong("metadata");
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => {
      if (typeof text !== "string") throw wrong("metadata");
      return [name, text];
    }),
  );
}
