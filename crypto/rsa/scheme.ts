/**
 * Objects that anybody with the public key can write, and only the private key's owner can read: their data keys are wrapped by RSA-OAEP.
 *
 * @module
 */
import { toHex } from "../../lib/base64.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { decrypted } from "../primitives.ts";
import type { Keys } from "../scheme.ts";
import { Envelope, type KeyWrap } from "../tink/mod.ts";
import { encryptPkcs8 } from "./pbes2.ts";
import { privateKeysIn, publicKeysIn, toPem } from "./pem.ts";

/** RSA-OAEP with SHA-256 for both its hash and its mask (RFC 8017). */
const ALGORITHM = { name: "RSA-OAEP", hash: "SHA-256" };
/** What NIST SP 800-131A still allows. */
const LEAST_BITS = 2048;
/** What WebCrypto takes. */
const MOST_BITS = 16384;

/** For `rsaKeys`: of PEM text. */
export async function readRsaKeys(
  publicPem: string | undefined,
  privatePem: string | undefined,
  passphrase: string | undefined,
): Promise<Keys> {
  const fromPem = publicPem === undefined ? undefined : await importPublicKey(publicPem);
  const privateKey = privatePem === undefined ? undefined : await importPrivateKey(privatePem, passphrase);
  const publicKey = privateKey ? await publicKeyOf(privateKey) : fromPem;
  if (!publicKey) {
    throw new InvalidArgumentError("RSA needs a public key to write, or a private key to read as well");
  }
  const keyId = await keyIdOf(publicKey);
  if (fromPem && await keyIdOf(fromPem) !== keyId) {
    throw new InvalidArgumentError("the public key and the private key do not belong together");
  }
  const { algorithm } = publicKey;
  const bits = "modulusLength" in algorithm ? Number(algorithm.modulusLength) : 0;
  if (bits < LEAST_BITS || bits > MOST_BITS) {
    throw new InvalidArgumentError(
      `an RSA key has from ${LEAST_BITS} to ${MOST_BITS} bits; this one has ${bits}`,
    );
  }
  return new Envelope({
    ...rsaWrap(publicKey, privateKey),
    wrappedLength: Math.ceil(bits / 8),
    keyId,
  });
}

/** Wraps data keys. The label is SHA-256 of what the data key is bound to. */
function rsaWrap(publicKey: CryptoKey, privateKey: CryptoKey | undefined): Omit<KeyWrap, "wrappedLength"> {
  const { subtle } = crypto;
  const parameters = async (bound: BufferSource) => ({
    ...ALGORITHM,
    label: await subtle.digest("SHA-256", bound),
  });
  return {
    name: "RSA",
    legacyKey: privateKey,
    async wrap(dataKey, bound) {
      return new Uint8Array(await subtle.encrypt(await parameters(bound), publicKey, dataKey));
    },
    async unwrap(wrapped, bound) {
      if (!privateKey) {
        throw new UnsupportedError(
          "only a public key was given: it can write objects, and can't read them, nor their metadata, nor copy them; give the private key",
        );
      }
      const label = await parameters(bound);
      return await decrypted(() => subtle.decrypt(label, privateKey, wrapped));
    },
  };
}

/** For `generateRsaKeys`. */
export async function generatePem(
  bits: number,
  passphrase: string | undefined,
): Promise<{ publicKey: string; privateKey: string }> {
  if (!(Number.isInteger(bits) && bits % 8 === 0 && bits >= LEAST_BITS && bits <= MOST_BITS)) {
    throw new InvalidArgumentError(
      `RSA keys have a multiple of 8 bits, from ${LEAST_BITS} to ${MOST_BITS}, not ${bits}`,
    );
  }
  const { subtle } = crypto;
  const parameters = { ...ALGORITHM, modulusLength: bits, publicExponent: Uint8Array.of(1, 0, 1) };
  const pair = await subtle.generateKey(parameters, true, ["encrypt", "decrypt"]);
  const spki = new Uint8Array(await subtle.exportKey("spki", pair.publicKey));
  const pkcs8 = new Uint8Array(await subtle.exportKey("pkcs8", pair.privateKey));
  return {
    publicKey: toPem("PUBLIC KEY", spki),
    privateKey: passphrase === undefined
      ? toPem("PRIVATE KEY", pkcs8)
      : toPem("ENCRYPTED PRIVATE KEY", await encryptPkcs8(pkcs8, passphrase)),
  };
}

// What the runtime says of a key that it does not take is not told: it may show some of it.

async function importPublicKey(pem: string): Promise<CryptoKey> {
  for (const spki of publicKeysIn(pem)) {
    const key = await crypto.subtle.importKey("spki", spki, ALGORITHM, true, ["encrypt"]).catch(() => {});
    if (key) return key;
  }
  throw new InvalidArgumentError("the public key is damaged, or no RSA key");
}

async function importPrivateKey(pem: string, passphrase: string | undefined): Promise<CryptoKey> {
  for await (const pkcs8 of privateKeysIn(pem, passphrase)) {
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, true, ["decrypt"]).catch(() => {});
    if (key) return key;
  }
  throw new InvalidArgumentError("the private key is damaged, or no RSA key");
}

async function publicKeyOf(privateKey: CryptoKey): Promise<CryptoKey> {
  const { kty, n, e } = await crypto.subtle.exportKey("jwk", privateKey);
  return await crypto.subtle.importKey("jwk", { kty, n, e }, ALGORITHM, true, ["encrypt"]);
}

/** Of the form that the runtime writes: DER, so that one key has one. */
async function keyIdOf(publicKey: CryptoKey): Promise<string> {
  const spki = await crypto.subtle.exportKey("spki", publicKey);
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", spki)).subarray(0, 8));
}
