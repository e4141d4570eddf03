/**
 * Options of what stores arrays.
 *
 * @module
 */
import type { ArrayFormat, ConvertOptions } from "../../lib/stored_arrays/convert/mod.ts";
import { flag, type OptionSpecs, type OptionValues, value } from "../command.ts";
import { UsageError } from "../report.ts";
import { wholeNumber } from "../text.ts";

/** Options of what stores arrays. */
export const STORE_OPTIONS = {
  codec: value("--codec <name>", "gzip, Zstd, LZ4, Zlib, BZ2, or none (default: what pays)", String),
  level: value("--level <n>", "how hard to compress, in the codec's own scale", wholeNumber(0)),
  chunks: value(
    "--chunks <lengths>",
    "items of a chunk along each axis: 64,64; - leaves an axis whole",
    parseChunks,
  ),
  noClobber: flag("--no-clobber", "refuse what is there already"),
  dryRun: flag("-n, --dry-run", "tell what would be stored"),
} satisfies OptionSpecs;

/** Whether to go on where chunks have arrived: of what stores arrays anywhere. */
export const RESUME_CHUNKS = {
  resume: flag(
    "--resume",
    "of arrays in chunks: keep the chunks that have arrived when it breaks off, and go on from there the next time",
  ),
} satisfies OptionSpecs;

/** What was given of them. */
export type StoreValues =
  & OptionValues<typeof STORE_OPTIONS>
  & Partial<OptionValues<typeof RESUME_CHUNKS>>;

/** The formats, as options name them. */
export function parseFormat(text: string): ArrayFormat {
  if (text === "raw" || text === "npy" || text === "chunked" || text === "zarr") return text;
  throw new UsageError("write raw, npy, chunked or zarr");
}

function parseChunks(text: string): (number | null)[] {
  return text.split(",").map((length) => length.trim() === "-" ? null : wholeNumber(1)(length.trim()));
}

/** The format that a name and options ask for. */
export function formatFor(
  name: string,
  asked: ArrayFormat | undefined,
  { chunks }: StoreValues,
): ArrayFormat {
  if (asked !== undefined) return asked;
  if (/\.npy$/i.test(name)) return "npy";
  if (/\.zarr\/?$/i.test(name)) return "zarr";
  return chunks === undefined ? "raw" : "chunked";
}

/** Options of the library, from those of a command. */
export function convertOptions(
  to: ArrayFormat,
  { codec, level, chunks, resume, noClobber }: StoreValues,
): ConvertOptions {
  if (resume && to !== "chunked") {
    throw new UsageError(
      `an array stored as ${to} can't be taken up where it broke off: give --chunks to store it in chunks${
        to === "zarr" || to === "npy" ? " and a name without an ending" : ""
      }, or write a .npy file to disk and copy that with cp --resume`,
    );
  }
  const compression = codec === undefined
    ? undefined
    : /^(?:none|false)$/i.test(codec)
    ? false
    : codecName(codec);
  return {
    to,
    level,
    compression,
    // A length alone is for all axes.
    chunks: chunks?.length === 1 && chunks[0] !== null ? chunks[0] : chunks,
    ...(resume && { resume }),
    ...(noClobber && { overwrite: false }),
  };
}

/** Codecs as the library spells them, however they are written. */
function codecName(text: string): string {
  return ["gzip", "Zlib", "Zstd", "LZ4", "BZ2"].find((name) => name.toLowerCase() === text.toLowerCase()) ??
    text;
}
