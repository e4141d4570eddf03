import type { Hash } from "node:crypto";

/** Digests that stores report of whole objects. */
export type DigestAlgorithm = "MD5" | "SHA256";

/** A digest underway. */
export interface Digest {
  /** Adds the bytes that follow. */
  update(bytes: Uint8Array): void;
  /** The digest; nothing can be added any more. */
  digest(): Uint8Array;
}

/** Begins a digest: with Node's code where there is any (MD5 0.6 GB/s, SHA-256 1.1), else in JavaScript. */
export async function newDigest(algorithm: DigestAlgorithm): Promise<Digest> {
  return nodeDigest(algorithm) ?? await portableDigest(algorithm);
}

/** With Node's code; `undefined` in a browser. */
function nodeDigest(algorithm: DigestAlgorithm): Digest | undefined {
  const node: typeof import("node:crypto") | undefined = globalThis.process?.getBuiltinModule?.(
    "node:crypto",
  );
  if (!node) return undefined;
  const hash: Hash = node.createHash(algorithm === "MD5" ? "md5" : "sha256");
  return { update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) };
}

/** In JavaScript, loaded when it is first needed. */
export async function portableDigest(algorithm: DigestAlgorithm): Promise<Digest> {
  const hash = algorithm === "MD5"
    ? (await import("@noble/hashes/legacy.js")).md5.create()
    : (await import("@noble/hashes/sha2.js")).sha256.create();
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
}
