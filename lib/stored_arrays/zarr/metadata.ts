/**
 * What the metadata of a Zarr array say, of versions 2 and 3: its items, its chunks, how they are stored and where.
 *
 * @module
 */
import type { Field } from "../../array/mod.ts";
import { type DType, parseDescr, partsOf } from "../../array/dtype/mod.ts";
import { itemCount } from "../../array/layout/mod.ts";
import { parseStored, shown } from "../../error_context.ts";
import { IntegrityError, UnsupportedError } from "../../errors.ts";
import type { JsonValue } from "../../json.ts";
import { fillItem, isEntries, named, parseDataType, type ZarrConfiguration } from "./dtypes.ts";

/** What is done to a chunk's bytes on their way into the store: by a codec of the registry, or a CRC-32C behind them. */
export type ZarrStage =
  | { readonly kind: "codec"; readonly codec: string }
  | { readonly kind: "crc32c" };

/** How the items of a chunk are stored. */
export interface ZarrEncoding {
  /** Which axis of the array each stored axis is, the slowest first. */
  readonly axes: readonly number[];
  /** What is done to the bytes, in the order of writing. */
  readonly stages: readonly ZarrStage[];
}

/** How chunks lie in a shard, an object that holds many of them. */
export interface ZarrShards {
  /** Items of a shard along each axis. */
  readonly shape: readonly number[];
  /** Where a shard's index is. */
  readonly indexAt: "start" | "end";
  /** What is done to the index' bytes. */
  readonly indexStages: readonly ZarrStage[];
}

/** A Zarr array, as its metadata describe it. */
export interface ZarrMetadata {
  /** The version of the format. */
  readonly version: 2 | 3;
  /** What the items are. */
  readonly dtype: DType;
  /** The fields of a structured dtype. */
  readonly fields?: readonly Field[];
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** Items of a chunk along each axis; those at the end of an axis are stored as long as the others. */
  readonly chunkShape: readonly number[];
  /** How a chunk is stored. */
  readonly encoding: ZarrEncoding;
  /** What several chunks are stored in together, where they are. */
  readonly shards?: ZarrShards;
  /** One item of what a chunk holds that is not stored. */
  readonly fill: Uint8Array<ArrayBuffer>;
  /** The key of an object (a chunk, or a shard) below the array's folder. */
  readonly keyOf: (index: readonly number[]) => string;
}

/**
 * Reads metadata of version 3, or tells that they are a group's.
 *
 * @throws {IntegrityError} when they are malformed, or contradict themselves.
 * @throws {UnsupportedError} for dtypes, codecs and grids that are not known here.
 */
export function parseZarr3(json: JsonValue): ZarrMetadata | "group" {
  const entries = asEntries(json, "zarr.json");
  if (entries.zarr_format !== 3) throw malformed("zarr_format is not 3");
  if (entries.node_type === "group") return "group";
  if (entries.node_type !== "array") throw malformed("node_type is neither array nor group");
  const shape = lengths(entries.shape, "shape");
  const grid = named(entries.chunk_grid, "chunk_grid");
  if (grid.name !== "regular") throw new UnsupportedError(`a chunk grid ${shown(grid.name)} can't be read`);
  const outer = chunkLengths(grid.configuration.chunk_shape, shape);
  const items = parseStored("data_type", () => parseDataType(entries.data_type));
  const { encoding, endian, inner } = parseCodecs(entries.codecs, outer);
  const { wordsize, kind } = partsOf(items.dtype);
  if (wordsize > 1 && kind !== "V" && endian === undefined) throw malformed("no codec says the byte order");
  const dtype = endian === "big" ? parseStored("dtype", () => bigEndian(items.dtype)) : items.dtype;
  if (Array.isArray(entries.storage_transformers) && entries.storage_transformers.length > 0) {
    throw new UnsupportedError("Zarr arrays with storage transformers can't be read");
  }
  return checked({
    version: 3,
    ...items,
    dtype,
    shape,
    chunkShape: inner?.chunkShape ?? outer,
    encoding,
    ...(inner && { shards: inner.shards }),
    fill: fillItem(dtype, entries.fill_value),
    keyOf: keysOf(entries.chunk_key_encoding),
  });
}

