import type { ByteIterable } from "../lib/streams/mod.ts";
import { deflateNode, inflateNode } from "./deflate_node.ts";
import { nodeZlib } from "./node_zlib.ts";
import type { EncodePlan, Pieces } from "./stage.ts";

/** The two containers around deflate data: RFC 1952 and RFC 1950. */
export type Container = "gzip" | "Zlib";

/** Levels of both, in zlib's scale. 6 is zlib's own default, and what every platform's fast path writes. */
export const DEFLATE_LEVELS = { min: 0, max: 9, default: 6 } as const;

// The twin brings pako, which is nothing to load where the runtime has zlib.
const portable = () => import("./deflate_portable.ts");

/** Compresses with the runtime's own zlib, or without one. */
export function deflateWith(container: Container): (source: ByteIterable, plan: EncodePlan) => Pieces {
  return async function* (source, plan) {
    const zlib = nodeZlib();
    yield* zlib
      ? deflateNode(zlib, container, source, plan)
      : (await portable()).deflatePortable(container, source, plan);
  };
}

/** Decompresses with the runtime's own zlib, or without one. */
export function inflateWith(container: Container): (source: ByteIterable) => Pieces {
  return async function* (source) {
    const zlib = nodeZlib();
    yield* zlib
      ? inflateNode(zlib, container, source)
      : (await portable()).inflatePortable(container, source);
  };
}
