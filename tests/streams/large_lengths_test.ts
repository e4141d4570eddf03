// V8 on x86-64 takes a typed array's `length` from 2 ** 31 to 2 ** 32 - 1 for a negative number, once the code is compiled by Maglev: docs/decisions.md. Nothing
// is written into these bytes, so that they take no memory.
import { assertEquals } from "@std/assert";
import { Duplex } from "../../codecs/workers/duplex.ts";
import { chunk, streamFrom, streamOf } from "../../lib/streams/mod.ts";

const LARGE = 2 ** 31 + 5;

const CASES: Readonly<Record<string, (bytes: Uint8Array) => Promise<number>>> = {
  "a stream over bytes in memory": (bytes) => count(streamOf(bytes)),
  "a stream cut into pieces": (bytes) => count(streamFrom(once(bytes)).pipeThrough(chunk(2 ** 20))),
  "pieces that go to a worker": sentToWorker,
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** How many bytes another thread would get. */
async function sentToWorker(bytes: Uint8Array): Promise<number> {
  let sum = 0;
  const duplex = new Duplex((message) => {
    if (message.kind !== "bytes") return;
    sum += message.bytes.byteLength;
    duplex.accept({ kind: "room", memory: message.bytes.buffer });
  });
  await duplex.sendJoined(once(bytes));
  return sum;
}

async function count(stream: ReadableStream<Uint8Array>): Promise<number> {
  let sum = 0;
  for await (const piece of stream) sum += piece.byteLength;
  return sum;
}

for (const [name, measure] of Object.entries(CASES)) {
  Deno.test(`of more than 2 GiB no byte is overlooked: ${name}`, async () => {
    // Until the engine has compiled what is often called.
    const small = new Uint8Array(2 ** 21 + 5);
    for (let i = 0; i < 2000; i++) assertEquals(await measure(small), small.length);
    assertEquals(await measure(new Uint8Array(LARGE)), LARGE);
  });
}