/**
 * Reads metadata of version 2.
 *
 * @throws {IntegrityError} and {@linkcode UnsupportedError} as {@linkcode parseZarr3}.
 */
export function parseZarr2(json: JsonValue): ZarrMetadata {
  const entries = asEntries(json, ".zarray");
  if (entries.zarr_format !== 2) throw malformed("zarr_format is not 2");
  const shape = lengths(entries.shape, "shape");
  if (Array.isArray(entries.filters) && entries.filters.length > 0) {
    const [filter] = entries.filters;
    throw new UnsupportedError(
      `Zarr arrays with filters (${
        shown(isEntries(filter) ? filter.id : filter)
      }) can't be read here: zarrita may`,
    );
  }
  const { dtype, fields, shape: inner } = parseStored("dtype", () => parseDescr(entries.dtype));
  if (inner.length > 0) throw new UnsupportedError("Zarr arrays of sub-arrays can't be read");
  const { compressor } = entries;
  if (compressor !== null && compressor !== undefined && !isEntries(compressor)) {
    throw malformed("its compressor has no id");
  }
  const id = compressor?.id;
  if (compressor && typeof id !== "string") throw malformed("its compressor has no id");
  const order = entries.order ?? "C";
  if (order !== "C" && order !== "F") throw malformed(`order is ${shown(order)}`);
  const axes = [...shape.keys()];
  const separator = entries.dimension_separator ?? ".";
  if (separator !== "." && separator !== "/") throw malformed("its dimension_separator is neither . nor /");
  return checked({
    version: 2,
    dtype,
    ...(fields && { fields }),
    shape,
    chunkShape: chunkLengths(entries.chunks, shape),
    encoding: {
      axes: order === "C" ? axes : axes.toReversed(),
      stages: typeof id === "string" ? [{ kind: "codec", codec: id }] : [],
    },
    fill: fillItem(dtype, entries.fill_value),
    keyOf: (index) => index.length === 0 ? "0" : index.join(separator),
  });
}

function checked(metadata: ZarrMetadata): ZarrMetadata {
  const { itemsize } = partsOf(metadata.dtype);
  const shapes = [["array", metadata.shape], ["chunk", metadata.chunkShape]] as const;
  // The index of a shard has 16 bytes for each of its chunks, which may be of one item.
  const shards = metadata.shards ? [["shard", metadata.shards.shape, 16] as const] : [];
  for (const [what, lengths, least = 0] of [...shapes, ...shards]) {
    const bytes = parseStored("shape", () => itemCount(lengths)) * Math.max(itemsize, least);
    if (!Number.isSafeInteger(bytes)) {
      throw malformed(`an ${what} of shape [${lengths}] and dtype ${metadata.dtype} can't be`);
    }
  }
  return metadata;
}

/** What codecs of version 3 say: chunks within shards have codecs of their own. */
interface ParsedCodecs {
  readonly encoding: ZarrEncoding;
  readonly endian: "little" | "big" | undefined;
  readonly inner?: { readonly chunkShape: readonly number[]; readonly shards: ZarrShards };
}

function parseCodecs(value: unknown, chunkShape: readonly number[]): ParsedCodecs {
  if (!Array.isArray(value)) throw malformed("it lists no codecs");
  let axes = chunkShape.map((_, axis) => axis);
  let found: ParsedCodecs | undefined;
  const stages: ZarrStage[] = [];
  for (const entry of value) {
    const { name, configuration } = named(entry, "codecs");
    if (found) stages.push(stageOf(name));
    else if (name === "transpose") axes = permuted(axes, configuration.order);
    else if (name === "bytes") found = { encoding: { axes, stages }, endian: endianOf(configuration) };
    else if (name === "sharding_indexed") {
      if (axes.some((axis, i) => axis !== i)) throw new UnsupportedError("transposed shards can't be read");
      found = parseShards(configuration, chunkShape);
    } else {throw new UnsupportedError(
        `a Zarr array with the codec ${shown(name)} can't be read here: zarrita may`,
      );}
  }
  if (!found) throw malformed("no codec makes bytes of its items");
  if (found.inner && stages.length > 0) {
    throw new UnsupportedError("shards that are compressed can't be read");
  }
  return found;
}

