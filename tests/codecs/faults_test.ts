// Every decoder against truncated, damaged, concatenated and prolonged input.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { type ByteTransform, codecNamed, type DecodeOptions, listCodecs } from "../../codecs/mod.ts";
import { encodeLatin1 } from "../../lib/bytes.ts";
import { CottonCandyError, IntegrityError } from "../../lib/errors.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import { codecs } from "./implementations.ts";
import { concat, random, smooth } from "./samples.ts";
import older from "./python.json" with { type: "json" };
import newer from "../vectors/numcodecs.json" with { type: "json" };

const python = [...older, ...newer];

interface Subject {
  readonly name: string;
  readonly decode: (options?: DecodeOptions) => ByteTransform;
  /** `plain`, as stored. */
  readonly stored: Uint8Array<ArrayBuffer>;
  readonly plain: Uint8Array<ArrayBuffer>;
  /** Whether damage is always found. */
  readonly checksum: boolean;
  /** Whether the data themselves say where they end. */
  readonly delimited: boolean;
  readonly concatenated: "read" | "refused";
  readonly zeros: "ignored" | "refused";
}

const plain = smooth(1200);
/** What the formats promise; each codec of the registry has its line here. */
const traits: Record<string, Pick<Subject, "checksum" | "delimited" | "concatenated" | "zeros">> = {
  gzip: { checksum: true, delimited: true, concatenated: "read", zeros: "ignored" },
  Zlib: { checksum: true, delimited: true, concatenated: "refused", zeros: "ignored" },
  Zstd: { checksum: true, delimited: true, concatenated: "read", zeros: "ignored" },
  LZ4: { checksum: false, delimited: true, concatenated: "refused", zeros: "refused" },
  BZ2: { checksum: true, delimited: true, concatenated: "read", zeros: "ignored" },
  LZMA: { checksum: true, delimited: true, concatenated: "read", zeros: "ignored" },
  Blosc: { checksum: false, delimited: true, concatenated: "refused", zeros: "ignored" },
  Shuffle: { checksum: false, delimited: false, concatenated: "refused", zeros: "refused" },
  Base64: { checksum: false, delimited: false, concatenated: "refused", zeros: "refused" },
  PackBits: { checksum: false, delimited: false, concatenated: "refused", zeros: "refused" },
  Fletcher32: { checksum: true, delimited: true, concatenated: "refused", zeros: "refused" },
  Brotli: { checksum: false, delimited: true, concatenated: "refused", zeros: "refused" },
};

const subjects: Subject[] = [];
for (const { name, codec, encode, decode } of codecs) {
  const stored = await readAll(streamOf(plain).pipeThrough(encode({ size: plain.length })));
  subjects.push({ name, decode, stored, plain, ...traits[codec.name] });
}
for (const { name, codec, stored, plain } of python) {
  const { decode } = codecNamed(codec);
  const bytes = { stored: Uint8Array.fromBase64(stored), plain: Uint8Array.fromBase64(plain) };
  subjects.push({ name: `${codec} of Python, ${name}`, decode, ...bytes, ...traits[codec] });
}

Deno.test("every codec of the registry is put to these tests", () => {
  const { written, readOnly } = listCodecs();
  const names = [...written, ...readOnly].map(({ name }) => name).sort();
  assertEquals(Object.keys(traits).sort(), names, "traits, above");
  assertEquals(
    [...new Set(codecs.map(({ codec }) => codec.name))].sort(),
    written.map(({ name }) => name).sort(),
  );
  assertEquals(
    [...new Set(python.map(({ codec }) => codec))].sort(),
    readOnly.map(({ name }) => name).sort(),
  );
});

function run(subject: Subject, stored: Uint8Array, options: DecodeOptions = {}, pieceLength = 1 << 20) {
  return readAll(streamOf(stored, pieceLength).pipeThrough(subject.decode(options)));
}

