/**
 * An encrypting store around any other. What puts (`putting.ts`), what opens and reads (`reading.ts`, with the arithmetic of ranges in `spans.ts`), and
 * what copies and re-keys (`copying.ts`) is loaded on first use. What names are bound is in `binding.ts`.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../../lib/options.ts";
import type {
  Backend,
  Body,
  BucketOperations,
  Capabilities,
  CopyOptions,
  DeleteItem,
  DeleteOptions,
  DeleteResult,
  HeadOptions,
  ListOptions,
  ObjectHead,
  ObjectInfo,
  ObjectReader,
  OpenOptions,
  Prefix,
  PutOptions,
  PutResult,
  RequestOptions,
} from "../../backends/backend.ts";
import { IntegrityError, UnsupportedError } from "../../lib/errors.ts";
import { type OnWarning, warnOncePerKind } from "../../lib/warnings.ts";
import { type EncryptionScheme, type Keys, notAuthenticError, type UnsealedObject } from "../scheme.ts";
import { measure } from "../segments.ts";
import { headOf, NameBinding, rootRoom } from "./binding.ts";
import type { Copier, RekeyOptions } from "./copying.ts";
import { passedOn, resumable, storeWithBucket } from "./passing.ts";
import type { VersionCache } from "./reading.ts";

export type { RekeyOptions } from "./copying.ts";

/** Options of {@linkcode EncryptingBackend}. */
export interface EncryptingBackendOptions {
  /** Reads objects that the keys don't, and that carry no sign of this library's encryption; a warning says so each time. */
  readonly legacy?: EncryptionScheme;
  /**
   * Where the store's root is, from where all who use these objects count their names: `"labs/my-lab"`, or `""` where the root is that itself. Names are bound from there, and
   * the store is not asked. Default: what the store tells, as {@linkcode Backend.rootPath}. It says nothing of other buckets.
   */
  readonly binding?: string;
  /** Receives warnings where a call names no one; by default the first of each kind is printed. */
  readonly onWarning?: OnWarning;
}

const ENCRYPTING_OPTIONS: OptionTable<EncryptingBackendOptions> = {
  legacy: true,
  binding: true,
  onWarning: true,
};

/**
 * A store that encrypts what is put and decrypts what is read: everything that works with a backend works with this one around it. Sizes, ranges and metadata
 * are those of the plain objects; names, sizes and the content type are seen by whoever sees the store, and with the AES and RSA schemes so are the metadata,
 * which nobody can change unnoticed.
 *
 * Sizes that listings tell are the store's word. What is read is authentic, byte for byte, before it is given; whatever is read up to the object's end proves
 * that it is the end. Copies are made within the store, and given a data key of the new name without their bytes being moved.
 *
 * `IntegrityError` is what becomes of every object that is not as it was put, in its place.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { aesKeys, EncryptingBackend, generateAesKey } from "@cottoncandy/cottoncandy/crypto";
 *
 * const store = new MemoryBackend();
 * const backend = new EncryptingBackend(store, aesKeys(generateAesKey()));
 * await backend.put("greeting", new TextEncoder().encode("hello"), { metadata: { lang: "en" } });
 * const reader = await backend.open("greeting");
 * console.assert(reader.info.metadata.lang === "en");
 * console.assert(new TextDecoder().decode(await reader.read({ suffix: 2 })) === "lo");
 * console.assert((await store.head("greeting"))?.size === 40 + 5 + 16);
 * ```
 */
