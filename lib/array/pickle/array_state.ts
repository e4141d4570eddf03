import { UnsupportedError } from "../../errors.ts";
import { arrayFromBytes } from "../creation.ts";
import { checkFields, type DescribedDType, type Field } from "../descr.ts";
import { parseStored } from "../../error_context.ts";
import { parseDType, partsOf } from "../dtype.ts";
import type { NDArray } from "../ndarray.ts";
import { itemCount } from "../strides.ts";
import {
  type ArrayNode,
  type BytesNode,
  type ComplexNode,
  type DictNode,
  type DTypeNode,
  type Node,
  type ObjectNode,
  typeName,
} from "./nodes.ts";
import { decodeLatin1, encodeLatin1, integer } from "./reader.ts";
import { type Allowance, broken } from "./stack.ts";

/** More fields than any structure has. Fields can share their dtype, so that a small pickle could describe a monstrous one. */
const MAX_FIELDS = 10_000;

/**
 * What a dtype describes.
 *
 * @throws {UnsupportedError} when it can't be used here: objects, long doubles.
 */
export function describedBy(node: Node): DescribedDType {
  if (!isNode(node, "dtype")) throw broken("an array's dtype is none");
  return node.described ??= { dtype: parseDType(node.name), shape: [] };
}

/**
 * Sets the state of a dtype.
 *
 * Source: `numpy.dtype.__reduce__`, whose states are `(3, byte order, sub-array, names, fields, item size, alignment, flags)`, and
 * with 4 instead of 3 also have metadata: of times, their unit.
 *
 * @throws {IntegrityError} when it is no such state.
 * @throws {UnsupportedError} when it can't be used here.
 */
export function setDTypeState(node: DTypeNode, state: Node, allowance: Allowance): void {
  node.described = parseStored("a dtype in the pickle", () => described(node, state));
  allowance.spend(fieldBytes(node));
}

function described(node: DTypeNode, state: Node): DescribedDType {
  if (!isNode(state, "tuple")) throw broken("a dtype's state is no tuple");
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
    throw broken(`items of dtype ${dtype} have ${String(itemsize)} bytes`);
  }
  return { dtype, shape: [] };
}