function parseShards(configuration: ZarrConfiguration, shape: readonly number[]): ParsedCodecs {
  const chunkShape = chunkLengths(configuration.chunk_shape, shape);
  if (chunkShape.some((length, axis) => shape[axis] % length !== 0)) {
    throw malformed(`shards of [${shape}] can't hold chunks of [${chunkShape}]`);
  }
  const { encoding, endian, inner } = parseCodecs(configuration.codecs, chunkShape);
  if (inner) throw new UnsupportedError("shards within shards can't be read");
  const index = parseCodecs(configuration.index_codecs, [1]);
  if (index.endian !== "little" || index.encoding.stages.some(({ kind }) => kind !== "crc32c")) {
    throw new UnsupportedError("shards whose index is compressed or big-endian can't be read");
  }
  const indexAt = configuration.index_location ?? "end";
  if (indexAt !== "end" && indexAt !== "start") {
    throw malformed("its index_location is neither start nor end");
  }
  return {
    encoding,
    endian,
    inner: { chunkShape, shards: { shape, indexAt, indexStages: index.encoding.stages } },
  };
}

/** Codecs by the names that Zarr 3 has for them; those of numcodecs go by their own. */
function stageOf(name: string): ZarrStage {
  if (name === "crc32c") return { kind: "crc32c" };
  return { kind: "codec", codec: name.replace(/^numcodecs\./, "") };
}

function endianOf({ endian }: ZarrConfiguration): "little" | "big" | undefined {
  if (endian === undefined || endian === "little" || endian === "big") return endian;
  throw malformed(`a byte order ${shown(endian)} is none`);
}

function permuted(axes: readonly number[], order: unknown): number[] {
  if (order === "C") return [...axes];
  if (order === "F") return axes.toReversed();
  const places = lengths(order, "order");
  if (places.toSorted((a, b) => a - b).join() !== axes.map((_, i) => i).join()) {
    throw malformed(`the order [${places}] is no permutation of the axes`);
  }
  return places.map((place) => axes[place]);
}

function keysOf(value: unknown): (index: readonly number[]) => string {
  const { name, configuration } = named(value, "chunk_key_encoding");
  const isDefault = name === "default";
  if (!isDefault && name !== "v2") throw new UnsupportedError(`chunk keys ${shown(name)} can't be read`);
  const separator = configuration.separator ?? (isDefault ? "/" : ".");
  if (separator !== "/" && separator !== ".") throw malformed("its separator is neither . nor /");
  return isDefault
    ? (index) => ["c", ...index].join(separator)
    : (index) => index.length === 0 ? "0" : index.join(separator);
}

function asEntries(json: JsonValue, document: string): ZarrConfiguration {
  if (isEntries(json)) return json;
  throw malformed(`${document} is no object`);
}

function lengths(value: unknown, what: string): number[] {
  if (!Array.isArray(value)) throw malformed(`${what} is ${shown(value)}, and no list`);
  return value.map((length: unknown) => {
    if (typeof length === "number" && Number.isSafeInteger(length) && length >= 0) return length;
    throw malformed(`${what} has ${shown(length)} in it`);
  });
}

function chunkLengths(value: unknown, shape: readonly number[]): number[] {
  const chunks = lengths(value, "the chunks' shape");
  if (chunks.length === shape.length && !chunks.includes(0)) return chunks;
  throw malformed(`chunks of [${chunks}] are none of an array of [${shape}]`);
}

function bigEndian(dtype: DType): DType {
  const text = dtype.replace("<", ">");
  return parseDescr(text).dtype;
}

function malformed(what: string): IntegrityError {
  return new IntegrityError(`the metadata describe no Zarr array: ${what}`);
}
