/**
 * JSON objects.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { IntegrityError } from "../errors.ts";
import { withErrorKey } from "../error_context.ts";
import { dumpJson, type JsonValue, parseJson } from "../json.ts";
import { cleanName } from "../names.ts";
import { readPlain } from "./metadata.ts";
import { writeObject } from "./objects.ts";
import type { ReadOptions, UploadResult, WriteOptions } from "./options.ts";

/**
 * Stores a value as JSON, as Python's cottoncandy writes it: ASCII, `NaN` and `Infinity` as such, no metadata, and no content type unless one is given.
 *
 * @throws {InvalidArgumentError} for what JSON can't hold: functions, typed arrays, Maps, cycles.
 * @throws {AlreadyExistsError} when there is an object of that name and `overwrite` is false.
 *
 * @example
 * ```ts
 * import { MemoryBackend, readJson, writeJson } from "@cottoncandy/cottoncandy";
 *
 * const backend = new MemoryBackend();
 * await writeJson(backend, "sub01/info", { tr: 2.2, motion: NaN });
 * const info = await readJson(backend, "sub01/info");
 * console.assert(JSON.stringify(info) === '{"tr":2.2,"motion":null}');
 * ```
 */
export async function writeJson(
  backend: Backend,
  name: string,
  value: unknown,
  options: WriteOptions = {},
): Promise<UploadResult> {
  // deno-lint-ignore require-await -- async, so that what is thrown gets the object's name
  const text = await withErrorKey(cleanName(name), async () => dumpJson(value));
  return await writeObject(backend, name, text, options);
}

/**
 * Reads a JSON object, as Python's `json.loads` does: `NaN` and `Infinity` are read, integers that a number can't hold become `bigint`s.
 *
 * @throws {NotFoundError} when there is no such object.
 * @throws {IntegrityError} when it isn't JSON in UTF-8.
 */
export async function readJson(
  backend: Backend,
  name: string,
  options: ReadOptions = {},
): Promise<JsonValue> {
  const bytes = await readPlain(backend, name, options);
  // deno-lint-ignore require-await -- async, so that what is thrown gets the object's name
  return await withErrorKey(cleanName(name), async () => parseJson(decode(bytes)));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new IntegrityError("this is no JSON: its bytes are no UTF-8", { cause });
  }
}
