/**
 * What the explorer draws, without a page: settings and addresses, which tiles are read, ticks, texts of items, lines of many values.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { sliceCode } from "../../examples/explorer/draw/code.ts";
import { Envelope } from "../../examples/explorer/draw/envelope.ts";
import { countEntries, entriesOf } from "../../examples/explorer/draw/spy.ts";
import { settingsOf, stateOf, viewsOf, withAxis, withView } from "../../examples/explorer/draw/state.ts";
import { indexTicks, valueTicks } from "../../examples/explorer/draw/ticks.ts";
import { samplesOf, TileSource } from "../../examples/explorer/draw/tiles.ts";
import { readableAxes } from "../../examples/explorer/draw/window.ts";
import { itemText } from "../../examples/explorer/draw/values.ts";
import type { ArrayView } from "../../examples/explorer/view.ts";
import { type DType, NaT, type NDArray, ndarray, resolveSelection } from "../../lib/array/mod.ts";
import { SparseArray } from "../../lib/array/sparse/mod.ts";

/** An array in memory that remembers what was read of it. */
function viewOf(
  array: NDArray,
  more: Partial<ArrayView> = {},
): ArrayView & { reads: string[]; aborted: number; open?: () => void } {
  const reads: string[] = [];
  const view = {
    name: "array",
    place: { key: "array", kind: "raw" as const },
    dtype: array.dtype,
    fields: array.fields,
    shape: array.shape,
    order: "C" as const,
    sliceable: true,
    storedSize: array.nbytes,
    reads,
    aborted: 0,
    async slice(...[selection, { signal }]: Parameters<ArrayView["slice"]>) {
      reads.push(
        resolveSelection(array.shape, selection).map((axis) =>
          axis.kind === "range" ? `${axis.start}+${axis.length}${axis.step > 1 ? `/${axis.step}` : ""}` : "?"
        ).join(" "),
      );
      signal.addEventListener("abort", () => view.aborted++);
      await Promise.resolve();
      signal.throwIfAborted();
      return array.slice(...selection).toContiguous();
    },
    ...more,
  };
  return view;
}

const volume = ndarray(Float32Array.from({ length: 6 * 8 * 10 }, (_, i) => i), [6, 8, 10]);
const signal = new AbortController().signal;
const range = (start: number, count: number, step: number = 1) => ({ start, step, count });

Deno.test("explorer: an address says what is drawn, and is as short as it can be", () => {
  const array = { dtype: "<f4" as DType, shape: [6, 8, 10] };
  assertEquals(viewsOf(array), ["heat", "line", "matrix"]);
  const usual = settingsOf(array, {});
  assertEquals([usual.view, usual.x, usual.y, usual.at], ["heat", 2, 1, [3, 4, 5]]);
  assertEquals(stateOf(array, usual), {});
  const states: Record<string, string>[] = [
    { i: "2,y,x" },
    { i: "x,2,y" },
    { i: "3,y0:4,x2.5:7" },
    { v: "line", i: "1,x,4" },
    { v: "matrix" },
    { c: "RdBu", q: "log", d: "all" },
    { d: "-1.5,3", c: "cividis" },
  ];
  for (const state of states) assertEquals(stateOf(array, settingsOf(array, state)), state);
  // Not a pixel beside what was seen, and no digits that nobody would see.
  const zoomed = (from: number, to: number, length: number) => {
    const line = { dtype: "<f4" as DType, shape: [length] };
    const window = { x: { from, to }, y: { from: 0, to: 1 } };
    return stateOf(line, { ...settingsOf(line, {}), window }).i;
  };
  assertEquals(zoomed(10 / 3, 10 / 3 + 1, 10), "x3.33333:4.33333");
  assertEquals(zoomed(1e6 / 3, 2e6 / 3, 1e6), "x333333:666667");
});

Deno.test("explorer: what an address says wrongly is left to the default", () => {
  const array = { dtype: "<f4" as DType, shape: [6, 8, 10] };
  const usual = settingsOf(array, {});
  const states: Record<string, string>[] = [
    { v: "rgb" },
    { i: "y,x" },
    { i: "1,2,3" },
    { i: "x,x,y" },
    { i: "0,y5:2,x" },
    { c: "jet", q: "ln", d: "2,1", k: "size" },
    { d: "NaN,1" },
    { f: "no" },
  ];
  for (const state of states) {
    const { at: _, ...settings } = settingsOf(array, state);
    const { at: __, ...wanted } = usual;
    assertEquals(settings, wanted, JSON.stringify(state));
  }
  assertEquals(settingsOf(array, { i: "99,y,x" }).at[0], 5);
});

