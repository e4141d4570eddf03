import { scryptAsync } from "@noble/hashes/scrypt.js";

/** What of `node:crypto` is used here. */
interface NodeScrypt {
  scrypt(
    password: string,
    salt: Uint8Array,
    length: number,
    options: { N: number; r: number; p: number; maxmem: number },
    callback: (error: Error | null, key: Uint8Array) => void,
  ): void;
}

const [r, p, LENGTH] = [8, 1, 32];

/**
 * scrypt (RFC 7914) with r = 8 and p = 1: 32 bytes. Where the runtime has it, it runs on another thread; elsewhere, in browsers, it holds up the
 * calling one, for about a second at age's usual work factor.
 *
 * @param N The cost: a power of two.
 */
export async function scrypt(passphrase: string, salt: Uint8Array, N: number): Promise<Uint8Array> {
  const node: NodeScrypt | undefined = globalThis.process?.getBuiltinModule?.("node:crypto");
  if (typeof node?.scrypt !== "function") return await scryptPortable(passphrase, salt, N);
  // It takes 128 N r bytes, and refuses what it was not told to expect.
  const maxmem = 128 * (N + p + 2) * r + 1024 * 1024;
  return await new Promise((resolve, reject) => {
    node.scrypt(passphrase, salt, LENGTH, { N, r, p, maxmem }, (error, key) => {
      if (error) reject(error);
      else resolve(new Uint8Array(key));
    });
  });
}

/** The same without Node's, on the calling thread. */
export async function scryptPortable(passphrase: string, salt: Uint8Array, N: number): Promise<Uint8Array> {
  return await scryptAsync(passphrase, salt, { N, r, p, dkLen: LENGTH });
}
