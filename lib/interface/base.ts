/**
 * What all interfaces have: a store, its current bucket, the prefix that names are relative to, and what methods do where a call says nothing else.
 *
 * @module
 */
import type { Backend, BucketInfo, RequestOptions } from "../../backends/backend.ts";
import { InvalidArgumentError, NotFoundError } from "../errors.ts";
import { cleanName, cleanPrefix, pathjoin } from "../names.ts";
import { checkOptions, type OptionTable } from "../options.ts";
import {
  type InterfaceDefaults,
  otherBucket,
  print,
  type ReadOptions,
  type RootOptions,
  type WriteOptions,
} from "../objects/mod.ts";
import { bucketInfo, bucketsOf, bucketTable, checkBucketPrefix } from "./buckets.ts";

/** Where an interface looks: options of its constructor beside the defaults of its methods. */
export interface InterfaceSettings extends InterfaceDefaults {
  /** All names are relative to this prefix of the bucket; default the whole bucket. */
  readonly prefix?: string;
  /** What the names of new buckets must begin with; default nothing. */
  readonly mandatoryBucketPrefix?: string;
}

const SETTINGS: OptionTable<InterfaceSettings> = {
  prefix: true,
  mandatoryBucketPrefix: true,
  acl: true,
  compression: true,
  workers: true,
  concurrency: true,
  onWarning: true,
};

/** What `console.log` asks an object for, in Deno, Node and Bun. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/**
 * A store and the bucket of it that is current.
 *
 * @category Opening a store
 * @example
 * ```ts
 * import { InterfaceObject, MemoryBackend } from "@cottoncandy/cottoncandy";
 *
 * const cci = new InterfaceObject(new MemoryBackend("lab"), { prefix: "sub01" });
 * await cci.createBucket("attic");
 * console.assert(cci.bucketName === "attic" && cci.prefix === "sub01/");
 * ```
 */
export class InterfaceObject {
  #backend: Backend;
  /** The current bucket is gone: it was removed through this interface. */
  #removed = false;
  readonly #prefix: string;
  readonly #mandatoryBucketPrefix: string | undefined;
  /** What methods do where a call does not say otherwise. */
  protected readonly defaults: InterfaceDefaults;

  /** An interface to a store; nothing is sent. */
  constructor(backend: Backend, options: InterfaceSettings = {}) {
    checkOptions(options, SETTINGS);
    const { prefix = "", mandatoryBucketPrefix, ...defaults } = options;
    this.#backend = backend;
    this.#mandatoryBucketPrefix = mandatoryBucketPrefix;
    const clean = cleanPrefix(prefix);
    this.#prefix = clean === "" || clean.endsWith("/") ? clean : `${clean}/`;
    this.defaults = defaults;
  }