Deno.test("explorer: axes whose slices are little to read come before others that are not", () => {
  const array = { dtype: "<f4" as DType, shape: [40, 48, 32, 40] };
  const usual = settingsOf(array, {});
  const few = readableAxes(array, usual, ({ x, y }) => x !== 3 && y !== 3);
  assertEquals([few.x, few.y], [2, 1]);
  assertEquals(readableAxes(array, usual, () => false), usual);
});

Deno.test("explorer: views and axes keep what can be kept", () => {
  const photo = { dtype: "|u1" as DType, shape: [40, 60, 3] };
  assertEquals(viewsOf(photo), ["rgb", "heat", "line", "matrix"]);
  assertEquals(viewsOf({ dtype: "<f4", shape: [40, 60, 3] }), ["heat", "line", "rgb", "matrix"]);
  assertEquals(viewsOf({ dtype: "|u1", shape: [4, 4, 4] }), ["heat", "line", "rgb", "matrix"]);
  const rgb = withView(photo, settingsOf(photo, { v: "heat" }), "rgb");
  assertEquals([rgb.x, rgb.y, rgb.channel], [1, 0, 2]);
  assertEquals(stateOf(photo, rgb), {});
  const first = { dtype: "<f4" as DType, shape: [3, 40, 60] };
  assertEquals(withView(first, settingsOf(first, {}), "rgb").channel, 0);
  const swapped = withAxis(settingsOf(photo, { v: "heat" }), "x", 1);
  assertEquals([swapped.x, swapped.y], [1, 2]);
  assertEquals(viewsOf({ dtype: "<U5", shape: [4] }), ["matrix"]);
  assertEquals(viewsOf({ dtype: "<f8", shape: [] }), ["matrix"]);
  const people = {
    dtype: "|V12" as DType,
    shape: [4, 5],
    fields: [{ name: "n", dtype: "<U1" as DType, offset: 0 }, {
      name: "age",
      dtype: "<f8" as DType,
      offset: 4,
    }],
  };
  assertEquals(settingsOf(people, {}).field, "age");
});

Deno.test("explorer: of an array in chunks only those in view are read, each once", async () => {
  const view = viewOf(volume, { chunks: [[2, 2, 2], [5, 3], [4, 4, 2]] });
  const source = new TileSource(view);
  const box = [range(3, 1), range(0, 4), range(3, 3)];
  assertEquals(source.cost(box), { bytes: 2 * 2 * 5 * 4 * 4, requests: 2 });
  const part = await source.read(box, { signal });
  assertEquals(part.toNested(), volume.slice([3, 4], [0, 4], [3, 6]).toNested());
  assertEquals(view.reads, ["2+2 0+5 0+4", "2+2 0+5 4+4"]);
  // The next slice lies in the same chunks.
  const next = [range(2, 1), range(0, 4), range(3, 3)];
  assertEquals(source.cost(next), { bytes: 0, requests: 0 });
  assertEquals(
    (await source.read(next, { signal })).toNested(),
    volume.slice([2, 3], [0, 4], [3, 6]).toNested(),
  );
  assertEquals(view.reads.length, 2);
  const sampled = await source.read([range(1, 1), range(0, 4, 2), range(1, 3, 3)], { signal });
  assertEquals(sampled.toNested(), volume.slice([1, 2], [0, null, 2], [1, 8, 3]).toNested());
});

Deno.test("explorer: what is kept is bounded in bytes, and what was used last stays", async () => {
  const view = viewOf(volume, { chunks: [[1, 1, 1, 1, 1, 1], [8], [10]] });
  const source = new TileSource(view, 3 * 320);
  const read = (at: number) => source.read([range(at, 1), range(0, 8), range(0, 10)], { signal });
  for (const at of [0, 1, 2, 0, 3, 0]) await read(at);
  assertEquals([view.reads.length, source.used], [4, 960]);
  await read(1);
  assertEquals(view.reads.length, 5);
});

