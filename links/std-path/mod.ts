// Stands in for jsr:@std/path where jsr can't be reached; the same code, from its npm mirror.
// @ts-types="./types.d.ts"
export {
  basename,
  dirname,
  fromFileUrl,
  isAbsolute,
  join,
  relative,
  resolve,
  SEPARATOR,
  toFileUrl,
} from "npm:deno-std@1.4.0/path/mod.js";
