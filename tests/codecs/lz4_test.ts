import { assert, assertEquals, assertRejects } from "@std/assert";
import LZ4 from "numcodecs/lz4";
import { lz4 } from "../../codecs/mod.ts";
import { IntegrityError } from "../../lib/errors.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import { generator } from "../array/random.ts";
import { concat } from "./samples.ts";

const liblz4 = LZ4.fromConfig({ id: "lz4", acceleration: 1 });

/** Data that stress one part of the format each. */
const KINDS: readonly [string, (length: number, random: (below: number) => number) => Uint8Array][] = [
  ["zeros", (length) => new Uint8Array(length)],
  ["noise", (length, random) => new Uint8Array(length).map(() => random(256))],
  ["four symbols", (length, random) => new Uint8Array(length).map(() => random(4))],
  ["copies from near and far", (length, random) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const copied = at > 20 && random(3) > 0;
      const back = 1 + random(Math.min(at + 1, 70_000));
      for (let left = 1 + random(copied ? 300 : 40); left > 0 && at < length; left--, at++) {
        bytes[at] = copied ? bytes[at - back] : random(256);
      }
    }
    return bytes;
  }],
];

async function encoded(bytes: Uint8Array, level: number, piece: number): Promise<Uint8Array> {
  return await readAll(streamOf(bytes, piece).pipeThrough(lz4.encode({ size: bytes.length, level })));
}

for (const [kind, make] of KINDS) {
  Deno.test(`what is written is what liblz4 reads: ${kind}`, async () => {
    const random = generator(1 + kind.length);
    const lengths = [
      ...Array(40).keys(),
      255,
      270,
      4096,
      65_535,
      65_536,
      65_550,
      131_072,
      1_048_576 + 65_535,
      3_000_000,
    ];
    for (const length of lengths) {
      const bytes = make(length, random);
      for (const [level, piece] of [[1, 4099], [7, 65_536], [65_537, Math.max(1, length)]]) {
        const stored = await encoded(bytes, level, piece);
        assertEquals(new DataView(stored.buffer).getUint32(0, true), length);
        // numcodecs takes a payload of no bytes for an error.
        if (length === 0) continue;
        const back = await liblz4.decode(stored);
        assert(
          back.length === length && back.every((byte, i) => byte === bytes[i]),
          `${length} bytes at level ${level}`,
        );
      }
    }
  });
}

Deno.test("blocks end as the format wants it: five literals, and no match within the last twelve bytes", async () => {
  for (let length = 13; length < 60; length++) {
    const stored = await encoded(new Uint8Array(length), 1, length);
    // One literal and one match, then the last literals.
    const last = stored.subarray(-6);
    assertEquals([last[0] >> 4, last.subarray(1).every((byte) => byte === 0)], [5, true], `${length} zeros`);
  }
  assertEquals([...(await encoded(new Uint8Array(12), 1, 7)).subarray(4)], [
    12 << 4,
    ...new Array(12).fill(0),
  ]);
});

Deno.test("it compresses as well as liblz4 does", async () => {
  const bytes = KINDS[3][1](2_000_000, generator(9));
  const ours = (await encoded(bytes, 1, 1 << 20)).length;
  const theirs = (await liblz4.encode(bytes)).length;
  assert(ours < theirs * 1.02, `${ours} bytes, and ${theirs} by liblz4`);
  assert((await encoded(bytes, 20, 1 << 20)).length > ours, "a higher acceleration compresses less");
});

const decoded = (stored: Uint8Array, piece: number) =>
  readAll(streamOf(stored, Math.max(1, piece)).pipeThrough(lz4.decode()));

Deno.test("what liblz4 writes is read, and it reads what is written: many lengths, cuts and levels", async () => {
  const random = generator(77);
  for (let round = 0; round < 1200; round++) {
    const [kind, make] = KINDS[random(KINDS.length)];
    const bytes = make(1 + random(2 ** (1 + random(17))), random);
    const about = `round ${round}: ${bytes.length} bytes of ${kind}`;
    assertEquals(await decoded(await liblz4.encode(bytes), 1 + random(bytes.length)), bytes, about);
    const stored = await encoded(bytes, 1 + random(4) ** 3, 1 + random(bytes.length));
    assertEquals(new Uint8Array(await liblz4.decode(stored)), bytes, about);
    assertEquals(await decoded(stored, 1 + random(stored.length)), bytes, about);
  }
});

