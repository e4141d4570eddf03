/** Arrow: columns of tables, as streams and files of its own format. */
import { assert, assertEquals } from "@std/assert";
import * as arrow from "apache-arrow";
import { asNDArray, type NDArray, ndarray } from "../../../lib/array/mod.ts";
import { fromArrow, toArrow } from "../../../lib/array/arrow/mod.ts";
import { CottonCandyError } from "../../../lib/errors.ts";
import { type Target, target } from "../engine/target.ts";

/** Tables of every type that is read. */
async function tables(): Promise<arrow.Table[]> {
  const vector = (values: unknown[], type: arrow.DataType) =>
    new arrow.Table({ x: arrow.vectorFromArray(values, type) });
  const pair = new arrow.FixedSizeList(2, new arrow.Field("item", new arrow.Int16()));
  const structure = new arrow.Struct([new arrow.Field("a", new arrow.Float32()), new arrow.Field("b", pair)]);
  return [
    await toArrow(ndarray(Float64Array.of(1.5, -2, NaN))),
    await toArrow(ndarray(new Uint8Array(24), [2, 3, 4])),
    await toArrow(asNDArray([true, false, true])),
    await toArrow(ndarray(["rest", "", "task é"])),
    arrow.tableFromArrays({ x: Int32Array.of(3, 4), y: Float32Array.of(1, 2) }),
    vector(["a", "b", "a"], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())),
    vector([1.5, null], new arrow.Float64()),
    vector([new Date(0), null], new arrow.DateMillisecond()),
    vector(["", "a text that is longer than twelve bytes"], new arrow.Utf8View()),
    vector([{ a: 1, b: [1, 2] }], structure),
    vector([Uint8Array.of(1, 2), Uint8Array.of(3)], new arrow.Binary()),
  ];
}

async function seeds(): Promise<Uint8Array[]> {
  return (await tables()).flatMap((
    table,
  ) => [arrow.tableToIPC(table, "stream"), arrow.tableToIPC(table, "file")]);
}

const ipc = target<NDArray>({
  name: "arrow",
  count: 3000,
  seeds,
  dictionary: [
    "ARROW1",
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff),
  ],
  refusals: ["Integrity", "Unsupported", "InvalidArgument"],
  run: (input) => fromArrow(input, { nulls: "nan" }),
  async judge(outcome) {
    if (outcome.kind === "refused") return;
    const { value } = outcome;
    // A table of one column is read as that.
    if (value.fields?.length === 1) return;
    let again: NDArray;
    try {
      again = await fromArrow(await toArrow(value));
    } catch (error) {
      // Fields of one name, or none, and text that ends in NUL, can't be written.
      assert(error instanceof CottonCandyError, `${error}`);
      return;
    }
    assertEquals([again.dtype, again.shape], [value.dtype, value.shape]);
    assert(again.toBytes().toHex() === value.toBytes().toHex(), "written and read again it is another");
  },
});

/** Arrow. */
export const targets: readonly Target[] = [ipc];
