/**
 * Arrays that are folders: objects for the parts, and a `metadata.json` that makes them an array. It is the commit point of an upload, and the first thing
 * that a reader fetches.
 *
 * @module
 */
import type { Backend, ObjectHead, RequestOptions } from "../../backends/backend.ts";
import { withErrorKey } from "../error_context.ts";
import { IntegrityError, NotFoundError, UnsupportedError } from "../errors.ts";
import { type JsonValue, parseJson } from "../json.ts";
import { cleanName, withoutSlash } from "../names.ts";
import { GENERATION_KEY, refuseEncrypted, treeKey } from "../objects/reading/mod.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";

export { GENERATION_KEY };

/** A million parts take about a tenth of that. */
const LONGEST = 1024 * 1024 * 1024;

/** What a folder says of itself. */
export interface FolderDescription {
  /** What the JSON holds. */
  readonly json: JsonValue;
  /** The object's own metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A document of a folder, as it is stored. */
export interface FolderDocument {
  /** Its full key. */
  readonly key: string;
  /** What is in it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The object's own metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The folder that an array's name stands for, without the `/` at its end. */
export async function folderOf(backend: Backend, name: string, options: RequestOptions): Promise<string> {
  cleanName(name.replace(/\/+$/, ""));
  const { signal, onWarning } = options;
  return withoutSlash(await treeKey(backend, name, { signal, onWarning }));
}

/** The key of a folder's `metadata.json`. */
export function metadataKey(folder: string): string {
  return `${folder}/metadata.json`;
}

/**
 * Reads `metadata.json` of a folder, or another document that says what it is, in one request.
 *
 * @throws {NotFoundError} when there is none.
 * @throws {IntegrityError} when it is no JSON.
 */
export async function readDescription(
  backend: Backend,
  folder: string,
  { signal, onWarning }: RequestOptions,
  document: string = "metadata.json",
): Promise<FolderDescription> {
  const { key, bytes, metadata } = await readDocument(backend, folder, { signal, onWarning }, document);
  return { json: await withErrorKey(key, () => parseJson(bytes)), metadata };
}

/** Reads a document of a folder in one request, whatever is in it. */
export async function readDocument(
  backend: Backend,
  folder: string,
  { signal, onWarning }: RequestOptions,
  document: string,
): Promise<FolderDocument> {
  const key = folder === "" ? document : `${folder}/${document}`;
  const reader = await backend.open(key, { signal, onWarning });
  return await withErrorKey(reader.info.key, async () => {
    refuseEncrypted(reader.info);
    const { size, metadata } = reader.info;
    if (size > LONGEST) throw new IntegrityError(`${size} bytes are too many for the metadata of an array`);
    return { key: reader.info.key, bytes: await reader.read(undefined, { signal }), metadata };
  }).finally(() => reader.close());
}

/**
 * Makes sure that a part is of the same upload as `metadata.json`; warns where only the part does not tell.
 *
 * @throws {IntegrityError} when it is of another one.
 */
export function checkGeneration(
  folder: string,
  generation: string | undefined,
  { key, metadata }: ObjectHead,
  onWarning: OnWarning = warnOncePerKind,
): void {
  const own = metadata[GENERATION_KEY];
  if (own === generation) return;
  if (own !== undefined) {
    throw new IntegrityError(
      `this part is of another upload than the metadata of "${folder}", which was replaced, or is being replaced. Open the array again; ` +
        "what is in the part, downloadRawArray tells",
    );
  }
  onWarning({
    kind: "metadata",
    key,
    message:
      `this part of "${folder}" was written after it by another program: parts may not belong together`,
  });
}

/** The error of a folder of which only who has the key is told what it is. */
export function sealedFolderError(key: string, encryption: string): UnsupportedError {
  return new UnsupportedError(
    `what "${key}" is stands in it encrypted (${encryption}): open the store with getEncryptedInterface and the key`,
    { key },
  );
}

/** The error for a part that is missing. */
export function lostPartError(
  folder: string,
  key: string,
  cause: NotFoundError,
): NotFoundError {
  return new NotFoundError(
    `"${folder}" has lost its part "${key}": if it has been or is being replaced, open it again`,
    { key, bucket: cause.bucket, cause },
  );
}
