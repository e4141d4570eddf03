import { IntegrityError, UnsupportedError } from "../../errors.ts";
import { arrayFromState, isNode, setDTypeState } from "./array_state.ts";
import { Collections, convert, type Str2Reader } from "./convert.ts";
import { construct, globalNode } from "./globals.ts";
import { type Node, type PickleValue, typeName, withinLimits } from "./nodes.ts";
import { Op } from "./opcodes.ts";
import { decodeLatin1, decodeText, PickleReader, readLiteral } from "./reader.ts";
import { Allowance, broken, PickleStack } from "./stack.ts";

/** Options of {@linkcode loadPickle}. */
export interface PickleReadOptions {
  /**
   * What the bytes of a Python 2 `str` are, which may be text or not: `"latin1"` (the default: each byte becomes the character of its
   * number, so that nothing is lost), `"utf-8"`, or `"bytes"` for a `Uint8Array`. Of no effect on pickles written by Python 3.
   */
  readonly encoding?: "latin1" | "utf-8" | "bytes";
}

/**
 * Reads a pickle of any protocol, 0 to 5, written by Python 2 or 3: data and numpy arrays, as {@linkcode PickleValue} lists them. Nothing in a
 * pickle is ever called; classes other than those of the list are refused by name. What comes several times, or contains itself, does so here.
 *
 * Arrays and bytes are views of `bytes` where their alignment allows, so that `bytes` must not change as long as they are used.
 *
 * @param bytes The whole pickle.
 * @throws {UnsupportedError} when it holds anything else, naming the class: objects, pandas and scipy, datetimes, arrays of objects.
 * @throws {IntegrityError} when it is cut off or damaged, or goes on after its end.
 *
 * @example
 * ```ts
 * import { loadPickle } from "@cottoncandy/cottoncandy/pickle";
 *
 * // pickle.dumps({"subject": 7}, protocol=2)
 * const bytes = Uint8Array.from("\x80\x02}q\x00X\x07\x00\x00\x00subjectq\x01K\x07s.", (c) => c.charCodeAt(0));
 * console.assert(JSON.stringify(loadPickle(bytes)) === '{"subject":7}');
 * ```
 */
export function loadPickle(bytes: Uint8Array, options: PickleReadOptions = {}): PickleValue {
  const decode = decoderOf(options.encoding ?? "latin1");
  const str2: Str2Reader = (node) => node.value ??= decode(node.bytes);
  const allowance = new Allowance(bytes.length);
  return withinLimits(() => convert(runPickle(bytes, new Collections(str2, allowance), allowance), str2));
}

function decoderOf(encoding: "latin1" | "utf-8" | "bytes"): (bytes: Uint8Array) => string | Uint8Array {
  switch (encoding) {
    case "latin1":
      return decodeLatin1;
    case "utf-8":
      return decodeUtf8;
    case "bytes":
      return (bytes) => bytes.slice();
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decodeText(bytes);
  } catch (cause) {
    if (!(cause instanceof IntegrityError)) throw cause;
    throw new IntegrityError(
      'a str of Python 2 is no UTF-8: read the pickle with encoding "latin1" or "bytes"',
      {
        cause,
      },
    );
  }
}

/** The highest protocol there is. */
const MAX_PROTOCOL = 5;

/**
 * Follows a pickle's instructions, of protocols 0 to 5.
 *
 * @returns The value that is left at the end; it may contain itself.
 * @throws {IntegrityError} when the pickle is cut off or damaged.
 * @throws {UnsupportedError} when it holds anything but data and numpy arrays.
 */
export function runPickle(bytes: Uint8Array, collections: Collections, allowance: Allowance): Node {
  const reader = new PickleReader(bytes);
  const machine = new Machine(reader, collections, allowance);
  for (;;) {
    const at = reader.offset;
    const opcode = reader.uint8();
    if (opcode === Op.STOP) break;
    if (!machine.simple(opcode) && !machine.literal(opcode) && !machine.structural(opcode)) {
      throw broken(`byte ${at} is ${opcode}, which is no instruction`);
    }
  }
  if (reader.rest > 0) throw broken(`${reader.rest} bytes follow its end`);
  return machine.stack.end();
}

class Machine {
  readonly stack: PickleStack = new PickleStack();
  readonly #reader: PickleReader;
  readonly #collections: Collections;
  readonly #allowance: Allowance;

  constructor(reader: PickleReader, collections: Collections, allowance: Allowance) {
    this.#reader = reader;
    this.#collections = collections;
    this.#allowance = allowance;
  }

  /** Instructions that arrange what is there. */
  simple(opcode: number): boolean {
    const { stack } = this;
    const reader = this.#reader;
    switch (opcode) {
      case Op.MARK:
        stack.mark();
        return true;
      case Op.POP:
        stack.drop();
        return true;
      case Op.POP_MARK:
        stack.takeMarked();
        return true;
      case Op.DUP:
        stack.push(stack.top());
        return true;
      case Op.GET:
        stack.recall(memoIndex(reader.textLine()));
        return true;
      case Op.BINGET:
        stack.recall(reader.uint8());
        return true;
      case Op.LONG_BINGET:
        stack.recall(reader.uint32());
        return true;
      case Op.PUT:
        stack.memoize(memoIndex(reader.textLine()));
        return true;
      case Op.BINPUT:
        stack.memoize(reader.uint8());
        return true;
      case Op.LONG_BINPUT:
        stack.memoize(reader.uint32());
        return true;
      case Op.MEMOIZE:
        stack.memoize();
        return true;
      case Op.PROTO: {
        const protocol = reader.uint8();
        if (protocol <= MAX_PROTOCOL) return true;
        throw new UnsupportedError(
          `pickle protocol ${protocol} is not known: in Python, pickle with protocol=${MAX_PROTOCOL}`,
        );
      }
      case Op.FRAME: {
        const length = reader.length64();
        if (length > reader.rest) {
          throw broken(`a frame of ${length} bytes has only ${reader.rest}: it is cut off`);
        }
        return true;
      }
    }
    return false;
  }

