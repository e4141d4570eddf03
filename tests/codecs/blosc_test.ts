// What numcodecs' Blosc refuses of a chunk's header (checked by changing each byte of several chunks, against numcodecs 0.16).
import { assertEquals, assertRejects } from "@std/assert";
import { decompress } from "../../codecs/mod.ts";
import { IntegrityError } from "../../lib/errors.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import python from "./python.json" with { type: "json" };

const chunks = python.filter(({ codec }) => codec === "Blosc").map(({ name, stored }) => ({
  name,
  stored: Uint8Array.fromBase64(stored),
}));
const STORED = 0x02;

function decoded(chunk: Uint8Array): Promise<Uint8Array> {
  return readAll(streamOf(chunk).pipeThrough(decompress("Blosc")));
}

for (const { name, stored } of chunks) {
  Deno.test(`Blosc, ${name}: header`, async () => {
    const changed = (at: number, value: number) => stored.with(at, value);
    const refused = async (chunk: Uint8Array) =>
      void await assertRejects(() => decoded(chunk), IntegrityError);
    for (const version of [0, 1, 3, 255]) await refused(changed(0, version));
    await refused(changed(2, stored[2] | 0x08));
    await refused(changed(3, 0));
    // A size of blocks of 0, or of more than there is.
    await refused(new Uint8Array([...stored.subarray(0, 8), 0, 0, 0, 0, ...stored.subarray(12)]));
    await refused(changed(11, 1));
    for (const version of [0, 2, 129]) {
      // The version of LZ4's format counts only where there is LZ4.
      if (stored[2] & STORED) assertEquals(await decoded(changed(1, version)), await decoded(stored));
      else await refused(changed(1, version));
    }
  });
}
