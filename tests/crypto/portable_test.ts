import { assertEquals } from "@std/assert";
import { aesKeys, decrypt, encrypt } from "../../crypto/mod.ts";
import { portablePrimitives } from "../../crypto/portable.ts";
import { type Primitives, primitives } from "../../crypto/primitives.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import { pattern } from "../../testing/case.ts";

Deno.test("the portable primitives are WebCrypto's twins", async () => {
  const web = await primitives();
  const key = pattern(32, 3);
  const nonce = pattern(12, 4);
  for (const length of [0, 1, 16, 1000]) {
    const plain = pattern(length, 5);
    for (const size of [16, 32]) {
      for (const associated of [undefined, new Uint8Array(), pattern(100, 6)]) {
        const a = await web.aesGcm(key.slice(0, size));
        const b = await portablePrimitives.aesGcm(key.slice(0, size));
        const sealed = await a.seal(nonce, plain, associated);
        assertEquals(await b.seal(nonce, plain, associated), sealed);
        assertEquals(await b.open(nonce, sealed, associated), plain);
        assertEquals(await a.open(nonce, sealed, associated), plain);
        for (const cipher of [a, b]) {
          const broken = sealed.slice();
          broken[length] ^= 1;
          assertEquals(await cipher.open(nonce, broken, associated), undefined);
          assertEquals(await cipher.open(nonce, sealed, Uint8Array.of(9)), undefined);
          assertEquals(await cipher.open(nonce, sealed.subarray(0, 15), associated), undefined);
          assertEquals(await cipher.open(nonce, new Uint8Array(), associated), undefined);
        }
      }
    }
    const derive = (from: Primitives) => from.hkdfSha256(key, nonce, plain, 42);
    assertEquals(await derive(portablePrimitives), await derive(web));
  }
});

Deno.test("a page without WebCrypto writes and reads the same objects", async () => {
  const keys = () => aesKeys(pattern(32, 8));
  const plain = pattern(1_100_000);
  const object = { name: "a", metadata: { b: "c" } };
  const seal = async () => {
    const stage = encrypt(keys(), object);
    return { body: await readAll(streamOf(plain).pipeThrough(stage)), metadata: await stage.metadata };
  };
  const open = ({ body, metadata }: Awaited<ReturnType<typeof seal>>) =>
    readAll(streamOf(body).pipeThrough(decrypt(keys(), { name: "a", metadata })));
  const byWeb = await seal();
  const { byHand, backFromWeb } = await withoutSubtle(async () => ({
    byHand: await seal(),
    backFromWeb: await open(byWeb),
  }));
  assertEquals(backFromWeb, plain);
  assertEquals(await open(byHand), plain);
});

async function withoutSubtle<T>(work: () => Promise<T>): Promise<T> {
  const whole = globalThis.crypto;
  const part = { getRandomValues: whole.getRandomValues.bind(whole) };
  Object.defineProperty(globalThis, "crypto", { value: part, configurable: true, writable: true });
  try {
    return await work();
  } finally {
    Object.defineProperty(globalThis, "crypto", { value: whole, configurable: true, writable: true });
  }
}
