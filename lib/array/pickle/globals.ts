/**
 * The allow-list: the classes and functions whose names may stand in a pickle, and what each makes of its arguments. Nothing else is ever looked up,
 * and nothing is called but these functions.
 *
 * @module
 */
import { UnsupportedError } from "../../errors.ts";
import { arrayFromBuffer, scalarNode, textOf } from "./arrays.ts";
import { damagedError, isNode, type NodeOf, type PickleHeap, type PickleNode, typeName } from "./nodes.ts";

/** No name of a dtype is longer. */
const LONGEST_DTYPE = 100;

type Constructor = (args: readonly PickleNode[], heap: PickleHeap) => PickleNode;

const CONSTRUCTORS: ReadonlyMap<string, Constructor> = new Map<string, Constructor>([
  ["builtins.set", ([items], heap) => heap.set("set", items)],
  ["builtins.frozenset", ([items], heap) => heap.set("frozenset", items)],
  ["builtins.bytes", bytesFrom],
  ["builtins.bytearray", bytesFrom],
  ["builtins.complex", ([re, im]) => {
    if (typeof re === "number" && typeof im === "number") return { kind: "complex", re, im };
    throw damagedError("the parts of a complex are no numbers");
  }],
  // How protocols 0 to 2 write bytes.
  ["_codecs.encode", ([text, codec], heap) => {
    const name = textOf(codec);
    if (name === "latin1" || name === "latin-1") return bytesFrom([text], heap);
    throw new UnsupportedError(
      `the pickle asks for the codec ${JSON.stringify(name)}; only latin1 is supported`,
    );
  }],
  ["collections.OrderedDict", ([pairs], heap) => heap.orderedDict(pairs)],
  // What makes missing values is no data.
  ["collections.defaultdict", (_args, heap) => heap.dict()],
  ["numpy.dtype", ([name]) => {
    const text = textOf(name);
    if (text === undefined || text.length > LONGEST_DTYPE) {
      throw damagedError(`a numpy.dtype is made of a ${typeName(name)} that names none`);
    }
    return { kind: "dtype", name: text, fieldCount: 0 };
  }],
  ["numpy._core.multiarray._reconstruct", ([type]) => {
    if (isNode(type, "global") && type.name === "numpy.ndarray") return { kind: "array" };
    throw damagedError("an array is of no known type");
  }],
  ["numpy._core.multiarray.scalar", scalarNode],
  [
    "numpy._core.numeric._frombuffer",
    (args, heap) => ({ kind: "array", array: arrayFromBuffer(args, heap) }),
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
export function globalNode(module: string, name: string): NodeOf<"global"> {
  const full = currentName(module, name);
  if (CONSTRUCTORS.has(full) || ARGUMENTS.has(full)) return { kind: "global", name: full };
  throw unsupportedClassError(full);
}

/**
 * Makes what a class or function of the allow-list makes of its arguments.
 *
 * @throws {UnsupportedError} when it is none that may be called.
 * @throws {IntegrityError} when the arguments are not what it takes.
 */
export function construct(callable: PickleNode, args: PickleNode, heap: PickleHeap): PickleNode {
  if (!isNode(callable, "global") || !isNode(args, "tuple")) {
    throw damagedError(`a ${typeName(callable)} is called with a ${typeName(args)}`);
  }
  const constructor = CONSTRUCTORS.get(callable.name);
  if (!constructor) throw unsupportedClassError(callable.name);
  return constructor(args.items, heap);
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

function unsupportedClassError(name: string): UnsupportedError {
  const advice = ADVICE.find(([pattern]) => pattern.test(name))?.[1];
  return new UnsupportedError(
    `the pickle holds a ${name}, and only data and numpy arrays are read, since nothing in a pickle is ever run: in Python, ${advice}`,
  );
}

/** What `bytes` and `bytearray` are made from: bytes, Latin-1 text, a list of numbers, or nothing. */
function bytesFrom([source]: readonly PickleNode[], heap: PickleHeap): NodeOf<"bytes"> {
  const bytes = source === undefined
    ? new Uint8Array()
    : isNode(source, "list")
    ? bytesOfList(source.items, heap)
    // Copies, since what is made is another object than what it is made from.
    : heap.copyBytes(source);
  if (!bytes) throw damagedError(`bytes are made of a ${typeName(source)}`);
  return { kind: "bytes", bytes, used: false };
}

function bytesOfList(items: readonly PickleNode[], heap: PickleHeap): Uint8Array | undefined {
  heap.spend(items.length * 8);
  const isByte = (item: PickleNode) =>
    typeof item === "number" && item >= 0 && item < 256 && Number.isInteger(item);
  return items.every(isByte) ? Uint8Array.from(items, Number) : undefined;
}
