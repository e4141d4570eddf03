/**
 * Arrays from streams of bytes: .npy files, and items piece by piece. Who has all bytes at hand needs no more than `../formats/mod.ts`.
 *
 * @module
 */
export { npyDecode, type NpyOptions, type NpyStream, readNpy } from "./npy.ts";
export { typedChunks } from "./typed_chunks.ts";
