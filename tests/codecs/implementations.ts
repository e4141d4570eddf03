// Every way of decoding and encoding that there is, each twin by itself, and a codec that is none of ours.
import "./brotli.ts";
import { decoderStage, encoderStage } from "../../codecs/codec.ts";
import { deflateByNode } from "../../codecs/deflate/mod.ts";
import { deflatePortable } from "../../codecs/deflate/portable.ts";
import {
  type ByteTransform,
  type Codec,
  type CodecCode,
  type DecodeOptions,
  type EncodeOptions,
  listCodecs,
} from "../../codecs/mod.ts";
import { nodeZlib } from "../../codecs/node_zlib.ts";
import { decodeBy, encodePortable } from "../../codecs/zstd/mod.ts";
import { encodeByNode } from "../../codecs/zstd/native.ts";

export interface Implementation {
  readonly name: string;
  readonly codec: Codec;
  encode(options?: EncodeOptions): ByteTransform;
  decode(options?: DecodeOptions): ByteTransform;
}

const zlib = nodeZlib();
if (!zlib) throw new Error("the tests need a runtime with node:zlib");

/** Codecs that do the same in two ways, of which a runtime takes one. */
const twins: Record<string, Record<string, CodecCode>> = {
  gzip: { "gzip by node:zlib": deflateByNode(zlib, "gzip"), "gzip, portable": deflatePortable("gzip") },
  Zlib: { "Zlib by node:zlib": deflateByNode(zlib, "Zlib"), "Zlib, portable": deflatePortable("Zlib") },
  Zstd: {
    "Zstd by node:zlib": {
      encode: (source, plan) => encodeByNode(zlib, source, plan),
      decode: (source, size) => decodeBy(zlib, source, size),
    },
    "Zstd, portable": {
      encode: encodePortable,
      decode: (source, size) => decodeBy(undefined, source, size),
    },
  },
};

function implementationsOf(codec: Codec): Implementation[] {
  const { name, levels } = codec;
  if (!Object.hasOwn(twins, name)) return [{ ...codec, codec }];
  return Object.entries(twins[name]).map(([label, code]) => {
    const entry = { levels, load: () => Promise.resolve(code) };
    return {
      name: label,
      codec,
      encode: (options) => encoderStage(name, entry, options),
      decode: (options) => decoderStage(name, entry, options),
    };
  });
}

/** The codecs that are written, by each implementation. */
export const codecs: readonly Implementation[] = listCodecs().written.flatMap(implementationsOf);
