// Codecs in workers: the same bytes and the same errors as on this thread, in bounded memory, and nothing left when the work is over.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { type AnyCodecName, codecNamed, compress, listCodecs } from "../../codecs/mod.ts";
import { holdWorker, joinWorkers, usualWorkers, type WorkerStages } from "../../codecs/workers/mod.ts";
import { codecStages, onThisThread } from "../../lib/stored_arrays/codec_stages.ts";
import { CottonCandyError, IntegrityError, InvalidArgumentError } from "../../lib/errors.ts";
import { readAll, streamFrom, streamOf } from "../../lib/streams/mod.ts";
import "./brotli.ts";
import { CountedWorker } from "./counted_worker.ts";
import { concat, noise, smooth } from "./samples.ts";
import python from "./python.json" with { type: "json" };
import newer from "../vectors/numcodecs.json" with { type: "json" };

const WRITTEN = ["gzip", "Zlib", "Zstd", "LZ4", "BZ2"];
/** More than a message, and no whole number of them. */
const LENGTH = 3 * 1024 * 1024 + 5;

async function withWorkers(most: number, work: (stages: WorkerStages) => Promise<void>): Promise<void> {
  const stages = joinWorkers("compress", most, ({ message }) => {
    throw new Error(message);
  });
  assert(stages);
  try {
    await work(stages);
  } finally {
    stages.close();
  }
  assertEquals(CountedWorker.alive.size, 0);
}

for (const codec of WRITTEN) {
  Deno.test(`workers: ${codec} stores the same bytes as this thread, however they are cut`, async () => {
    await withWorkers(1, async (stages) => {
      for (const data of [smooth(LENGTH), noise(LENGTH / 2), new Uint8Array(1), new Uint8Array()]) {
        for (const pieceLength of codec === "BZ2" ? [300_001] : [300_001, 1024 * 1024, LENGTH]) {
          const options = { size: data.length };
          const here = await readAll(streamOf(data, pieceLength).pipeThrough(compress(codec, options)));
          const there = await readAll(
            streamOf(data, pieceLength).pipeThrough(stages.compress(codec, options)),
          );
          assertEquals(there, here);
        }
      }
    });
  });

  Deno.test(`workers: ${codec} is read, from pieces of any length`, async () => {
    const data = concat(smooth(LENGTH / 2), noise(LENGTH / 2));
    const size = data.length;
    const stored = await readAll(streamOf(data).pipeThrough(compress(codec, { size })));
    await withWorkers(1, async (stages) => {
      for (const pieceLength of codec === "BZ2" ? [1009] : [1009, 64 * 1024, stored.length]) {
        const back = await readAll(
          streamOf(stored, pieceLength).pipeThrough(stages.decompress(codec, { size })),
        );
        assertEquals(back, data);
      }
    });
  });
}

Deno.test("workers: what is only read is read there too", async () => {
  await withWorkers(2, async (stages) => {
    for (const { codec, stored, plain } of [...python, ...newer]) {
      const back = streamOf(Uint8Array.fromBase64(stored)).pipeThrough(stages.decompress(codec, {}));
      assertEquals(await readAll(back), Uint8Array.fromBase64(plain), codec);
    }
  });
});

/** What a stage makes of bytes, or how it fails. */
async function outcome(bytes: Uint8Array, stage: TransformStream<Uint8Array, Uint8Array>): Promise<unknown> {
  return await readAll(streamOf(bytes, 500).pipeThrough(stage)).catch((error: unknown) => {
    assertInstanceOf(error, CottonCandyError);
    const { name, code, message, cause } = error;
    return { kind: error.constructor, name, code, message, cause: cause instanceof Error && cause.message };
  });
}

