// Stands in for jsr:@std/streams where jsr can't be reached; the same code, from its npm mirror.
// @ts-types="./types.d.ts"
export {
  concatReadableStreams,
  LimitedBytesTransformStream,
  mergeReadableStreams,
  toBytes,
  toText,
} from "npm:deno-std@1.4.0/streams/mod.js";
