import { compareKeys } from "../../backends/arguments.ts";
import type { Backend, ObjectInfo, RequestOptions } from "../../backends/backend.ts";
import { IteratorReader } from "../async.ts";
import { IntegrityError } from "../errors.ts";
import { directoryOf, objectsBelow } from "../objects/mod.ts";

/** A store and what all keys there begin with. */
export interface Side {
  /** The store. */
  readonly backend: Backend;
  /** `""` for all of the store, or a prefix that ends in `/`. */
  readonly prefix: string;
}

/** Whether two sides are of one store, which can copy from the one to the other: then they may overlap. */
export function areOneStore({ backend: from }: Side, { backend: to }: Side): boolean {
  return from === to || (to.reaches?.(from) ?? false);
}

/** Where something is, in all that a store and those it can copy from have. */
export async function placePath({ backend }: Side, key: string, { signal }: RequestOptions): Promise<string> {
  const root = await backend.rootPath?.({ signal });
  return root === undefined ? `${backend.bucket}/${key}` : `${directoryOf(root)}${key}`;
}

/** What is stored under one name; at least on one side. */
export interface Pair {
  /** What follows the prefix in the keys of both. */
  readonly name: string;
  /** The object to copy. */
  readonly source?: ObjectInfo;
  /** The object that has its place. */
  readonly target?: ObjectInfo;
}

/**
 * Lists both sides at once, page by page, and gives what is stored under each name, in order. Nothing is held but a page of each.
 *
 * @throws {IntegrityError} when a side does not list in order: what looks as if it were missing may come later.
 */
export async function* pairsOf(
  from: Side,
  to: Side,
  isWanted: (name: string) => boolean,
  options: RequestOptions,
): AsyncGenerator<Pair, void, void> {
  const sources = new Listing(from, isWanted, options);
  const targets = new Listing(to, isWanted, options);
  try {
    await Promise.all([sources.advance(), targets.advance()]);
    for (;;) {
      const [source, target] = [sources.current, targets.current];
      if (!source && !target) return;
      const order = !source ? 1 : !target ? -1 : compareKeys(source.name, target.name);
      if (order < 0 && source) yield { name: source.name, source: source.info };
      else if (order > 0 && target) yield { name: target.name, target: target.info };
      else if (source) yield { name: source.name, source: source.info, target: target?.info };
      if (order === 0) await Promise.all([sources.advance(), targets.advance()]);
      else await (order < 0 ? sources : targets).advance();
    }
  } finally {
    await Promise.all([sources.end(), targets.end()]);
  }
}

/** One side's objects, one after the other, by their names. */
class Listing {
  /** The object at hand; `undefined` when there are no more. */
  current: { readonly name: string; readonly info: ObjectInfo } | undefined;
  readonly #side: Side;
  readonly #isWanted: (name: string) => boolean;
  readonly #reader: IteratorReader<ObjectInfo>;
  #last: string | undefined;

  constructor(side: Side, isWanted: (name: string) => boolean, options: RequestOptions) {
    this.#side = side;
    this.#isWanted = isWanted;
    this.#reader = new IteratorReader(objectsBelow(side.backend, side.prefix, options));
  }

  /** Goes on to the next name that is wanted. */
  async advance(): Promise<void> {
    const { backend, prefix } = this.#side;
    for (;;) {
      const step = await this.#reader.next();
      if (step.done) {
        this.current = undefined;
        return;
      }
      const info: ObjectInfo = step.value;
      const name = info.key.slice(prefix.length);
      if (this.#last !== undefined && compareKeys(name, this.#last) <= 0) {
        throw new IntegrityError(
          `${backend.name} lists "${info.key}" after "${prefix}${this.#last}", out of order: nothing can be told to be missing there`,
          { bucket: backend.bucket, committed: "no" },
        );
      }
      this.#last = name;
      // The placeholder of the place itself has no name.
      if (name === "" || !this.#isWanted(name)) continue;
      this.current = { name, info };
      return;
    }
  }

  async end(): Promise<void> {
    await this.#reader.end().catch(() => {});
  }
}
