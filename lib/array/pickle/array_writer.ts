import { contiguousBytes } from "../bytes.ts";
import { type Field, fieldSize } from "../descr.ts";
import { type DType, partsOf } from "../dtype.ts";
import type { NDArray } from "../ndarray.ts";
import { isCContiguous, isFContiguous } from "../strides.ts";
import { Tuple } from "./nodes.ts";
import { Op } from "./opcodes.ts";
import type { PickleOutput } from "./output.ts";

/** What writes the values that arrays are described with. */
interface ValueWriter {
  value(value: unknown): void;
  text(text: string): void;
  bytes(bytes: Uint8Array): void;
  global(module: string, name: string): void;
  remember(): number;
  recall(index: number): void;
}

/** numpy's flags of a dtype: text must be zeroed before use, and structures are read and written by Python code. */
const NEEDS_INIT = 8;
const NEEDS_PYTHON = 16;
/** numpy's sign for "as the type has it". */
const BY_TYPE = -1;

/**
 * Writes arrays as numpy itself pickles them, under the names of numpy 1: numpy 2 knows them too, and without a warning, since all older
 * pickles have them.
 *
 * Source: `numpy.ndarray.__reduce__` and `numpy.dtype.__reduce__`, read from numpy 1.16 to 2.4.
 */
export class ArrayWriter {
  readonly #writer: ValueWriter;
  readonly #output: PickleOutput;
  readonly #dtypes = new Map<string, number>();

  /** Writes by means of `writer`, to `output`. */
  constructor(writer: ValueWriter, output: PickleOutput) {
    this.#writer = writer;
    this.#output = output;
  }

  /** Writes an array: C order, or Fortran order where only that needs no copy. */
  array(array: NDArray): void {
    const writer = this.#writer;
    const output = this.#output;
    const { shape, stride } = array;
    const fortran = !isCContiguous(shape, stride) && isFContiguous(shape, stride);
    const source = fortran ? array.transpose() : array;
    writer.global("numpy.core.multiarray", "_reconstruct");
    writer.global("numpy", "ndarray");
    writer.value(Tuple.of(0));
    writer.bytes(KIND);
    output.uint8(Op.TUPLE3);
    output.uint8(Op.REDUCE);
    output.uint8(Op.MARK);
    writer.value(1);
    writer.value(Tuple.from(shape));
    this.#dtype(array.dtype, array.fields);
    writer.value(fortran);
    writer.bytes(contiguousBytes(source) ?? source.toBytes());
    output.uint8(Op.TUPLE);
    output.uint8(Op.BUILD);
  }

  #dtype(dtype: DType, fields: readonly Field[] | undefined): void {
    if (fields) return this.#structure(dtype, fields);
    const known = this.#dtypes.get(dtype);
    if (known !== undefined) return this.#writer.recall(known);
    this.#plainDType(dtype);
    this.#dtypes.set(dtype, this.#writer.remember());
  }

  #plainDType(dtype: DType): void {
    const { kind, itemsize } = partsOf(dtype);
    // The unit of times is metadata to numpy, which not all versions read alike; in the name, all do.
    if (kind === "M" || kind === "m") return this.#construct(dtype);
    this.#construct(dtype.slice(1));
    const size = kind === "U" || kind === "S" || kind === "V" ? itemsize : BY_TYPE;
    this.#state(
      dtype[0],
      null,
      null,
      null,
      size,
      size === BY_TYPE ? BY_TYPE : alignmentOf(dtype),
      flagsOf(dtype),
    );
  }

  #structure(dtype: DType, fields: readonly Field[]): void {
    const { itemsize } = partsOf(dtype);
    this.#construct(dtype.slice(1));
    this.#state(
      "|",
      null,
      Tuple.from(fields, ({ name }) => name),
      () => this.#fields(fields),
      itemsize,
      1,
      flagsOf(dtype, fields),
    );
  }

  #fields(fields: readonly Field[]): void {
    const output = this.#output;
    output.uint8(Op.EMPTY_DICT);
    output.uint8(Op.MARK);
    for (const field of fields) {
      for (const name of field.title === undefined ? [field.name] : [field.name, field.title]) {
        this.#writer.text(name);
        this.#field(field);
      }
    }
    output.uint8(Op.SETITEMS);
  }

  /** `(dtype, offset)`, with a title `(dtype, offset, title)`. */
  #field(field: Field): void {
    if (field.shape) this.#subArray(field, field.shape);
    else this.#dtype(field.dtype, field.fields);
    this.#writer.value(field.offset);
    if (field.title === undefined) return this.#output.uint8(Op.TUPLE2);
    this.#writer.text(field.title);
    this.#output.uint8(Op.TUPLE3);
  }

  #subArray(field: Field, shape: readonly number[]): void {
    const size = fieldSize(field);
    this.#construct(`V${size}`);
    this.#state(
      "|",
      () => {
        this.#dtype(field.dtype, field.fields);
        this.#writer.value(Tuple.from(shape));
        this.#output.uint8(Op.TUPLE2);
      },
      null,
      null,
      size,
      alignmentOf(field.dtype),
      flagsOf(field.dtype, field.fields),
    );
  }

  /** `numpy.dtype(name, False, True)` */
  #construct(name: string): void {
    this.#writer.global("numpy", "dtype");
    this.#writer.text(name);
    this.#output.uint8(Op.NEWFALSE);
    this.#output.uint8(Op.NEWTRUE);
    this.#output.uint8(Op.TUPLE3);
    this.#output.uint8(Op.REDUCE);
  }

  /** `(3, byte order, sub-array, names, fields, item size, alignment, flags)`; functions write for themselves. */
  #state(...state: readonly (string | number | null | Tuple<string> | (() => void))[]): void {
    this.#output.uint8(Op.MARK);
    for (const part of [3, ...state]) {
      if (typeof part === "function") part();
      else this.#writer.value(part);
    }
    this.#output.uint8(Op.TUPLE);
    this.#output.uint8(Op.BUILD);
  }
}

const KIND = new TextEncoder().encode("b");

function flagsOf(dtype: DType, fields?: readonly Field[]): number {
  if (!fields) return dtype[1] === "U" ? NEEDS_INIT : 0;
  return fields.reduce((flags, field) => flags | flagsOf(field.dtype, field.fields), NEEDS_PYTHON);
}

/** How numpy aligns a dtype where that is asked for; structures are packed. */
function alignmentOf(dtype: DType): number {
  const { kind, wordsize } = partsOf(dtype);
  return kind === "V" || kind === "S" ? 1 : wordsize;
}
