// Objects that are stored in parts and read in concurrent ranges.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { openRaw, readRaw } from "../../lib/stored_arrays/raw.ts";
import { type Compression, ndarray } from "../../mod.ts";
import { pattern } from "./arrays.ts";
import { each } from "./each.ts";
import { environments, Reference } from "./reference.ts";
import { sharedStores } from "./stores.ts";

const MiB = 2 ** 20;
const count = 8 * MiB + 3;
const expected = pattern(count);

for (const environment of environments) {
  const python = new Reference(environment);
  Deno.test.afterAll(() => python[Symbol.asyncDispose]());
  const [local, moto] = await sharedStores(`large-${environment}`, { partSize: 5 * MiB });

  Deno.test(`32 MiB, Python ${environment}: the two sides mean the same pattern`, async () => {
    assertEquals(await digest(expected), await python.digestPattern(count));
  });

  Deno.test(`32 MiB, Python ${environment}: what Python stores in parts, we read in concurrent ranges`, async () => {
    const etag = await python.uploadPattern(moto.python, "python", count, false);
    assertMatch(etag ?? "", /-7$/);
    const loaded: number[] = [];
    const array = await moto.cci.downloadRawArray("python", {
      concurrency: 4,
      onProgress: (progress) => loaded.push(progress.loaded),
    });
    assertEquals([array.dtype, array.shape], ["<u4", [count]]);
    assertEquals(await digest(array.toBytes()), await digest(expected));
    assertEquals(loaded.at(-1), 4 * count);

    const lazy = await openRaw(moto.cci.backend, "python");
    const slice = await lazy.slice([count - 5, null]);
    assertEquals(slice.toBytes(), new Uint8Array(expected.slice(count - 5).buffer));
  });

  Deno.test(`32 MiB, Python ${environment}: what we store in parts, Python reads`, async () => {
    await each<Compression>([false, "gzip", "Zstd", "LZ4"], String, async (compression) => {
      const { etag, size } = await moto.cci.uploadRawArray(`ours/${compression}`, ndarray(expected), {
        compression,
      });
      assertMatch(etag ?? "", new RegExp(`-${Math.ceil(size / (5 * MiB))}$`));
      assert(size > 10 * MiB);
      const { sha256, dtype, shape } = await python.digestRaw(moto.python, `ours/${compression}`);
      assertEquals([dtype, shape, sha256], ["<u4", [count], await digest(expected)]);
    });
  });

  Deno.test(`32 MiB, Python ${environment}: a stream of unknown length`, async () => {
    const bytes = new Uint8Array(expected.buffer);
    const pieces = function* () {
      for (let at = 0; at < bytes.length; at += 1_000_003) yield bytes.subarray(at, at + 1_000_003);
    };
    const metadata = { shape: String(count), dtype: "<u4", compression: "False", order: "C" };
    for (const store of [local, moto]) {
      await store.cci.backend.put("stream", ReadableStream.from(pieces()), { metadata });
      assertEquals((await python.digestRaw(store.python, "stream")).sha256, await digest(expected));
      assertEquals(
        await digest((await readRaw(store.cci.backend, "stream")).toBytes()),
        await digest(expected),
      );
    }
  });
}

async function digest(bytes: BufferSource): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