export class EncryptingBackend implements Backend {
  /** The store around which this is. */
  readonly store: Backend;
  /** What the store can do; room for metadata is smaller by what encryption adds, besides the names of an object's entries. */
  readonly capabilities: Capabilities;
  /** The same encryption in another bucket, where the store has buckets. */
  readonly withBucket?: (name: string) => EncryptingBackend;
  /** Who owns an object, where the store tells. */
  readonly owner?: Backend["owner"];
  /** An object's tags, where the store has tags, which are not encrypted. */
  readonly getTags?: Backend["getTags"];
  /** Replaces an object's tags, where the store has tags, which are not encrypted. */
  readonly setTags?: Backend["setTags"];
  /** Refused: a URL gives what is stored, which is encrypted, and stores what it gets, which is not. `store` signs URLs of the stored bytes. */
  readonly presign?: Backend["presign"];
  /** All versions, where the store keeps some; their sizes are what the stored sizes tell of the plain ones. */
  readonly listVersions?: Backend["listVersions"];
  /** Brings a deleted object back, where the store has kept it; no key is needed. */
  readonly undelete?: Backend["undelete"];
  /** Uploads in parts that are not complete, where the store keeps parts. */
  readonly listUploads?: Backend["listUploads"];
  /** Ends uploads in parts that are not complete. */
  readonly abortUploads?: Backend["abortUploads"];
  /**
   * Begins an upload that can be resumed, where the store can and the keys read what they write: AES keys, RSA with the private key. Needs `source`, which tells this body from any other: a resumption with another is an
   * `IntegrityError` before anything is encrypted, since under one keystream two bodies would give each other away. The token is sealed with the keys.
   */
  readonly startUpload?: Backend["startUpload"];
  /** Encrypts the body once more, to the same bytes, and sends what the store lacks of them. */
  readonly resumeUpload?: Backend["resumeUpload"];
  /** Ends an upload that was begun. */
  readonly abortUpload?: Backend["abortUpload"];
  /** By how much the store's clock is ahead of this machine's. */
  readonly clockOffset?: Backend["clockOffset"];
  readonly #keys: Keys;
  readonly #options: EncryptingBackendOptions;
  readonly #binding: NameBinding;
  #cache: VersionCache | undefined;

