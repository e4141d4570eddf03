import { compareKeys } from "../../backends/arguments.ts";
import type { Backend, ObjectInfo, RequestOptions } from "../../backends/backend.ts";
import { IteratorReader, type Resolvers, withResolvers } from "../async.ts";
import { IntegrityError } from "../errors.ts";
import { directoryOf, objectsBelow } from "../objects/mod.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";

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

/** The same objects as the store has them, around which others are. */
export function innermost({ backend, prefix }: Side): Side {
  while (backend.store) backend = backend.store;
  return { backend, prefix };
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

/** How many objects a side is listed ahead of what is looked at: so that its next request runs meanwhile. */
const AHEAD = 1000;

/**
 * Lists both sides at once, and gives what is stored under each name, in order: as many at a time as have been listed. Nothing is held but a page or two of each, and the
 * names that the source's listing leaves out with a warning: there is something by that name, so that what the target has there, or below, is not missing in the source. It is not given.
 *
 * @throws {IntegrityError} when a side does not list in order: what looks as if it were missing may come later.
 */
export async function* pairsOf(
  from: Side,
  to: Side,
  isWanted: (name: string) => boolean,
  options: RequestOptions,
): AsyncGenerator<readonly Pair[], void, void> {
  const leftOut = new Set<string>();
  const { onWarning: tell = warnOncePerKind } = options;
  const onWarning: OnWarning = (warning) => {
    const { kind, key } = warning;
    if (kind !== "left-out" || !key?.startsWith(from.prefix)) return tell(warning);
    const name = key.slice(from.prefix.length);
    leftOut.add(name);
    if (isWanted(name)) tell(warning);
  };
  const sources = new Listing(from, isWanted, { ...options, onWarning });
  const targets = new Listing(to, isWanted, options);
  try {
    for (;;) {
      await Promise.all([sources.ready(), targets.ready()]);
      const pairs: Pair[] = [];
      while (sources.isReady && targets.isReady) {
        const [source, target] = [sources.current, targets.current];
        if (!source && !target) break;
        const order = !source ? 1 : !target ? -1 : compareKeys(source.name, target.name);
        if (source && order <= 0) {
          pairs.push({
            name: source.name,
            source: source.info,
            target: order === 0 ? target?.info : undefined,
          });
        } else if (target && !isAmong(leftOut, target.name)) {
          pairs.push({ name: target.name, target: target.info });
        }
        if (order <= 0) sources.advance();
        if (order >= 0) targets.advance();
      }
      if (pairs.length > 0) yield pairs;
      else if (sources.isReady && targets.isReady) return;
    }
  } finally {
    await Promise.all([sources.end(), targets.end()]);
  }
}

/** Whether one of the names is this one, or a directory in which it is. */
function isAmong(names: ReadonlySet<string>, name: string): boolean {
  if (names.size === 0) return false;
  for (let end = name.indexOf("/"); end >= 0; end = name.indexOf("/", end + 1)) {
    if (names.has(name.slice(0, end))) return true;
  }
  return names.has(name);
}

interface Listed {
  readonly name: string;
  readonly info: ObjectInfo;
}

/** One side's objects, one after the other, listed ahead by as many as are being looked at. */
class Listing {
  readonly #side: Side;
  readonly #isWanted: (name: string) => boolean;
  readonly #reader: IteratorReader<ObjectInfo>;
  /** What is being looked at, and how far that has come. */
  #page: readonly Listed[] = [];
  #at = 0;
  /** What has been listed ahead. */
  #next: Listed[] = [];
  #over = false;
  /** What the listing broke off with, behind all that was listed. */
  #failure: { readonly error: unknown } | undefined;
  /** Settles when more has been listed, or nothing more comes. */
  #more: Resolvers<void> = withResolvers();
  /** Settles when there is room to list ahead. */
  #room: Resolvers<void> = withResolvers();

  constructor(side: Side, isWanted: (name: string) => boolean, options: RequestOptions) {
    this.#side = side;
    this.#isWanted = isWanted;
    this.#reader = new IteratorReader(objectsBelow(side.backend, side.prefix, options));
    this.#list().catch((error) => this.#failure = { error }).finally(() => {
      this.#over = true;
      this.#more.resolve();
    });
  }

  /** Whether it is known which object is at hand. */
  get isReady(): boolean {
    return this.#at < this.#page.length || this.#over && this.#next.length === 0 && !this.#failure;
  }

  /** The object at hand; `undefined` when there are no more. */
  get current(): Listed | undefined {
    return this.#page[this.#at];
  }

  /** Goes on to the next object. */
  advance(): void {
    this.#at++;
  }

  /** Waits until it is known which object is at hand; throws where the listing broke off before it. */
  async ready(): Promise<void> {
    if (this.isReady) return;
    if (this.#next.length === 0) await this.#more.promise;
    if (this.#next.length === 0 && this.#failure) throw this.#failure.error;
    this.#page = this.#next;
    this.#at = 0;
    this.#next = [];
    if (this.#over) return;
    this.#more = withResolvers();
    this.#room.resolve();
  }

  async end(): Promise<void> {
    await this.#reader.end().catch(() => {});
  }

  async #list(): Promise<void> {
    const { backend, prefix } = this.#side;
    let last: string | undefined;
    for (;;) {
      const step = await this.#reader.next();
      if (step.done) break;
      const info: ObjectInfo = step.value;
      const name = info.key.slice(prefix.length);
      if (last !== undefined && compareKeys(name, last) <= 0) {
        throw new IntegrityError(
          `${backend.name} lists "${info.key}" after "${prefix}${last}", out of order: nothing can be told to be missing there`,
          { bucket: backend.bucket, committed: "no" },
        );
      }
      last = name;
      // The placeholder of the place itself has no name.
      if (name === "" || !this.#isWanted(name)) continue;
      this.#next.push({ name, info });
      // All that has come in one answer is looked at together.
      if (this.#next.length === 1) setTimeout(this.#more.resolve);
      if (this.#next.length < AHEAD) continue;
      this.#more.resolve();
      this.#room = withResolvers();
      await this.#room.promise;
    }
  }
}
