/** Whatever is not as it was stored, in its place, is an `IntegrityError`, and nothing of it is given. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ByteRange } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import {
  aesKeys,
  EncryptingBackend,
  generateAesKey,
  type Keys,
  rsaKeys,
  TINK_LAYOUT,
} from "../../crypto/mod.ts";
import { IntegrityError } from "../../lib/errors.ts";
import { assertBytes } from "../../testing/assert.ts";
import { encode, pattern } from "../../testing/case.ts";
import { delegate } from "../backends/delegate.ts";
import { pem } from "./vectors.ts";

type Metadata = Record<string, string>;

interface Stored {
  readonly key: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly metadata: Metadata;
}

const aes = aesKeys(generateAesKey());
const schemes: [string, Keys][] = [["AES", aes], ["RSA", await rsaKeys({ privateKey: pem.pkcs8 })]];
const SEGMENT = TINK_LAYOUT.segmentLength + TINK_LAYOUT.tagLength;

async function stored(
  keys: Keys,
  plain: Uint8Array<ArrayBuffer>,
  metadata: Metadata = { dtype: "<f8", shape: "2,3" },
  key = "sub01/run1",
): Promise<Stored> {
  const store = new MemoryBackend();
  await new EncryptingBackend(store, keys).put(key, plain, { metadata });
  const reader = await store.open(key);
  return { key, body: await reader.read(), metadata: { ...reader.info.metadata } };
}

/** Bytes that reading gave before it failed with an IntegrityError. */
async function given(keys: Keys, object: Stored, range?: ByteRange, parallel = false): Promise<number> {
  const store = new MemoryBackend();
  await store.put(object.key, object.body, { metadata: object.metadata });
  const backend = new EncryptingBackend(store, keys);
  let count = 0;
  const failed = await assertRejects(async () => {
    const reader = await backend.open(object.key, { range, parallel });
    if (parallel) await reader.read();
    for await (const piece of reader.stream()) count += piece.length;
  }, IntegrityError);
  assertEquals(failed.code, "Integrity");
  return count;
}

async function refused(keys: Keys, object: Stored, what: string): Promise<void> {
  try {
    assertEquals(await given(keys, object), 0);
    assertEquals(await given(keys, object, { offset: 0, length: 1 }), 0);
    assertEquals(await given(keys, object, { suffix: 1 }), 0);
    assertEquals(await given(keys, object, { offset: 1_000_000_000 }), 0);
  } catch (error) {
    throw new Error(what, { cause: error });
  }
}

