import { UnsupportedError } from "../../errors.ts";
import { arrayFromBytes } from "../bytes.ts";
import { asStored } from "../descr.ts";
import type { NDArray } from "../ndarray.ts";
import type { Allowance } from "./allowance.ts";
import { describedBy, fieldBytes, isNode, lengthsOf } from "./dtype_state.ts";
import { integer } from "./integer.ts";
import { type ArrayNode, type BytesNode, type ComplexNode, type Node, typeName } from "./nodes.ts";
import { broken } from "./stack.ts";
import { encodeLatin1 } from "./text.ts";

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
    return asStored("an array in the pickle", () => array.transpose(...lengthsOf(axes)));
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
  return asStored("an array in the pickle", () => {
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
