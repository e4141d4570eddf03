// Blocks that no encoder writes, made bit by bit.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { bz2 } from "../../codecs/mod.ts";
import { IntegrityError, UnsupportedError } from "../../lib/errors.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import { noise, random } from "./samples.ts";

/** A stream with one block of the byte "a": `runCodes` times RUNA, then the end of the block. Its checksums are as given. */
function stream(runCodes: number, crc = 0): Uint8Array<ArrayBuffer> {
  let bits = "";
  const put = (value: number, count: number) => bits += value.toString(2).padStart(count, "0");
  for (const byte of [0x42, 0x5A, 0x68, 0x31, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) put(byte, 8);
  put(crc, 32);
  put(0, 1 + 24); // not randomised, begins at 0
  put(1 << 15 - 6, 16); // bytes 0x60 to 0x6F occur,
  put(1 << 15 - 1, 16); // of them 0x61
  put(2, 3); // two Huffman tables
  const groups = Math.ceil((runCodes + 1) / 50);
  put(groups, 15);
  put(0, groups); // always the first
  for (let table = 0; table < 2; table++) {
    put(1, 5); // RUNA: one bit
    put(0, 1);
    put(0b100, 3); // RUNB: two
    put(0, 1); // end: two
  }
  bits += "0".repeat(runCodes) + "11";
  for (const byte of [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]) put(byte, 8);
  put(crc, 32);
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0");
  return Uint8Array.from({ length: bits.length / 8 }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8), 2));
}

const decode = (stored: Uint8Array) => readAll(streamOf(stored).pipeThrough(bz2.decode()));

Deno.test("a block made by hand is read", async () => {
  // Two RUNA are 1 + 2 bytes. The CRC-32 of "aaa", most significant bit first, as bzip2 itself stores it.
  assertEquals(new TextDecoder().decode(await decode(stream(2, 0x1FE5DFCE))), "aaa");
});

Deno.test("a run that overflows every counter is refused at once", async () => {
  for (const runCodes of [17, 31, 32, 33, 64, 1000]) {
    await assertRejects(() => decode(stream(runCodes)), IntegrityError, "run");
  }
});

Deno.test("zeros of any number at the end, and streams of nothing", async () => {
  const empty = await readAll(streamOf(new Uint8Array(0)).pipeThrough(bz2.encode()));
  assertEquals((await decode(empty)).length, 0);
  assertEquals((await decode(Uint8Array.from([...empty, ...empty, 0, 0, 0]))).length, 0);
});

Deno.test("what libbzip2 writes is read: codes of all lengths, full lists of bytes, and periods", async () => {
  const next = random(21);
  const kinds: Record<string, (length: number) => Uint8Array> = {
    // Each byte is half as frequent as the one before it: the codes get longer than what is looked up at once.
    "geometric frequencies": (length) => Uint8Array.from({ length }, () => -Math.log2(1 - next()) * 3),
    "all bytes": (length) => noise(length),
    "zeros": (length) => new Uint8Array(length),
    "a period of two": (length) => Uint8Array.from({ length }, (_, i) => i & 1),
    "a period of seven": (length) => Uint8Array.from({ length }, (_, i) => i % 7),
    "runs of 3 to 6": (length) => Uint8Array.from({ length }, (_, i) => i / (3 + (i >> 12) % 4)),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    for (const [length, level] of [[1, 9], [2, 9], [255, 9], [260_000, 1], [950_000, 9]]) {
      const bytes = make(length);
      const stored = await readAll(streamOf(bytes).pipeThrough(bz2.encode({ level })));
      const back = await decode(stored);
      assert(
        back.length === length && back.every((byte, i) => byte === bytes[i]),
        `${length} bytes, ${kind}`,
      );
    }
  }
});

Deno.test("where a policy forbids wasm, writing says what it needs, and reading works", async () => {
  const { Module } = WebAssembly;
  const write = () => readAll(streamOf(new Uint8Array(10)).pipeThrough(bz2.encode()));
  const stored = await write();
  WebAssembly.Module = class extends Module {
    constructor(bytes: BufferSource) {
      super(bytes);
      throw new WebAssembly.CompileError("Wasm code generation disallowed by embedder");
    }
  };
  try {
    await assertRejects(write, UnsupportedError, "'wasm-unsafe-eval'");
    assertEquals(await decode(stored), new Uint8Array(10));
  } finally {
    WebAssembly.Module = Module;
  }
  assertEquals(await write(), stored);
});
