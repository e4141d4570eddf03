/**
 * Objects whose body is Tink's streaming AEAD under a fresh data key, which is stored in the metadata, wrapped, and bound to the object's name and metadata.
 *
 * @module
 */
import { fromCanonicalBase64, toBase64 } from "../../lib/base64.ts";
import { concat, u32be } from "../../lib/bytes.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import type { Seal } from "../../lib/sealing.ts";
import { randomBytes } from "../primitives.ts";
import {
  checkOwnMetadata,
  type EncryptionScheme,
  notAuthenticError,
  type ObjectIdentity,
  type RekeyTarget,
  ROOT_ENTRY,
  SCHEME_ENTRY,
  type SealedObject,
  type SegmentLayout,
  type UnsealedObject,
} from "../scheme.ts";
import { advisoryPlainSize } from "../segments.ts";
import { DATA_KEY_LENGTH, newTinkStream, openTinkStream, TINK_LAYOUT } from "./stream.ts";

/** The metadata entry that names all that are bound, itself included. */
const BOUND_ENTRY = "cc-bound";
/** The metadata entry of the wrapped data key, in base64. */
const KEY_ENTRY = "cc-key";
/** The metadata entry that tells which key wrapped the data key, where keys have names. */
const KEY_ID_ENTRY = "cc-key-id";
/** Says which way of writing down what is bound this is; a change of it makes all bindings differ. */
const VERSION_TAG = "cottoncandy-envelope-1";

type Metadata = Readonly<Record<string, string>>;

