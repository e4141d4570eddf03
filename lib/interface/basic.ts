/**
 * Objects as values: JSON, pickles and files.
 *
 * @module
 */
import type {
  DownloadedFile,
  DownloadFileOptions,
  UploadDirectoryOptions,
  UploadedDirectory,
  UploadFileOptions,
} from "../files/mod.ts";
import type { JsonValue } from "../json.ts";
import type { MultipartOptions } from "../objects/in_parts/mod.ts";
import { readJson, writeJson } from "../objects/json.ts";
import { consuming, type ObjectReadOptions, type UploadResult, type WriteOptions } from "../objects/mod.ts";
import type { PickleReadOptions, PickleValue } from "../objects/pickle.ts";
import { ObjectsInterface } from "./objects.ts";

/**
 * Objects as bytes, streams, JSON, pickles and files, in one bucket or below a prefix of it.
 *
 * Each method calls a function of the same feature, which says all there is to know; an interface adds its store, its prefix and its defaults. Methods that read
 * reject with `NotFoundError` when there is no such object, those that write with `AlreadyExistsError` when there is one and `overwrite` is false.
 *
 * @category Opening a store
 * @example
 * ```ts
 * import { BasicInterface, MemoryBackend } from "@cottoncandy/cottoncandy";
 *
 * const cci = new BasicInterface(new MemoryBackend(), { prefix: "sub01" });
 * const { key } = await cci.uploadObject("notes", "two runs were lost");
 * console.assert(key === "sub01/notes" && await cci.existsObject("notes"));
 * ```
 */
export class BasicInterface extends ObjectsInterface {
  /**
   * Stores a value as JSON, as Python's cottoncandy writes it; see {@linkcode writeJson}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadJson("protocol", { tr: 2, seed: 2n ** 63n, snr: NaN });
   * console.assert(new TextDecoder().decode(await cci.downloadObject("protocol")).includes("NaN"));
   * ```
   */
  uploadJson(name: string, value: unknown, options: WriteOptions = {}): Promise<UploadResult> {
    return this.run((key) => writeJson(this.backend, key, value, this.writing(options)), name);
  }

  /**
   * Reads a JSON object; integers that a number can't hold become `bigint`s; see {@linkcode readJson}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadJson("protocol", [1, 2n ** 63n]);
   * const [small, large] = await cci.downloadJson("protocol") as [number, bigint];
   * console.assert(small === 1 && large === 9223372036854775808n);
   * ```
   */
  downloadJson(name: string, options: ObjectReadOptions = {}): Promise<JsonValue> {
    return this.run((key) => readJson(this.backend, key, this.reading(options)), name);
  }

  /**
   * Stores a value as a pickle, which Python reads with `download_pickle`; see {@linkcode writePickle}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadPickle("model", { weights: new Float64Array(3), layers: ["conv", "pool"] });
   * ```
   */
  async uploadPickle(name: string, value: unknown, options: WriteOptions = {}): Promise<UploadResult> {
    const { backend } = this;
    const { writePickle } = await import("../objects/pickle.ts");
    return await this.run((key) => writePickle(backend, key, value, this.writing(options)), name);
  }

  /**
   * Reads a pickle: data and numpy arrays. Nothing in it is ever called; see {@linkcode readPickle}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadPickle("labels", ["rest", "task"]);
   * const labels = await cci.downloadPickle("labels");
   * console.assert(Array.isArray(labels) && labels[1] === "task");
   * ```
   */
  async downloadPickle(
    name: string,
    options: ObjectReadOptions & PickleReadOptions = {},
  ): Promise<PickleValue> {
    const { backend } = this;
    const { readPickle } = await import("../objects/pickle.ts");
    return await this.run((key) => readPickle(backend, key, this.reading(options)), name);
  }

  /**
   * Stores a stream of any length in parts of `bufferSize` bytes, where the store takes parts; see {@linkcode writeInParts}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * const stream = new Blob(["of any length"]).stream();
   * const { size } = await cci.mpuFileobject("log", stream, { bufferSize: 16 * 1024 * 1024 });
   * console.assert(size === 13);
   * ```
   */
  mpuFileobject(
    name: string,
    stream: ReadableStream<Uint8Array>,
    options: MultipartOptions = {},
  ): Promise<UploadResult> {
    const { backend } = this;
    return consuming(stream, async () => {
      const { writeInParts } = await import("../objects/in_parts/mod.ts");
      return await this.run((key) => writeInParts(backend, key, stream, this.writing(options)), name);
    });
  }

  /**
   * Stores a file from disk as an object; see {@linkcode uploadFile}. In a browser this and its like are an `UnsupportedError`.
   *
   * @param path A path, or `file:` URL.
   * @param name The object's name; default the path as it is given, without a leading `/`, as in Python's cottoncandy.
   * @param options `resume`: an upload that breaks off is taken up by the next call, in another process too; see `docs/files.md`.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * const path = await Deno.makeTempFile();
   * await Deno.writeTextFile(path, "two runs were lost");
   * const { size } = await cci.uploadFromFile(path, "notes.txt");
   * console.assert(size === 18);
   * ```
   */
  async uploadFromFile(
    path: string | URL,
    name?: string,
    options: UploadFileOptions = {},
  ): Promise<UploadResult> {
    const { backend } = this;
    const { defaultName, uploadFile } = await import("../files/mod.ts");
    return await this.run(
      (key) => uploadFile(backend, path, key, this.writing(options)),
      name ?? await defaultName(path),
    );
  }

  /**
   * Writes an object's stored bytes to a file on disk, all or nothing; see {@linkcode downloadFile}.
   *
   * @param options `resume`: what has arrived is kept when it breaks off, and taken up by the next call; `overwrite`: default true.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadObject("notes.txt", "two runs were lost");
   * const path = `${await Deno.makeTempDir()}/notes.txt`;
   * await cci.downloadToFile("notes.txt", path);
   * console.assert(await Deno.readTextFile(path) === "two runs were lost");
   * ```
   */
  async downloadToFile(
    name: string,
    path: string | URL,
    options: DownloadFileOptions = {},
  ): Promise<DownloadedFile> {
    const { backend } = this;
    const { downloadFile } = await import("../files/mod.ts");
    return await this.run((key) => downloadFile(backend, key, path, this.reading(options)), name);
  }

  /**
   * Stores the files of a directory on disk as objects, several at once; see {@linkcode uploadDirectory}.
   *
   * @param cloudPath What the objects' names begin with; default the path as it is given, without a leading `/`.
   * @param options `recursive`: the directories below it too, default false; `concurrency`: how many files at once, default 8; `skipExisting`, `resume`; `onProgress` is told of each file and of all.
   * @throws {PartialFailureError} when some files could not be stored.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * const scans = await Deno.makeTempDir();
   * await Deno.writeTextFile(`${scans}/notes.txt`, "two runs were lost");
   * await cci.uploadFromDirectory(scans, "scans", { recursive: true });
   * console.assert(await cci.existsObject("scans/notes.txt"));
   * ```
   */
  async uploadFromDirectory(
    path: string | URL,
    cloudPath?: string,
    options: UploadDirectoryOptions = {},
  ): Promise<UploadedDirectory> {
    const { backend } = this;
    const { defaultName, uploadDirectory } = await import("../files/mod.ts");
    const below = this.below(cloudPath ?? await defaultName(path));
    return await uploadDirectory(backend, path, below, this.writing(options));
  }
}
