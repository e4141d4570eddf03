// Every way of decoding and encoding that there is, each twin by itself.
import { base64 } from "../../codecs/base64.ts";
import { blosc } from "../../codecs/blosc.ts";
import type { ByteTransform, Codec, DecodeOptions, EncodeOptions } from "../../codecs/codec.ts";
import { deflateNode, inflateNode } from "../../codecs/deflate.ts";
import { deflatePortable, inflatePortable } from "../../codecs/deflate_portable.ts";
import { bz2, gzip, lz4, zlib, zstd } from "../../codecs/mod.ts";
import { nodeZlib } from "../../codecs/node_zlib.ts";
import { shuffle } from "../../codecs/shuffle.ts";
import { decoder, encoder } from "../../codecs/stage.ts";
import { xz } from "../../codecs/xz.ts";
import { decodeZstd, encodeZstdNode, encodeZstdPortable } from "../../codecs/zstd/mod.ts";

export interface Implementation {
  readonly name: string;
  readonly codec?: Codec;
  encode(options?: EncodeOptions): ByteTransform;
  decode(options?: DecodeOptions): ByteTransform;
}

function theNodeZlib() {
  const found = nodeZlib();
  if (!found) throw new Error("the tests need a runtime with node:zlib");
  return found;
}

const containers = [{ container: "gzip", codec: gzip }, { container: "Zlib", codec: zlib }] as const;

/** The codecs that are written, by each implementation. */
export const codecs: readonly Implementation[] = [
  ...containers.flatMap(({ container, codec }): Implementation[] => [
    {
      name: `${container} by node:zlib`,
      codec,
      encode: (o) => encoder(codec, o, (s, p) => deflateNode(theNodeZlib(), container, s, p)),
      decode: (o) => decoder(container, o, (s) => inflateNode(theNodeZlib(), container, s)),
    },
    {
      name: `${container}, portable`,
      codec,
      encode: (o) => encoder(codec, o, (s, p) => deflatePortable(container, s, p)),
      decode: (o) => decoder(container, o, (s) => inflatePortable(container, s)),
    },
  ]),
  {
    name: "Zstd by node:zlib",
    codec: zstd,
    encode: (o) => encoder(zstd, o, (s, p) => encodeZstdNode(theNodeZlib(), s, p)),
    decode: (o) => decoder("Zstd", o, decodeZstd),
  },
  {
    name: "Zstd, portable",
    codec: zstd,
    encode: (o) => encoder(zstd, o, encodeZstdPortable),
    decode: (o) => decoder("Zstd", o, decodeZstd),
  },
  { name: "LZ4", codec: lz4, encode: lz4.encode, decode: lz4.decode },
  { name: "BZ2", codec: bz2, encode: bz2.encode, decode: bz2.decode },
];

/** What is read only. */
export const readOnly = { LZMA: xz, Blosc: blosc, Shuffle: shuffle, Base64: base64 } as const;
