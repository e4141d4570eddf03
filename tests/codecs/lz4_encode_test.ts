import { assert, assertEquals } from "@std/assert";
import LZ4 from "numcodecs/lz4";
import { lz4 } from "../../codecs/mod.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";

const liblz4 = LZ4.fromConfig({ id: "lz4", acceleration: 1 });

/** A generator of its own, so that a failure can be repeated. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

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
