import type { Data, DataType, Field as ArrowField, RecordBatch, Schema, Table, Vector } from "apache-arrow";
import { messageOf, shown, shownNames } from "../../error_context.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import type { NDArray } from "../ndarray.ts";
import { arrayOf, structured } from "./columns.ts";
import { checkDescriptions } from "./descriptions.ts";
import { type Library, loadLibrary } from "./library.ts";

/** What {@linkcode fromArrow} reads: tables, batches and vectors of `apache-arrow`, or the bytes of an Arrow IPC stream or file. */
export type ArrowInput = Table | RecordBatch | Vector | Uint8Array;

/** Options of {@linkcode fromArrow}. */
export interface FromArrowOptions {
  /** The column to read; default all: of several a structured array. */
  readonly column?: string;
  /** What becomes of nulls among floats: `"error"`, the default, or `"nan"`. Those of times are `NaT`; others are always an error. */
  readonly nulls?: "error" | "nan";
}

const FROM_ARROW_OPTIONS: OptionTable<FromArrowOptions> = { column: true, nulls: true };

/**
 * An array of what Arrow has: the inverse of `toArrow`, also of what pyarrow, Polars, DuckDB and others wrote.
 *
 * One column (or a vector) gives its items: numbers, truth values, text as `<Un` and bytes as `|Sn` with n the length of the longest, `FixedSizeBinary` as `|Vn`, `Timestamp` (points in UTC), `Duration` and
 * `Date` as `M8` and `m8`, text in a dictionary as text. Tensors and lists of fixed size have more axes, structs are structured. Several columns give a structured array with a field for each. Items that lie in memory as arrays have them, in one batch,
 * are not copied.
 *
 * @category Arrays
 * @param input A vector has no metadata: tensors have their axes only as columns of tables and batches, or in bytes.
 * @throws {UnsupportedError} when there are nulls that the array can't have, types that numpy has no dtype for (lists of any length, decimals, times of day), or bytes in a codec that `apache-arrow` has not registered; and where
 * `apache-arrow` isn't installed.
 * @throws {InvalidArgumentError} when there is no such column, or the input is nothing of Arrow.
 * @throws {IntegrityError} when the bytes are truncated or damaged.
 *
 * @example
 * ```ts
 * import { ndarray } from "@cottoncandy/cottoncandy/array";
 * import { fromArrow, toArrow } from "@cottoncandy/cottoncandy/arrow";
 * import { tableFromArrays } from "apache-arrow";
 *
 * const table = tableFromArrays({ x: Float64Array.of(1.5, 2), y: Int32Array.of(3, 4) });
 * console.assert((await fromArrow(table, { column: "y" })).dtype === "<i4");
 * console.assert((await fromArrow(table)).fields?.length === 2);
 *
 * const cube = await toArrow(ndarray(new Uint8Array(24), [2, 3, 4]));
 * console.assert((await fromArrow(cube)).shape.join() === "2,3,4");
 * ```
 */
export async function fromArrow(input: ArrowInput, options: FromArrowOptions = {}): Promise<NDArray> {
  checkOptions(options, FROM_ARROW_OPTIONS);
  const { column, nulls = "error" } = options;
  if (nulls !== "error" && nulls !== "nan") {
    throw new InvalidArgumentError(`\`nulls\` is "error" or "nan", not ${shown(nulls)}`);
  }
  const library = await loadLibrary();
  if (library.isArrowVector(input)) {
    if (column !== undefined) throw new InvalidArgumentError("a vector is one column: leave `column` out");
    return arrayOf(library, { name: "the vector", type: input.type, data: input.data }, nulls);
  }
  const { schema, batches } = tableOf(library, input);
  const fields = chosen(schema, column);
  const columns = fields.map((field) => ({
    name: field.name,
    type: field.type,
    metadata: field.metadata,
    data: batches.map(({ data }) => data.children[schema.fields.indexOf(field)]),
  }));
  if (columns.length === 1) return arrayOf(library, columns[0], nulls);
  return structured(library, columns, nulls);
}

function chosen({ fields }: Schema, column: string | undefined): readonly ArrowField[] {
  const found = column === undefined ? fields : fields.filter(({ name }) => name === column);
  if (found.length === 0) {
    throw new InvalidArgumentError(
      column === undefined
        ? "the table has no columns"
        : `no column is called ${shown(column)}; there are ${shownNames(fields.map(({ name }) => name))}`,
    );
  }
  if (column !== undefined && found.length > 1) {
    throw new InvalidArgumentError(`${found.length} columns are called ${shown(column)}`);
  }
  return found;
}

interface Batches {
  readonly schema: Schema;
  readonly batches: readonly { readonly data: Data<DataType> }[];
}

function tableOf(library: Library, input: Exclude<ArrowInput, Vector>): Batches {
  if (library.isArrowTable(input)) return input;
  if (library.isArrowRecordBatch(input)) return { schema: input.schema, batches: [input] };
  if (input instanceof Uint8Array) return tableOfBytes(library, input);
  throw new InvalidArgumentError(
    `an Arrow table, batch or vector is read, or the bytes of a stream or file, not ${shown(input)}`,
  );
}

function tableOfBytes(library: Library, bytes: Uint8Array): Table {
  checkDescriptions(bytes);
  try {
    return library.tableFromIPC(bytes);
  } catch (cause) {
    if (/codec/i.test(messageOf(cause))) {
      throw new UnsupportedError(
        "the Arrow bytes are compressed: register the codec in apache-arrow's compressionRegistry, or write them without compression",
        { cause },
      );
    }
    throw new IntegrityError(`the bytes are no Arrow IPC stream or file: ${messageOf(cause)}`, { cause });
  }
}
