import { assertEquals } from "@std/assert";
import {
  Crc,
  crc32,
  crc32c,
  crc32Portable,
  crc64nvme,
  type CrcAlgorithm,
  crcOf,
  newDigest,
} from "../../../lib/checksums.ts";
import configuration from "../../../deno.json" with { type: "json" };
import { toBase64 } from "../../../lib/base64.ts";

const digits = new TextEncoder().encode("123456789");

/** Bytes that repeat at no power of two. */
function sample(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 7)) ^ (i * i >> 3));
}

/** One bit a step, from the definition. */
function slow(polynomial: bigint, width: bigint, bytes: Uint8Array): bigint {
  const ones = (1n << width) - 1n;
  let crc = ones;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let i = 0; i < 8; i++) crc = crc & 1n ? crc >> 1n ^ polynomial : crc >> 1n;
  }
  return crc ^ ones;
}

Deno.test("the CRCs give the catalogue's check values", () => {
  // reveng.sourceforge.io/crc-catalogue: CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME
  assertEquals(crc32(digits), 0xcbf43926);
  assertEquals(crc32Portable(digits), 0xcbf43926);
  assertEquals(crc32c(digits), 0xe3069283);
  assertEquals(crc64nvme(digits), 0xae8b14860a799888n);
  assertEquals(crc32c(new Uint8Array(32)), 0x8a9136aa); // RFC 3720, B.4
});

Deno.test("the CRCs agree with their definition at every length around the steps", () => {
  for (const length of [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000]) {
    const bytes = sample(length);
    assertEquals(BigInt(crc32Portable(bytes)), slow(0xedb88320n, 32n, bytes), `crc32 of ${length}`);
    assertEquals(crc32(bytes), crc32Portable(bytes), `native crc32 of ${length}`);
    assertEquals(BigInt(crc32c(bytes)), slow(0x82f63b78n, 32n, bytes), `crc32c of ${length}`);
    assertEquals(crc64nvme(bytes), slow(0x9a6c9329ac4bc9b5n, 64n, bytes), `crc64nvme of ${length}`);
  }
});

for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME"] satisfies CrcAlgorithm[]) {
  Deno.test(`${algorithm} is the same in pieces and combined from parts`, () => {
    const bytes = sample(5000);
    const whole = new Crc(algorithm).update(bytes).toBase64();
    for (const cut of [0, 1, 16, 2047, 4999, 5000]) {
      const head = bytes.subarray(0, cut);
      const tail = bytes.subarray(cut);
      assertEquals(new Crc(algorithm).update(head).update(tail).toBase64(), whole);
      const combined = new Crc(algorithm).update(head).append(new Crc(algorithm).update(tail));
      assertEquals(combined.toBase64(), whole, `cut at ${cut}`);
      assertEquals(combined.length, 5000);
    }
  });
}

Deno.test("a CRC in base64 is big-endian", () => {
  assertEquals(new Crc("CRC32").update(digits).toBase64(), "y/Q5Jg==");
  assertEquals(new Crc("CRC32").toBase64(), "AAAAAA==");
  assertEquals(new Crc("CRC64NVME").update(digits).toBase64(), "rosUhgp5mIg=");
});

for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME"] satisfies CrcAlgorithm[]) {
  Deno.test(`${algorithm} of large bytes is the same by code that is loaded first, at one go, in pieces and in parts`, async () => {
    const bytes = sample(2 ** 21 + 77);
    const expected = new Crc(algorithm).update(bytes).toBase64();
    // Underway while others are summed up: none takes another's bytes.
    const digest = await newDigest(algorithm);
    digest.update(bytes.subarray(0, 1000));
    const cut = 2 ** 20 + 3;
    const [head, tail, small] = await Promise.all([
      crcOf(algorithm, bytes.subarray(0, cut)),
      crcOf(algorithm, bytes.subarray(cut)),
      crcOf(algorithm, digits),
    ]);
    assertEquals(head.append(tail).toBase64(), expected);
    assertEquals(head.length, bytes.length);
    assertEquals(small.toBase64(), new Crc(algorithm).update(digits).toBase64());
    digest.update(bytes.subarray(1000));
    assertEquals(toBase64(digest.digest()), expected);
    assertEquals((await crcOf(algorithm, bytes)).toBase64(), expected);
  });
}

Deno.test("the CRC-32 of a stream goes on where Node's code takes over", () => {
  const bytes = sample(200_000);
  let [sum, at] = [0, 0];
  for (let length = 1; at < bytes.length; length = length * 3 % 9973) {
    sum = crc32(bytes.subarray(at, at + length), sum);
    at += length;
  }
  assertEquals(sum, crc32Portable(bytes));
});

Deno.test("CRC64NVME where the code that is loaded for it is gone is that of TypeScript, each time", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const [map, program] = [`${directory}/map.json`, `${directory}/program.ts`];
    await Deno.writeTextFile(
      map,
      JSON.stringify({ imports: { ...configuration.imports, "hash-wasm": "./gone.js" } }),
    );
    const checksums = new URL("../../../lib/checksums.ts", import.meta.url).href;
    await Deno.writeTextFile(
      program,
      `import { crcOf, newDigest } from "${checksums}";
      import { toBase64 } from "${new URL("base64.ts", checksums).href}";
      const bytes = new Uint8Array(2 ** 20).fill(7);
      const gone = await import("hash-wasm").then(() => false, () => true);
      const digest = await newDigest("CRC64NVME");
      digest.update(bytes);
      const sums = [await crcOf("CRC64NVME", bytes), await crcOf("CRC64NVME", bytes)];
      console.log(gone, ...sums.map((sum) => sum.toBase64()), toBase64(digest.digest()));`,
    );
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--no-lock", "--no-check", `--import-map=${map}`, program],
    }).output();
    const sum = new Crc("CRC64NVME").update(new Uint8Array(2 ** 20).fill(7)).toBase64();
    const said = new TextDecoder().decode(stdout).trim();
    assertEquals(said, `true ${sum} ${sum} ${sum}`, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
