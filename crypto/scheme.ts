/**
 * What an encryption is to the store that encrypts: how an object is sealed and unsealed. A scheme knows of keys and formats, and never of storage.
 *
 * @module
 */
import { IntegrityError, InvalidArgumentError } from "../lib/errors.ts";
import type { Seal } from "../lib/sealing.ts";

/** The name that an object is bound to. */
export interface BoundName {
  /** The object's key as the root has it that it was, or is to be, written through. */
  readonly name: string;
  /** When sealing: a digest of where that root is, for {@linkcode ROOT_ENTRY}; none where the root is the whole store. */
  readonly root?: string;
}

/** What an object is known by when it is encrypted or read: what its encryption can bind it to. */
export interface ObjectIdentity {
  /** The full key within the bucket. */
  readonly key: string;
  /** What it is bound to, where that is not just the key. */
  readonly bound?: BoundName;
  /** User metadata, names in lower case. When unsealing: all that is stored, the scheme's own entries included. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The metadata entry that names the scheme of an object: {@linkcode EncryptionScheme.name}. */
export const SCHEME_ENTRY = "cc-encryption";

/** The metadata entry that says, as a digest, where the root is that an object's bound name counts from; written where the root is not the whole store. */
export const ROOT_ENTRY = "cc-root";

/** How the stored bytes are cut: a header, then segments that are encrypted one by one, each `tagLength` bytes longer than what it holds. */
export interface SegmentLayout {
  /** Stored bytes before the first segment. */
  readonly headerLength: number;
  /** Plain bytes of the first segment, where it is full; less than `segmentLength` where the header counts as a part of it. */
  readonly firstLength: number;
  /** Plain bytes of every other segment but the last, which may have fewer. */
  readonly segmentLength: number;
  /** Stored bytes of a segment beyond its plain ones. */
  readonly tagLength: number;
}

/** Encrypts and authenticates one object's segments, in any order and several at once. There is always a segment: an empty object has an empty one. */
export interface SegmentCipher {
  /** How the stored bytes are cut. */
  readonly layout: SegmentLayout;
  /** Encrypts segment `index` (0 is the first). Whoever seals never gives two contents to one index. */
  seal(plain: Uint8Array<ArrayBuffer>, index: number, last: boolean): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Decrypts segment `index`, in memory of its own.
   *
   * @throws {IntegrityError} when it is not authentic: changed, cut off, of another place or another object, or wrongly said to be the last or not.
   */
  open(stored: Uint8Array<ArrayBuffer>, index: number, last: boolean): Promise<Uint8Array<ArrayBuffer>>;
}

/** A body in segments, which can be read in parts. */
export interface SegmentedPayload {
  /** Tells the two ways apart. */
  readonly kind: "segments";
  /** Opens its segments. */
  readonly cipher: SegmentCipher;
}

/** A body that can only be read as a whole. */
export interface WholePayload {
  /** Tells the two ways apart. */
  readonly kind: "whole";
  /**
   * How many plain bytes there are.
   *
   * @param storedSize Stored bytes.
   * @param end Gives the last stored bytes, as many as are asked for.
   * @throws {IntegrityError} when there can't be such an object.
   */
  plainSize(storedSize: number, end: (length: number) => Promise<Uint8Array<ArrayBuffer>>): Promise<number>;
  /** A stage from all stored bytes, the header included, to the plain ones. */
  decrypt(): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>;
}

/** What encrypts one object that is to be written. Used once. */
export interface SealedObject {
  /** All metadata to store: the object's own and the scheme's. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The first bytes of the body. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** Encrypts what follows; its layout's `headerLength` is `header`'s length. */
  readonly cipher: SegmentCipher;
}

/** Gives the first bytes of an object's stored body: as many as are asked for, or all where there are fewer. */
export type HeaderReader = (length: number) => Promise<Uint8Array<ArrayBuffer>>;

/** An object whose metadata have been checked. */
export interface UnsealedObject {
  /** The object's own metadata: of a scheme that authenticates them, those that are authentic, and no others. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * How many plain bytes so many stored ones hold, where that can be told without the body; `undefined` where the body's beginning is needed. Sizes that
   * no object can have are rounded down.
   */
  plainSize(storedSize: number): number | undefined;
  /**
   * Reads the body's header.
   *
   * @param first May be called several times, each time for more.
   * @throws {IntegrityError} when the header is none, or not of this object.
   */
  payload(first: HeaderReader): Promise<SegmentedPayload | WholePayload>;
}

/** What an object is to be known by from now on. */
export interface RekeyTarget {
  /** Its full key within the bucket. */
  readonly key: string;
  /** What it is to be bound to, where that is not just the key. */
  readonly bound?: BoundName;
  /** Its metadata; default what it has. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * A way to encrypt, together with its keys. Keys are held in private fields: no error, log, `toString`, `inspect` or JSON shows them.
 *
 * All failures to authenticate are `IntegrityError`s of one kind, whatever the check was that failed.
 */
export interface EncryptionScheme {
  /** `"AES"`, `"RSA"`, `"age"`, `"legacy"`: what {@linkcode SCHEME_ENTRY} says, and for messages. */
  readonly name: string;
  /** How many of a body's first bytes are fetched to begin with, where the body is read in parts; should hold the header as a rule. */
  readonly headerHint: number;
  /** How all bodies are cut, where they are all cut in one way: then ranges at the beginning need no request for the header. */
  readonly layout?: SegmentLayout;
  /** Whether objects are bound to their names; default false. */
  readonly bindsNames?: boolean;
  /** Whether objects with these stored metadata are of this scheme: as a rule that {@linkcode SCHEME_ENTRY} names it. */
  recognizes(metadata: Readonly<Record<string, string>>): boolean;
  /** How many bytes of metadata, names and values, the scheme adds to an object's own, of which it is given the names, and the root where one is bound. */
  metadataBytes(names: readonly string[], root?: string): number;
  /** Plain bytes of an object as far as its stored size tells: exact where all objects have one layout. Sizes that no object can have are rounded down. */
  advisorySize(storedSize: number): number;
  /**
   * What seals for who has these keys, and can read what they write: such as the tokens of uploads. `undefined` where the keys can only write; absent where a scheme has no secret for that.
   *
   * @param purpose What is sealed: for another purpose it is another seal.
   */
  sealFor?(purpose: string): Promise<Seal | undefined>;
  /**
   * Prepares the encryption of an object under a fresh key.
   *
   * @throws {UnsupportedError} when the keys can't write.
   */
  seal(object: ObjectIdentity): Promise<SealedObject>;
  /**
   * Checks the metadata of a stored object, and finds its key.
   *
   * @throws {IntegrityError} when they are not authentic: changed, of another object, or written with another key.
   * @throws {UnsupportedError} when the keys can't read.
   */
  unseal(object: ObjectIdentity): Promise<UnsealedObject>;
  /**
   * The metadata under which an object's stored body can be read at another key or with other metadata, without touching the body.
   *
   * @param object The object as stored; checked as by `unseal` as far as the scheme can.
   * @param to The key, the name and the metadata that it is to have; without metadata, its own.
   * @param scheme What is to read it: this scheme or one with other keys.
   * @throws {IntegrityError} as `unseal` does.
   * @throws {UnsupportedError} when that can't be done without encrypting the body again.
   */
  rekey(
    object: ObjectIdentity,
    to: RekeyTarget,
    scheme: EncryptionScheme,
  ): Promise<Readonly<Record<string, string>>>;
}

/** Throws when an object's own metadata have an entry that encryption writes. */
export function checkOwnMetadata({ key, metadata }: ObjectIdentity, written: readonly string[]): void {
  const taken = written.find((name) => Object.hasOwn(metadata, name));
  if (taken === undefined) return;
  throw new InvalidArgumentError(
    `the metadata have "${taken}", which encryption writes: leave it away; what is encrypted can't be encrypted again under the same name`,
    { key, committed: "no" },
  );
}

/** Keys: what `aesKeys`, `rsaKeys` and `ageKeys` make. */
export type Keys = EncryptionScheme;

/**
 * The one error for whatever is not authentic. It tells neither which check failed nor anything of the keys.
 *
 * @param key The object's key, where it is known.
 * @param hint What helps, and whoever sees the object knows anyway.
 */
export function notAuthenticError(key: string | undefined, hint?: string): IntegrityError {
  return new IntegrityError(
    `${
      key === undefined ? "what was read" : JSON.stringify(key)
    } is not authentic: its bytes or metadata were changed or cut off, it belongs to ` +
      `another name or was written through another root (the option \`binding\` helps), or it was encrypted with another key${
        hint === undefined ? "" : ` (${hint})`
      }`,
    key === undefined ? {} : { key },
  );
}
