// deno-lint-ignore-file no-console -- a program that prints
/**
 * Codecs in workers, beside codecs on the calling thread: a chunked array in parts, and a single array, up and down, by a wire that is as fast as it is told to
 * be and takes no processor (a store in memory behind a clock), so that the figures are those of the client alone.
 *
 * `deno run -A bench/workers.ts [--mib 256] [--part 16] [--wire 100] [--rounds 3] [--workers 1,2] [codec …]`
 *
 * `codec` is the time without a wire on the calling thread, `wire` that of the stored bytes alone; the goal is that a transfer takes at most 1.1 times the longer
 * of the two.
 */
import type { Backend, ByteRange, ObjectReader } from "../backends/backend.ts";
import { listCodecs } from "../codecs/mod.ts";
import { DefaultInterface, MemoryBackend, type NDArray, ndarray } from "../mod.ts";
import { delegate } from "../tests/backends/delegate.ts";
import { signal } from "./data.ts";
import { peakRss, resetPeak } from "./rss.ts";

const MiB = 1024 * 1024;
const DIRECTIONS = ["up", "down"] as const;

/** A wire: all that goes through it takes its time, one after the other. */
class Wire {
  readonly #bytesPerMs: number;
  #free = 0;

  constructor(mibPerSecond: number) {
    this.#bytesPerMs = mibPerSecond * MiB / 1000;
  }

  async send(bytes: number): Promise<void> {
    const now = performance.now();
    // Timers are late by a millisecond or more: as a socket's buffer does, the wire catches up on what they miss.
    this.#free = Math.max(now - 20, this.#free) + bytes / this.#bytesPerMs;
    if (this.#free - now > 2) await new Promise((resolve) => setTimeout(resolve, this.#free - now));
  }

  pace(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    return new TransformStream({
      transform: async (piece, controller) => {
        for (let at = 0; at < piece.length; at += 64 * 1024) {
          const part = piece.subarray(at, at + 64 * 1024);
          await this.send(part.length);
          controller.enqueue(part);
        }
      },
    });
  }
}

/** A store in memory behind a wire. */
function behind(wire: Wire, store: Backend): Backend {
  return delegate(store, {
    put: (key, body, options) =>
      store.put(key, body instanceof Uint8Array ? body : body.pipeThrough(wire.pace()), options),
    async open(key, options) {
      const reader = await store.open(key, options);
      return new Proxy(reader, {
        get(target, name) {
          if (name === "stream") {
            return (range?: ByteRange, options?: Parameters<ObjectReader["stream"]>[1]) =>
              target.stream(range, options).pipeThrough(wire.pace());
          }
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  });
}

interface Kind {
  readonly name: string;
  up(cci: DefaultInterface, array: NDArray, options: Setting): Promise<{ readonly size: number }>;
  down(cci: DefaultInterface, options: Setting): Promise<NDArray>;
}

interface Setting {
  readonly workers: number | false;
}

function kinds(codec: string, partMib: number): Kind[] {
  return [{
    name: "one array",
    up: (cci, array, setting) => cci.uploadRawArray("one", array, { ...setting, compression: codec }),
    down: (cci, setting) => cci.downloadRawArray("one", setting),
  }, {
    name: `parts of ${partMib} MiB`,
    up: (cci, array, setting) =>
      cci.uploadDaskArray("parts", array, { ...setting, compression: codec, chunks: [partMib, null] }),
    down: async (cci, setting) => await (await cci.downloadDaskArray("parts", setting)).toArray(),
  }];
}

interface Measure {
  readonly wall: number;
  readonly cpu: number;
  readonly memory: number;
  readonly stored: number;
}

async function measured(work: () => Promise<number>): Promise<Measure> {
  const before = await resetPeak();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const stored = await work();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1000, memory: await peakRss() - before, stored };
}

function median(measures: readonly Measure[]): Measure {
  return measures.toSorted((a, b) => a.wall - b.wall)[measures.length >> 1];
}

function option(args: string[], name: string, otherwise: string): string {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? otherwise : args.splice(at, 2)[1];
}

async function main(): Promise<void> {
  const args = [...Deno.args];
  const mib = Number(option(args, "mib", "256"));
  const part = Number(option(args, "part", "16"));
  const rate = Number(option(args, "wire", "100"));
  const rounds = Number(option(args, "rounds", "3"));
  const settings = [false as const, ...option(args, "workers", "1,2").split(",").map(Number)];
  const codecs = args.length > 0 ? args : listCodecs().written.map(({ name }) => name);
  const array = ndarray(signal(mib * MiB / 4), [mib, MiB / 4]);
  console.log(`${mib} MiB of float32 at ${rate} MiB/s of stored bytes; seconds, medians of ${rounds}`);
  console.log(
    `${"".padEnd(29)}${
      ["codec", "wire", "workers", "took", "ratio", "cpu", "+MiB"].map((head) => head.padStart(9)).join("")
    }`,
  );
  for (const codec of codecs) {
    const store = new MemoryBackend();
    const slow = new DefaultInterface(behind(new Wire(rate), store));
    const fast = new DefaultInterface(store);
    for (const kind of kinds(codec, part)) {
      for (const direction of DIRECTIONS) {
        let stored = 0;
        const run = (cci: DefaultInterface, workers: number | false) =>
          measured(async () => {
            if (direction === "up") return stored = (await kind.up(cci, array, { workers })).size;
            const back = await kind.down(cci, { workers });
            if (back.get(1, 1) !== array.get(1, 1)) throw new Error("it came back different");
            return 0;
          });
        if (direction === "down") stored = (await kind.up(fast, array, { workers: false })).size;
        const alone: Measure[] = [];
        const all = settings.map(() => [] as Measure[]);
        for (let round = 0; round < rounds; round++) {
          alone.push(await run(fast, false));
          for (const [i, workers] of settings.entries()) all[i].push(await run(slow, workers));
        }
        const codecTime = median(alone).wall / 1000;
        const wireTime = stored / MiB / rate;
        for (const [i, workers] of settings.entries()) {
          const { wall, cpu, memory } = median(all[i]);
          const cells = [
            codecTime.toFixed(2),
            wireTime.toFixed(2),
            String(workers),
            (wall / 1000).toFixed(2),
            (wall / 1000 / Math.max(codecTime, wireTime)).toFixed(2),
            (cpu / 1000).toFixed(2),
            memory.toFixed(0),
          ];
          console.log(
            codec.padEnd(6) + kind.name.padEnd(18) + direction.padEnd(5) +
              cells.map((cell) => cell.padStart(9)).join(""),
          );
        }
      }
    }
  }
}

await main();
