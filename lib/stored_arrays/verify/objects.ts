/**
 * Whether an object is whole, by what it is.
 *
 * @module
 */
import type { Backend, OnProgress, RequestOptions } from "../../../backends/backend.ts";
import { type AnyCodecName, decompress } from "../../../codecs/mod.ts";
import { npyDecode } from "../../array/mod.ts";
import { IntegrityError } from "../../errors.ts";
import { parseJson } from "../../json.ts";
import { readAll } from "../../streams/mod.ts";
import { onThisThread } from "../codec_stages.ts";
import { identify, type Identity } from "../identify/mod.ts";
import { itemStream, rawHeader } from "../raw_items.ts";

/** What was read of something, and what of it could not be checked. */
export interface Checked {
  /** What it is. */
  readonly kind: Identity["kind"];
  /** Bytes that were read. */
  readonly bytes: number;
  /** What could not be checked, or is worth knowing. */
  readonly note?: string;
}

/** JSON beyond it is read, and not parsed, which takes several times its size. */
const LONGEST_JSON = 64 * 1024 * 1024;
/** Files of arrays, by their names: what none can be read from is damaged, were it only empty. */
const ARRAY_FILE = /\.(npy|npz)$/i;
/** Files that are compressed, by their names. */
const COMPRESSED: readonly (readonly [name: RegExp, codec: AnyCodecName])[] = [
  [/\.t?gz$/i, "gzip"],
  [/\.zst$/i, "Zstd"],
  [/\.bz2$/i, "BZ2"],
  [/\.xz$/i, "LZMA"],
];

/**
 * Reads an object to its end.
 *
 * @throws {IntegrityError} when it is damaged, or not what it claims to be.
 */
export async function checkObject(
  backend: Backend,
  key: string,
  options: RequestOptions,
  onProgress?: OnProgress,
): Promise<Checked> {
  const found = await identify(backend, key, options);
  const { kind } = found;
  if ("problem" in found && found.problem !== undefined) throw new IntegrityError(found.problem);
  if (kind === "npz") {
    const { openNpz } = await import("../npz/mod.ts");
    const archive = await openNpz(backend, key, options);
    for (const { name } of archive.members) await archive.check(name);
    return { kind, bytes: found.size };
  }
  const [, called] = ARRAY_FILE.exec(key) ?? [];
  const isEncrypted = "encryption" in found && found.encryption !== undefined;
  if (called !== undefined && !isEncrypted && kind !== "npy" && kind !== "raw") {
    throw new IntegrityError(`it is called .${called} and does not begin as such a file: it holds ${kind}`);
  }
  // One request for all of it, which is held against the store's own checksum.
  const reader = await backend.open(key, { ...options, onProgress });
  try {
    const { size } = reader.info;
    if ("encryption" in found && found.encryption !== undefined) {
      await drain(reader.stream(undefined, options));
      const note =
        `it is encrypted (${found.encryption}): whether it is authentic is told to who has the key`;
      return { kind, bytes: size, note };
    }
    switch (kind) {
      case "raw": {
        const header = rawHeader(reader.info, undefined, () => {});
        const items = header.compression === false
          ? reader.stream(undefined, options)
          : itemStream(reader, header, options.signal, onThisThread);
        const length = await drain(items);
        if (length < header.byteLength) {
          throw new IntegrityError(
            `there are ${length} of the ${header.byteLength} bytes that its metadata promise`,
          );
        }
        if (length > header.byteLength) {
          return { kind, bytes: size, note: `${length - header.byteLength} bytes follow its items` };
        }
        break;
      }
      case "npy":
        await drain((await npyDecode(reader.stream(undefined, options), { size })).body);
        break;
      case "json":
        if (/\.json$/i.test(key) && size <= LONGEST_JSON) {
          parseJson(await readAll(reader.stream(undefined, options)));
        } else await drain(reader.stream(undefined, options));
        break;
      default: {
        const codec = COMPRESSED.find(([name]) => name.test(key))?.[1];
        const stream = reader.stream(undefined, options);
        await drain(codec === undefined || size === 0 ? stream : stream.pipeThrough(decompress(codec)));
      }
    }
    return { kind, bytes: size };
  } finally {
    await reader.close();
  }
}

/** Reads an object to its end as bytes, whatever it is, and gives how many there were. */
export async function readThrough(backend: Backend, key: string, options: RequestOptions): Promise<number> {
  const reader = await backend.open(key, options);
  try {
    return await drain(reader.stream(undefined, options));
  } finally {
    await reader.close();
  }
}

/** Reads a stream to its end, and gives how many bytes there were. */
async function drain(stream: ReadableStream<Uint8Array>): Promise<number> {
  let length = 0;
  for await (const piece of stream) length += piece.byteLength;
  return length;
}
