import type { ByteIterable } from "../lib/streams/mod.ts";
import { deflateNode, inflateNode } from "./deflate_node.ts";
import { deflatePortable, inflatePortable } from "./deflate_portable.ts";
import { nodeZlib } from "./node_zlib.ts";
import type { EncodePlan, Pieces } from "./stage.ts";

/** The two containers around deflate data: RFC 1952 and RFC 1950. */
export type Container = "gzip" | "Zlib";

/** Levels of both, in zlib's scale. 6 is zlib's own default, and what every platform's fast path writes. */
export const DEFLATE_LEVELS = { min: 0, max: 9, default: 6 } as const;

/** Compresses with the runtime's own zlib, or without one. */
export function deflateWith(container: Container): (source: ByteIterable, plan: EncodePlan) => Pieces {
  return (source, plan) => {
    const zlib = nodeZlib();
    return zlib ? deflateNode(zlib, container, source, plan) : deflatePortable(container, source, plan);
  };
}

/** Decompresses with the runtime's own zlib, or without one. */
export function inflateWith(container: Container): (source: ByteIterable) => Pieces {
  return (source) => {
    const zlib = nodeZlib();
    return zlib ? inflateNode(zlib, container, source) : inflatePortable(container, source);
  };
}
