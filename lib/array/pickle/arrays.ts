/**
 * How numpy pickles arrays and dtypes: both ways.
 *
 * Source: `numpy.ndarray.__reduce__` and `numpy.dtype.__reduce__`, read from numpy 1.16 to 2.4.
 *
 * @module
 */
import { decodeLatin1 } from "../../bytes.ts";
import { parseStored } from "../../error_context.ts";
import { UnsupportedError } from "../../errors.ts";
import { contiguousBytes } from "../writing/mod.ts";
import { arrayFromBytes } from "../from_bytes.ts";
import {
  checkFields,
  type DescribedDType,
  type DType,
  type Field,
  fieldSize,
  parseDType,
  partsOf,
} from "../dtype/mod.ts";
import { isCContiguous, isFContiguous, itemCount } from "../layout/mod.ts";
import type { NDArray } from "../ndarray.ts";
import { numberOrBigInt } from "./encodings.ts";
import { damagedError, isNode, type NodeOf, type PickleHeap, type PickleNode, typeName } from "./nodes.ts";
import { complexOf, Tuple } from "./values.ts";

/** More fields than any structure has. Fields can share their dtype, so that a small pickle could describe a monstrous one. */
const MAX_FIELDS = 10_000;

/**
 * What a dtype describes.
 *
 * @throws {UnsupportedError} when it can't be used here: objects, long doubles.
 */
function describedBy(node: PickleNode): DescribedDType {
  if (!isNode(node, "dtype")) throw damagedError("an array's dtype is none");
  return node.described ??= { dtype: parseDType(node.name), shape: [] };
}

/**
 * Sets the state of a dtype: `(3, byte order, sub-array, names, fields, item size, alignment, flags)`, with 4 instead of 3 also metadata: of times,
 * their unit.
 *
 * @throws {IntegrityError} when it is no such state.
 * @throws {UnsupportedError} when it can't be used here.
 */
export function setDTypeState(node: NodeOf<"dtype">, state: PickleNode, heap: PickleHeap): void {
  node.described = parseStored("a dtype in the pickle", () => described(node, state));
  heap.spend(fieldBytes(node));
}

function described(node: NodeOf<"dtype">, state: PickleNode): DescribedDType {
  if (!isNode(state, "tuple")) throw damagedError("a dtype's state is no tuple");
  const [version, order, subArray, names, fields, itemsize, , , metadata] = state.items;
  if (version !== 3 && version !== 4) {
    throw new UnsupportedError(
      `a numpy.dtype of version ${version} is not known: pickle it again with numpy 1 or 2`,
    );
  }
  if (isNode(subArray, "tuple")) {
    const [base, shape] = subArray.items;
    const inner = describedBy(base);
    node.fieldCount = fieldCount(base);
    const whole = [...lengthsOf(shape), ...inner.shape];
    itemCount(whole);
    return { ...inner, shape: whole };
  }
  if (isNode(names, "tuple") && isNode(fields, "dict")) return structure(node, names.items, fields, itemsize);
  const dtype = parseDType((textOf(order) ?? "|") + node.name + unitOf(node.name, metadata));
  const size = partsOf(dtype).itemsize;
  if (itemsize !== -1 && itemsize !== size) {
    throw damagedError(`items of dtype ${dtype} have ${String(itemsize)} bytes`);
  }
  return { dtype, shape: [] };
}

function structure(
  node: NodeOf<"dtype">,
  names: readonly PickleNode[],
  fields: NodeOf<"dict">,
  itemsize: PickleNode,
): DescribedDType {
  const dtype = parseDType(`|V${Number(itemsize)}`);
  const list = names.map((nameNode): Field => {
    const name = textOf(nameNode);
    const entry = name === undefined ? undefined : fields.entries.get(name)?.[1];
    if (name === undefined || !isNode(entry, "tuple")) {
      throw damagedError("a dtype has a field without a description");
    }
    const [type, offset, titleNode] = entry.items;
    const inner = describedBy(type);
    node.fieldCount += 1 + fieldCount(type);
    if (node.fieldCount > MAX_FIELDS) {
      throw new UnsupportedError(`a dtype of more than ${MAX_FIELDS} fields is not supported`);
    }
    const title = textOf(titleNode);
    return {
      name,
      dtype: inner.dtype,
      offset: typeof offset === "number" ? offset : NaN,
      ...(inner.shape.length > 0 && { shape: inner.shape }),
      ...(title !== undefined && { title }),
      ...(inner.fields && { fields: inner.fields }),
    };
  });
  return { dtype, fields: checkFields(dtype, list), shape: [] };
}

function fieldCount(node: PickleNode): number {
  return isNode(node, "dtype") ? node.fieldCount : 0;
}

