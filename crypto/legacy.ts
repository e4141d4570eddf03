/**
 * Objects that Python's cottoncandy encrypted before version 0.3: they are read, and never written.
 *
 * @module
 */
import { UnsupportedError } from "../lib/errors.ts";
import { GeneratorTransform } from "../lib/streams/transform.ts";
import { AesKeys } from "./aes.ts";
import { fromBase64 } from "./base64.ts";
import { notAuthentic } from "./failure.ts";
import { BLOCK, type CbcDecrypt, cbcDecrypt } from "./legacy_cbc.ts";
import { END_LENGTH, legacySize, openLegacy } from "./legacy_body.ts";
import { RsaKeys } from "./rsa.ts";
import type { EncryptionScheme, Keys, ObjectIdentity, SealedObject, UnsealedObject } from "./scheme.ts";

type Metadata = Readonly<Record<string, string>>;

/** The metadata entry of the data key that RSA has wrapped, in base64. */
const WRAPPED_ENTRY = "key";
/** With SHA-1 for both its hash and its mask, and no label, as PyCrypto's PKCS1_OAEP. */
const RSA_OAEP_SHA1 = { name: "RSA-OAEP", hash: "SHA-1" };

/** Finds the key of an object's body; `undefined` when it can't be had. */
type KeyOf = (metadata: Metadata) => Promise<Uint8Array<ArrayBuffer> | undefined>;

/**
 * Reads objects of Python's EncryptedInterface: AES-CBC, under a key of the user's or under one of the object's own that RSA-OAEP with SHA-1 has wrapped.
 *
 * Nothing authenticates them: whoever can write to the store can change what they decrypt to, and their metadata, so a store that admits them must be
 * trusted with this. A wrong key and most damage are found, since length and padding must be exact. They are read as a whole only.
 *
 * @param keys Of `aesKeys` (16, 24 or 32 bytes), or of `rsaKeys` with the private key.
 * @throws {UnsupportedError} when there are no such objects for these keys.
 *
 * @example
 * ```ts
 * import { aesKeys, decrypt, legacyScheme } from "@cottoncandy/cottoncandy/crypto";
 *
 * const key = Uint8Array.from({ length: 32 }, (_, i) => i); // no key to use
 * const stored = Uint8Array.from(atob("Z7tBh8dGXZ63DSObHw1jixuu0yBbQxXEExtx8ZEYn+4="), (c) => c.charCodeAt(0));
 * const stage = decrypt(legacyScheme(aesKeys(key)), { name: "sub01/old" });
 * const plain = await new Response(new Blob([stored]).stream().pipeThrough(stage)).bytes();
 * console.assert(plain.join() === "0,1,2,3,4");
 * ```
 */
export function legacyScheme(keys: Keys): EncryptionScheme {
  if (keys instanceof AesKeys) {
    return new LegacyScheme(false, () => Promise.resolve(AesKeys.rawKey(keys)));
  }
  const pkcs8 = keys instanceof RsaKeys ? RsaKeys.privateKey(keys) : undefined;
  if (!pkcs8) {
    throw new UnsupportedError(
      keys instanceof RsaKeys
        ? "only a public key was given: objects of Python's cottoncandy are read with the private key"
        : `Python's cottoncandy encrypted with AES and RSA, and not with ${keys.name}`,
    );
  }
  return new LegacyScheme(true, rsaUnwrap(pkcs8));
}

class LegacyScheme implements EncryptionScheme {
  readonly name = "legacy";
  readonly headerHint: number = BLOCK;
  readonly #wrapped: boolean;
  readonly #keyOf: KeyOf;

  constructor(wrapped: boolean, keyOf: KeyOf) {
    this.#wrapped = wrapped;
    this.#keyOf = keyOf;
  }

  /** Whether nothing says that this library has encrypted it, and a wrapped key is there as the kind of key demands. */
  recognizes(metadata: Metadata): boolean {
    return !Object.keys(metadata).some((name) => name.startsWith("cc-")) &&
      Object.hasOwn(metadata, WRAPPED_ENTRY) === this.#wrapped;
  }

  metadataBytes(): number {
    return 0;
  }

  /** The least that there can be. */
  advisorySize(storedSize: number): number {
    return Math.max(0, storedSize - BLOCK - BLOCK - 8);
  }

  // deno-lint-ignore require-await -- async, so that a failure is a rejection
  async seal({ key }: ObjectIdentity): Promise<SealedObject> {
    throw new UnsupportedError("objects in the format of Python's EncryptedInterface are read only", {
      key,
      committed: "no",
    });
  }

  async unseal({ key, metadata }: ObjectIdentity): Promise<UnsealedObject> {
    if (!this.recognizes(metadata)) throw notAuthentic(key);
    const raw = await this.#keyOf(metadata);
    if (!raw) throw notAuthentic(key);
    const { [WRAPPED_ENTRY]: _, ...rest } = metadata;
    return {
      metadata: this.#wrapped ? rest : metadata,
      plainSize: () => undefined,
      async payload() {
        const decrypt = await cbcDecrypt(raw);
        return {
          kind: "whole",
          plainSize: (storedSize, end) => plainSize(decrypt, storedSize, end, key),
          decrypt: () =>
            new GeneratorTransform((source) => openLegacy(decrypt, source, () => notAuthentic(key))),
        };
      },
    };
  }

  // deno-lint-ignore require-await -- async, so that a failure is a rejection
  async rewrap({ key }: ObjectIdentity): Promise<Metadata> {
    throw new UnsupportedError(
      "an object in the format of Python's EncryptedInterface can't be copied or given other keys as it is: download and upload it",
      { key, committed: "no" },
    );
  }
}

async function plainSize(
  decrypt: CbcDecrypt,
  storedSize: number,
  end: (length: number) => Promise<Uint8Array<ArrayBuffer>>,
  key: string,
): Promise<number> {
  // Before anything is fetched of what can't be an object.
  if (storedSize < 2 * BLOCK || storedSize % BLOCK !== 0) throw notAuthentic(key);
  const size = await legacySize(decrypt, storedSize, await end(Math.min(storedSize, END_LENGTH)));
  if (size === undefined) throw notAuthentic(key);
  return size;
}

function rsaUnwrap(pkcs8: Uint8Array<ArrayBuffer>): KeyOf {
  const { subtle } = crypto;
  let imported: Promise<CryptoKey> | undefined;
  return async (metadata) => {
    imported ??= subtle.importKey("pkcs8", pkcs8, RSA_OAEP_SHA1, false, ["decrypt"]);
    const key = await imported;
    const wrapped = fromBase64(metadata[WRAPPED_ENTRY]);
    if (!wrapped) return undefined;
    try {
      const raw = new Uint8Array(await subtle.decrypt(RSA_OAEP_SHA1, key, wrapped));
      return [16, 24, 32].includes(raw.length) ? raw : undefined;
    } catch (error) {
      if (error instanceof DOMException && error.name === "OperationError") return undefined;
      throw error;
    }
  };
}
