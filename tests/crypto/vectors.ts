/** What Tink and openssl wrote (tests/vectors/crypto/make.py). */
import envelope from "../vectors/crypto/envelope.json" with { type: "json" };
import keyFile from "../vectors/crypto/keys.json" with { type: "json" };

/** A body, whole or as its header and its hash. */
export interface StreamVector {
  readonly length: number;
  readonly dataKey: string;
  readonly storedLength: number;
  readonly sha256: string;
  readonly body?: string;
  readonly header?: string;
}

/** An object. */
export interface ObjectVector {
  /** An AES key in hexadecimal digits, or `"rsa"`. */
  readonly keys: string;
  readonly key: string;
  readonly own: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly body: string;
  readonly plain: string;
}

/** Bodies. */
export const streamVectors: readonly StreamVector[] = envelope.streams;
/** Objects. */
export const objectVectors: readonly ObjectVector[] = envelope.objects.map((vector) => ({
  ...vector,
  own: strings(vector.own),
  metadata: strings(vector.metadata),
}));
/** RSA keys by how they are written. */
export const pem: Readonly<Record<keyof typeof keyFile.pem, string>> = keyFile.pem;
/** Opens the encrypted ones. */
export const passphrase: string = keyFile.passphrase;

/** The plain bytes of the vectors. */
export function vectorBytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8) + (i >> 16) * 31);
}

function strings(entries: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, value ?? ""]));
}