Deno.test("workers: damage is told in the same words, by the same class", async () => {
  const data = smooth(5000);
  let failures = 0;
  await withWorkers(1, async (stages) => {
    for (const codec of WRITTEN) {
      const size = data.length;
      const stored = await readAll(streamOf(data).pipeThrough(compress(codec, { size })));
      const faults = [
        stored.subarray(0, 1),
        stored.subarray(0, stored.length >> 1),
        stored.subarray(0, stored.length - 1),
        concat(stored, stored),
        concat(stored, noise(9)),
        noise(100),
        new Uint8Array(),
      ];
      for (let at = 0; at < stored.length; at += 211) {
        faults.push(stored.with(at, stored[at] ^ 0x10));
      }
      for (const fault of faults) {
        for (const options of [{ size }, {}, { size: size + 1 }, { size: size - 1 }]) {
          const here = await outcome(fault, codecNamed(codec).decode(options));
          assertEquals(await outcome(fault, stages.decompress(codec, options)), here);
          if (!(here instanceof Uint8Array)) failures++;
        }
      }
      for (const announced of [size - 1, size + 1]) {
        const here = await outcome(data, compress(codec, { size: announced }));
        assertEquals(await outcome(data, stages.compress(codec, { size: announced })), here);
        failures++;
      }
    }
  });
  assert(failures > 100, `${failures} failures were compared`);
});

Deno.test("workers: wrong options are refused at once", async () => {
  await withWorkers(1, (stages) => {
    for (
      const make of [
        () => stages.compress("gzip", { level: 11 }),
        () => stages.compress("LZ4", {}),
        () => stages.decompress("gzip", { size: -1 }),
      ]
    ) {
      let error: unknown;
      try {
        make();
      } catch (caught) {
        error = caught;
      }
      assertInstanceOf(error, InvalidArgumentError);
    }
    return Promise.resolve();
  });
});

Deno.test("workers: what the source fails with is what the stage fails with, and the worker goes on", async () => {
  const data = smooth(LENGTH);
  await withWorkers(1, async (stages) => {
    for (const stage of [() => stages.compress("gzip", {}), () => stages.decompress("gzip", {})]) {
      const reason = new Error("the connection broke");
      const stored = await readAll(streamOf(data).pipeThrough(compress("gzip")));
      const source = streamFrom((async function* () {
        yield stored.slice(0, 100_000);
        await new Promise((resolve) => setTimeout(resolve, 20));
        throw reason;
      })());
      const error = await assertRejects(() => readAll(source.pipeThrough(stage())));
      assertStrictEquals(error, reason);
    }
    const options = { size: data.length };
    const stored = await readAll(streamOf(data).pipeThrough(stages.compress("Zstd", options)));
    assertEquals(await readAll(streamOf(stored).pipeThrough(stages.decompress("Zstd", options))), data);
  });
});

Deno.test("workers: who reads no more ends the stream at both ends, also before its turn, and others go on", async () => {
  const data = noise(LENGTH);
  await withWorkers(1, async (stages) => {
    let cancelled: unknown;
    const endless = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(data.slice(0, 100_000)),
        cancel: (reason) => void (cancelled = reason),
      }, { highWaterMark: 0 });
    const reader = endless().pipeThrough(stages.compress("gzip", { level: 1 })).getReader();
    await reader.read();
    const other = readAll(streamOf(data).pipeThrough(stages.compress("gzip", {})));
    await reader.cancel("enough");
    assertEquals(cancelled, "enough");
    assertEquals(await other, await readAll(streamOf(data).pipeThrough(compress("gzip"))));
  });
});