function structure(
  node: DTypeNode,
  names: readonly Node[],
  fields: DictNode,
  itemsize: Node,
): DescribedDType {
  const dtype = parseDType(`|V${Number(itemsize)}`);
  const list = names.map((nameNode): Field => {
    const name = textOf(nameNode);
    const entry = name === undefined ? undefined : fields.entries.get(name)?.[1];
    if (name === undefined || !isNode(entry, "tuple")) {
      throw broken("a dtype has a field without a description");
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

function fieldCount(node: Node): number {
  return isNode(node, "dtype") ? node.fieldCount : 0;
}

/** About how much memory the fields of a dtype take. */
export function fieldBytes(node: Node): number {
  return fieldCount(node) * 128;
}

/** `[25s]` from `(None or dict, (b's', 25, 1, 1))`; a time without a unit is `generic`. */
function unitOf(name: string, metadata: Node | undefined): string {
  if (!/^[Mm]8$/.test(name)) return "";
  const unit = isNode(metadata, "tuple") ? metadata.items[1] : undefined;
  if (!isNode(unit, "tuple")) throw broken("a time has no unit");
  const [base, count, divisor] = unit.items;
  const text = bytesText(base);
  if (text === undefined || typeof count !== "number" || divisor !== 1) throw broken("a time's unit is none");
  return text === "generic" ? "" : `[${count}${text}]`;
}

/** Text, or bytes that stand for it: numpy gives units as bytes, and everything was bytes in Python 2. */
function bytesText(node: Node | undefined): string | undefined {
  return isNode(node, "bytes") ? decodeLatin1(node.bytes) : textOf(node);
}

/** Text of Python 2 or 3. */
export function textOf(node: Node | undefined): string | undefined {
  if (typeof node === "string") return node;
  return isNode(node, "str2") ? decodeLatin1(node.bytes) : undefined;
}

/** A shape: a tuple of lengths, or one length. */
export function lengthsOf(node: Node | undefined): number[] {
  const items = isNode(node, "tuple") ? node.items : [node];
  return items.map((item) => {
    if (typeof item !== "number") throw broken("a shape has a length that is no number");
    return item;
  });
}

/** Whether a value is an object of a kind. */
export function isNode<K extends ObjectNode["kind"]>(
  node: Node | undefined,
  kind: K,
): node is ObjectNode & { readonly kind: K } {
  return typeof node === "object" && node !== null && node.kind === kind;
}

/**
 * The array of a state `(1, shape, dtype, is Fortran order, bytes)`, as `numpy.ndarray.__reduce__` gives it.
 *
 * @throws {IntegrityError} when it is no such state, or the bytes don't fit the shape.
 * @throws {UnsupportedError} when the items are Python objects.
 */
export function arrayFromState(state: Node, allowance: Allowance): NDArray {
  if (!isNode(state, "tuple")) throw broken("an array's state is no tuple");
  // Before version 1 there was no version.
  const [shape, dtype, fortran, data] = state.items.length === 5 ? state.items.slice(1) : state.items;
  return makeArray(dtype, data, lengthsOf(shape), fortran === true || fortran === 1 ? "F" : "C", allowance);
}

/** The array of `numpy._core.numeric._frombuffer(data, dtype, shape, order, axis order)`, as protocol 5 has it. */
export function arrayFromBuffer(
  [data, dtype, shape, order, axes]: readonly Node[],
  allowance: Allowance,
): NDArray {
  if (order === "K") {
    const array = makeArray(dtype, data, lengthsOf(shape), "C", allowance);
    return parseStored("an array in the pickle", () => array.transpose(...lengthsOf(axes)));
  }
  if (order !== "C" && order !== "F") throw broken(`an array's order is ${JSON.stringify(order)}`);
  return makeArray(dtype, data, lengthsOf(shape), order, allowance);
}

/**
 * What `numpy._core.multiarray.scalar(dtype, bytes)` stands for: numbers, truth values, text and bytes are Python's own, anything else is an array
 * without axes, which keeps its dtype.
 */
export function scalarNode([dtype, data]: readonly Node[], allowance: Allowance): Node {
  const array = makeArray(dtype, data, [], "C", allowance);
  const value = array.get();
  switch (typeof value) {
    case "boolean":
    case "number":
    case "string":
      return value;
    case "bigint":
      return /[iu]8$/.test(array.dtype) ? integer(value) : { kind: "array", array } satisfies ArrayNode;
  }
  if (array.dtype[1] === "S" && value instanceof Uint8Array) {
    return { kind: "bytes", bytes: value, used: false } satisfies BytesNode;
  }
  if (
    array.dtype[1] === "c" && "re" in value && typeof value.re === "number" && typeof value.im === "number"
  ) {
    return { kind: "complex", re: value.re, im: value.im } satisfies ComplexNode;
  }
  return { kind: "array", array } satisfies ArrayNode;
}

function makeArray(
  dtype: Node,
  data: Node,
  shape: readonly number[],
  order: "C" | "F",
  allowance: Allowance,
): NDArray {
  return parseStored("an array in the pickle", () => {
    const described = describedBy(dtype);
    allowance.spend(fieldBytes(dtype));
    if (described.shape.length > 0) throw broken("an array's dtype has a shape of its own");
    return arrayFromBytes(itemBytes(data, allowance), { ...described, shape, order });
  });
}

/** Bytes that nothing else is made over. */
function itemBytes(node: Node, allowance: Allowance): Uint8Array {
  if (isNode(node, "bytes")) return takeBytes(node, (bytes) => allowance.copy(bytes));
  if (isNode(node, "str2")) return allowance.copy(node.bytes);
  if (typeof node === "string") allowance.spend(node.length);
  const bytes = typeof node === "string" ? encodeLatin1(node) : undefined;
  if (bytes) return bytes;
  if (isNode(node, "list")) {
    throw new UnsupportedError("arrays of Python objects are not supported: in Python, store array.tolist()");
  }
  throw broken(`an array's items are a ${typeName(node)}`);
}

/** The bytes of a node: the node's own the first time, a copy after that. */
export function takeBytes(node: BytesNode, copy: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  if (node.used) return copy(node.bytes);
  node.used = true;
  return node.bytes;
}