/** About how much memory the fields of a dtype take. */
function fieldBytes(node: PickleNode): number {
  return fieldCount(node) * 128;
}

/** `[25s]` from `(None or dict, (b's', 25, 1, 1))`; a time without a unit is `generic`. */
function unitOf(name: string, metadata: PickleNode | undefined): string {
  if (!/^[Mm]8$/.test(name)) return "";
  const unit = isNode(metadata, "tuple") ? metadata.items[1] : undefined;
  if (!isNode(unit, "tuple")) throw damagedError("a time has no unit");
  const [base, count, divisor] = unit.items;
  const text = textOf(base);
  if (text === undefined || typeof count !== "number" || divisor !== 1) {
    throw damagedError("a time's unit is none");
  }
  return text === "generic" ? "" : `[${count}${text}]`;
}

/** Text of Python 2 or 3, or bytes that stand for it: numpy gives units as bytes. */
export function textOf(node: PickleNode | undefined): string | undefined {
  if (isNode(node, "bytes") || isNode(node, "str2")) return decodeLatin1(node.bytes);
  return typeof node === "string" ? node : undefined;
}

/** A shape: a tuple of lengths, or one length. */
function lengthsOf(node: PickleNode | undefined): number[] {
  const items = isNode(node, "tuple") ? node.items : [node];
  return items.map((item) => {
    if (typeof item !== "number") throw damagedError("a shape has a length that is no number");
    return item;
  });
}

/**
 * The array of a state `(1, shape, dtype, is Fortran order, bytes)`, as `numpy.ndarray.__reduce__` gives it.
 *
 * @throws {IntegrityError} when it is no such state, or the bytes don't fit the shape.
 * @throws {UnsupportedError} when the items are Python objects.
 */
export function arrayFromState(state: PickleNode, heap: PickleHeap): NDArray {
  if (!isNode(state, "tuple")) throw damagedError("an array's state is no tuple");
  // Before version 1 there was no version.
  const [shape, dtype, fortran, data] = state.items.length === 5 ? state.items.slice(1) : state.items;
  return makeArray(dtype, data, lengthsOf(shape), fortran === true || fortran === 1 ? "F" : "C", heap);
}

/** The array of `numpy._core.numeric._frombuffer(data, dtype, shape, order, axis order)`, as protocol 5 has it. */
export function arrayFromBuffer(
  [data, dtype, shape, order, axes]: readonly PickleNode[],
  heap: PickleHeap,
): NDArray {
  if (order === "K") {
    const array = makeArray(dtype, data, lengthsOf(shape), "C", heap);
    return parseStored("an array in the pickle", () => array.transpose(...lengthsOf(axes)));
  }
  if (order !== "C" && order !== "F") throw damagedError(`an array's order is a ${typeName(order)}`);
  return makeArray(dtype, data, lengthsOf(shape), order, heap);
}

/**
 * What `numpy._core.multiarray.scalar(dtype, bytes)` stands for: numbers, truth values, text and bytes are Python's own, anything else is an array
 * without axes, which keeps its dtype.
 */
export function scalarNode([dtype, data]: readonly PickleNode[], heap: PickleHeap): PickleNode {
  const array = makeArray(dtype, data, [], "C", heap);
  const value = array.get();
  switch (typeof value) {
    case "boolean":
    case "number":
    case "string":
      return value;
    case "bigint":
      return /[iu]8$/.test(array.dtype) ? numberOrBigInt(value) : { kind: "array", array };
  }
  if (array.dtype[1] === "S" && value instanceof Uint8Array) {
    return { kind: "bytes", bytes: value, used: false };
  }
  const complex = array.dtype[1] === "c" ? complexOf(value) : undefined;
  return complex ? { kind: "complex", ...complex } : { kind: "array", array };
}

function makeArray(
  dtype: PickleNode,
  data: PickleNode,
  shape: readonly number[],
  order: "C" | "F",
  heap: PickleHeap,
): NDArray {
  return parseStored("an array in the pickle", () => {
    const described = describedBy(dtype);
    heap.spend(fieldBytes(dtype));
    if (described.shape.length > 0) throw damagedError("an array's dtype has a shape of its own");
    return arrayFromBytes(itemBytes(data, heap), { ...described, shape, order });
  });
}

/** Bytes that nothing else is made over. */
function itemBytes(node: PickleNode, heap: PickleHeap): Uint8Array {
  const bytes = isNode(node, "bytes") ? heap.takeBytes(node) : heap.copyBytes(node);
  if (bytes) return bytes;
  if (isNode(node, "list")) {
    throw new UnsupportedError("arrays of Python objects are not supported: in Python, store array.tolist()");
  }
  throw damagedError(`an array's items are a ${typeName(node)}`);
}

