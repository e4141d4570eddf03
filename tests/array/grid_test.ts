import { assert, assertEquals } from "@std/assert";
import { Grid } from "../../lib/array/chunks/grid.ts";
import { resolveSelection, type Selection } from "../../lib/array/slice.ts";
import { ascendingRange } from "../../lib/array/chunks/blocks.ts";
import { generator } from "./random.ts";

Deno.test("a grid counts its chunks in C order", () => {
  const grid = new Grid([[2, 1], [3], [4, 4]]);
  assertEquals([grid.shape, grid.count], [[3, 3, 8], 4]);
  assertEquals([...grid.cells()].map(({ number, index, origin, shape }) => [number, index, origin, shape]), [
    [0, [0, 0, 0], [0, 0, 0], [2, 3, 4]],
    [1, [0, 0, 1], [0, 0, 4], [2, 3, 4]],
    [2, [1, 0, 0], [2, 0, 0], [1, 3, 4]],
    [3, [1, 0, 1], [2, 0, 4], [1, 3, 4]],
  ]);
  assertEquals([...new Grid([]).cells()], [{ number: 0, index: [], origin: [], shape: [] }]);
});

Deno.test("bands are the chunks side by side across an axis", () => {
  const grid = new Grid([[2, 1], [5, 5]]);
  const bands = (axis: number | undefined) =>
    Array.from(
      grid.bands(axis),
      ({ start, length, cells }) => [start, length, cells.map(({ number }) => number)],
    );
  assertEquals(bands(0), [[0, 2, [0, 1]], [2, 1, [2, 3]]]);
  assertEquals(bands(1), [[0, 5, [0, 2]], [5, 5, [1, 3]]]);
  assertEquals([...new Grid([]).bands(undefined)].length, 1);
});

Deno.test("a slice touches each chunk that it needs once, and no other", () => {
  const below = generator(3);
  const lengths = () => Array.from({ length: 1 + below(4) }, () => below(5));
  for (let round = 0; round < 500; round++) {
    const grid = new Grid(Array.from({ length: below(4) }, lengths));
    const selection = grid.shape.map((length): Selection => {
      if (below(4) === 0) return null;
      if (length > 0 && below(3) === 0) return below(length);
      const step = below(7) - 3;
      return [below(length + 3) - 2, below(length + 3) - 2, step === 0 ? null : step];
    });
    const ranges = resolveSelection(grid.shape, selection)
      .filter((axis) => axis.kind !== "newaxis").map(ascendingRange);
    const wanted = ranges.map(({ start, step, count }) =>
      Array.from({ length: count }, (_, i) => start + i * step)
    );
    // Each wanted index must come once, in its place.
    const seen = new Set<string>();
    const numbers = new Set<number>();
    for (const { cell, inside, origin } of grid.touched(ranges)) {
      assert(!numbers.has(cell.number), "each chunk once");
      numbers.add(cell.number);
      assert(inside.every(({ count }) => count > 0), "no chunk in vain");
      const counters = inside.map(() => 0);
      while (true) {
        const place = origin.map((first, axis) => first + counters[axis]);
        const index = inside.map(({ start, step }, axis) => {
          const within = start + counters[axis] * step;
          assert(within >= 0 && within < cell.shape[axis]);
          return cell.origin[axis] + within;
        });
        assertEquals(index, place.map((i, axis) => wanted[axis][i]));
        seen.add(place.join());
        let axis = inside.length - 1;
        while (axis >= 0 && ++counters[axis] === inside[axis].count) counters[axis--] = 0;
        if (axis < 0) break;
      }
    }
    assertEquals(seen.size, wanted.reduce((product, list) => product * list.length, 1), `round ${round}`);
  }
});