  /**
   * Encrypts in front of a store; nothing is sent.
   *
   * @param keys Made by `aesKeys`, `rsaKeys` or `ageKeys`.
   * @throws {InvalidArgumentError} when `binding` is no path.
   */
  constructor(store: Backend, keys: Keys, options: EncryptingBackendOptions = {}) {
    checkOptions(options, ENCRYPTING_OPTIONS);
    this.store = store;
    this.#keys = keys;
    this.#options = options;
    this.#binding = new NameBinding(store, options.binding);
    const added = keys.metadataBytes([], rootRoom(store));
    const metadataLimit = Math.max(0, store.capabilities.metadataLimit - added);
    // Of what is encrypted, metadata too, the store knows no times of content.
    this.capabilities = Object.freeze({ ...store.capabilities, metadataLimit, contentTimes: false });
    if (store.withBucket) {
      const elsewhere = { ...options, binding: undefined };
      this.withBucket = (name) =>
        name === store.bucket ? this : new EncryptingBackend(storeWithBucket(store, name), keys, elsewhere);
    }
    Object.assign(this, passedOn(store, keys), resumable(store, keys, this.#binding));
  }

  /** The store's name. */
  get name(): string {
    return this.store.name;
  }

  /** What tells the store from others of its name. */
  get identity(): string | undefined {
    return this.store.identity;
  }

  /** The bucket's name, where there are buckets. */
  get bucket(): string | undefined {
    return this.store.bucket;
  }

  /** The store's operations on buckets. */
  get buckets(): BucketOperations | undefined {
    return this.store.buckets;
  }

  /**
   * What the store tells of an object, and its metadata, which are checked; its size is the store's word.
   *
   * @throws {IntegrityError} when they are not authentic.
   * @throws {UnsupportedError} when the keys can't read.
   */
  async head(key: string, options: HeadOptions = {}): Promise<ObjectHead | undefined> {
    const head = await headOf(this.store, key, options);
    if (!head) return undefined;
    const scheme = this.#schemeOf(head, options);
    const unsealed = await this.#unseal(scheme, head, options);
    const size = scheme.layout
      ? measure(scheme.layout, head.size)?.plainSize
      : unsealed.plainSize(head.size) ?? await this.#openedSize(key, head, options);
    if (size === undefined) throw notAuthenticError(key);
    const { checksum: _, ...told } = head;
    return { ...told, size, metadata: unsealed.metadata };
  }

  /**
   * Opens one version of an object; its metadata and header are checked by then.
   *
   * @throws {NotFoundError} when there is none.
   * @throws {IntegrityError} when they are not authentic.
   * @throws {UnsupportedError} when the keys can't read.
   */
  async open(key: string, options: OpenOptions = {}): Promise<ObjectReader> {
    const { openEncrypted, VersionCache } = await import("./reading.ts");
    return await openEncrypted(
      {
        store: this.store,
        scheme: this.#keys,
        cache: this.#cache ??= new VersionCache(),
        unseal: async (head) => await this.#unseal(this.#schemeOf(head, options), head, options),
      },
      key,
      options,
    );
  }

  /**
   * Encrypts an object under a fresh key as it is stored, all or nothing. What the store sends again is the same ciphertext.
   *
   * @throws {InvalidArgumentError} when there is no room for the metadata and those that encryption adds; nothing was read or sent then.
   */
  async put(key: string, body: Body, options: PutOptions = {}): Promise<PutResult> {
    const { putEncrypted } = await import("./putting.ts");
    return await putEncrypted(this.store, this.#keys, this.#binding, key, body, options);
  }

  /** Lists objects; their sizes are what the stored sizes tell of the plain ones. */
  async *list(options: ListOptions = {}): AsyncIterable<ObjectInfo | Prefix> {
    for await (const entry of this.store.list(options)) {
      yield "key" in entry ? { ...entry, size: this.#keys.advisorySize(entry.size) } : entry;
    }
  }

  /** Deletes objects, whatever they are; no key is needed. */
  delete(
    items: Iterable<DeleteItem> | AsyncIterable<DeleteItem>,
    options: DeleteOptions = {},
  ): AsyncIterable<DeleteResult> {
    return this.store.delete(items, options);
  }

  /**
   * Copies an object within the store, and binds the copy to its name and metadata.
   *
   * @throws {IntegrityError} when the source's metadata are not authentic.
   * @throws {UnsupportedError} when the keys can't read.
   */
  async copy(from: string, to: string, options: CopyOptions = {}): Promise<PutResult> {
    const { copyEncrypted } = await import("./copying.ts");
    return await copyEncrypted(this.#copier, from, to, options);
  }

  /**
   * Encrypts an object's data key anew, within the store: with other keys, or bound to the name that the object has now. Its bytes stay what they are.
   *
   * An object that is so already is left alone. What somebody keeps from before, the old metadata and the old keys, still opens these bytes: to shut out
   * somebody who had both, upload anew.
   *
   * @returns `undefined` when nothing had to be done.
   * @throws {NotFoundError} when there is none.
   * @throws {IntegrityError} when it was written with neither keys, or under another name.
   */
  async rekey(key: string, options: RekeyOptions = {}): Promise<PutResult | undefined> {
    const { rekeyEncrypted } = await import("./copying.ts");
    return await rekeyEncrypted(this.#copier, key, options);
  }

  get #copier(): Copier {
    return {
      store: this.store,
      keys: this.#keys,
      binding: this.#binding,
      metadataLimit: this.capabilities.metadataLimit,
      bucket: (name) =>
        name === undefined || name === this.bucket ? this.store : storeWithBucket(this.store, name),
      schemeOf: (head, options) => this.#schemeOf(head, options),
      opens: (keys, head, options) => this.#opens(keys, head, options),
    };
  }

  /** The scheme of a stored object: that of the keys, never one that the object chooses; or the legacy one, where it is admitted and nothing speaks against it. */
  #schemeOf({ key, metadata }: ObjectHead, options: RequestOptions): EncryptionScheme {
    const { legacy, onWarning } = this.#options;
    if (this.#keys.recognizes(metadata)) return this.#keys;
    if (!legacy?.recognizes(metadata)) {
      throw notAuthenticError(key, `it is not said to be encrypted with ${this.#keys.name}`);
    }
    const warn = options.onWarning ?? onWarning ?? warnOncePerKind;
    warn({
      kind: "legacy-encryption",
      message:
        "an object of Python's EncryptedInterface was read, which nothing protects from being changed: " +
        "copy what it holds into an encrypted object, and do without `legacy`",
      key,
    });
    return legacy;
  }

  /** Checks a stored object's metadata. */
  #unseal(scheme: EncryptionScheme, head: ObjectHead, options: RequestOptions): Promise<UnsealedObject> {
    return this.#binding.opening(scheme, head, options, (object) => scheme.unseal(object));
  }

  /** Whether keys open a stored object's metadata. */
  async #opens(keys: Keys, head: ObjectHead, options: RequestOptions): Promise<boolean> {
    if (!keys.recognizes(head.metadata)) return false;
    try {
      await this.#unseal(keys, head, options);
      return true;
    } catch (error) {
      if (error instanceof IntegrityError) return false;
      // New keys that can only write: that these metadata name them is all they can tell.
      if (error instanceof UnsupportedError && keys !== this.#keys) return true;
      throw error;
    }
  }

  /** The size of an object that only its body tells. */
  async #openedSize(
    key: string,
    { etag }: ObjectHead,
    { versionId, signal }: HeadOptions,
  ): Promise<number> {
    const reader = await this.open(key, {
      range: { offset: 0, length: 0 },
      ifMatch: etag,
      versionId,
      signal,
      onWarning: () => {},
    });
    await reader.close();
    return reader.info.size;
  }
}
