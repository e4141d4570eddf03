import { type Chunks, Grid } from "../array/chunks/mod.ts";
import { partsOf } from "../array/dtype/mod.ts";
import { arrayFromBytes } from "../array/formats/mod.ts";
import { itemCount } from "../array/layout/mod.ts";
import { allocate } from "../bytes.ts";
import { withErrorKey } from "../error_context.ts";
import { ByteCursor } from "./byte_cursor.ts";
import type { StoredLayout } from "./reading.ts";
import type { LazyBlock } from "./stored_array.ts";

/**
 * The blocks of an array whose items can only be read from the first one on, in the order in which they are stored. Who leaves early gives the stream up.
 *
 * Loaded on first use.
 *
 * @param chunks Lengths of the blocks along each axis: each is a whole run of the stored bytes.
 * @param open Opens the stream of the items' bytes.
 */
export async function* decodedBlocks(
  key: string,
  layout: StoredLayout,
  chunks: Chunks,
  open: () => Promise<ReadableStream<Uint8Array>>,
): AsyncIterable<LazyBlock> {
  const { itemsize } = partsOf(layout.dtype);
  // In Fortran order everything is the mirror image.
  const mirrored = <T>(list: readonly T[]) => layout.order === "F" ? list.toReversed() : list;
  const cursor = new ByteCursor(await withErrorKey(key, open));
  try {
    for (const { index, origin, shape } of new Grid(mirrored(chunks)).cells()) {
      const bytes = allocate(itemCount(shape) * itemsize);
      await withErrorKey(key, () => cursor.fill(cursor.place, bytes));
      const array = arrayFromBytes(bytes, { ...layout, shape: mirrored(shape) });
      yield { index: mirrored(index), origin: mirrored(origin), array };
    }
    // Whether it is whole, a stream tells at its end.
    await withErrorKey(key, () => cursor.end(layout.byteLength));
  } finally {
    await cursor.cancel(undefined);
  }
}
