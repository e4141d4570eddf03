/**
 * The virtual machine that follows a pickle's instructions. Its values are {@linkcode PickleNode}s; nothing is ever called but the constructors of the
 * allow-list.
 *
 * @module
 */
import { UnsupportedError } from "../../errors.ts";
import { arrayFromState, setDTypeState } from "./arrays.ts";
import {
  decodeLong,
  decodeRawUnicodeEscape,
  decodeStringLiteral,
  decodeText,
  parsePythonFloat,
  parsePythonInteger,
  PickleReader,
} from "./encodings.ts";
import { construct, globalNode } from "./globals.ts";
import { damagedError, isNode, type PickleHeap, type PickleNode, typeName } from "./nodes.ts";
import { Op } from "./opcodes.ts";

/** The highest protocol there is. */
const MAX_PROTOCOL = 5;

/**
 * Follows a pickle's instructions, of protocols 0 to 5.
 *
 * @returns The value that is left at the end; it may contain itself.
 * @throws {IntegrityError} when the pickle is cut off or damaged.
 * @throws {UnsupportedError} when it holds anything but data and numpy arrays.
 */
export function runPickle(bytes: Uint8Array, heap: PickleHeap): PickleNode {
  const reader = new PickleReader(bytes);
  const machine = new PickleMachine(reader, heap);
  for (let opcode = reader.uint8(); opcode !== Op.STOP; opcode = reader.uint8()) {
    const instruction = INSTRUCTIONS[opcode];
    if (!instruction) throw damagedError(`byte ${reader.offset - 1} is ${opcode}, which is no instruction`);
    instruction(machine);
  }
  if (reader.rest > 0) throw damagedError(`${reader.rest} bytes follow its end`);
  return machine.end();
}

/** What a pickle works on: a stack of values, marks between them, and a memo of values that come again. */
class PickleMachine {
  readonly reader: PickleReader;
  readonly heap: PickleHeap;
  readonly #values: PickleNode[] = [];
  /** How many values lay below each mark. */
  readonly #marks: number[] = [];
  /** By number; with holes, since numbers need not follow one another. */
  readonly #memo: PickleNode[] = [];
  #memoized = 0;

  constructor(reader: PickleReader, heap: PickleHeap) {
    this.reader = reader;
    this.heap = heap;
  }

  /** Puts a value on top. */
  push(value: PickleNode): void {
    this.#values.push(value);
  }

  /** Takes the topmost values, the lowest first; never one below a mark. */
  take(count: number): PickleNode[] {
    this.#need(count);
    return this.#values.splice(this.#values.length - count, count);
  }

  /** The value on top, left there. */
  top(): PickleNode {
    this.#need(1);
    return this.#values[this.#values.length - 1];
  }

  #need(count: number): void {
    if (this.#values.length - (this.#marks.at(-1) ?? 0) < count) throw damagedError("a value is missing");
  }

  /** Sets a mark. */
  mark(): void {
    this.#marks.push(this.#values.length);
  }

  /** Takes everything above the last mark, which goes as well. */
  takeMarked(): PickleNode[] {
    const below = this.#marks.pop();
    if (below === undefined) throw damagedError("a mark is missing");
    return this.#values.splice(below);
  }