Deno.test("explorer: an array that is one object is read in runs of its bytes, and by steps where that reads less", async () => {
  // Never filled: only what it would cost is asked.
  const large = (shape: number[], more: Partial<ArrayView> = {}) =>
    new TileSource(viewOf({ ...volume, shape, nbytes: 0 } as NDArray, more));
  // Rows of 40 kB: a sample of them is read with what lies between.
  assertEquals(large([10000, 10000]).cost([range(0, 100), range(0, 10000)]), {
    bytes: 4 * 26 * 4e4,
    requests: 4,
  });
  // Rows of 8 MB: of one in 64 only what is seen.
  assertEquals(large([4096, 2e6]).cost([range(0, 64, 64), range(0, 1000)]), {
    bytes: 64 * 1024 * 4,
    requests: 64,
  });
  const view = viewOf(volume);
  const source = new TileSource(view);
  const part = await source.read([range(4, 1), range(2, 3, 2), range(0, 5, 2)], { signal });
  assertEquals(part.toNested(), volume.slice([4, 5], [2, 8, 2], [0, 10, 2]).toNested());
  assertEquals(view.reads, ["4+1 0+4/2 0+5/2"]);
  const mirrored = viewOf(volume, { order: "F" });
  const column = await new TileSource(mirrored).read([range(0, 6), range(1, 1), range(9, 1)], { signal });
  assertEquals([...column], [...volume.slice(null, 1, 9)]);
});

Deno.test("explorer: of large chunks that are stored as they are, little is read by its bytes", async () => {
  const large = ndarray(new Float32Array(2 ** 21).map((_, i) => i), [1024, 2048]);
  const chunks = [[1024], [2048]];
  const box = [range(10, 2), range(0, 2048)];
  const view = viewOf(large, { chunks, hasPlainChunks: true });
  const source = new TileSource(view);
  assertEquals(source.cost(box), { bytes: 2 * 2048 * 4, requests: 1 });
  const part = await source.read(box, { signal });
  assertEquals([part.get(0, 0), part.get(1, 2047)], [10 * 2048, 12 * 2048 - 1]);
  // Of most of it all is read, and of what has to be decompressed.
  assertEquals(source.cost([range(0, 1000), range(0, 2048)]).bytes, 2 ** 23);
  assertEquals(view.reads, ["10+2 0+2048"]);
  assertEquals(new TileSource(viewOf(large, { chunks })).cost(box).bytes, 2 ** 23);
});

Deno.test("explorer: what can only be read whole costs all of it, once", async () => {
  const view = viewOf(volume, { sliceable: false, storedSize: 777 });
  const source = new TileSource(view);
  const box = [range(0, 1), range(0, 8), range(0, 10)];
  assertEquals(source.cost(box), { bytes: 777, requests: 1 });
  await source.read(box, { signal });
  assertEquals(view.reads, ["0+6 0+8 0+10"]);
  assertEquals(source.cost([range(5, 1), range(0, 8), range(0, 10)]).bytes, 0);
});

Deno.test("explorer: who moves on ends the reading of what nobody else waits for, and only that", async () => {
  const view = viewOf(volume, { chunks: [[6], [4, 4], [10]] });
  const never = view.slice;
  let open = () => {};
  const gate = new Promise<void>((resolve) => open = resolve);
  const slow: ArrayView = { ...view, slice: async (...args) => (await gate, await never(...args)) };
  const aborted: string[] = [];
  const watched: ArrayView = {
    ...slow,
    slice(selection, options) {
      options.signal.addEventListener("abort", () => aborted.push(`${JSON.stringify(selection[1])}`));
      return slow.slice(selection, options);
    },
  };
  const source = new TileSource(watched);
  const [first, second] = [new AbortController(), new AbortController()];
  const left = source.read([range(0, 1), range(0, 8), range(0, 10)], { signal: first.signal });
  const stays = source.read([range(1, 1), range(0, 4), range(0, 10)], { signal: second.signal });
  await new Promise((resolve) => setTimeout(resolve));
  first.abort();
  await assertRejects(() => left);
  assertEquals(aborted, ["[4,8,1]"]);
  open();
  assertEquals((await stays).toNested(), volume.slice([1, 2], [0, 4]).toNested());
});

