import { assertEquals, assertThrows } from "@std/assert";
import { daskMetadata, parseDaskMetadata } from "../../lib/array/chunks/dask_metadata.ts";
import { Grid } from "../../lib/array/chunks/grid.ts";
import { IntegrityError, UnsupportedError } from "../../lib/errors.ts";
import { dumpJson } from "../../lib/json.ts";

const captured =
  '{"shape": [2, 3, 4], "dtype": "<f8", "dask": [[[0, 0, 0], "t1/pt0000"], [[0, 0, 1], "t1/pt0001"]], "chunk_sizes": [[2, 3, 4], [2, 3, 0]], "chunks": [[2], [3], [4, 0]]}';

Deno.test("the text is Python's to the byte", () => {
  const keys = ["t1/pt0000", "t1/pt0001"];
  assertEquals(
    dumpJson(daskMetadata("<f8", new Grid([[2], [3], [4, 0]]), (number) => keys[number])),
    captured,
  );
  assertEquals(
    dumpJson(daskMetadata("|u1", new Grid([]), () => "s/pt0000")),
    '{"shape": [], "dtype": "|u1", "dask": [[[], "s/pt0000"]], "chunk_sizes": [[]], "chunks": []}',
  );
});

Deno.test("what Python wrote is read, its empty part included", () => {
  const { dtype, grid, parts } = parseDaskMetadata(JSON.parse(captured));
  assertEquals([dtype, grid.shape, grid.chunks], ["<f8", [2, 3, 4], [[2], [3], [4, 0]]]);
  assertEquals([...parts], [[0, "t1/pt0000"], [1, "t1/pt0001"]]);
});

Deno.test("empty chunks need no part, chunk_sizes may be missing, and dtypes may be spelled as numpy's constructor takes them", () => {
  const { dask: [first], chunks, shape } = JSON.parse(captured);
  const { dtype, parts } = parseDaskMetadata({ shape, dtype: "float64", dask: [first], chunks });
  assertEquals([dtype, parts.size], ["<f8", 1]);
  const structured = parseDaskMetadata({ shape, dtype: [["x", "<f4"], ["y", "<i4"]], dask: [first], chunks });
  assertEquals([structured.dtype, structured.fields?.map(({ name }) => name)], ["|V8", ["x", "y"]]);
});

Deno.test("metadata that are none, or contradict themselves, are refused", () => {
  const good = JSON.parse(captured);
  const refused: [unknown, string][] = [
    [null, "no object"],
    [[], "no object"],
    ["text", "no object"],
    [{ type: "csr", attrs: ["data"], shape: [2, 2] }, "no dtype"],
    [{ ...good, shape: "2,3,4" }, "shape"],
    [{ ...good, shape: [2, 3, -4] }, "shape"],
    [{ ...good, shape: 24, chunks: [[24]] }, "shape"],
    [{ ...good, shape: undefined }, "shape"],
    [{ ...good, shape: [2, 3, 4.5] }, "shape"],
    [{ ...good, shape: [2, 3, 12345678901234567890n] }, "shape"],
    [{ ...good, shape: [2, 3, 5] }, "4 items together, but the array has 5"],
    [{ ...good, shape: [2, 3] }, "chunks"],
    [{ ...good, shape: [2 ** 30, 2 ** 30], chunks: [[2 ** 30], [2 ** 30]] }, "shape"],
    [{ ...good, dtype: 7 }, "dtype"],
    [{ ...good, dtype: "<q9" }, "dtype"],
    [{ ...good, dtype: [[["x"], "<f4"]] }, "dtype"],
    [{ ...good, chunks: [[2], [3]] }, "chunks"],
    [{ ...good, chunks: undefined }, "chunks"],
    [{ ...good, chunks: [[2], [3], ["4", 0]] }, "chunks"],
    [{ ...good, dask: {} }, "dask"],
    [{ ...good, dask: [good.dask[0]] }, "chunk_sizes"],
    [{ ...good, dask: [good.dask[1]], chunk_sizes: [[2, 3, 0]] }, "0 parts for 1 chunks"],
    [{ ...good, dask: [good.dask[0], good.dask[0]] }, "chunk_sizes"],
    [{ ...good, dask: [good.dask[0], good.dask[0]], chunk_sizes: undefined }, "two parts"],
    [{ ...good, dask: [good.dask[0], [[0, 0, 2], "x"]] }, "no part of a grid"],
    [{ ...good, dask: [good.dask[0], [[0, 0], "x"]] }, "no part of a grid"],
    [{ ...good, dask: [good.dask[0], [[0, 0, 1], 5]] }, "no part of a grid"],
    [{ ...good, dask: [good.dask[0], [[0, 0, -1], "x"]] }, "lengths"],
    [{ ...good, dask: [good.dask[0], 12345678901234567890n] }, "no part of a grid"],
    [{ ...good, chunk_sizes: [[2, 3, 4], [2, 3, 1]] }, "by chunk_sizes"],
  ];
  for (const [json, message] of refused) {
    assertThrows(() => parseDaskMetadata(json), IntegrityError, message);
  }
  assertThrows(() => parseDaskMetadata({ ...good, dtype: "|O" }), UnsupportedError, "objects");
});
