/**
 * Uploads of arrays whose parts are raw arrays: chunked ones, and sparse ones.
 *
 * @module
 */
import type { Backend, ObjectHead } from "../../backends/backend.ts";
import type { NDArray } from "../array/mod.ts";
import { type CodecStages, codecStages } from "./codec_stages.ts";
import { GENERATION_KEY } from "./folder.ts";
import { FolderUpload, type KeptUpload } from "./folder_upload.ts";
import type { RawWriteOptions } from "./raw.ts";
import { rawBody, withFittingFields } from "./raw_body.ts";
import { rawHeader } from "./raw_items.ts";

/** An upload of raw arrays to one folder, which `metadata.json` makes an array. */
export class PartsUpload extends FolderUpload {
  readonly #generation: string;
  readonly #options: RawWriteOptions;
  readonly #byteLength: number;
  #codecs: Promise<CodecStages> | undefined;
  #raw = true;
  #fields: NDArray["fields"];

  /**
   * An upload of no parts yet.
   *
   * @param generation What all parts and their metadata have in common.
   * @param byteLength Bytes of all parts together, as they are when they are not compressed.
   * @param kept What keeps the upload when it breaks off.
   */
  constructor(
    backend: Backend,
    folder: string,
    generation: string,
    options: RawWriteOptions,
    byteLength: number,
    kept?: KeptUpload,
  ) {
    super(backend, folder, "metadata.json", options, kept);
    this.#generation = generation;
    this.#options = options;
    this.#byteLength = byteLength;
  }

  /** Whether all parts so far are stored raw. */
  get raw(): boolean {
    return this.#raw;
  }

  /** The fields of the parts' structured dtype. */
  get fields(): NDArray["fields"] {
    return this.#fields;
  }

  /** Stores a part; for `putParts`. */
  async put(name: string, array: NDArray, signal: AbortSignal): Promise<void> {
    const found = await this.findPart(name, array, signal);
    if (found?.head) {
      this.#fields ??= array.fields;
      this.#raw &&= rawHeader(found.head, undefined, () => {}).compression === false;
      return;
    }
    const { isRaw, metadata, ...body } = await rawBody(array, this.#options, await this.#openCodecs());
    this.#fields ??= array.fields;
    // Who has many fields was warned of it, of the folder's `metadata.json`.
    const marked = { ...metadata, [GENERATION_KEY]: this.#generation, ...found?.mark };
    const own = withFittingFields(marked, this.backend, this.keyOf(name), null);
    await this.putPart(name, { ...body, metadata: own, isOwn: found?.isOwn }, signal);
    this.#raw &&= isRaw;
  }

  /** By the mark that all parts have. */
  protected override isOwn({ metadata }: ObjectHead): boolean {
    return metadata[GENERATION_KEY] === this.#generation;
  }

  /** Lets go of the codecs. */
  protected override async ended(): Promise<void> {
    (await this.#codecs)?.close();
  }

  #openCodecs(): Promise<CodecStages> {
    const { compression } = this.#options;
    return this.#codecs ??= codecStages(
      "compress",
      compression === false ? 0 : this.#byteLength,
      this.#options,
      "several",
    );
  }
}
