/**
 * gzip (RFC 1952) and zlib streams (RFC 1950): by the runtime's own zlib where it has one, by pako and the platform's `CompressionStream`
 * where not.
 *
 * @module
 */
import { type CodecCode, trailingError, truncatedError } from "../codec.ts";
import { type NodeZlib, nodeZlib, OUTPUT_PIECE, throughNode } from "../node_zlib.ts";
import { ByteReader } from "../reader.ts";

/** The two containers around deflate data. */
export type Container = "gzip" | "Zlib";

/** What a further member begins with: gzip has any number of them, zlib one. */
export const MEMBER_MAGIC: Readonly<Record<Container, readonly number[]>> = { gzip: [0x1F, 0x8B], Zlib: [] };

/** The code for this runtime. The portable twin brings pako, which is nothing to load where there is zlib. */
export async function loadDeflate(container: Container): Promise<CodecCode> {
  const zlib = nodeZlib();
  return zlib ? deflateByNode(zlib, container) : (await import("./portable.ts")).deflatePortable(container);
}

/** By Node's zlib. Writes one gzip member or zlib stream; reads all members, or one stream, and zeros after it. */
export function deflateByNode(zlib: NodeZlib, container: Container): CodecCode {
  const create = container === "gzip"
    ? { encoder: zlib.createGzip, encodeSync: zlib.gzipSync, decoder: zlib.createGunzip }
    : { encoder: zlib.createDeflate, encodeSync: zlib.deflateSync, decoder: zlib.createInflate };
  const options = { chunkSize: OUTPUT_PIECE };
  return {
    encode: (source, { level }) =>
      throughNode(new ByteReader(container, source), create.encoder({ ...options, level })),
    encodeBytes: (bytes, { level }) => new Uint8Array(create.encodeSync(bytes, { level })),
    async *decode(source) {
      const reader = new ByteReader(container, source);
      const start = await reader.peek(2);
      const isMember = start.byteLength === 2 &&
        MEMBER_MAGIC[container].every((byte, i) => byte === start[i]);
      try {
        // One Gunzip reads on from member to member until zeros stop it.
        do yield* throughNode(reader, create.decoder(options)); while (
          await reader.another(MEMBER_MAGIC[container])
        );
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        if ("code" in error && error.code === "Z_BUF_ERROR") throw truncatedError(container);
        // The first header was right: it is what follows the last member that is none.
        throw isMember && error.message === "incorrect header check" ? trailingError(container) : error;
      }
    },
  };
}
