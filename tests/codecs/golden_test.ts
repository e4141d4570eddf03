// Reads what Python's cottoncandy 0.4.0 stored: the bodies of tests/vectors.
import { assert, assertEquals } from "@std/assert";
import { codecNamed } from "../../codecs/mod.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import vectors from "../vectors/cottoncandy-0.4.0.json" with { type: "json" };

const NOT_COMPRESSED = ["False", "None"];

const entries = vectors.entries.flatMap((entry) => {
  const metadata = entry.s3_user_metadata;
  const codec = metadata?.compression;
  if (!metadata || codec === undefined || NOT_COMPRESSED.includes(codec) || !entry.body_hex) return [];
  const items = metadata.shape.split(",").filter(Boolean).reduce((product, n) => product * Number(n), 1);
  const itemSize = Number(/\d+/.exec(metadata.dtype)?.[0]) * (metadata.dtype[1] === "U" ? 4 : 1);
  // Only these store their input as it is; the others are parts of one, or what old versions made of it.
  const whole = /^(raw|dtype|layout|BUG)_/.test(entry.name);
  return [{
    name: entry.name,
    codec,
    stored: Uint8Array.fromHex(entry.body_hex),
    size: metadata.dtype === "<M8[ns]" ? items * 8 : items * itemSize,
    bytes: whole ? entry.input?.c_order_hex : undefined,
  }];
});

Deno.test("the vectors have every codec that cottoncandy writes", () => {
  const names = new Set(entries.filter(({ bytes }) => bytes !== undefined).map(({ codec }) => codec));
  for (const name of ["gzip", "GZip", "Zlib", "Zstd", "LZ4", "BZ2", "LZMA", "Blosc", "Shuffle", "Base64"]) {
    assert(names.has(name), name);
  }
});

for (const { name, codec, stored, size, bytes } of entries) {
  Deno.test(`golden vector ${name}`, async () => {
    for (const pieceLength of [stored.length, 1]) {
      const stream = streamOf(stored, pieceLength).pipeThrough(codecNamed(codec).decode({ size }));
      const decoded = await readAll(stream);
      if (bytes !== undefined) assertEquals(decoded.toHex(), bytes);
    }
  });
}
