/**
 * The allow-list: the classes and functions whose names may stand in a pickle, and what each makes of its arguments. Nothing else is ever looked up,
 * and nothing is called but these functions.
 *
 * @module
 */
import { UnsupportedError } from "../../errors.ts";
import { arrayFromBuffer, isNode, scalarNode, textOf } from "./array_state.ts";
import type { Collections } from "./convert.ts";
import {
  type ArrayNode,
  type BytesNode,
  type DTypeNode,
  type GlobalNode,
  type Node,
  typeName,
} from "./nodes.ts";
import { encodeLatin1 } from "./reader.ts";
import { type Allowance, broken } from "./stack.ts";

/** No name of a dtype is longer. */
const LONGEST_DTYPE = 100;

type Constructor = (args: readonly Node[], allowance: Allowance, collections: Collections) => Node;

const CONSTRUCTORS: ReadonlyMap<string, Constructor> = new Map<string, Constructor>([
  ["builtins.set", ([items], _, collections) => collections.set("set", items)],
  ["builtins.frozenset", ([items], _, collections) => collections.set("frozenset", items)],
  ["builtins.bytes", ([items], allowance) => bytesNode(bytesFrom(items, allowance))],
  ["builtins.bytearray", ([items], allowance) => bytesNode(bytesFrom(items, allowance))],
  ["builtins.complex", ([re, im]) => {
    if (typeof re === "number" && typeof im === "number") return { kind: "complex", re, im };
    throw broken("the parts of a complex are no numbers");
  }],
  // How protocols 0 to 2 write bytes.
  ["_codecs.encode", ([text, codec], allowance) => {
    const name = textOf(codec);
    if (name === "latin1" || name === "latin-1") return bytesNode(bytesFrom(text, allowance));
    throw new UnsupportedError(
      `the pickle asks for the codec ${JSON.stringify(name)}; only latin1 is supported`,
    );
  }],
  ["collections.OrderedDict", ([pairs], _, collections) => collections.orderedDict(pairs)],
  // What makes missing values is no data.
  ["collections.defaultdict", (_args, _allowance, collections) => collections.dict(false)],
  ["numpy.dtype", ([name]): DTypeNode => {
    const text = textOf(name);
    if (text === undefined || text.length > LONGEST_DTYPE) {
      throw broken(`a numpy.dtype is made of a ${typeName(name)} that names none`);
    }
    return { kind: "dtype", name: text, fieldCount: 0 };
  }],
  ["numpy._core.multiarray._reconstruct", ([type]): ArrayNode => {
    if (isNode(type, "global") && type.name === "numpy.ndarray") return { kind: "array" };
    throw broken("an array is of no known type");
  }],
  ["numpy._core.multiarray.scalar", scalarNode],
  [
    "numpy._core.numeric._frombuffer",
    (args, allowance): ArrayNode => ({ kind: "array", array: arrayFromBuffer(args, allowance) }),
  ],
]);

/** Names that only stand as arguments: an array's type, and what a defaultdict makes its values with. */
const ARGUMENTS: ReadonlySet<string> = new Set([
  "numpy.ndarray",
  "builtins.bool",
  "builtins.dict",
  "builtins.float",
  "builtins.int",
  "builtins.list",
  "builtins.object",
  "builtins.str",
  "builtins.tuple",
  // Python 2 writes objects as a call of this; the object's class comes next, and is what the error is about.
  "copyreg._reconstructor",
]);

/** What to do about classes that scientists pickle. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^pandas\./, "store its columns as arrays, as in {name: df[name].to_numpy() for name in df}"],
  [/^scipy\.sparse\./, "store it with upload_sparse_array"],
  [/^numpy\.ma\./, "store its data and its mask as two arrays"],
  [
    /^numpy\.(?:rec|matrix|matrixlib|memmap)\b|^numpy\.record$/,
    "store numpy.asarray(value), for records with numpy.recarray.view(fields)",
  ],
  [
    /^datetime\./,
    "store value.isoformat() or numpy.datetime64(value): a JavaScript Date has neither its microseconds nor its time zone",
  ],
  [/^copyreg\./, "turn the object into a dict"],
  [/./, "turn it into dicts, lists and arrays"],
];

/**
 * Looks a name up.
 *
 * @throws {UnsupportedError} naming it, when it is not allowed.
 */
export function globalNode(module: string, name: string): GlobalNode {
  const full = currentName(module, name);
  if (CONSTRUCTORS.has(full) || ARGUMENTS.has(full)) return { kind: "global", name: full };
  throw unsupported(full);
}

/**
 * Makes what a class or function of the allow-list makes of its arguments.
 *
 * @throws {UnsupportedError} when it is none that may be called.
 * @throws {IntegrityError} when the arguments are not what it takes.
 */
export function construct(
  callable: Node,
  args: Node,
  allowance: Allowance,
  collections: Collections,
): Node {
  if (!isNode(callable, "global") || !isNode(args, "tuple")) {
    throw broken(`a ${typeName(callable)} is called with a ${typeName(args)}`);
  }
  const constructor = CONSTRUCTORS.get(callable.name);
  if (!constructor) throw unsupported(callable.name);
  return constructor(args.items, allowance, collections);
}

/** Names as Python 3 and numpy 2 have them. */
function currentName(module: string, name: string): string {
  switch (module) {
    case "__builtin__":
      return `builtins.${BUILTINS_2.get(name) ?? name}`;
    case "copy_reg":
      return `copyreg.${name}`;
  }
  return `${module.replace(/^numpy\.core\b/, "numpy._core")}.${name}`;
}

const BUILTINS_2: ReadonlyMap<string, string> = new Map([["unicode", "str"], ["long", "int"]]);

function unsupported(name: string): UnsupportedError {
  const advice = ADVICE.find(([pattern]) => pattern.test(name))?.[1];
  return new UnsupportedError(
    `the pickle holds a ${name}, and only data and numpy arrays are read, since nothing in a pickle is ever run: in Python, ${advice}`,
  );
}

function bytesNode(bytes: Uint8Array): BytesNode {
  return { kind: "bytes", bytes, used: false };
}

/** What `bytes` and `bytearray` are made from: bytes, Latin-1 text, a list of numbers, or nothing. */
function bytesFrom(node: Node | undefined, allowance: Allowance): Uint8Array {
  if (node === undefined) return new Uint8Array();
  // Copies, since what is made is another object than what it is made from.
  if (isNode(node, "bytes") || isNode(node, "str2")) return allowance.copy(node.bytes);
  if (typeof node === "string") allowance.spend(node.length);
  else if (isNode(node, "list")) allowance.spend(node.items.length * 8);
  const bytes = typeof node === "string"
    ? encodeLatin1(node)
    : isNode(node, "list")
    ? bytesOfList(node.items)
    : undefined;
  if (bytes) return bytes;
  throw broken(`bytes are made of a ${typeName(node)}`);
}

function bytesOfList(items: readonly Node[]): Uint8Array | undefined {
  const numbers = items.filter((item) =>
    typeof item === "number" && item >= 0 && item < 256 && Number.isInteger(item)
  );
  return numbers.length === items.length ? Uint8Array.from(numbers, Number) : undefined;
}