  /** Instructions that bring a value along. */
  literal(opcode: number): boolean {
    const value = readLiteral(opcode, this.#reader);
    if (value === undefined) return false;
    this.stack.push(value);
    return true;
  }

  /** Instructions that make something of what is there. */
  structural(opcode: number): boolean {
    const made = this.#made(opcode);
    if (made === undefined) return this.#changed(opcode);
    this.stack.push(made);
    return true;
  }

  #made(opcode: number): Node | undefined {
    const { stack } = this;
    const collections = this.#collections;
    const allowance = this.#allowance;
    switch (opcode) {
      case Op.EMPTY_LIST:
        return { kind: "list", items: [] };
      case Op.LIST:
        return { kind: "list", items: stack.takeMarked() };
      case Op.EMPTY_TUPLE:
        return { kind: "tuple", items: [] };
      case Op.TUPLE:
        return { kind: "tuple", items: stack.takeMarked() };
      case Op.TUPLE1:
      case Op.TUPLE2:
      case Op.TUPLE3:
        return { kind: "tuple", items: stack.take(opcode - Op.TUPLE1 + 1) };
      case Op.EMPTY_DICT:
        return collections.dict(false);
      case Op.DICT: {
        const dict = collections.dict(false);
        collections.setItems(dict, stack.takeMarked());
        return dict;
      }
      case Op.EMPTY_SET:
        return collections.set("set", undefined);
      case Op.FROZENSET:
        return collections.set("frozenset", { kind: "tuple", items: stack.takeMarked() });
      case Op.GLOBAL:
        return this.#global(decodeText(this.#reader.line()), decodeText(this.#reader.line()));
      case Op.STACK_GLOBAL: {
        const [module, name] = stack.take(2);
        return this.#global(module, name);
      }
      case Op.REDUCE:
      case Op.NEWOBJ: {
        const [callable, args] = stack.take(2);
        return construct(callable, args, allowance, collections);
      }
      case Op.NEWOBJ_EX: {
        const [callable, args, named] = stack.take(3);
        if (!isNode(named, "dict") || named.entries.size > 0) {
          throw broken("a class is called with named arguments");
        }
        return construct(callable, args, allowance, collections);
      }
      case Op.INST: {
        const callable = this.#global(decodeText(this.#reader.line()), decodeText(this.#reader.line()));
        return construct(callable, { kind: "tuple", items: stack.takeMarked() }, allowance, collections);
      }
      case Op.OBJ: {
        const [callable, ...items] = stack.takeMarked();
        return construct(callable ?? null, { kind: "tuple", items }, allowance, collections);
      }
    }
    return undefined;
  }

  #changed(opcode: number): boolean {
    const { stack } = this;
    const collections = this.#collections;
    switch (opcode) {
      case Op.APPEND: {
        const items = stack.take(1);
        collections.append(stack.top(), items);
        return true;
      }
      case Op.APPENDS: {
        const items = stack.takeMarked();
        collections.append(stack.top(), items);
        return true;
      }
      case Op.SETITEM: {
        const items = stack.take(2);
        collections.setItems(stack.top(), items);
        return true;
      }
      case Op.SETITEMS: {
        const items = stack.takeMarked();
        collections.setItems(stack.top(), items);
        return true;
      }
      case Op.ADDITEMS: {
        const items = stack.takeMarked();
        collections.addItems(stack.top(), items);
        return true;
      }
      case Op.BUILD: {
        const state = stack.pop();
        build(stack.top(), state, this.#allowance);
        return true;
      }
    }
    refuse(opcode);
    return false;
  }

  #global(module: Node, name: Node): Node {
    if (typeof module !== "string" || typeof name !== "string") {
      throw broken(`a ${typeName(module)} and a ${typeName(name)} are no name of a class`);
    }
    return globalNode(module, name);
  }
}

/** Gives an array or dtype its state, once. */
function build(node: Node, state: Node, allowance: Allowance): void {
  if (isNode(node, "array")) {
    if (node.array) throw broken("an array's state is set twice");
    node.array = arrayFromState(state, allowance);
  } else if (isNode(node, "dtype")) {
    if (node.described) throw broken("a dtype's state is set twice");
    setDTypeState(node, state, allowance);
  } else {
    throw new UnsupportedError(`the pickle sets attributes of a ${typeName(node)}, which is not supported`);
  }
}

/** Instructions that are known and can't be followed. */
function refuse(opcode: number): void {
  switch (opcode) {
    case Op.PERSID:
    case Op.BINPERSID:
      throw new UnsupportedError(
        "the pickle refers to objects outside of itself (persistent ids): in Python, pickle it without a persistent_id",
      );
    case Op.EXT1:
    case Op.EXT2:
    case Op.EXT4:
      throw new UnsupportedError(
        "the pickle holds an object of copyreg's extension registry, which is not supported",
      );
    case Op.NEXT_BUFFER:
    case Op.READONLY_BUFFER:
      throw new UnsupportedError(
        "the pickle's buffers were kept outside of it: in Python, pickle it without a buffer_callback",
      );
  }
}

function memoIndex(line: string): number {
  if (!/^\d{1,15}$/.test(line.trim())) {
    throw broken(`${JSON.stringify(line.slice(0, 40))} is no number in its memo`);
  }
  return Number(line);
}
