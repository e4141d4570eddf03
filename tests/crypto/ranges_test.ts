/** What is fetched for what is read: just the segments that hold it. */
import { assert, assertEquals } from "@std/assert";
import type { Backend, ByteRange, ObjectReader, OpenOptions } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { aesKeys, EncryptingBackend, generateAesKey, TINK_LAYOUT } from "../../crypto/mod.ts";
import { readAll } from "../../lib/streams/mod.ts";
import { assertBytes } from "../../testing/assert.ts";
import { pattern } from "../../testing/case.ts";
import { delegate } from "../backends/delegate.ts";

const MiB = 1024 * 1024;
const HEADER = 40;
const { firstLength, segmentLength } = TINK_LAYOUT;

/** A store that notes what is asked of it. */
function noting(store: Backend): { store: Backend; asked: string[]; bytes: () => number } {
  const asked: string[] = [];
  let bytes = 0;
  const told = (range: ByteRange | undefined) => range ? JSON.stringify(range).replace(/["{}]/g, "") : "all";
  const note = (reader: ObjectReader): ObjectReader => ({
    info: reader.info,
    stream(range, options) {
      asked.push(`stream ${told(range)}`);
      return reader.stream(range, options).pipeThrough(
        new TransformStream(
          {
            transform(piece, controller) {
              bytes += piece.length;
              controller.enqueue(piece);
            },
          },
          undefined,
          { highWaterMark: 0 },
        ),
      );
    },
    read: (range, options) => (asked.push(`read ${told(range)}`), reader.read(range, options)),
    close: () => reader.close(),
  });
  const open = async (key: string, options?: OpenOptions) => {
    asked.push(`open ${told(options?.range)}`);
    return note(await store.open(key, options));
  };
  return { store: delegate(store, { open }), asked, bytes: () => bytes };
}

const plain = pattern(5 * MiB + 4321);

async function setup() {
  const memory = new MemoryBackend();
  const keys = aesKeys(generateAesKey());
  const { etag } = await new EncryptingBackend(memory, keys).put("a", plain, { metadata: { shape: "2" } });
  const noted = noting(memory);
  return { ...noted, backend: new EncryptingBackend(noted.store, keys), etag };
}

async function read(backend: Backend, range: ByteRange, options: OpenOptions = {}) {
  const reader = await backend.open("a", { ...options, range });
  const bytes = await reader.read();
  await reader.close();
  return bytes;
}

Deno.test("an interior range fetches the header and the segments that hold it", async () => {
  const { backend, asked, bytes } = await setup();
  assertBytes(
    await read(backend, { offset: 3 * MiB, length: 1000 }),
    plain.subarray(3 * MiB, 3 * MiB + 1000),
  );
  assertEquals(asked, [
    `open offset:0,length:${HEADER}`,
    `stream offset:0,length:${HEADER}`,
    `stream offset:${3 * MiB},length:${MiB}`,
  ]);
  assertEquals(bytes(), MiB + HEADER);
});

Deno.test("a range across a boundary fetches both segments", async () => {
  const { backend, bytes } = await setup();
  const offset = firstLength + segmentLength - 1;
  assertBytes(await read(backend, { offset, length: 2 }), plain.subarray(offset, offset + 2));
  assertEquals(bytes(), 2 * MiB + HEADER);
});

Deno.test("a range at the beginning is one request", async () => {
  const { backend, asked, bytes } = await setup();
  assertBytes(await read(backend, { offset: 128, length: 1000 }), plain.subarray(128, 1128));
  assertEquals(asked, [`open offset:0,length:${MiB}`, `stream offset:0,length:${MiB}`]);
  assertEquals(bytes(), MiB);
});

Deno.test("parts of one version are one request each, once its header is known", async () => {
  const { backend, asked, etag } = await setup();
  await read(backend, { offset: 3 * MiB, length: 1000 }, { ifMatch: etag });
  asked.length = 0;
  for (const offset of [2 * MiB, 4 * MiB, 5 * MiB]) {
    const length = 4000;
    assertBytes(
      await read(backend, { offset, length }, { ifMatch: etag }),
      plain.subarray(offset, offset + length),
    );
  }
  assertEquals(asked.filter((entry) => entry.startsWith("open")), [
    `open offset:${2 * MiB},length:${MiB}`,
    `open offset:${4 * MiB},length:${MiB}`,
    `open offset:${5 * MiB},length:${MiB}`,
  ]);
  assertEquals(asked.length, 6);
});

Deno.test("what is known of a version holds for it alone: other metadata under the same etag are looked at anew", async () => {
  const { backend, store, etag } = await setup();
  await read(backend, { offset: 3 * MiB, length: 1000 }, { ifMatch: etag });
  const head = await store.head("a");
  assert(head);
  const forged = delegate(store, {
    async open(key, options) {
      const reader = await store.open(key, options);
      const info = { ...reader.info, metadata: { ...reader.info.metadata, shape: "3" } };
      return {
        info,
        stream: reader.stream.bind(reader),
        read: reader.read.bind(reader),
        close: () => reader.close(),
      };
    },
  });
  Object.defineProperty(backend, "store", { value: forged });
  const failure = await read(backend, { offset: 3 * MiB, length: 10 }, { ifMatch: etag }).catch((error) =>
    error
  );
  assertEquals(failure.code, "Integrity");
});

Deno.test("a suffix and what lies beyond the end fetch the last segment, nothing fetches none", async () => {
  const { backend, bytes } = await setup();
  assertBytes(await read(backend, { suffix: 100 }), plain.subarray(-100));
  const last = plain.length - firstLength - 4 * segmentLength + 16;
  assertEquals(bytes(), HEADER + last);
  assertEquals((await read(backend, { offset: plain.length + 5, length: 3 })).length, 0);
  assertEquals(bytes(), 2 * (HEADER + last));
  assertEquals((await read(backend, { offset: 17, length: 0 })).length, 0);
  assertEquals((await read(backend, { suffix: 0 })).length, 0);
});

Deno.test("every range of a few segments is what it is, however it is read", async () => {
  const { backend } = await setup();
  const edges = [
    0,
    1,
    firstLength - 1,
    firstLength,
    firstLength + 1,
    firstLength + segmentLength,
    plain.length - 1,
    plain.length,
  ];
  const known = await backend.open("a");
  for (const from of edges) {
    for (const to of edges) {
      if (to < from) continue;
      const range = { offset: from, length: to - from };
      const expected = plain.subarray(from, to);
      const reader = await backend.open("a", { range });
      assertBytes(await readAll(reader.stream()), expected);
      await reader.close();
      assertBytes(await known.read(range), expected);
    }
    assertBytes(await readAll(known.stream({ offset: from })), plain.subarray(from));
    assertBytes(await known.read({ suffix: plain.length - from }), plain.subarray(from));
  }
  await known.close();
});

Deno.test("in parallel: each section once, and the whole in its place", async () => {
  const memory = new MemoryBackend();
  const keys = aesKeys(generateAesKey());
  const large = pattern(20 * MiB + 5);
  await new EncryptingBackend(memory, keys).put("a", large);
  const { store, asked, bytes } = noting(memory);
  const reader = await new EncryptingBackend(store, keys).open("a", { parallel: true });
  assertBytes(await reader.read(), large);
  assertEquals(bytes(), (await memory.head("a"))?.size);
  assertEquals(asked, [
    "open all",
    `stream offset:0,length:${8 * MiB}`,
    `stream offset:${8 * MiB},length:${8 * MiB}`,
    `stream offset:${16 * MiB},length:${4 * MiB + 5 + 40 + 21 * 16}`,
  ]);
  // Again, and a part of it.
  assertBytes(await reader.read({ offset: 3 * MiB, length: 15 * MiB }), large.subarray(3 * MiB, 18 * MiB));
  await reader.close();
});

Deno.test("a whole object is one request, whether it is streamed or read", async () => {
  const { backend, asked } = await setup();
  assertBytes(await readAll((await backend.open("a")).stream()), plain);
  assertBytes(await (await backend.open("a")).read(), plain);
  const size = (await backend.store.head("a"))?.size;
  assertEquals(asked, [
    "open all",
    `stream offset:0,length:${size}`,
    "open all",
    `stream offset:0,length:${size}`,
  ]);
});
