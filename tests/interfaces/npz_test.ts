/** Archives as numpy writes them (tests/vectors/make_npz.py), and archives that lie. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { ndarray, npyEncode, readNpy } from "../../lib/array/mod.ts";
import { crc32 } from "../../lib/checksums.ts";
import { CottonCandyError, IntegrityError, NotFoundError, UnsupportedError } from "../../lib/errors.ts";
import { ArrayInterface } from "../../lib/interface/mod.ts";
import { openNpz } from "../../lib/stored_arrays/npz/mod.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import vectors from "../vectors/npz.json" with { type: "json" };
import { delegate } from "../backends/delegate.ts";
import { forEachStore, withStore } from "./stores.ts";

const archives = vectors.map(({ name, stored, arrays }) => ({
  name,
  bytes: Uint8Array.fromBase64(stored),
  arrays: Object.entries(arrays).map(([key, [dtype, shape, hex]]) => ({ key, dtype, shape, hex })),
}));

forEachStore((store, open) => {
  Deno.test(`npz on ${store}: what numpy reads of numpy's archives`, async () => {
    await withStore(open, async ({ backend }) => {
      for (const { name, bytes, arrays } of archives) {
        await backend.put("a.npz", bytes);
        const archive = await openNpz(backend, "a.npz");
        assertEquals(archive.names.filter((key) => key !== "note.txt"), arrays.map(({ key }) => key), name);
        for (const { key, dtype, shape, hex } of arrays) {
          const whole = await archive.read(key);
          const lazy = await archive.open(`${key}.npy`);
          assertEquals(lazy.sliceable, name !== "savez_compressed");
          for (const array of [whole, await lazy.toArray(), await lazy.slice("...")]) {
            const same = [array.dtype, array.shape, array.toBytes().toHex().slice(0, 400)];
            assertEquals(same, [dtype, shape, hex], `${key} of ${name}`);
          }
        }
        const part = await (await archive.open("a")).slice(-1, null, [1, null, 2]);
        assertEquals(part.toNested(), [[13, 15], [17, 19], [21, 23]]);
        await assertRejects(() => archive.open("none"), NotFoundError, '"none"');
      }
    });
  });
});

Deno.test("npz: members that are not asked for are not read", async () => {
  const memory = new MemoryBackend();
  await memory.put("a.npz", archives[0].bytes);
  let bytes = 0;
  const counted = delegate(memory, {
    async open(key, options) {
      const { range } = options ?? {};
      bytes += range && "length" in range ? range.length ?? Infinity : Infinity;
      return await memory.open(key, options);
    },
  });
  const archive = await new ArrayInterface(counted).openNpz("a.npz");
  const opened = bytes;
  await (await archive.open("a")).slice(0, 0, 0);
  assert(bytes - opened < 500, `${bytes - opened}`);
});

function find(bytes: Uint8Array, signature: number): number {
  const view = new DataView(bytes.buffer);
  for (let at = bytes.length - 4; at >= 0; at--) if (view.getUint32(at, true) === signature) return at;
  throw new Error("no such record");
}

/** Everything that can be read of an archive. */
async function readEverything(bytes: Uint8Array): Promise<string[]> {
  const backend = new MemoryBackend();
  await backend.put("a.npz", bytes);
  const archive = await openNpz(backend, "a.npz");
  const all: string[] = [];
  for (const name of archive.names) {
    if (name === "note.txt") continue;
    const array = await archive.read(name);
    assertEquals((await (await archive.open(name)).toArray()).toBytes(), array.toBytes());
    all.push(`${name} ${array.dtype} ${array.shape} ${array.toBytes().toHex()}`);
  }
  return all;
}