/** The format as it is written down, one byte after the other: the content of a block, or nothing where it is none. */
function plainly(stored: Uint8Array): Uint8Array | undefined {
  const size = new DataView(stored.buffer, stored.byteOffset).getUint32(0, true);
  const bytes: number[] = [];
  let at = 4;
  const long = (length: number) => {
    let more = length < 15 ? 0 : 255;
    while (more === 255) length += more = stored[at++];
    return length;
  };
  while (true) {
    const token = stored[at++];
    for (let left = long(token >> 4); left > 0; left--) bytes.push(stored[at++]);
    if (!(at <= stored.length && bytes.length <= size)) return undefined;
    if (at === stored.length) return bytes.length === size ? Uint8Array.from(bytes) : undefined;
    const offset = stored[at++] | stored[at++] << 8;
    if (offset === 0 || offset > bytes.length) return undefined;
    for (let left = 4 + long(token & 15); left > 0; left--) bytes.push(bytes[bytes.length - offset]);
    if (!(at < stored.length && bytes.length <= size)) return undefined;
  }
}

/** A block of sequences that no encoder would choose, and how long its content is. */
function anyBlock(sequences: number, longest: number, random: (below: number) => number): Uint8Array {
  const block: number[] = [0, 0, 0, 0];
  const more = (length: number) => {
    for (length -= 15; length >= 255; length -= 255) block.push(255);
    if (length >= 0) block.push(length);
  };
  const some = () => random(4) > 0 ? random(20) : random(longest);
  let size = 0;
  const literals = (count: number, match: number) => {
    block.push(Math.min(count, 15) << 4 | Math.min(match, 15));
    more(count);
    for (let i = 0; i < count; i++) block.push(random(256));
    size += count;
  };
  for (let i = 0; i < sequences; i++) {
    const match = some();
    literals(some() + (i === 0 ? 1 : 0), match);
    const offset = 1 + random(Math.min(size, random(2) ? 20 : 65_535));
    block.push(offset & 255, offset >> 8);
    more(match);
    size += match + 4;
  }
  literals(some(), 0);
  const bytes = Uint8Array.from(block);
  new DataView(bytes.buffer).setUint32(0, size, true);
  return bytes;
}

Deno.test("blocks of any sequences are read as the format says, cut anywhere, also across pieces of output", async () => {
  const random = generator(5);
  for (let round = 0; round < 600; round++) {
    // Some of them are longer than the pieces of a megabyte in which a block is decoded.
    const stored = round % 100 === 0 ? anyBlock(40, 200_000, random) : anyBlock(random(60), 400, random);
    const expected = plainly(stored);
    const least = stored.length >> 12;
    for (const piece of [1 + least + random(30), 1 + least + random(stored.length), stored.length]) {
      const bytes = await decoded(stored, piece);
      assert(
        bytes.length === expected?.length && bytes.every((byte, i) => byte === expected[i]),
        `round ${round}, pieces of ${piece}`,
      );
    }
  }
});

Deno.test("damage is refused where the format refuses it, and gives the same bytes where it doesn't", async () => {
  const random = generator(11);
  const verdicts = { read: 0, refused: 0 };
  for (let round = 0; round < 3000; round++) {
    const block = anyBlock(1 + random(12), 300, random);
    const damaged = random(8) === 0 ? concat(block, Uint8Array.of(random(256))) : block.slice(0);
    for (let flips = random(3); flips >= 0; flips--) {
      damaged[4 + random(damaged.length - 4)] ^= 1 << random(8);
    }
    const expected = plainly(damaged);
    if (expected) {
      assertEquals(await decoded(damaged, 1 + random(damaged.length)), expected, `round ${round}`);
    } else await assertRejects(() => decoded(damaged, 1 + random(damaged.length)), IntegrityError);
    verdicts[expected ? "read" : "refused"] += 1;
  }
  assert(verdicts.read > 500 && verdicts.refused > 500, JSON.stringify(verdicts));
});
