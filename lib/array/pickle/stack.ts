import { IntegrityError, UnsupportedError } from "../../errors.ts";
import type { Node } from "./nodes.ts";

/** What a pickle works on: values, marks between them, and a memo of values that come again. */
export class PickleStack {
  readonly #values: Node[] = [];
  /** How many values lay below each mark. */
  readonly #marks: number[] = [];
  readonly #memo: Node[] = [];
  /** What was remembered under numbers that don't follow one another. */
  readonly #scattered = new Map<number, Node>();

  /** Puts a value on top. */
  push(value: Node): void {
    this.#values.push(value);
  }

  /** Takes the value on top; never one below a mark. */
  pop(): Node {
    this.#need(1);
    return this.#values.pop() ?? null;
  }

  /** The value on top, left there. */
  top(): Node {
    this.#need(1);
    return this.#values[this.#values.length - 1];
  }

  /** The topmost values, the lowest first. */
  take(count: number): Node[] {
    this.#need(count);
    return this.#values.splice(this.#values.length - count, count);
  }

  /** Sets a mark. */
  mark(): void {
    this.#marks.push(this.#values.length);
  }

  /** Everything above the last mark, which goes as well. */
  takeMarked(): Node[] {
    const below = this.#marks.pop();
    if (below === undefined) throw broken("a mark is missing");
    return this.#values.splice(below);
  }

  /** `POP`: takes the value on top, or the mark where that is on top. */
  drop(): void {
    if (this.#marks.at(-1) === this.#values.length) this.#marks.pop();
    else this.pop();
  }

  /** Remembers the value on top. */
  memoize(index: number = this.#memo.length + this.#scattered.size): void {
    if (index <= this.#memo.length) this.#memo[index] = this.top();
    else this.#scattered.set(index, this.top());
  }

  /** Puts a remembered value on top. */
  recall(index: number): void {
    const value = index < this.#memo.length ? this.#memo[index] : this.#scattered.get(index);
    if (value === undefined) throw broken(`nothing was remembered as number ${index}`);
    this.push(value);
  }

  /** The one value that must be left at the end. */
  end(): Node {
    if (this.#values.length !== 1 || this.#marks.length > 0) {
      throw broken(`${this.#values.length} values and ${this.#marks.length} marks are left at its end`);
    }
    return this.#values[0];
  }

  #need(count: number): void {
    if (this.#values.length - (this.#marks.at(-1) ?? 0) < count) throw broken("a value is missing");
  }
}

/** The error for a pickle whose instructions don't fit together. */
export function broken(what: string): IntegrityError {
  return new IntegrityError(`the pickle is damaged: ${what}`);
}

/** Pickles that Python writes copy hardly anything; the fixed part lets small ones copy what they like. */
const FREE_BYTES = 64 * 1024 * 1024;
const PER_PICKLED_BYTE = 8;

/**
 * How much memory a pickle may take beyond what it holds. A few bytes can ask for a copy of anything that the pickle remembers, over and over:
 * without a limit, a small pickle could fill all memory.
 */
export class Allowance {
  #left: number;

  /** The allowance of a pickle of that many bytes. */
  constructor(pickleLength: number) {
    this.#left = FREE_BYTES + PER_PICKLED_BYTE * pickleLength;
  }

  /**
   * Takes from it; before the memory is taken.
   *
   * @throws {UnsupportedError} when nothing is left.
   */
  spend(byteLength: number): void {
    this.#left -= byteLength;
    if (this.#left < 0) {
      throw new UnsupportedError(
        "the pickle copies what it holds so often that it would fill the memory: pickle the values apart",
      );
    }
  }

  /** A copy of bytes. */
  copy(bytes: Uint8Array): Uint8Array {
    this.spend(bytes.length);
    return bytes.slice();
  }
}