  /** Takes the value on top, or the mark where that is on top. */
  drop(): void {
    if (this.#marks.at(-1) === this.#values.length) this.#marks.pop();
    else this.take(1);
  }

  /** Remembers the value on top. */
  memoize(index: number = this.#memoized): void {
    if (!(index in this.#memo)) this.#memoized++;
    this.#memo[index] = this.top();
  }

  /** Puts a remembered value on top. */
  recall(index: number): void {
    if (!(index in this.#memo)) throw damagedError(`nothing was remembered as number ${index}`);
    this.push(this.#memo[index]);
  }

  /** The next line as a number of the memo. */
  memoIndex(): number {
    const line = this.reader.textLine();
    if (!/^\d{1,15}$/.test(line.trim())) {
      throw damagedError(`${JSON.stringify(line.slice(0, 40))} is no number in its memo`);
    }
    return Number(line);
  }

  /** Puts items into the collection that is on top once they are taken. */
  fill(how: "append" | "setItems" | "addItems", items: readonly PickleNode[]): void {
    this.heap[how](this.top(), items);
  }

  /** Puts a class or function of the allow-list on top. */
  global(module: PickleNode, name: PickleNode): void {
    if (typeof module !== "string" || typeof name !== "string") {
      throw damagedError(`a ${typeName(module)} and a ${typeName(name)} are no name of a class`);
    }
    this.push(globalNode(module, name));
  }

  /** The same, by the next two lines. */
  globalOfLines(): void {
    this.global(decodeText(this.reader.line()), decodeText(this.reader.line()));
  }

  /** Puts on top what a class or function of the allow-list makes of its arguments. */
  construct(callable: PickleNode, args: PickleNode): void {
    this.push(construct(callable, args, this.heap));
  }

  /** Gives the array or dtype on top its state, once. */
  build(state: PickleNode): void {
    const node = this.top();
    if (isNode(node, "array")) {
      if (node.array) throw damagedError("an array's state is set twice");
      node.array = arrayFromState(state, this.heap);
    } else if (isNode(node, "dtype")) {
      if (node.described) throw damagedError("a dtype's state is set twice");
      setDTypeState(node, state, this.heap);
    } else {
      throw new UnsupportedError(`the pickle sets attributes of a ${typeName(node)}, which is not supported`);
    }
  }

  /** The one value that must be left at the end. */
  end(): PickleNode {
    if (this.#values.length !== 1 || this.#marks.length > 0) {
      throw damagedError(`${this.#values.length} values and ${this.#marks.length} marks are left at its end`);
    }
    return this.#values[0];
  }
}

/** Instructions that are known, and can't be followed. */
function refuse(why: string): () => never {
  return () => {
    throw new UnsupportedError(`the pickle ${why}`);
  };
}

const PERSISTENT_ID = refuse(
  "refers to objects outside of itself (persistent ids): in Python, pickle it without a persistent_id",
);
const EXTENSION = refuse("holds an object of copyreg's extension registry, which is not supported");
const BUFFER = refuse("has its buffers outside of it: in Python, pickle it without a buffer_callback");

/** What each instruction does; numbers, lines and bytes that it brings along are read by it. */
const INSTRUCTIONS: { readonly [opcode: number]: (machine: PickleMachine) => void } = {
  // The stack, its marks and the memo.
  [Op.MARK]: (m) => m.mark(),
  [Op.POP]: (m) => m.drop(),
  [Op.POP_MARK]: (m) => void m.takeMarked(),
  [Op.DUP]: (m) => m.push(m.top()),
  [Op.GET]: (m) => m.recall(m.memoIndex()),
  [Op.BINGET]: (m) => m.recall(m.reader.uint8()),
  [Op.LONG_BINGET]: (m) => m.recall(m.reader.uint32()),
  [Op.PUT]: (m) => m.memoize(m.memoIndex()),
  [Op.BINPUT]: (m) => m.memoize(m.reader.uint8()),
  [Op.LONG_BINPUT]: (m) => m.memoize(m.reader.uint32()),
  [Op.MEMOIZE]: (m) => m.memoize(),

  // What the pickle is.
  [Op.PROTO]: ({ reader }) => {
    const protocol = reader.uint8();
    if (protocol <= MAX_PROTOCOL) return;
    throw new UnsupportedError(
      `pickle protocol ${protocol} is not known: in Python, pickle with protocol=${MAX_PROTOCOL}`,
    );
  },
  [Op.FRAME]: ({ reader }) => {
    const length = reader.length64();
    if (length <= reader.rest) return;
    throw damagedError(`a frame of ${length} bytes has only ${reader.rest}: it is cut off`);
  },

  // Values that come along.
  [Op.NONE]: (m) => m.push(null),
  [Op.NEWTRUE]: (m) => m.push(true),
  [Op.NEWFALSE]: (m) => m.push(false),
  [Op.INT]: (m) => {
    const line = m.reader.textLine();
    // How protocols 0 and 1 write truth values.
    m.push(line === "01" ? true : line === "00" ? false : parsePythonInteger(line));
  },
  [Op.BININT]: (m) => m.push(m.reader.int32()),
  [Op.BININT1]: (m) => m.push(m.reader.uint8()),
  [Op.BININT2]: (m) => m.push(m.reader.uint16()),
  [Op.LONG]: (m) => m.push(parsePythonInteger(m.reader.textLine())),
  [Op.LONG1]: (m) => m.push(decodeLong(m.reader.bytes(m.reader.uint8()))),
  [Op.LONG4]: (m) => m.push(decodeLong(m.reader.bytes(m.reader.int32()))),
  [Op.FLOAT]: (m) => m.push(parsePythonFloat(m.reader.textLine())),
  [Op.BINFLOAT]: (m) => m.push(m.reader.float64()),
  [Op.UNICODE]: (m) => m.push(decodeRawUnicodeEscape(m.reader.line())),
  [Op.SHORT_BINUNICODE]: (m) => m.push(decodeText(m.reader.bytes(m.reader.uint8()))),
  [Op.BINUNICODE]: (m) => m.push(decodeText(m.reader.bytes(m.reader.uint32()))),
  [Op.BINUNICODE8]: (m) => m.push(decodeText(m.reader.bytes(m.reader.length64()))),
  [Op.STRING]: (m) => m.push({ kind: "str2", bytes: decodeStringLiteral(m.reader.line()) }),
  [Op.SHORT_BINSTRING]: (m) => m.push({ kind: "str2", bytes: m.reader.bytes(m.reader.uint8()) }),
  [Op.BINSTRING]: (m) => m.push({ kind: "str2", bytes: m.reader.bytes(m.reader.int32()) }),
  [Op.SHORT_BINBYTES]: (m) => m.push(bytesNode(m.reader.bytes(m.reader.uint8()))),
  [Op.BINBYTES]: (m) => m.push(bytesNode(m.reader.bytes(m.reader.uint32()))),
  [Op.BINBYTES8]: (m) => m.push(bytesNode(m.reader.bytes(m.reader.length64()))),
  [Op.BYTEARRAY8]: (m) => m.push(bytesNode(m.reader.bytes(m.reader.length64()))),

  // Collections, made and filled.
  [Op.EMPTY_LIST]: (m) => m.push({ kind: "list", items: [] }),
  [Op.LIST]: (m) => m.push({ kind: "list", items: m.takeMarked() }),
  [Op.APPEND]: (m) => m.fill("append", m.take(1)),
  [Op.APPENDS]: (m) => m.fill("append", m.takeMarked()),
  [Op.EMPTY_TUPLE]: (m) => m.push({ kind: "tuple", items: [] }),
  [Op.TUPLE]: (m) => m.push({ kind: "tuple", items: m.takeMarked() }),
  [Op.TUPLE1]: (m) => m.push({ kind: "tuple", items: m.take(1) }),
  [Op.TUPLE2]: (m) => m.push({ kind: "tuple", items: m.take(2) }),
  [Op.TUPLE3]: (m) => m.push({ kind: "tuple", items: m.take(3) }),
  [Op.EMPTY_DICT]: (m) => m.push(m.heap.dict()),
  [Op.DICT]: (m) => m.push(m.heap.dict(m.takeMarked())),
  [Op.SETITEM]: (m) => m.fill("setItems", m.take(2)),
  [Op.SETITEMS]: (m) => m.fill("setItems", m.takeMarked()),
  [Op.EMPTY_SET]: (m) => m.push(m.heap.set("set")),
  [Op.FROZENSET]: (m) => m.push(m.heap.set("frozenset", { kind: "tuple", items: m.takeMarked() })),
  [Op.ADDITEMS]: (m) => m.fill("addItems", m.takeMarked()),

  // What classes and functions make.
  [Op.GLOBAL]: (m) => m.globalOfLines(),
  [Op.STACK_GLOBAL]: (m) => {
    const [module, name] = m.take(2);
    m.global(module, name);
  },
  [Op.REDUCE]: constructOfTwo,
  [Op.NEWOBJ]: constructOfTwo,
  [Op.NEWOBJ_EX]: (m) => {
    const [callable, args, named] = m.take(3);
    if (!isNode(named, "dict") || named.entries.size > 0) {
      throw damagedError("a class is called with named arguments");
    }
    m.construct(callable, args);
  },
  [Op.INST]: (m) => {
    const items = m.takeMarked();
    m.globalOfLines();
    m.construct(m.take(1)[0], { kind: "tuple", items });
  },
  [Op.OBJ]: (m) => {
    const [callable = null, ...items] = m.takeMarked();
    m.construct(callable, { kind: "tuple", items });
  },
  [Op.BUILD]: (m) => m.build(m.take(1)[0]),

  // What stands elsewhere.
  [Op.PERSID]: PERSISTENT_ID,
  [Op.BINPERSID]: PERSISTENT_ID,
  [Op.EXT1]: EXTENSION,
  [Op.EXT2]: EXTENSION,
  [Op.EXT4]: EXTENSION,
  [Op.NEXT_BUFFER]: BUFFER,
  [Op.READONLY_BUFFER]: BUFFER,
};

function bytesNode(bytes: Uint8Array): PickleNode {
  return { kind: "bytes", bytes, used: false };
}

function constructOfTwo(machine: PickleMachine): void {
  const [callable, args] = machine.take(2);
  machine.construct(callable, args);
}
