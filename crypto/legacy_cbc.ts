/**
 * AES in CBC mode (NIST SP 800-38A) on whole blocks, without padding: WebCrypto's where it has the key's size, else a portable one.
 *
 * @module
 */

/** Bytes of a block, and of an initialization vector. */
export const BLOCK = 16;

/** Decrypts whole blocks; `iv` is the block before them. */
export type CbcDecrypt = (
  iv: Uint8Array<ArrayBuffer>,
  blocks: Uint8Array<ArrayBuffer>,
) => Promise<Uint8Array<ArrayBuffer>>;

/** Decryption under a key of 16, 24 or 32 bytes. */
export async function cbcDecrypt(raw: Uint8Array<ArrayBuffer>): Promise<CbcDecrypt> {
  const web = await webCbcDecrypt(raw);
  if (web) return web;
  const { portableCbcDecrypt } = await import("./legacy_cbc_portable.ts");
  return portableCbcDecrypt(raw);
}

/** WebCrypto's; `undefined` where it has none for such a key: Chromium has no AES-192. */
export async function webCbcDecrypt(raw: Uint8Array<ArrayBuffer>): Promise<CbcDecrypt | undefined> {
  const { subtle } = globalThis.crypto;
  if (!subtle) return undefined;
  let key: CryptoKey;
  try {
    key = await subtle.importKey("raw", raw, "AES-CBC", false, ["encrypt", "decrypt"]);
  } catch {
    return undefined;
  }
  return async (iv, blocks) => {
    // WebCrypto insists on padding, which is not there. So a block is appended that decrypts to nothing but padding: what encrypting nothing gives after the last block.
    const before = blocks.length === 0 ? iv : blocks.slice(-BLOCK);
    const padding = await subtle.encrypt({ name: "AES-CBC", iv: before }, key, new Uint8Array());
    const padded = new Uint8Array(blocks.length + BLOCK);
    padded.set(blocks);
    padded.set(new Uint8Array(padding), blocks.length);
    return new Uint8Array(await subtle.decrypt({ name: "AES-CBC", iv }, key, padded));
  };
}
