/**
 * What a thing is, as facts to read.
 *
 * @module
 */
/// <reference lib="dom" />
import type { Identity } from "@cottoncandy/cottoncandy/identify";
import { h } from "./dom.ts";
import { bytesText, countText, dtypeText, shapeText, timeText } from "./words.ts";

/** A name and what is to be said of it. */
export type Fact = readonly [name: string, text: string | undefined];

/** Codecs in words. */
function codecText(codec: string | false | undefined): string | undefined {
  if (codec === undefined) return undefined;
  return codec === false ? "not compressed" : codec;
}

/** All that is known of a thing. */
export function factsOf(found: Identity): readonly Fact[] {
  const facts: Fact[] = [];
  if ("dtype" in found && found.dtype !== undefined) {
    const text = dtypeText(found.dtype, "fields" in found ? found.fields : undefined);
    facts.push(["Type", text === found.dtype ? text : `${text} (${found.dtype})`]);
  }
  if ("shape" in found && found.shape !== undefined) facts.push(["Shape", shapeText(found.shape)]);
  switch (found.kind) {
    case "raw":
    case "npy":
      facts.push([
        "Order",
        found.order === "C" ? "C, last axis fastest" : "Fortran, first axis fastest",
      ]);
      break;
    case "chunked":
      facts.push(["Chunks", chunksText(found.chunks)]);
      break;
    case "zarr":
      facts.push(["Zarr version", `${found.version}`], ["Chunks", gridText(found.shape, found.chunkShape)]);
      if (found.shardShape) facts.push(["Shards", shapeText(found.shardShape)]);
      break;
    case "zarr-group":
      facts.push(["Zarr version", `${found.version}`]);
      break;
    case "sparse":
      facts.push(["Format", found.format]);
      if (found.stored !== undefined) facts.push(["Stored values", densityText(found.stored, found.shape)]);
      break;
    case "npz":
      facts.push(["Arrays", `${found.names.length}`]);
      break;
    case "npz-member":
      facts.push(["Archive", found.key]);
      break;
    case "image":
      facts.push(["Media type", found.mediaType]);
      break;
  }
  if ("codec" in found) facts.push(["Codec", codecText(found.codec)]);
  if ("size" in found) facts.push(["Stored size", bytesText(found.size)]);
  if ("byteLength" in found) facts.push(["Decoded size", decodedText(found)]);
  if ("encryption" in found) facts.push(["Encryption", found.encryption]);
  if ("size" in found) {
    facts.push(
      ["Content type", found.contentType === "application/octet-stream" ? undefined : found.contentType],
      ["Written", timeText(found.lastModified)],
      [
        "Version",
        found.etag,
      ],
    );
  }
  return facts.filter(([, text]) => text !== undefined && text !== "");
}

function decodedText(found: Extract<Identity, { readonly byteLength: number }>): string {
  const decoded = bytesText(found.byteLength);
  if (!("size" in found) || found.codec === false || found.size === 0) return decoded;
  return `${decoded}, ${(found.byteLength / found.size).toFixed(1)} times the stored`;
}

/** A grid of chunks: how large they are, and how many. */
function chunksText(chunks: readonly (readonly number[])[]): string {
  const count = chunks.reduce((product, lengths) => product * lengths.length, 1);
  const edge = chunks.map((lengths) => {
    const [first = 0, ...rest] = lengths;
    return rest.slice(0, -1).every((length) => length === first)
      ? `${first}`
      : `${Math.min(...lengths)}–${Math.max(...lengths)}`;
  });
  return `${edge.join(" × ") || "one"}, ${countText(count, "chunk")}`;
}

function gridText(shape: readonly number[], chunkShape: readonly number[]): string {
  const count = shape.reduce((product, length, axis) => product * Math.ceil(length / chunkShape[axis]), 1);
  return `${chunkShape.join(" × ") || "one"}, ${countText(count, "chunk")}`;
}

function densityText(stored: number, shape: readonly number[] | undefined): string {
  const items = shape?.reduce((product, length) => product * length, 1) ?? 0;
  return items === 0
    ? `${stored}`
    : `${stored.toLocaleString("en")}, ${(100 * stored / items).toPrecision(2)} % of all`;
}

/** Facts as a list. */
export function factList(facts: readonly Fact[]): HTMLElement {
  return h(
    "dl",
    { class: "facts" },
    ...facts.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text ?? ""))),
  );
}

/** Metadata as a table, folded. */
export function metadataTable(metadata: Readonly<Record<string, string>>): HTMLElement | undefined {
  const entries = Object.entries(metadata);
  if (entries.length === 0) return undefined;
  const rows = entries.map(([name, value]) =>
    h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value))
  );
  return h(
    "details",
    { class: "metadata" },
    h("summary", {}, `Metadata (${entries.length})`),
    h("table", {}, h("tbody", {}, ...rows)),
  );
}
