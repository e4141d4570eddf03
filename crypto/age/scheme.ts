/**
 * Objects as age files, each with a key of its own in its header.
 *
 * @module
 */
import { Decrypter, type Identity, type Recipient } from "age-encryption";
import { UnsupportedError } from "../../lib/errors.ts";
import {
  checkOwnMetadata,
  type EncryptionScheme,
  type ObjectIdentity,
  SCHEME_ENTRY,
  type SealedObject,
  type UnsealedObject,
} from "../scheme.ts";
import { advisoryPlainSize } from "../segments.ts";
import { FIRST_READ, newHeader, openHeader } from "./header.ts";
import { ageCipher, ageLayout, PAYLOAD_NONCE_LENGTH } from "./payload.ts";

type Metadata = Readonly<Record<string, string>>;

/** Bytes of a header's first and last line. */
const FRAME_LENGTH = "age-encryption.org/v1\n".length + "--- \n".length + 43;

/** Bytes of a recipient's part of the header, by what the recipient begins with. */
const STANZA_LENGTHS: readonly (readonly [prefix: string, length: number])[] = [
  ["age1pq1", 1557],
  ["age1tagpq1", 1609],
  ["age1tag1", 150],
  ["age1", 98],
];
/** Bytes of a passphrase's. */
const SCRYPT_LENGTH = 80;

/** Whom {@linkcode AgeKeys} encrypts for, and what it decrypts with. */
interface AgeParties {
  /** At least one, of kinds that go together. */
  readonly recipients: readonly (string | Recipient)[];
  /** None where nothing is to be read. */
  readonly identities: readonly (string | Identity)[];
}

/**
 * Objects that every recipient's identity reads. The body authenticates itself and nothing else: age binds neither an object's name nor its metadata, and
 * whoever knows a recipient can write.
 */
export class AgeKeys implements EncryptionScheme {
  /** `"age"`. */
  readonly name = "age";
  /** Bytes of most headers, and more. */
  readonly headerHint: number = FIRST_READ;
  readonly #recipients: readonly (string | Recipient)[];
  readonly #decrypter: Decrypter | undefined;
  readonly #headerLength: number;

  /** For `ageKeys`. */
  constructor({ recipients, identities }: AgeParties) {
    this.#recipients = recipients;
    this.#headerLength = headerLength(recipients);
    if (identities.length === 0) return;
    this.#decrypter = new Decrypter();
    for (const identity of identities) this.#decrypter.addIdentity(identity);
  }

  /** Whether the metadata name this scheme, or none: age files that other tools have stored are read too. */
  recognizes(metadata: Metadata): boolean {
    return !Object.hasOwn(metadata, SCHEME_ENTRY) || metadata[SCHEME_ENTRY] === this.name;
  }

  /** Bytes of the one entry that is added. */
  metadataBytes(): number {
    return SCHEME_ENTRY.length + this.name.length;
  }

  /** Exact for objects with the same recipients; the header's length differs with them. */
  advisorySize(storedSize: number): number {
    return advisoryPlainSize(ageLayout(this.#headerLength), storedSize);
  }

  /** A fresh file key, wrapped for each recipient. */
  async seal(object: ObjectIdentity): Promise<SealedObject> {
    const metadata = this.#withEntry(object);
    const { header, fileKey } = await newHeader(this.#recipients);
    return { metadata, header, cipher: await ageCipher(fileKey, header, object.key) };
  }

  /** Nothing but the body is authentic: the metadata are given as they are stored. */
  // deno-lint-ignore require-await -- async, so that a failure is a rejection
  async unseal({ key, metadata }: ObjectIdentity): Promise<UnsealedObject> {
    const decrypter = this.#decrypter;
    if (!decrypter) {
      throw new UnsupportedError(
        "only age recipients were given: they can write objects, and can't read them; give an identity",
        { key },
      );
    }
    const { [SCHEME_ENTRY]: _, ...own } = metadata;
    return {
      metadata: own,
      plainSize: () => undefined,
      async payload(first) {
        const { header, fileKey } = await openHeader(decrypter, first, key);
        return { kind: "segments", cipher: await ageCipher(fileKey, header, key) };
      },
    };
  }

  /** Any name and metadata will do, since nothing binds them; other keys need another header, which is part of the body. */
  // deno-lint-ignore require-await -- async, so that a failure is a rejection
  async rekey(
    object: ObjectIdentity,
    to: { readonly key: string; readonly metadata?: Metadata },
    scheme: EncryptionScheme,
  ): Promise<Metadata> {
    if (scheme !== this) {
      throw new UnsupportedError(
        "an age file can't be given other keys without encrypting it anew: download and upload it",
        { key: object.key },
      );
    }
    const { [SCHEME_ENTRY]: _, ...own } = object.metadata;
    return this.#withEntry({ key: to.key, metadata: to.metadata ?? own });
  }

  #withEntry(object: ObjectIdentity): Metadata {
    checkOwnMetadata(object, [SCHEME_ENTRY]);
    return { ...object.metadata, [SCHEME_ENTRY]: this.name };
  }
}

function headerLength(recipients: readonly (string | Recipient)[]): number {
  const stanzas = recipients.map((recipient) =>
    typeof recipient === "string"
      ? STANZA_LENGTHS.find(([prefix]) => recipient.startsWith(prefix))?.[1] ?? 0
      : SCRYPT_LENGTH
  );
  return stanzas.reduce((sum, length) => sum + length, FRAME_LENGTH + PAYLOAD_NONCE_LENGTH);
}
