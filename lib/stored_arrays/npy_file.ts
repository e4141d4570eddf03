import type { RequestOptions } from "../../backends/backend.ts";
import { npyHeader } from "../array/mod.ts";
import { streamFrom } from "../streams/mod.ts";
import { byteLengthOf, itemBytes, storedOrder } from "./items.ts";
import type { StoredArray } from "./stored_array.ts";

/** A `.npy` file that is made as it is read. */
export interface NpyFile {
  /** Its length in bytes. */
  readonly size: number;
  /** Its bytes; nothing is read of the array before they are. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** A stored array as a `.npy` file, in the order in which its items are stored, in bounded memory. */
export function npyFile(array: StoredArray, options: RequestOptions = {}): NpyFile {
  const order = storedOrder(array);
  const { dtype, fields, shape } = array;
  const header = npyHeader({ dtype, fields, shape, fortranOrder: order === "F" });
  const bytes = async function* () {
    yield header;
    yield* itemBytes(array, order, options);
  };
  return { size: header.byteLength + byteLengthOf(array), stream: streamFrom(bytes()) };
}
