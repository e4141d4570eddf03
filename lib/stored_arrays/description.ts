/**
 * `metadata.json` of arrays that are folders, whatever kind they are of.
 *
 * @module
 */
import type { Backend, RequestOptions } from "../../backends/backend.ts";
import { IntegrityError } from "../errors.ts";
import { withErrorKey } from "../error_context.ts";
import { type JsonValue, parseJson } from "../json.ts";
import { cleanName } from "../names.ts";
import { refuseEncrypted } from "../objects/mod.ts";

/** A million parts take about a tenth of that. */
const LONGEST = 1024 * 1024 * 1024;

/** What a folder says of itself. */
export interface Description {
  /** What the JSON holds. */
  readonly json: JsonValue;
  /** The object's own metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The folder that an array's name stands for. */
export function folderOf(name: string): string {
  return cleanName(name.replace(/\/+$/, ""));
}

/** The key of a folder's `metadata.json`. */
export function metadataKey(folder: string): string {
  return `${folder}/metadata.json`;
}

/**
 * Reads `metadata.json` of a folder, in one request.
 *
 * @throws {NotFoundError} when there is none.
 * @throws {IntegrityError} when it is no JSON.
 */
export async function readDescription(
  backend: Backend,
  folder: string,
  { signal, onWarning }: RequestOptions,
): Promise<Description> {
  const reader = await backend.open(metadataKey(folder), { signal, onWarning });
  return await withErrorKey(reader.info.key, async () => {
    refuseEncrypted(reader.info);
    const { size, metadata } = reader.info;
    if (size > LONGEST) throw new IntegrityError(`${size} bytes are too many for the metadata of an array`);
    return { json: parseJson(utf8(await reader.read(undefined, { signal }))), metadata };
  }).finally(() => reader.close());
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new IntegrityError("the metadata are no UTF-8 text", { cause });
  }
}