/** What wraps data keys, and binds them to bytes that must be the same when they are unwrapped. */
export interface KeyWrap {
  /** The kind of key. */
  readonly name: "AES" | "RSA";
  /** Bytes of a wrapped data key. */
  readonly wrappedLength: number;
  /** Names the key, where there is such a name. */
  readonly keyId?: string;
  /** What Python's cottoncandy encrypted with where it had the same keys: the secret key itself, or the private one. */
  readonly legacyKey?: Uint8Array<ArrayBuffer> | CryptoKey;
  /** Wraps a data key and binds it. */
  wrap(dataKey: Uint8Array<ArrayBuffer>, bound: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** Unwraps a data key; `undefined` when it was wrapped by another key or bound to something else. */
  unwrap(
    wrapped: Uint8Array<ArrayBuffer>,
    bound: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** The schemes with a wrapped data key; they differ in what wraps it. */
export class Envelope implements EncryptionScheme {
  /** The kind of key that wraps. */
  readonly name: "AES" | "RSA";
  /** All bodies have this layout. */
  readonly layout: SegmentLayout = TINK_LAYOUT;
  /** Bytes of a body's header. */
  readonly headerHint: number = TINK_LAYOUT.headerLength;
  /** Data keys are bound to the objects' names. */
  readonly bindsNames = true;
  readonly #keys: KeyWrap;

  /** For `aesKeys` and `rsaKeys`. */
  constructor(keys: KeyWrap) {
    this.name = keys.name;
    this.#keys = keys;
  }

  /** As {@linkcode KeyWrap.legacyKey}. */
  static legacyKeyOf(envelope: Envelope): Uint8Array<ArrayBuffer> | CryptoKey | undefined {
    return envelope.#keys.legacyKey;
  }

  /** Whether the metadata name this scheme. */
  recognizes(metadata: Metadata): boolean {
    return Object.hasOwn(metadata, SCHEME_ENTRY) && metadata[SCHEME_ENTRY] === this.name;
  }

  /** Bytes of the entries that are added. */
  metadataBytes(names: readonly string[], root?: string): number {
    const own = this.#ownEntries(root);
    const wrapped = 4 * Math.ceil(this.#keys.wrappedLength / 3);
    return sizeOf(own) + KEY_ENTRY.length + wrapped +
      BOUND_ENTRY.length + boundNames([...Object.keys(own), ...names]).length;
  }

  /** Exact for every object of ours. */
  advisorySize(storedSize: number): number {
    return advisoryPlainSize(TINK_LAYOUT, storedSize);
  }

  /** By the secret key itself, or the private one. */
  async sealFor(purpose: string): Promise<Seal | undefined> {
    const { legacyKey } = this.#keys;
    if (!legacyKey) return undefined;
    const secret = legacyKey instanceof Uint8Array
      ? legacyKey
      : new Uint8Array(await crypto.subtle.exportKey("pkcs8", legacyKey));
    const { Seal } = await import("../../lib/sealing.ts");
    return await Seal.of(secret, purpose);
  }

  /** A fresh data key, wrapped, and a cipher under it. */
  async seal(object: ObjectIdentity): Promise<SealedObject> {
    const dataKey = randomBytes(DATA_KEY_LENGTH);
    const metadata = await this.#wrapFor(dataKey, object);
    return { metadata, ...await newTinkStream(dataKey) };
  }

  /** Unwraps the data key, which authenticates what it is bound to. */
  async unseal(object: ObjectIdentity): Promise<UnsealedObject> {
    const { dataKey, metadata } = await this.#unwrapOf(object);
    return {
      metadata,
      plainSize: (storedSize) => advisoryPlainSize(TINK_LAYOUT, storedSize),
      async payload(first) {
        const header = await first(TINK_LAYOUT.headerLength);
        return { kind: "segments", cipher: await openTinkStream(dataKey, header, object.key) };
      },
    };
  }

  /** Wraps the same data key anew. */
  async rekey(
    object: ObjectIdentity,
    to: RekeyTarget,
    scheme: EncryptionScheme,
  ): Promise<Metadata> {
    if (!(scheme instanceof Envelope)) {
      throw new UnsupportedError(
        `an object encrypted with ${this.name} can't be given ${scheme.name} keys without encrypting it anew: download and upload it`,
        { key: object.key },
      );
    }
    const { dataKey, metadata } = await this.#unwrapOf(object);
    return await scheme.#wrapFor(dataKey, { ...to, metadata: to.metadata ?? metadata });
  }

  async #wrapFor(
    dataKey: Uint8Array<ArrayBuffer>,
    { key, bound: { name: boundName, root } = { name: key }, metadata }: ObjectIdentity,
  ): Promise<Metadata> {
    const own = this.#ownEntries(root);
    checkOwnMetadata({ key, metadata }, [...Object.keys(own), ROOT_ENTRY, BOUND_ENTRY, KEY_ENTRY]);
    for (const name of Object.keys(metadata)) {
      // Commas would make it the names of others, and capital letters no store keeps.
      if (!/^[!-+\--@[-~]+$/.test(name)) {
        throw new InvalidArgumentError(
          `metadata key ${JSON.stringify(name)}: use small ASCII letters, digits, "-", "_" and "."`,
          { key, committed: "no" },
        );
      }
    }
    const all: Record<string, string> = { ...metadata, ...own };
    const names = boundNames(Object.keys(all));
    all[BOUND_ENTRY] = names;
    const wrapped = await this.#keys.wrap(dataKey, boundBytes(boundName, all, names.split(",")));
    all[KEY_ENTRY] = toBase64(wrapped);
    return all;
  }

  async #unwrapOf(
    { key, bound, metadata }: ObjectIdentity,
  ): Promise<{ dataKey: Uint8Array<ArrayBuffer>; metadata: Metadata }> {
    // A root that somebody has added would choose the name that is tried.
    const own = this.#ownEntries(Object.hasOwn(metadata, ROOT_ENTRY) ? metadata[ROOT_ENTRY] : undefined);
    if (!this.recognizes(metadata)) {
      throw notAuthenticError(key, `it is not said to be encrypted with ${this.name}`);
    }
    const id = metadata[KEY_ID_ENTRY];
    if (this.#keys.keyId !== undefined && id !== this.#keys.keyId) {
      throw notAuthenticError(
        key,
        `it names the ${this.name} key ${JSON.stringify(id)}; this one is "${this.#keys.keyId}"`,
      );
    }
    const names = readBoundNames(metadata, Object.keys(own));
    const wrapped = Object.hasOwn(metadata, KEY_ENTRY) ? fromCanonicalBase64(metadata[KEY_ENTRY]) : undefined;
    if (!names || wrapped?.byteLength !== this.#keys.wrappedLength) throw notAuthenticError(key);
    const dataKey = await this.#keys.unwrap(wrapped, boundBytes(bound?.name ?? key, metadata, names));
    if (dataKey?.byteLength !== DATA_KEY_LENGTH) throw notAuthenticError(key);
    const users = names.filter((name) => name !== BOUND_ENTRY && !Object.hasOwn(own, name));
    return { dataKey, metadata: Object.fromEntries(users.map((name) => [name, metadata[name]])) };
  }

  #ownEntries(root?: string): Metadata {
    return {
      ...(root === undefined ? {} : { [ROOT_ENTRY]: root }),
      [SCHEME_ENTRY]: this.name,
      ...(this.#keys.keyId === undefined ? {} : { [KEY_ID_ENTRY]: this.#keys.keyId }),
    };
  }
}

/** The value of `cc-bound` for these names and its own: sorted, with commas between. */
function boundNames(names: Iterable<string>): string {
  return [...new Set([...names, BOUND_ENTRY])].sort().join();
}

/**
 * The names that `cc-bound` tells, if it is as {@linkcode boundNames} writes it and every entry is there; else `undefined`.
 *
 * @param required Names that must be among them.
 */
function readBoundNames(
  metadata: Metadata,
  required: readonly string[],
): string[] | undefined {
  if (!Object.hasOwn(metadata, BOUND_ENTRY)) return undefined;
  const names = metadata[BOUND_ENTRY].split(",");
  if (boundNames(names) !== metadata[BOUND_ENTRY]) return undefined;
  if (!names.every((name) => name === name.toLowerCase() && Object.hasOwn(metadata, name))) return undefined;
  return required.every((name) => names.includes(name)) ? names : undefined;
}

/**
 * An object's name and the metadata of these names as bytes: the version's tag, the name, then name and value of each in the order of `names`. Each is UTF-8
 * with its length before it, as 32 bits with the highest first, so that nothing can be read in two ways.
 */
function boundBytes(
  boundName: string,
  metadata: Metadata,
  names: readonly string[],
): Uint8Array<ArrayBuffer> {
  const fields = [VERSION_TAG, boundName, ...names.flatMap((name) => [name, metadata[name]])];
  const encoder = new TextEncoder();
  return concat(...fields.flatMap((field) => {
    const bytes = encoder.encode(field);
    return [u32be(bytes.byteLength), bytes];
  }));
}

function sizeOf(metadata: Metadata): number {
  return Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}