for (const subject of subjects) {
  const { name, stored, plain, checksum, delimited } = subject;
  const size = plain.length;

  Deno.test(`${name}: whole, in pieces of any length`, async () => {
    for (const pieceLength of [1, 2, 7, 64, stored.length]) {
      assertEquals(await run(subject, stored, { size }, pieceLength), plain);
      assertEquals(await run(subject, stored, {}, pieceLength), plain);
    }
  });

  Deno.test(`${name}: cut off at any place`, async () => {
    for (let length = 0; length < stored.length; length++) {
      const cut = stored.subarray(0, length);
      await assertRejects(() => run(subject, cut, { size }), IntegrityError, undefined, `${length} bytes`);
      if (delimited) {
        await assertRejects(() => run(subject, cut), IntegrityError, undefined, `${length} bytes`);
      }
    }
  });

  Deno.test(`${name}: a damaged byte anywhere`, async () => {
    const next = random(7);
    let found = 0;
    for (let at = 0; at < stored.length; at++) {
      const damaged = stored.slice();
      damaged[at] ^= 1 + Math.floor(next() * 255);
      try {
        const decoded = await run(subject, damaged, { size }, 100);
        assertEquals(decoded.length, size);
        if (checksum) assertEquals(decoded, plain, `byte ${at}`);
      } catch (error) {
        assertInstanceOf(error, CottonCandyError, `byte ${at}: ${error}`);
        assert(error.code === "Integrity" || error.code === "Unsupported");
        found += 1;
      }
    }
    if (checksum) assert(found > stored.length * 0.97, `${found} of ${stored.length} found`);
  });

  Deno.test(`${name}: twice in a row`, async () => {
    const twice = concat(stored, stored);
    if (subject.concatenated === "read") assertEquals(await run(subject, twice), concat(plain, plain));
    else await assertRejects(() => run(subject, twice, { size }), IntegrityError);
  });

  Deno.test(`${name}: something behind it`, async () => {
    for (const pieceLength of [1, stored.length, 1 << 20]) {
      for (
        const tail of [[0x55], [0x1F, 0x8B], [0, 0, 1], [0x28, 0xB5, 0x2F, 0xFD], [0x42, 0x5A, 0x68, 0x39]]
      ) {
        const prolonged = concat(stored, Uint8Array.from(tail));
        await assertRejects(() => run(subject, prolonged, { size }, pieceLength), IntegrityError);
      }
      // What is no beginning of another stream is told as what it is, where the data say where they end.
      if (delimited && name !== "Brotli" && !name.startsWith("Fletcher32")) {
        for (const tail of ["xx", "\x01\x02\x03\x04\x05\x06\x07\x08", "\0\0x\0y"]) {
          const prolonged = concat(stored, encodeLatin1(tail)!);
          for (const options of [{ size }, {}]) {
            await assertRejects(
              () => run(subject, prolonged, options, pieceLength),
              IntegrityError,
              "other bytes follow the end of the compressed data",
            );
          }
        }
      }
      const padded = concat(stored, new Uint8Array(512));
      if (subject.zeros === "ignored") assertEquals(await run(subject, padded, { size }, pieceLength), plain);
      else await assertRejects(() => run(subject, padded, { size }, pieceLength), IntegrityError);
    }
  });

  Deno.test(`${name}: another length than expected`, async () => {
    for (const other of [0, 1, size - 1, size + 1, size * 2]) {
      await assertRejects(() => run(subject, stored, { size: other }), IntegrityError);
    }
  });

  Deno.test(`${name}: noise instead of data`, async () => {
    const next = random(11);
    for (let i = 0; i < 200; i++) {
      const bytes = Uint8Array.from({ length: 1 + next() * 300 }, () => next() * 256);
      // The start of the real thing, so that the noise gets behind the first checks.
      if (i % 2) bytes.set(stored.subarray(0, Math.min(bytes.length, Math.floor(next() * 20))));
      await assertRejects(() => run(subject, bytes, { size }), CottonCandyError);
    }
  });
}

Deno.test("an empty stream is no compressed data, except where nothing is nothing", async () => {
  for (const subject of subjects) {
    const empty = new Uint8Array(0);
    if (subject.delimited || subject.name.startsWith("PackBits")) {
      await assertRejects(() => run(subject, empty), IntegrityError, undefined, subject.name);
    } else assertEquals(await run(subject, empty), empty);
  }
});
