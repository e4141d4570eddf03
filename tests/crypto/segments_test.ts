import { assert, assertEquals } from "@std/assert";
import type { SegmentLayout } from "../../crypto/scheme.ts";
import {
  measure,
  plainOffset,
  plainProgress,
  segmentAt,
  storedOffset,
  storedSize,
} from "../../crypto/segments.ts";
import { TINK_LAYOUT } from "../../crypto/tink/stream.ts";

const small: SegmentLayout = { headerLength: 5, firstLength: 7, segmentLength: 12, tagLength: 2 };
const equal: SegmentLayout = { headerLength: 3, firstLength: 4, segmentLength: 4, tagLength: 1 };

Deno.test("Tink's sizes: stored less 40 and 16 for each segment", () => {
  const MiB = 2 ** 20;
  for (
    const [plain, stored] of [
      [0, 56],
      [1, 57],
      [MiB - 56, MiB],
      [MiB - 55, MiB + 17],
      [2 * MiB - 72, 2 * MiB],
      [2 * MiB - 71, 2 * MiB + 17],
      [5 * 2 ** 40, 5 * 2 ** 40 + 40 + 16 * Math.ceil((5 * 2 ** 40 + 40) / (MiB - 16))],
    ]
  ) {
    assertEquals(storedSize(TINK_LAYOUT, plain), stored);
    assertEquals(measure(TINK_LAYOUT, stored)?.plainSize, plain);
    assertEquals(measure(TINK_LAYOUT, stored)?.segments, Math.ceil(stored / MiB));
  }
  for (const stored of [0, 1, 39, 40, 55, MiB + 1, MiB + 15, 7 * MiB + 8]) {
    assertEquals(measure(TINK_LAYOUT, stored), undefined, `${stored}`);
  }
});

for (const layout of [small, equal]) {
  Deno.test(`sizes and places of ${JSON.stringify(layout)} agree with each other`, () => {
    const stored = new Set<number>();
    for (let plain = 0; plain < 200; plain++) {
      const size = storedSize(layout, plain);
      stored.add(size);
      const told = measure(layout, size);
      assertEquals(told?.plainSize, plain);
      assertEquals(told?.segments, 1 + segmentAt(layout, Math.max(0, plain - 1)));
      const segment = segmentAt(layout, plain);
      assert(plainOffset(layout, segment) <= plain && plain < plainOffset(layout, segment + 1));
      assertEquals(
        storedOffset(layout, segment),
        layout.headerLength + plainOffset(layout, segment) + segment * layout.tagLength,
      );
    }
    let last = 0;
    for (let size = 0; size < 200; size++) {
      const told = measure(layout, size);
      // A last segment that is empty is no object's that is written here; it can be read all the same.
      if (told && !stored.has(size)) {
        assertEquals(told.plainSize, plainOffset(layout, told.segments - 1));
        assert(told.segments > 1);
      }
      const progress = plainProgress(layout, size);
      assert(progress >= last && progress - last <= 1, `${size}: ${progress} after ${last}`);
      if (told) assert(progress >= told.plainSize);
      last = progress;
    }
  });
}
