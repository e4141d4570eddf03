/**
 * JSON as objects, as Python's cottoncandy stores it with `upload_json` and reads it with `download_json`, compatible both ways.
 *
 * @module
 */
import { OBJECT_READ_OPTIONS, WRITE_OPTIONS } from "./reading/mod.ts";
import { checkOptions } from "../options.ts";
import type { Backend } from "../../backends/backend.ts";
import { withErrorKey } from "../error_context.ts";
import { dumpJson, type JsonValue, parseJson } from "../json.ts";
import { objectKey } from "./keys.ts";
import { readUnencrypted, writeObject } from "./objects.ts";
import type { ObjectReadOptions, UploadResult, WriteOptions } from "./options.ts";

export { dumpJson, type JsonValue, parseJson };

/**
 * Stores a value as JSON, as Python's cottoncandy writes it: ASCII, `NaN` and `Infinity` as such, no metadata, and no content type unless one is given.
 *
 * @throws {InvalidArgumentError} for what JSON can't hold: functions, typed arrays, Maps, cycles.
 * @throws {AlreadyExistsError} when there is an object of that name and `overwrite` is false.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { readJson, writeJson } from "@cottoncandy/cottoncandy/json";
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
  checkOptions(options, WRITE_OPTIONS);
  const key = await objectKey(backend, name, options);
  const text = await withErrorKey(key, () => dumpJson(value));
  return await writeObject(backend, key, text, options);
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
  options: ObjectReadOptions = {},
): Promise<JsonValue> {
  checkOptions(options, OBJECT_READ_OPTIONS);
  const key = await objectKey(backend, name, options);
  const bytes = await readUnencrypted(backend, key, options);
  return await withErrorKey(key, () => parseJson(bytes));
}