Deno.test("explorer: there are as many samples as pixels, at multiples of their distance", () => {
  assertEquals(samplesOf({ from: 0, to: 100 }, 100, 200), range(0, 100));
  assertEquals(samplesOf({ from: 0, to: 1000 }, 1000, 100), range(0, 125, 8));
  assertEquals(samplesOf({ from: 13.2, to: 1000 }, 1000, 100), range(8, 124, 8));
  assertEquals(samplesOf({ from: 2.5, to: 3.5 }, 10, 500), range(2, 2));
  assertEquals(samplesOf({ from: 9, to: 9.5 }, 10, 500), range(9, 1));
});

Deno.test("explorer: ticks are round, and are where their items are", () => {
  assertEquals(indexTicks(0, 100, 5).map(({ at }) => at), [0, 20, 40, 60, 80]);
  assertEquals(indexTicks(36.6, 39, 5).map(({ text }) => text), ["37", "38"]);
  assertEquals(indexTicks(41, 42, 5).map(({ at }) => at), [41]);
  assertEquals(valueTicks([0, 1], "linear", "<f8", 5).map(({ text }) => text), [
    "0",
    "0.2",
    "0.4",
    "0.6",
    "0.8",
    "1",
  ]);
  assertEquals(valueTicks([0.01, 1000], "log", "<f8", 9).map(({ text }) => text), [
    "0.01",
    "0.1",
    "1",
    "10",
    "100",
    "1000",
  ]);
  assertEquals(valueTicks([0, 400], "linear", "<M8[D]", 2).map(({ text }) => text), [
    "1970-01-01",
    "1970-07-20",
    "1971-02-05",
  ]);
  assertEquals(valueTicks([2e9, 6e9], "linear", "<f8", 2).map(({ text }) => text), ["2e9", "4e9", "6e9"]);
  assertEquals(valueTicks([5, 5], "linear", "<f8", 4), [{ at: 5, text: "5" }]);
});

Deno.test("explorer: ticks tell one value from the next, however near they are", () => {
  const texts = (range: readonly [number, number], dtype: DType) =>
    valueTicks(range, "linear", dtype, 4).map(({ text }) => text);
  assertEquals(texts([1.7e9, 1.7e9 + 30], "<f8"), ["1700000000", "1700000010", "1700000020", "1700000030"]);
  assertEquals(texts([1, 1 + 3e-9], "<f8"), ["1", "1.000000001", "1.000000002", "1.000000003"]);
  assertEquals(texts([-1.5e308, 1.5e308], "<f8"), ["-1e308", "0", "1e308"]);
  assertEquals(texts([19723, 19724.5], "<M8[D]"), ["2024-01-01", "2024-01-02"]);
  const start = Date.UTC(2024, 0, 1);
  assertEquals(texts([start * 1e6, start * 1e6 + 3e5], "<M8[ns]"), [
    "2024-01-01T00:00:00.0000",
    "2024-01-01T00:00:00.0001",
    "2024-01-01T00:00:00.0002",
    "2024-01-01T00:00:00.0003",
  ]);
  assertEquals(texts([start + 1, start + 36 * 3600_000], "<M8[ms]"), [
    "2024-01-01T12:00",
    "2024-01-02T00:00",
    "2024-01-02T12:00",
  ]);
  assertEquals(texts([start - 86_400_000, start + 3 * 86_400_000], "<M8[ms]"), [
    "2023-12-31",
    "2024-01-01",
    "2024-01-02",
    "2024-01-03",
    "2024-01-04",
  ]);
  assertEquals(texts([-1, 1], "<m8[s]"), ["-1 s", "0 s", "1 s"]);
});