/** A class or function, by the name under which Python finds it. */
export class PythonGlobal {
  /** The class or function `name` of `module`. */
  constructor(readonly module: string, readonly name: string) {}
}

/** How Python makes an object, as `__reduce__` tells it: it calls something, and gives the result a state. */
export class Reduction {
  /** What `callable(*args)` makes, with a state. */
  constructor(
    readonly callable: PythonGlobal,
    readonly args: readonly unknown[],
    readonly state?: readonly unknown[],
  ) {}
}

// Under the names of numpy 1: numpy 2 knows them too, and without a warning, since all older pickles have them.
const RECONSTRUCT = new PythonGlobal("numpy.core.multiarray", "_reconstruct");
const NDARRAY = new PythonGlobal("numpy", "ndarray");
const DTYPE = new PythonGlobal("numpy", "dtype");
/** The dtype of an array without a state: bytes, `b"b"`. */
const NO_DTYPE = Uint8Array.of(0x62);
/** numpy's flags of a dtype: text must be zeroed before use, and structures are read and written by Python code. */
const NEEDS_INIT = 8;
const NEEDS_PYTHON = 16;
/** numpy's sign for "as the type has it". */
const BY_TYPE = -1;

/** Reduces the arrays of one pickle. */
export class ArrayReducer {
  /** By dtype, so that each is written once. */
  readonly #plain = new Map<DType, Reduction>();

  /** An array: in C order, or Fortran order where only that needs no copy. */
  array(array: NDArray): Reduction {
    const { dtype, fields, shape, stride } = array;
    const isFortran = !isCContiguous(shape, stride) && isFContiguous(shape, stride);
    const source = isFortran ? array.transpose() : array;
    const bytes = contiguousBytes(source) ?? source.toBytes();
    const state = [1, Tuple.from(shape), this.#dtype(dtype, fields), isFortran, bytes];
    return new Reduction(RECONSTRUCT, [NDARRAY, Tuple.of(0), NO_DTYPE], state);
  }

  #dtype(dtype: DType, fields: readonly Field[] | undefined): Reduction {
    if (fields) return this.#structure(dtype, fields);
    const known = this.#plain.get(dtype);
    if (known) return known;
    const reduction = plainDType(dtype);
    this.#plain.set(dtype, reduction);
    return reduction;
  }

  #structure(dtype: DType, fields: readonly Field[]): Reduction {
    const described = new Map<string, Tuple>();
    for (const field of fields) {
      const { name, offset, title, shape } = field;
      const type = this.#dtype(field.dtype, field.fields);
      const whole = shape ? subArray(type, field, shape) : type;
      if (title === undefined) described.set(name, Tuple.of(whole, offset));
      else described.set(name, Tuple.of(whole, offset, title)).set(title, Tuple.of(whole, offset, title));
    }
    const names = Tuple.from(fields, ({ name }) => name);
    const { itemsize } = partsOf(dtype);
    return dtypeReduction(dtype.slice(1), ["|", null, names, described, itemsize, 1, flagsOf(dtype, fields)]);
  }
}

function plainDType(dtype: DType): Reduction {
  const { kind, itemsize } = partsOf(dtype);
  // The unit of times is metadata to numpy, which not all versions read alike; in the name, all do.
  if (kind === "M" || kind === "m") return dtypeReduction(dtype);
  const sizes = kind === "U" || kind === "S" || kind === "V"
    ? [itemsize, alignmentOf(dtype)]
    : [BY_TYPE, BY_TYPE];
  return dtypeReduction(dtype.slice(1), [dtype[0], null, null, null, ...sizes, flagsOf(dtype)]);
}

function subArray(type: Reduction, field: Field, shape: readonly number[]): Reduction {
  const size = fieldSize(field);
  const base = Tuple.of<unknown[]>(type, Tuple.from(shape));
  const flags = flagsOf(field.dtype, field.fields);
  return dtypeReduction(`V${size}`, ["|", base, null, null, size, alignmentOf(field.dtype), flags]);
}

/** `numpy.dtype(name, False, True)`, with a state as {@linkcode setDTypeState} reads it but for its version. */
function dtypeReduction(name: string, state?: readonly unknown[]): Reduction {
  return new Reduction(DTYPE, [name, false, true], state && [3, ...state]);
}

function flagsOf(dtype: DType, fields?: readonly Field[]): number {
  if (!fields) return dtype[1] === "U" ? NEEDS_INIT : 0;
  return fields.reduce((flags, field) => flags | flagsOf(field.dtype, field.fields), NEEDS_PYTHON);
}

/** How numpy aligns a dtype where that is asked for; structures are packed. */
function alignmentOf(dtype: DType): number {
  const { kind, wordsize } = partsOf(dtype);
  return kind === "V" || kind === "S" ? 1 : wordsize;
}
