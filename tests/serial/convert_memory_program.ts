// Converts an array of 768 MiB from a file to each format, and prints the most memory that took, in MiB above what the program had before. See convert_memory_test.ts.
import { LocalBackend } from "../../backends/local/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { npyHeader } from "../../lib/array/mod.ts";
import { convertArray } from "../../lib/stored_arrays/convert/mod.ts";
import { openArray } from "../../lib/stored_arrays/identify/mod.ts";
import { writeNpz } from "../../lib/stored_arrays/npz/mod.ts";
import { delegate } from "../backends/delegate.ts";

const shape = [768, 512, 512];
const directory = await Deno.makeTempDir();
try {
  // A file with a hole: it takes no room on the disk.
  for (const [name, fortranOrder] of [["c.npy", false], ["f.npy", true]] as const) {
    const header = npyHeader({ dtype: "<f4", shape, fortranOrder });
    await Deno.writeFile(`${directory}/${name}`, header);
    await Deno.truncate(`${directory}/${name}`, header.length + 768 * 2 ** 20);
  }
  const from = new LocalBackend(directory);
  const memory = new MemoryBackend();
  let stored = 0;
  // What is stored is counted and dropped.
  const to = delegate(memory, {
    async put(key, body) {
      let size = 0;
      if (body instanceof Uint8Array) size = body.length;
      else for await (const piece of body) size += piece.length;
      stored += size;
      return { key, size };
    },
  });
  const peak = async () =>
    Number(/VmHWM:\s*(\d+) kB/.exec(await Deno.readTextFile("/proc/self/status"))?.[1]) / 1024;
  const before = await peak();
  await convertArray(from, "c.npy", to, "raw", { to: "raw", compression: false });
  await convertArray(from, "c.npy", to, "zarr", { to: "zarr", chunks: [64, 64, 64], compression: false });
  await convertArray(from, "f.npy", to, "f.zarr", { to: "zarr", chunks: [64, 64, 64], compression: false });
  await writeNpz(to, "all.npz", new Map([["c", await openArray(from, "c.npy")]]));
  // deno-lint-ignore no-console -- what the test reads
  console.log(JSON.stringify({ stored, peak: await peak() - before }));
} finally {
  await Deno.remove(directory, { recursive: true });
}
