// deno-lint-ignore-file no-console -- a program that prints
/**
 * Memory that a chunked array takes that is larger than memory ought to be: slabs are made one after the other and go to an S3 server in
 * another process; then the array is read again, block by block, and a slice of it.
 *
 * `deno run -A bench/chunked_stream.ts [--gib 4] [--buffersize 16] [--compression false] [--store s3://bucket?endpoint=…]`
 */
import { getInterface, ndarray } from "../mod.ts";
import { peakRss, resetPeak } from "./rss.ts";
import { startServer } from "./s3_server.ts";

const MiB = 1024 * 1024;
/** Items of a volume, as a scanner gives them. */
const VOLUME = [64, 64, 32] as const;
const ITEMS = VOLUME[0] * VOLUME[1] * VOLUME[2];

/** The value of an item: it tells its place. */
function valueAt(t: number, i: number): number {
  return t * 1000 + i % 997;
}

/** Slabs of a few volumes each, all of them in one buffer. */
function* slabs(volumes: number): Generator<ReturnType<typeof ndarray>> {
  const together = 7;
  const buffer = new Float32Array(together * ITEMS);
  for (let t = 0; t < volumes; t += together) {
    const count = Math.min(together, volumes - t);
    for (let k = 0; k < count; k++) {
      for (let i = 0; i < ITEMS; i++) buffer[k * ITEMS + i] = valueAt(t + k, i);
    }
    yield ndarray(buffer.subarray(0, count * ITEMS), [count, ...VOLUME]);
  }
}

function option(name: string, otherwise: string): string {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Deno.args[at + 1];
}

async function measured(what: string, bytes: number, work: () => Promise<string>): Promise<void> {
  const before = await resetPeak();
  const start = performance.now();
  const told = await work();
  const seconds = (performance.now() - start) / 1000;
  const peak = await peakRss();
  console.log(
    `${what.padEnd(34)} ${seconds.toFixed(1).padStart(6)} s ${
      (bytes / seconds / 1e6).toFixed(0).padStart(6)
    } MB/s   RSS ${before.toFixed(0).padStart(4)} MiB before, ${
      peak.toFixed(0).padStart(4)
    } MiB at most   ${told}`,
  );
}

async function main(): Promise<void> {
  const volumes = Math.round(Number(option("gib", "4")) * 1024 * MiB / (4 * ITEMS));
  const buffersize = Number(option("buffersize", "16")) * MiB;
  const asked = option("compression", "false");
  const compression = asked === "true" || asked !== "false" && asked;
  const given = option("store", "");
  await using server = given === "" ? await startServer() : undefined;
  const cci = await getInterface(server?.url ?? given, server?.options);
  const shape = [volumes, ...VOLUME];
  const bytes = volumes * ITEMS * 4;
  console.log(
    `an array of shape (${shape.join(", ")}), ${(bytes / MiB).toFixed(0)} MiB, compression ${compression}`,
  );
  await measured("upload from slabs", bytes, async () => {
    const { size, chunks } = await cci.uploadDaskArray("stream", {
      shape,
      dtype: "<f4",
      slabs: slabs(volumes),
    }, {
      axis: 0,
      buffersize,
      compression,
    });
    return `${chunks[0].length} parts, ${(size / MiB).toFixed(0)} MiB stored`;
  });
  const array = await cci.downloadDaskArray("stream");
  await measured("all of it, block by block", bytes, async () => {
    let seen = 0;
    for await (const { origin, array: block } of array.blocks()) {
      const { data } = block;
      for (let i = 0; i < data.length; i += 10_007) {
        if (data[i] !== Math.fround(valueAt(origin[0] + Math.floor(i / ITEMS), i % ITEMS))) {
          throw new Error("wrong value");
        }
      }
      seen += block.nbytes;
    }
    return `${(seen / MiB).toFixed(0)} MiB seen`;
  });
  await measured("a time course of one voxel", volumes * 4, async () => {
    const course = await array.slice(null, 3, 5, 7);
    const voxel = (3 * VOLUME[1] + 5) * VOLUME[2] + 7;
    for (let t = 0; t < volumes; t++) {
      if (course.get(t) !== Math.fround(valueAt(t, voxel))) throw new Error("wrong value");
    }
    return "checked";
  });
}

await main();
