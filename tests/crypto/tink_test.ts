import { assert, assertEquals, assertRejects } from "@std/assert";
import { openSegments, sealBody } from "../../crypto/segments.ts";
import { newTinkStream, openTinkStream, TINK_LAYOUT } from "../../crypto/tink/stream.ts";
import { IntegrityError, UnsupportedError } from "../../lib/errors.ts";
import { readAll, streamFrom, streamOf } from "../../lib/streams/mod.ts";
import { assertBytes } from "../../testing/assert.ts";
import { streamVectors, vectorBytes } from "./vectors.ts";

const HEADER = TINK_LAYOUT.headerLength;
const key = Uint8Array.from({ length: 32 }, (_, i) => i);

for (const vector of streamVectors) {
  Deno.test(`a body of ${vector.length} bytes is Tink's, byte for byte`, async () => {
    const header = Uint8Array.fromHex((vector.body ?? vector.header ?? "").slice(0, 2 * HEADER));
    const cipher = await openTinkStream(Uint8Array.fromHex(vector.dataKey), header);
    const plain = vectorBytes(vector.length);
    const stored = await readAll(
      streamFrom(sealBody({ metadata: {}, header, cipher }, streamOf(plain, 70_001))),
    );
    assertEquals(stored.length, vector.storedLength);
    if (vector.body !== undefined) assertEquals(stored.toHex(), vector.body);
    assertEquals(new Uint8Array(await crypto.subtle.digest("SHA-256", stored)).toHex(), vector.sha256);
    const back = openSegments(cipher, streamOf(stored.subarray(HEADER), 99_991), { first: 0, ends: true });
    assertBytes(await readAll(streamFrom(back)), plain);
  });
}

Deno.test("every body has a header of its own", async () => {
  const a = await newTinkStream(key);
  const b = await newTinkStream(key);
  assertEquals(a.header.length, HEADER);
  assertEquals(a.header[0], HEADER);
  assert(a.header.toHex() !== b.header.toHex());
});

Deno.test("what is no header is refused", async () => {
  const { header } = await newTinkStream(key);
  for (const wrong of [header.subarray(0, 39), new Uint8Array(), new Uint8Array([...header, 0])]) {
    await assertRejects(() => openTinkStream(key, wrong.slice()), IntegrityError);
  }
  // The length of another of Tink's formats, with a key of 16 bytes.
  const other = header.slice();
  other[0] = 24;
  await assertRejects(() => openTinkStream(key, other), IntegrityError);
});

Deno.test("a segment opens at its place, with its flag and its key, and nowhere else", async () => {
  const { header, cipher } = await newTinkStream(key);
  const sealed = await cipher.seal(new Uint8Array([1, 2, 3]), 7, false);
  assertEquals([...await cipher.open(sealed, 7, false)], [1, 2, 3]);
  await assertRejects(() => cipher.open(sealed, 7, true), IntegrityError);
  await assertRejects(() => cipher.open(sealed, 6, false), IntegrityError);
  await assertRejects(() => cipher.open(sealed, 7 + 2 ** 24, false), IntegrityError);
  await assertRejects(() => cipher.open(sealed.subarray(1), 7, false), IntegrityError);
  await assertRejects(() => cipher.open(new Uint8Array(), 7, false), IntegrityError);
  await assertRejects(() => cipher.open(new Uint8Array(15), 7, false), IntegrityError);
  const other = await openTinkStream(key.map((byte) => byte ^ 1), header);
  await assertRejects(() => other.open(sealed, 7, false), IntegrityError);
  await assertRejects(() => cipher.seal(new Uint8Array(1), 2 ** 32, true), UnsupportedError);
});
