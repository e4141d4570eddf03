// Bodies that are gathered into parts.
import { assert, assertEquals } from "@std/assert";
import { drainInParts } from "../../backends/body.ts";
import { pattern, same, streamed } from "./s3/setup.ts";

const KiB = 1024;

/** Gathers a stream, with a sink that takes note of what memory it was asked for. */
async function gathered(bytes: Uint8Array<ArrayBuffer>, room: number, piece: number, size?: number) {
  const asked: number[] = [];
  const parts: Uint8Array[] = [];
  const last = await drainInParts(streamed(bytes, piece), {
    room: () => room,
    memory: (length) => (asked.push(length), new Uint8Array(length)),
    take: (part) => void parts.push(part),
  }, { size });
  return { asked, parts, last };
}

Deno.test("a stream of unknown length gets no memory that it does not fill", async () => {
  const { asked, parts, last } = await gathered(pattern(100), 8192 * KiB, 30);
  assertEquals([asked, parts.length], [[64 * KiB], 0]);
  assert(same(last, pattern(100)));
  assert(last.buffer.byteLength <= 64 * KiB);
  const larger = await gathered(pattern(300 * KiB), 8192 * KiB, 10_000);
  assert(same(larger.last, pattern(300 * KiB)));
  assert(larger.last.buffer.byteLength <= 600 * KiB);
});

Deno.test("the first part grows up to its size, the others have theirs at once; nothing is lost", async () => {
  for (const room of [1, 63 * KiB, 64 * KiB, 200 * KiB, 1000 * KiB]) {
    for (const length of [0, 1, room - 1, room, room + 1, 3 * room, 3 * room + 7]) {
      if (length / room > 5) continue;
      for (const piece of [room < 10 ? 1 : 9999, 70 * KiB, 5000 * KiB]) {
        for (const size of [undefined, length]) {
          const { asked, parts, last } = await gathered(pattern(length), room, piece, size);
          const note = `${length} bytes in parts of ${room}, by ${piece}`;
          const all = new Uint8Array(
            await new Blob([...parts.map((part) => new Uint8Array(part)), last]).arrayBuffer(),
          );
          assert(same(all, pattern(length)), note);
          assert(parts.every((part) => part.length === room), note);
          assert(length === 0 || (last.length > 0 && last.length <= room), note);
          assert(asked.slice(1).every((memory) => memory === room), note);
        }
      }
    }
  }
});