for (const { name, bytes } of archives) {
  Deno.test(`npz, ${name}: cut off anywhere, and damaged anywhere, it is refused or the same`, async () => {
    const expected = await readEverything(bytes);
    for (let length = 0; length < bytes.length; length += length < 300 ? 7 : 997) {
      const error = await assertRejects(() => readEverything(bytes.slice(0, length)), CottonCandyError);
      assertEquals([error.code, error.key], ["Integrity", "a.npz"]);
    }
    const records = find(bytes, 0x02014b50);
    const places = Array.from({ length: bytes.length }, (_, i) => i).filter((at) =>
      at < 200 || at >= records || at % 211 === 0
    );
    for (const at of places) {
      for (const flip of [1, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[at] ^= flip;
        try {
          const seen = await readEverything(damaged);
          // Dates, versions and permissions are nobody's; a name may be another one.
          assertEquals(
            seen.map((each) => each.replace(/^\S+ /, "")),
            expected.map((each) => each.replace(/^\S+ /, "")),
            `byte ${at}`,
          );
        } catch (error) {
          if (!(error instanceof CottonCandyError)) throw error;
          assert(["Integrity", "Unsupported"].includes(error.code), `byte ${at}: ${error}`);
        }
      }
    }
  });
}

/** An archive of one or two members, with what lies as it is told to. */
function zip(
  members: readonly { name: string; bytes: Uint8Array; flags?: number; method?: number; size?: number }[],
) {
  const pieces: number[] = [];
  const directory: number[] = [];
  const le = (value: number, count: number) =>
    Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** i) & 255);
  for (const { name, bytes, flags = 0, method = 0, size = bytes.length } of members) {
    const named = new TextEncoder().encode(name);
    const shared = [
      ...le(20, 2),
      ...le(flags, 2),
      ...le(method, 2),
      ...le(0, 4),
      ...le(crc32(bytes), 4),
      ...le(bytes.length, 4),
      ...le(size, 4),
      ...le(named.length, 2),
      ...le(0, 2),
    ];
    directory.push(
      ...le(0x02014b50, 4),
      ...le(20, 2),
      ...shared,
      ...le(0, 10),
      ...le(pieces.length, 4),
      ...named,
    );
    pieces.push(...le(0x04034b50, 4), ...shared, ...named, ...bytes);
  }
  const end = [
    ...le(0x06054b50, 4),
    ...le(0, 4),
    ...le(members.length, 2),
    ...le(members.length, 2),
    ...le(directory.length, 4),
    ...le(pieces.length, 4),
    ...le(0, 2),
  ];
  return Uint8Array.from([...pieces, ...directory, ...end]);
}

Deno.test("npz: archives that lie are refused", async () => {
  const bytes = await readAll(npyEncode(ndarray(Float32Array.of(1, 2))));
  assertEquals((await readEverything(zip([{ name: "a.npy", bytes }]))).length, 1);
  const refused: [Uint8Array, typeof IntegrityError | typeof UnsupportedError, string][] = [
    [zip([{ name: "a.npy", bytes }, { name: "a.npy", bytes }]), IntegrityError, "two of its members"],
    [zip([{ name: "a.npy", bytes, flags: 1 }]), UnsupportedError, "encrypted"],
    [zip([{ name: "a.npy", bytes, method: 12 }]), UnsupportedError, "method 12"],
    [zip([{ name: "a.npy", bytes, size: 1e9 }]), IntegrityError, "can't have"],
    [zip([{ name: "a.npy", bytes, method: 8, size: 4e9 }]), IntegrityError, "can't have"],
    [zip([{ name: "a.npy", bytes, method: 8, size: 200 }]), IntegrityError, "member"],
    [zip([{ name: "a.npy", bytes: bytes.subarray(0, 130) }]), IntegrityError, "cut off"],
    [zip([{ name: "a.npy", bytes: new Uint8Array() }]), IntegrityError, "empty"],
    [
      zip([{ name: "a", bytes: new TextEncoder().encode("no array at all") }]),
      IntegrityError,
      "no .npy file",
    ],
    [Uint8Array.from([1, 2, 3, ...zip([{ name: "a.npy", bytes }])]), IntegrityError, "isn't where it says"],
    [bytes, IntegrityError, "no directory"],
    [new Uint8Array(), IntegrityError, "0 bytes"],
  ];
  for (const [archive, kind, message] of refused) {
    const error: unknown = await assertRejects(() => readEverything(archive), CottonCandyError, message);
    assert(error instanceof kind, `${error}`);
  }
});

Deno.test("what is no .npy file is named, and the way to read it", async () => {
  const zipped = archives[0].bytes;
  await assertRejects(() => readNpy(streamOf(zipped)), IntegrityError, "openNpz");
  const gzipped = npyEncode(ndarray(Float32Array.of(1, 2))).pipeThrough(new CompressionStream("gzip"));
  await assertRejects(() => readNpy(gzipped), IntegrityError, 'decompress("gzip")');
  await assertRejects(() => readNpy(streamOf(new Uint8Array(200))), IntegrityError, "NUMPY");
});