for (const [name, keys] of schemes) {
  Deno.test(`${name}: every bit-flipped, missing, doubled or added byte of a small object`, async () => {
    const object = await stored(keys, encode("cotton candy"));
    const { body } = object;
    const edits: [string, Uint8Array<ArrayBuffer>][] = [];
    for (let i = 0; i < body.length; i++) {
      for (const bit of [1, 0x80]) {
        const flipped = body.slice();
        flipped[i] ^= bit;
        edits.push([`bit ${bit} of byte ${i}`, flipped]);
      }
      edits.push([`cut off at ${i}`, body.slice(0, i)]);
      edits.push([`without byte ${i}`, joined(body.subarray(0, i), body.subarray(i + 1))]);
      edits.push([`byte ${i} twice`, joined(body.subarray(0, i + 1), body.subarray(i))]);
    }
    for (const more of [1, 15, 16, 17, 1000]) {
      edits.push([`${more} bytes more`, joined(body, new Uint8Array(more))]);
      edits.push([`begins with ${more} bytes more`, joined(new Uint8Array(more), body)]);
    }
    edits.push(["twice", joined(body, body)], ["segment twice", joined(body, body.subarray(40))]);
    for (const [what, edited] of edits) {
      // A byte beside its like may be taken for it.
      if (edited.length === body.length && edited.every((byte, i) => byte === body[i])) continue;
      await refused(keys, { ...object, body: edited }, what);
    }
  });

  Deno.test(`${name}: every edit of what is bound, and of what binds it`, async () => {
    const object = await stored(keys, encode("cotton candy"), {
      dtype: "<f8",
      shape: "2,3",
      order: "C",
      empty: "",
    });
    const { metadata } = object;
    const edits: [string, Metadata][] = [];
    for (const [entry, value] of Object.entries(metadata)) {
      const { [entry]: _, ...without } = metadata;
      edits.push([`without ${entry}`, without]);
      edits.push([`${entry} empty`, { ...metadata, [entry]: value === "" ? "x" : "" }]);
      edits.push([`${entry} renamed`, { ...without, [`${entry}x`]: value }]);
      // RSA takes its time.
      const step = entry === "cc-key" && name === "RSA" ? 15 : 1;
      for (let i = 0; i < value.length; i += step) {
        const other = value[i] === "A" ? "B" : "A";
        edits.push([`${entry} at ${i}`, {
          ...metadata,
          [entry]: value.slice(0, i) + other + value.slice(i + 1),
        }]);
        edits.push([`${entry} to ${i}`, { ...metadata, [entry]: value.slice(0, i) }]);
      }
    }
    const bound = metadata["cc-bound"];
    for (
      const other of [
        `${bound},x`,
        `${bound},`,
        `,${bound}`,
        bound.toUpperCase(),
        bound.split(",").reverse().join(),
        bound.replace("dtype,", ""),
        bound.replace("cc-encryption,", ""),
        "cc-bound",
        `${bound},${bound}`,
        bound.replaceAll(",", ", "),
      ]
    ) {
      edits.push([`cc-bound ${other}`, { ...metadata, "cc-bound": other, x: "1" }]);
    }
    edits.push(["shape and dtype swapped", { ...metadata, shape: metadata.dtype, dtype: metadata.shape }]);
    const wrapped = metadata["cc-key"];
    for (const other of [`${wrapped}=`, `${wrapped}AAAA`, ` ${wrapped}`, wrapped.replace(/=+$/, "-")]) {
      edits.push([`cc-key ${other}`, { ...metadata, "cc-key": other }]);
    }
    for (const [what, edited] of edits) {
      if (Object.entries(metadata).every(([entry, value]) => edited[entry] === value)) continue;
      await assertRejects(() => keys.unseal({ key: object.key, metadata: edited }), IntegrityError, "", what);
      const store = new MemoryBackend();
      try {
        await store.put(object.key, object.body, { metadata: edited });
      } catch {
        continue; // No store takes it.
      }
      await refused(keys, { ...object, metadata: edited }, what);
      const backend = new EncryptingBackend(store, keys);
      await assertRejects(() => backend.head(object.key), IntegrityError);
      await assertRejects(() => backend.copy(object.key, "copy"), IntegrityError);
      await assertRejects(() => backend.rekey(object.key), IntegrityError);
    }
  });

  Deno.test(`${name}: what somebody adds to the metadata is never given`, async () => {
    const object = await stored(keys, encode("x"), { a: "1" });
    const store = new MemoryBackend();
    await store.put(object.key, object.body, {
      metadata: { ...object.metadata, dtype: "<f8", __proto__x: "y", constructor: "z" },
    });
    const backend = new EncryptingBackend(store, keys);
    const reader = await backend.open(object.key);
    assertEquals(reader.info.metadata, { a: "1" });
    assertEquals((await backend.head(object.key))?.metadata, { a: "1" });
    await backend.copy(object.key, "copy");
    assertEquals((await backend.head("copy"))?.metadata, { a: "1" });
  });

  Deno.test(`${name}: another name, another object's metadata, body, header or key`, async () => {
    const a = await stored(keys, encode("the first one"));
    const b = await stored(keys, encode("the other one"));
    for (const key of ["sub01/run2", "sub01/run1/", "sub01", "Sub01/run1", "sub01//run1", "run1"]) {
      await refused(keys, { ...a, key }, key);
    }
    await refused(keys, { ...a, metadata: b.metadata }, "metadata");
    await refused(keys, { ...a, metadata: { ...a.metadata, "cc-key": b.metadata["cc-key"] } }, "data key");
    await refused(keys, { ...a, body: joined(b.body.subarray(0, 40), a.body.subarray(40)) }, "header");
    await refused(keys, { ...a, body: joined(a.body.subarray(0, 40), b.body.subarray(40)) }, "segment");
  });

  Deno.test(`${name}: another key, no encryption, and objects that are said to be otherwise encrypted`, async () => {
    const object = await stored(keys, encode("cotton candy"));
    const others = [
      aesKeys(generateAesKey()),
      aesKeys(new Uint8Array(16)),
      await rsaKeys({ privateKey: pem["other pkcs8"] }),
    ];
    for (const other of others) await refused(other, object, "another key");
    await refused(keys, { key: "plain", body: encode("plain"), metadata: { dtype: "<f8" } }, "plain");
    for (const scheme of ["AES", "RSA", "age", "legacy", "", "aes", "constructor"]) {
      if (scheme === name) continue;
      await refused(keys, { ...object, metadata: { ...object.metadata, "cc-encryption": scheme } }, scheme);
    }
  });
}