  /**
   * The store and bucket that is current.
   *
   * @throws {InvalidArgumentError} when no bucket is, because the one that was has been removed.
   */
  get backend(): Backend {
    if (!this.#removed) return this.#backend;
    throw new InvalidArgumentError(
      `no bucket is current, since "${this.#backend.bucket}" was removed: choose one with setBucket or createBucket`,
      { bucket: this.#backend.bucket },
    );
  }

  /** The current bucket's name, or the directory of a local store; `undefined` after the current bucket was removed. */
  get bucketName(): string | undefined {
    return this.#removed ? undefined : this.#backend.bucket;
  }

  /** What all names are relative to: `""`, or a prefix that ends in `/`. */
  get prefix(): string {
    return this.#prefix;
  }

  /** What it is: `DefaultInterface("s3://lab", prefix="sub01/")`. What consoles show, too: neither options nor credentials nor keys. */
  toString(): string {
    const { store, prefix } = this.toJSON();
    return `${this.constructor.name}(${JSON.stringify(store)}${
      prefix && `, prefix=${JSON.stringify(prefix)}`
    })`;
  }

  /** What consoles show. */
  [INSPECT](): string {
    return this.toString();
  }

  /** Its store and prefix: neither options nor credentials nor keys. */
  toJSON(): { readonly store: string; readonly prefix: string } {
    return { store: this.#backend.name, prefix: this.#prefix };
  }

  /**
   * Joins names as POSIX paths are joined; see {@linkcode pathjoin}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * console.assert(cci.pathjoin("sub01", "run1", "betas") === "sub01/run1/betas");
   * ```
   */
  pathjoin(a: string, ...p: string[]): string {
    return pathjoin(a, ...p);
  }

  /**
   * Makes a bucket, which becomes the current one. The interface's prefix stays.
   *
   * @param options `acl`: the bucket's canned ACL; sent only when given here, since `acl` of the interface is for objects.
   * @throws {AlreadyExistsError} when there is such a bucket.
   * @throws {InvalidArgumentError} when its name doesn't begin with the mandatory prefix of `options.cfg`.
   * @throws {UnsupportedError} when the store has no buckets, as in all methods on buckets.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.createBucket("attic");
   * console.assert(cci.bucketName === "attic");
   * ```
   */
  async createBucket(name: string, options: RequestOptions & { acl?: string } = {}): Promise<void> {
    checkOptions(options);
    checkBucketPrefix(name, this.#mandatoryBucketPrefix);
    await bucketsOf(this.#backend).create(name, options);
    this.#use(name);
  }

  /**
   * Removes an empty bucket. Where it is the current one, none is current until `setBucket` or `createBucket`.
   *
   * @throws {NotFoundError} when there is no such bucket.
   * @throws {PreconditionFailedError} when it isn't empty.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.createBucket("attic");
   * await cci.rmBucket("attic");
   * console.assert(cci.bucketName === undefined && !await cci.existsBucket("attic"));
   * ```
   */
  async rmBucket(name: string, options: RequestOptions = {}): Promise<void> {
    checkOptions(options);
    await bucketsOf(this.#backend).remove(name, options);
    if (name === this.#backend.bucket) this.#removed = true;
  }

  /**
   * Makes another bucket the current one. The interface's prefix stays: names are relative to it there too.
   *
   * @throws {NotFoundError} when there is no such bucket; the current one stays.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.createBucket("attic");
   * await cci.setBucket("lab");
   * console.assert(cci.bucketName === "lab");
   * ```
   */
  async setBucket(name: string, options: RequestOptions = {}): Promise<void> {
    if (!await this.existsBucket(name, options)) {
      throw new NotFoundError(`there is no bucket "${name}": make it with createBucket, or check its name`, {
        bucket: name,
      });
    }
    this.#use(name);
  }

  /**
   * Whether there is a bucket of this name; one that may not be looked into exists.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * console.assert(await cci.existsBucket("lab") && !await cci.existsBucket("cellar"));
   * ```
   */
  async existsBucket(name: string, options: RequestOptions = {}): Promise<boolean> {
    checkOptions(options);
    return await bucketsOf(this.#backend).exists(name, options);
  }

  /**
   * The current bucket: its name, and when it was made where the store tells.
   *
   * @throws {NotFoundError} when there is none of that name.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * console.assert((await cci.getBucket()).name === "lab");
   * ```
   */
  async getBucket(options: RequestOptions = {}): Promise<BucketInfo> {
    checkOptions(options);
    const { bucket = "" } = this.backend;
    return await bucketInfo(this.backend, bucket, options);
  }

  /**
   * All buckets that the credentials see, by name.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * const names = (await cci.listBuckets()).map(({ name }) => name);
   * console.assert(names.includes("lab"));
   * ```
   */
  async listBuckets(options: RequestOptions = {}): Promise<BucketInfo[]> {
    checkOptions(options);
    return await bucketsOf(this.#backend).list(options);
  }

  /**
   * Prints all buckets, name and local time of making of each, and returns what it prints.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * const table = await cci.showBuckets(); // and prints it
   * console.assert(table.includes("lab"));
   * ```
   */
  async showBuckets(options: RequestOptions = {}): Promise<string> {
    const table = bucketTable(await this.listBuckets(options));
    print(table);
    return table;
  }

  #use(bucket: string): void {
    this.#backend = this.#backend.withBucket?.(bucket) ?? this.#backend;
    this.#removed = false;
  }

  /** Calls `work` with a name below the prefix; whatever is thrown on the way becomes a rejection. */
  protected async run<T>(work: (name: string) => Promise<T>, name: string): Promise<T> {
    // Below a prefix, `..` must not lead out of it. What of the name is cleaned is for the feature to find out.
    cleanName(name);
    return await work(this.#prefix + name);
  }

  /** A name below the prefix that may be the root of all: `""`, `"/"`. */
  protected below(name: string): string {
    return cleanPrefix(name) === "" ? this.#prefix : this.#prefix + name;
  }

  /** The current store with another bucket. */
  protected inBucket(name: string | undefined): Backend {
    return otherBucket(this.backend, name);
  }

  /** A read's options over the interface's defaults. */
  protected reading<T extends Omit<ReadOptions, "onProgress">>(
    options: T,
  ): T & Omit<ReadOptions, "onProgress"> {
    const { concurrency, onWarning } = this.defaults;
    return {
      ...options,
      concurrency: options.concurrency ?? concurrency,
      onWarning: options.onWarning ?? onWarning,
    };
  }

  /** A write's options over the interface's defaults. */
  protected writing<T extends Omit<WriteOptions, "onProgress">>(
    options: T,
  ): T & Omit<WriteOptions, "onProgress"> {
    return { ...this.reading(options), acl: options.acl ?? this.defaults.acl };
  }

  /** Options of what works on many names, over the interface's defaults: names are relative to the prefix. */
  protected rooted<T extends ReadOptions>(options: T): T & ReadOptions & RootOptions {
    return { ...this.reading(options), root: this.#prefix };
  }
}
