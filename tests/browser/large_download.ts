/** A page that reads one large array: in a file of its own, since what it takes is measured. */
import { HttpBackend } from "../../backends/web/mod.ts";
import { readNpyObject } from "../../lib/stored_arrays/npy.ts";

/** Reads `large.npy` below a URL, and gives its length, its last item, and the sum of every 4096th. */
export async function run(url: string): Promise<[size: number, last: number, sum: number]> {
  const array = await readNpyObject(new HttpBackend(url), "large.npy");
  const data = array.data as Float32Array;
  let sum = 0;
  for (let i = 0; i < data.length; i += 4096) sum += data[i];
  return [array.size, data[data.length - 1], sum];
}