Deno.test("segments: swapped, removed, repeated, from another object, cut off anywhere", async () => {
  const plain = pattern(3 * SEGMENT + 1000);
  const object = await stored(aes, plain);
  const other = await stored(aes, pattern(3 * SEGMENT + 1000, 9));
  const { body } = object;
  const segments = [0, 1, 2, 3].map((i) => body.subarray(i * SEGMENT, (i + 1) * SEGMENT));
  const foreign = [0, 1, 2, 3].map((i) => other.body.subarray(i * SEGMENT, (i + 1) * SEGMENT));
  const [first, second, third, last] = segments;
  const full = TINK_LAYOUT.segmentLength;
  const begun = TINK_LAYOUT.firstLength;
  // Those in the middle don't matter to who reads the end: that is where it was, and what it was.
  const middle = ["swapped", "another object's"];
  const edits: [string, readonly Uint8Array[], most: number][] = [
    ["swapped", [first, third, second, last], begun],
    ["removed", [first, second, last], begun + full],
    ["first removed", [second, third, last], 0],
    ["without the last", [first, second, third], begun + full],
    ["only the first", [first], 0],
    ["repeated", [first, second, second, third, last], begun + full],
    ["repeated last", [first, second, third, last, last], begun + 2 * full],
    ["last in the middle", [first, last, second, third], begun],
    ["another object's", [first, foreign[1], third, last], begun],
    ["another object's last", [first, second, third, foreign[3]], begun + 2 * full],
    ["another object's body", foreign, 0],
    ["a byte short of the last", [first, second, third, last.subarray(0, -1)], begun + 2 * full],
    ["15 bytes of the last", [first, second, third, last.subarray(0, 15)], 0],
    ["16 bytes of the last", [first, second, third, last.subarray(0, 16)], begun + 2 * full],
    ["ends within the third", [first, second, third.subarray(0, 5000)], begun + full],
    ["a byte more", [...segments, Uint8Array.of(0)], begun + 2 * full],
    ["a segment more", [...segments, new Uint8Array(SEGMENT)], begun + 2 * full],
  ];
  for (const [what, pieces, most] of edits) {
    const edited = { ...object, body: joined(...pieces) };
    const count = await given(aes, edited);
    assert(count <= most, `${what}: ${count} of at most ${most} bytes were given`);
    await given(aes, edited, undefined, true);
    if (middle.includes(what)) continue;
    await given(aes, edited, { suffix: 10 });
    await given(aes, edited, { offset: plain.length - 10 });
    await given(aes, edited, { offset: plain.length + SEGMENT });
  }
});

Deno.test("what is given before a failure is authentic, and in its place", async () => {
  const plain = pattern(3 * SEGMENT);
  const object = await stored(aes, plain);
  const body = object.body.slice();
  body[2 * SEGMENT + 5] ^= 1;
  const store = new MemoryBackend();
  await store.put(object.key, body, { metadata: object.metadata });
  const backend = new EncryptingBackend(store, aes);
  const reader = (await backend.open(object.key)).stream().getReader();
  let seen = 0;
  await assertRejects(async () => {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      assertBytes(value, plain.subarray(seen, seen + value.length));
      seen += value.length;
    }
  }, IntegrityError);
  assertEquals(seen, TINK_LAYOUT.firstLength + TINK_LAYOUT.segmentLength);
  // A second read after the error fails in the same way, and what is sound can be read.
  const again = await backend.open(object.key);
  await assertRejects(() => again.read(), IntegrityError);
  await assertRejects(() => again.read({ offset: 2 * SEGMENT, length: 100 }), IntegrityError);
  assertBytes(await again.read({ offset: 100, length: 900 }), plain.subarray(100, 1000));
  assertBytes(await again.read({ suffix: 50 }), plain.subarray(-50));
});

Deno.test("a store that lies about the size of what it has", async () => {
  const plain = pattern(2 * SEGMENT + 77);
  const object = await stored(aes, plain);
  const store = new MemoryBackend();
  await store.put(object.key, object.body, { metadata: object.metadata });
  for (
    const size of [
      SEGMENT,
      2 * SEGMENT,
      object.body.length - 1,
      object.body.length + 1,
      3 * SEGMENT,
      40,
      56,
      0,
    ]
  ) {
    const lying = Object.assign(Object.create(store), {
      async open(...args: Parameters<MemoryBackend["open"]>) {
        const reader = await store.open(...args);
        return {
          info: { ...reader.info, size },
          stream: reader.stream.bind(reader),
          read: reader.read.bind(reader),
          close: () => reader.close(),
        };
      },
    });
    const backend = new EncryptingBackend(lying, aes);
    for (const range of [undefined, { suffix: 5 }, { offset: Math.max(0, size - 100) }]) {
      await assertRejects(async () => {
        const bytes = await (await backend.open(object.key, { range })).read();
        throw new Error(`${size}: ${bytes.length} bytes of ${JSON.stringify(range)}`);
      }, IntegrityError);
    }
  }
});

Deno.test("a store that gives another object, and says so or not", async () => {
  const store = new MemoryBackend();
  const plain = new EncryptingBackend(store, aes);
  await plain.put("a", encode("A"));
  await plain.put("b", encode("B"));
  for (const honest of [true, false]) {
    const named = <T extends { key: string }>(info: T, key: string): T => honest ? info : { ...info, key };
    const swapping = delegate(store, {
      async head(key, options) {
        const head = await store.head(key === "a" ? "b" : key, options);
        return head && named(head, key);
      },
      async open(key, options) {
        const reader = await store.open(key === "a" ? "b" : key, options);
        return {
          info: named(reader.info, key),
          stream: reader.stream.bind(reader),
          read: reader.read.bind(reader),
          close: () => reader.close(),
        };
      },
    });
    const backend = new EncryptingBackend(swapping, aes);
    assertBytes(await (await backend.open("b")).read(), encode("B"));
    await assertRejects(() => backend.open("a"), IntegrityError);
    await assertRejects(() => backend.head("a"), IntegrityError);
    await assertRejects(() => backend.copy("a", "c"), IntegrityError);
    await assertRejects(() => backend.rekey("a"), IntegrityError);
    assertEquals(await store.head("c"), undefined);
  }
});

function joined(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}
