// A codec of somebody else's: its code, and the one line that makes it known.
import { brotliCompressSync, constants } from "node:zlib";
import { type CodecCode, registerCodec } from "../../codecs/mod.ts";
import { readAll, streamFrom } from "../../lib/streams/mod.ts";

const code: CodecCode = {
  async *encode(source, { level }) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: level };
    yield new Uint8Array(brotliCompressSync(await readAll(streamFrom(source)), { params }));
  },
  decode: (source) => streamFrom(source).pipeThrough(new DecompressionStream("brotli")),
};

registerCodec("Brotli", { levels: { min: 0, max: 11, default: 4 }, load: () => Promise.resolve(code) });
