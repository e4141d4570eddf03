/**
 * cottoncandy for TypeScript: sugar for object storage, for people whose work is arrays.
 *
 * Numpy arrays, files and any bytes go to S3, Google Drive, a local directory or memory as streams, compressed on the way, and come back; what Python's
 * cottoncandy writes is read here, and what is written here is read there.
 *
 * ```ts
 * import { getInterface, ndarray } from "@cottoncandy/cottoncandy";
 *
 * const cci = await getInterface("memory://lab");
 * await cci.uploadRawArray("sub01/run1/betas", ndarray(new Float32Array(12), [3, 4]));
 * const betas = await cci.downloadRawArray("sub01/run1/betas");
 * console.assert(betas.dtype === "<f4" && betas.shape.join() === "3,4");
 * ```
 *
 * @module
 */

export { cleanName, pathjoin } from "./lib/names.ts";
export { MemoryBackend } from "./backends/memory/mod.ts";
export {
  aesKeys,
  decrypt,
  encrypt,
  EncryptingBackend,
  generateAesKey,
  generateRsaKeys,
  type Keys,
  readKeyFile,
  rsaKeys,
} from "./crypto/mod.ts";

export * from "./lib/errors.ts";
export * from "./lib/warnings.ts";
export * from "./lib/array/mod.ts";
export * from "./lib/streams/mod.ts";
export * from "./codecs/mod.ts";
export * from "./backends/mod.ts";
export * from "./lib/interface/mod.ts";