Deno.test("workers: little is read ahead of who reads nothing", async () => {
  for (const direction of ["compress", "decompress"] as const) {
    await withWorkers(1, async (stages) => {
      let taken = 0;
      const piece = noise(64 * 1024);
      const source = new ReadableStream<Uint8Array>({
        pull(controller) {
          taken += piece.length;
          controller.enqueue(piece);
        },
      }, { highWaterMark: 0 });
      // Stored blocks of deflate: as many bytes out as in.
      const stage = direction === "compress"
        ? stages.compress("gzip", { level: 0 })
        : stages.decompress("gzip", {});
      const input = direction === "compress" ? source : source.pipeThrough(compress("gzip", { level: 0 }));
      const reader = input.pipeThrough(stage).getReader();
      await reader.read();
      for (let before = -1; before < taken;) {
        before = taken;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert(taken < 6 * 1024 * 1024, `${taken} bytes were read`);
      await reader.cancel();
    });
  }
});

Deno.test("workers: as many as there may be are started, for streams that run side by side, and are used again", async () => {
  const data = smooth(LENGTH);
  const before = CountedWorker.started;
  const run = (stages: WorkerStages) => readAll(streamOf(data).pipeThrough(stages.compress("gzip", {})));
  await withWorkers(2, async (stages) => {
    await run(stages);
    await run(stages);
    assertEquals(CountedWorker.started - before, 1);
    const here = await readAll(streamOf(data).pipeThrough(compress("gzip")));
    const all = await Promise.all(Array.from({ length: 7 }, () => run(stages)));
    for (const stored of all) assertEquals(stored, here);
    assertEquals(CountedWorker.started - before, 2);
    // Another operation shares them, and its end is not theirs.
    const others = joinWorkers("compress", 2);
    assert(others);
    await run(others);
    others.close();
    others.close();
    assertEquals(CountedWorker.alive.size, 2);
    await run(stages);
    assertEquals(CountedWorker.started - before, 2);
  });
});

Deno.test("workers: one that dies is an error of the streams that it had, and the next stream has another", async () => {
  const data = smooth(LENGTH);
  await withWorkers(1, async (stages) => {
    let taken = 0;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (taken++ === 5) {
          for (const worker of CountedWorker.alive) {
            worker.onerror?.(new ErrorEvent("error", { message: "out of memory", cancelable: true }));
          }
        }
        controller.enqueue(data.slice(0, 200_000));
      },
    }, { highWaterMark: 0 });
    const error = await assertRejects(
      () => readAll(source.pipeThrough(stages.compress("gzip", {}))),
      CottonCandyError,
      "out of memory; try again, or without workers",
    );
    assert(!(error instanceof IntegrityError));
    const stored = await readAll(streamOf(data).pipeThrough(stages.compress("gzip", {})));
    assertEquals(stored, await readAll(streamOf(data).pipeThrough(compress("gzip"))));
  });
});

Deno.test("workers: a codec of the program's own runs on this thread", async () => {
  const before = CountedWorker.started;
  const registered: AnyCodecName = "Brotli";
  assert(listCodecs().written.some(({ name }) => name === registered));
  const data = smooth(1000);
  await withWorkers(1, async (stages) => {
    const stored = await readAll(streamOf(data).pipeThrough(stages.compress(registered, {})));
    assertEquals(await readAll(streamOf(stored).pipeThrough(stages.decompress(registered, {}))), data);
  });
  assertEquals(CountedWorker.started, before);
});

Deno.test("workers: as many are usual as there are processors, four at most", () => {
  const count = navigator.hardwareConcurrency;
  assertEquals(usualWorkers("compress"), count < 2 ? 0 : Math.min(4, count));
  assertEquals(usualWorkers("compress", "one"), count < 3 ? 0 : Math.min(4, count - 1));
  assertEquals(usualWorkers("decompress"), count < 3 ? 0 : Math.min(4, count - 1));
});

/** Runs a program with some permissions; gives what it printed. */
async function run(file: string, ...permissions: string[]) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--frozen",
      "--no-prompt",
      ...permissions,
      fromFileUrl(new URL(file, import.meta.url)),
    ],
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(60_000),
  }).output();
  const [out, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { success, out, errors };
}

Deno.test("workers: a program ends by itself; without permission it does without them, quietly", async () => {
  assertEquals(await run("workers_program.ts", "--allow-read"), {
    success: true,
    out: '{"same":true,"warnings":[]}\n',
    errors: "",
  });
  const denied = await run("workers_program.ts");
  assertEquals({ ...denied, out: JSON.parse(denied.out) }, {
    success: true,
    out: {
      same: true,
      warnings: [
        "workers: codecs run on the calling thread, since no worker can be started: Deno was not allowed to read their code (--allow-read)",
      ],
    },
    errors: "",
  });
});

Deno.test("workers: one that is held takes what is small, too, until nobody holds it", async () => {
  const small = () => codecStages("decompress", 1000, { workers: 1 });
  assertStrictEquals(await small(), onThisThread);
  const data = smooth(1000);
  const stored = await readAll(streamOf(data).pipeThrough(compress("gzip", {})));
  const held = holdWorker();
  for (let i = 0; i < 2; i++) {
    const stages = await small();
    assert(stages !== onThisThread);
    assertEquals(await readAll(streamOf(stored).pipeThrough(stages.decompress("gzip", {}))), data);
    stages.close();
    assertEquals(CountedWorker.alive.size, 1);
  }
  held.close();
  assertEquals(CountedWorker.alive.size, 0);
  assertStrictEquals(await small(), onThisThread);
});
