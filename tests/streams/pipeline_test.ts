import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { chunk, GeneratorTransform, progress, streamFrom } from "../../lib/streams/mod.ts";
import { caught, endlessly, turns } from "./helpers.ts";

const KiB = 1024;

/** A stage that gives twice what it reads. */
function doubled(): GeneratorTransform {
  return new GeneratorTransform(async function* (source) {
    for await (const bytes of source) {
      yield bytes.slice();
      yield bytes.slice();
    }
  });
}

Deno.test("a slow sink bounds how much of a fast source is read through a chain of stages", async () => {
  let read = 0;
  let passed = 0;
  let most = 0;
  const piped = endlessly(() => read += KiB, KiB)
    .pipeThrough(progress((loaded) => passed = loaded))
    .pipeThrough(chunk(4 * KiB))
    .pipeThrough(doubled())
    .pipeThrough(chunk(16 * KiB));
  let written = 0;
  const stop = new Error("seen enough");
  const sink = new WritableStream<Uint8Array>({
    async write(bytes) {
      await turns();
      written += bytes.length;
      most = Math.max(most, read - written / 2);
      if (written >= 20 * 16 * KiB) throw stop;
    },
  });
  assertStrictEquals(await caught(piped.pipeTo(sink)), stop);
  assertEquals(written, 20 * 16 * KiB);
  // In the sink: one piece written, one queued, one on offer (16 KiB out is 8 KiB in); in each stage what it fills and one piece ahead.
  assert(most <= 48 * KiB, `the source was ${most / KiB} KiB ahead of the sink`);
  assert(passed <= read);
  const after = read;
  await turns();
  assertEquals(read, after, "nothing is read once the sink has failed");
});

Deno.test("a sink that takes nothing stops the source", async () => {
  let read = 0;
  const abort = new AbortController();
  const sink = new WritableStream<Uint8Array>({ write: () => new Promise(() => {}) });
  const piped = endlessly(() => read++, KiB).pipeThrough(progress(() => {})).pipeThrough(doubled())
    .pipeThrough(chunk(KiB));
  const done = piped.pipeTo(sink, { signal: abort.signal });
  done.catch(() => {});
  await turns();
  const soon = read;
  assert(soon <= 8, `${soon} pieces were read`);
  await turns();
  await turns();
  assertEquals(read, soon);
});

for (const failing of ["source", "progress", "first", "second", "sink", "signal"] as const) {
  Deno.test(`a failure of the ${failing} ends every stage of a chain with it`, async () => {
    const failure = new Error(`${failing} failed`);
    const abort = new AbortController();
    const ended: string[] = [];
    async function* pieces() {
      try {
        for (let i = 0;; i++) {
          if (failing === "source" && i === 3) throw failure;
          yield new Uint8Array(KiB);
        }
      } finally {
        ended.push("source");
      }
    }
    const stage = (name: "first" | "second") =>
      new GeneratorTransform(async function* (source) {
        let i = 0;
        try {
          for await (const bytes of source) {
            if (failing === name && i++ === 3) throw failure;
            yield bytes.slice();
          }
        } finally {
          ended.push(name);
        }
      });
    let aborted: unknown;
    let written = 0;
    const sink = new WritableStream<Uint8Array>({
      write() {
        written++;
        if (failing === "sink" && written === 3) throw failure;
        if (failing === "signal" && written === 3) abort.abort(failure);
      },
      abort: (reason) => void (aborted = reason),
    });
    const piping = streamFrom(pieces())
      .pipeThrough(progress((loaded) => {
        if (failing === "progress" && loaded === 3 * KiB) throw failure;
      }))
      .pipeThrough(stage("first"))
      .pipeThrough(chunk(KiB / 2))
      .pipeThrough(stage("second"))
      .pipeTo(sink, { signal: abort.signal });
    assertStrictEquals(await caught(piping), failure);
    await turns();
    assertEquals(ended.sort(), ["first", "second", "source"]);
    if (failing !== "sink") assertStrictEquals(aborted, failure);
  });
}