Deno.test("explorer: items are told exactly", () => {
  assertEquals(itemText(9007199254740993n, "<i8"), "9007199254740993");
  assertEquals(itemText(Math.fround(0.1), "<f4"), "0.1");
  assertEquals(itemText(0.1 + 0.2, "<f8"), "0.30000000000000004");
  assertEquals(itemText(0.0999755859375, "<f2"), "0.1");
  assertEquals([NaN, Infinity, -Infinity, -0].map((item) => itemText(item, "<f4")), [
    "nan",
    "inf",
    "-inf",
    "-0",
  ]);
  assertEquals(itemText(18262n, "<M8[D]"), "2020-01-01");
  assertEquals(itemText(NaT, "<m8[s]"), "NaT");
  assertEquals(itemText(3n, "<m8[25s]"), "75 s");
  assertEquals(itemText({ re: 1.5, im: -2 }, "<c8"), "1.5-2j");
  assertEquals(itemText(true, "|b1"), "True");
  const fields = [{ name: "day", dtype: "<M8[D]" as DType, offset: 0 }, {
    name: "x",
    dtype: "<f4" as DType,
    offset: 8,
  }];
  assertEquals(itemText({ day: 18262n, x: Math.fround(0.1) }, "|V12", fields), "(day: 2020-01-01, x: 0.1)");
  assertEquals(itemText(Uint8Array.of(65, 0, 66), "|S3"), "A\\x00B");
});

Deno.test("explorer: of a line every value is within what is drawn", () => {
  const values = Float64Array.from(
    { length: 10_000 },
    (_, i) => i === 5003 ? 9 : i === 7 ? NaN : Math.sin(i / 100),
  );
  const envelope = new Envelope(100, values.length, 500);
  envelope.add(values.subarray(4000), 4000);
  envelope.add(values.subarray(0, 4000), 0);
  assertEquals(envelope.each, 20);
  values.forEach((value, i) => {
    const place = Math.floor(i / 20);
    assert(Number.isNaN(value) || value >= envelope.low[place] && value <= envelope.high[place]);
  });
  assertEquals(envelope.range()?.[1], 9);
  assertEquals(new Envelope(0, 4, 100).range(), undefined);
});

Deno.test("explorer: entries of a sparse array are counted where they are", () => {
  const array = new SparseArray("coo", [4, 6], { data: [1, 2, 0, 3], row: [0, 3, 1, 3], col: [5, 0, 1, 1] });
  const entries = entriesOf(array);
  assertEquals(entries.rows.length, 3);
  const counts = countEntries(entries, 1, range(0, 3, 2), range(0, 2, 2));
  assertEquals([...counts], [0, 0, 1, 2, 0, 0]);
  assertEquals([...countEntries(entries, 0, range(0, 2, 2), range(0, 3, 2))], [0, 2, 0, 0, 1, 0]);
});

Deno.test("explorer: code names what is shown", () => {
  const { typescript, python } = sliceCode(
    { target: "s3://lab/data/?endpoint=https://s3.example.org", key: "sub01/betas", kind: "raw" },
    [3, [0, 64, 1], [10, 20, 2]],
  );
  assert(typescript.includes('(await cci.openRawArray("sub01/betas")).slice(3, [0, 64, 1], [10, 20, 2])'));
  assert(python.includes('cottoncandy.get_interface("lab", endpoint_url="https://s3.example.org")'));
  assert(python.includes('cci.download_raw_array("data/sub01/betas")[3, 0:64, 10:20:2]'));
  for (const kind of ["npy", "npz", "chunked", "sparse", "zarr"] as const) {
    const code = sliceCode({ key: "a", kind, member: "m" }, [0]);
    assert(code.python.includes("part = ") && code.typescript.includes("part = await"), kind);
    // Where the page does not know the store, it does not name another one.
    assert(kind === "zarr" || code.python.includes('get_interface("…")'), code.python);
  }
  const secret = sliceCode({ target: "s3://lab", key: "a", kind: "raw", isEncrypted: true }, [0]);
  assert(
    secret.typescript.includes('await getEncryptedInterface("s3://lab", { encryption: "AES", key: "…" })'),
  );
  assert(secret.python.startsWith("# It is encrypted"));
  const web = sliceCode({ target: "https://example.org/data/", key: "a b.npy", kind: "npy" }, [0, [0, 5, 1]]);
  assert(web.python.includes('urlopen("https://example.org/data/a%20b.npy")'), web.python);
  assert(web.typescript.includes('getInterface("https://example.org/data/")'), web.typescript);
  const drive = sliceCode({ target: "gdrive://lab", key: "a", kind: "raw" }, [0]);
  assert(drive.python.includes('backend="gdrive")') && drive.python.includes('"lab/a"'), drive.python);
});
