import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { newDigest, portableDigest } from "../../../lib/checksums.ts";

/** Bytes that repeat at no power of two. */
function sample(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 7)) ^ (i * i >> 3));
}

for (const [algorithm, name] of [["MD5", "md5"], ["SHA256", "sha256"]] as const) {
  Deno.test(`${algorithm}: the portable digest is Node's, however the bytes are cut`, async () => {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 100_003]) {
      const bytes = sample(length);
      const expected = new Uint8Array(createHash(name).update(bytes).digest());
      for (const cut of [1 << 20, 64, 7]) {
        if (length / cut > 20_000) continue;
        for (const begin of [newDigest, portableDigest]) {
          const digest = await begin(algorithm);
          for (let at = 0; at < length; at += cut) digest.update(bytes.subarray(at, at + cut));
          assertEquals(digest.digest(), expected, `${length} bytes, ${cut} at a time`);
        }
      }
    }
  });
}

Deno.test("without Node's code the digest is the portable one", async () => {
  const { process } = globalThis;
  const getBuiltinModule = process.getBuiltinModule;
  try {
    Reflect.set(process, "getBuiltinModule", undefined);
    const digest = await newDigest("SHA256");
    digest.update(new TextEncoder().encode("abc"));
    assertEquals(
      digest.digest().toHex(),
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  } finally {
    Reflect.set(process, "getBuiltinModule", getBuiltinModule);
  }
});
