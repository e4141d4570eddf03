import { encryptionKeys } from "../../lib/encryption/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import {
  aesKeys,
  decrypt,
  encrypt,
  EncryptingBackend,
  generateAesKey,
  type Keys,
  rsaKeys,
} from "../../crypto/mod.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import { delegate } from "../backends/delegate.ts";
import { objectVectors, pem } from "./vectors.ts";

const rsa = await rsaKeys({ privateKey: pem.pkcs8 });

function keysOf(told: string): Keys {
  return told === "rsa" ? rsa : aesKeys(Uint8Array.fromHex(told));
}

for (const { keys, key, own, metadata, body, plain } of objectVectors) {
  Deno.test(`an object of Tink's and openssl's: ${metadata["cc-encryption"]} ${keys.length * 4}, ${key}`, async () => {
    const store = new MemoryBackend();
    await store.put(key, Uint8Array.fromHex(body), { metadata });
    const backend = new EncryptingBackend(store, keysOf(keys));
    const reader = await backend.open(key);
    assertEquals((await reader.read()).toHex(), plain);
    assertEquals(reader.info.metadata, own);
    assertEquals((await backend.head(key))?.metadata, own);
    const stage = decrypt(keysOf(keys), { name: key, metadata });
    assertEquals((await readAll(streamOf(Uint8Array.fromHex(body)).pipeThrough(stage))).toHex(), plain);
  });
}

Deno.test("what is stored says what is bound, and as little else as it can", async () => {
  const stage = encrypt(aesKeys(generateAesKey()), { name: "a", metadata: { Zeta: "1", alpha: "2" } });
  await readAll(streamOf(new Uint8Array(3)).pipeThrough(stage));
  const { "cc-key": wrapped, ...rest } = await stage.metadata;
  assertEquals(rest, {
    zeta: "1",
    alpha: "2",
    "cc-encryption": "AES",
    "cc-bound": "alpha,cc-bound,cc-encryption,zeta",
  });
  assertEquals(atob(wrapped).length, 12 + 32 + 16);
});

Deno.test("no two objects share a data key, a nonce or a header", async () => {
  const keys = aesKeys(generateAesKey());
  const seen = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const stage = encrypt(keys, { name: "same" });
    const stored = await readAll(streamOf(new Uint8Array(40)).pipeThrough(stage));
    seen.add((await stage.metadata)["cc-key"].slice(0, 16)).add(stored.subarray(0, 40).toHex());
    seen.add(stored.subarray(40).toHex());
  }
  assertEquals(seen.size, 60);
});

Deno.test("the room that metadata take is told exactly", async () => {
  for (const keys of [aesKeys(generateAesKey()), rsa]) {
    const all: Record<string, string>[] = [{}, { a: "1" }, { shape: "2,3", dtype: "<f8", "x-y": "" }];
    for (const metadata of all) {
      const { metadata: stored } = await keys.seal({ key: "a", metadata });
      const size = (entries: Record<string, string>) =>
        Object.entries(entries).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
      assertEquals(size(metadata) + keys.metadataBytes(Object.keys(metadata)), size(stored));
    }
  }
});

Deno.test("metadata that leave no room are refused before anything is read", async () => {
  const store = new MemoryBackend();
  const limited = delegate(store, { capabilities: { ...store.capabilities, metadataLimit: 300 } });
  const backend = new EncryptingBackend(limited, aesKeys(generateAesKey()));
  assert(backend.capabilities.metadataLimit < 200 && backend.capabilities.metadataLimit > 100);
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) }, {
    highWaterMark: 0,
  });
  const metadata = { ["n".repeat(60)]: "v".repeat(60) };
  const error = await assertRejects(() => backend.put("a", body, { metadata }), InvalidArgumentError);
  assert(error.message.includes("the metadata have 120 bytes"), error.message);
  assert(cancelled);
});

Deno.test("entries that encryption writes can't be given", async () => {
  const backend = new EncryptingBackend(new MemoryBackend(), aesKeys(generateAesKey()));
  for (const name of ["cc-key", "cc-bound", "CC-Encryption"]) {
    await assertRejects(
      () => backend.put("a", new Uint8Array(), { metadata: { [name]: "x" } }),
      InvalidArgumentError,
    );
  }
  // So one encryption within another is refused, rather than read wrongly.
  const twice = new EncryptingBackend(backend, aesKeys(generateAesKey()));
  await assertRejects(() => twice.put("a", new Uint8Array()), InvalidArgumentError);
});

Deno.test("AES keys: bytes, base64, Python's way of writing it; 16 and 32 bytes", async () => {
  const raw = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
  const text = raw.toBase64();
  const stage = encrypt(aesKeys(raw), { name: "a" });
  const stored = await readAll(streamOf(new Uint8Array([7])).pipeThrough(stage));
  const metadata = await stage.metadata;
  for (const same of [raw, text, ` ${text}\n`, text.replace(/=+$/, ""), `b'${text}'`, raw.subarray()]) {
    const back = decrypt(aesKeys(same), { name: "a", metadata });
    assertEquals([...await readAll(streamOf(stored).pipeThrough(back))], [7]);
  }
  const short = encrypt(aesKeys(raw.subarray(0, 16)), { name: "a" });
  const shortStored = await readAll(streamOf(new Uint8Array([8])).pipeThrough(short));
  const back = decrypt(aesKeys(raw.slice(0, 16)), { name: "a", metadata: await short.metadata });
  assertEquals([...await readAll(streamOf(shortStored).pipeThrough(back))], [8]);
});

Deno.test("what is no AES key is refused, and never shown", () => {
  for (const wrong of ["", "secret!", "c2VjcmV0", new Uint8Array(31), new Uint8Array(0), "A".repeat(200)]) {
    const error = assertThrows(() => aesKeys(wrong), InvalidArgumentError);
    if (typeof wrong === "string" && wrong !== "") assert(!error.message.includes(wrong));
  }
});

Deno.test("words of letters and digits that are base64 by chance are no keys, and it is said so", async () => {
  for (const word of ["correcthorsebatterysta", "0123456789abcdef012345", "b'correcthorsebatterysta'"]) {
    const error = assertThrows(() => aesKeys(word), InvalidArgumentError, "a text of 22 characters");
    assert(!error.message.includes(word));
  }
  const word = "correcthorsebatterystapleand1234";
  for (const text of [word, `${word}\n`, "0123456789abcdef".repeat(2)]) {
    assertThrows(() => aesKeys(text), InvalidArgumentError, "a text of 32 characters");
    await assertRejects(() => encryptionKeys({ key: text }), InvalidArgumentError, "generateAesKey()");
  }
  for (const text of ["", "=", "=="]) {
    const key = text === ""
      ? new Uint8Array(24).fill(7).toBase64()
      : new Uint8Array(text === "=" ? 32 : 16).toBase64();
    assert(key.endsWith(text));
    await encryptionKeys({ key, legacy: "read" });
  }
  await assertRejects(
    () => encryptionKeys({ key: "correcthorsebatterysta", legacy: "read" }),
    InvalidArgumentError,
  );
});

Deno.test("a key of 24 bytes neither writes nor reads", async () => {
  const keys = aesKeys(new Uint8Array(24));
  const backend = new EncryptingBackend(new MemoryBackend(), keys);
  await assertRejects(() => backend.put("a", new Uint8Array()), UnsupportedError);
  assertEquals(await backend.store.head("a"), undefined);
});

Deno.test("the caller's key may change once it has been given", async () => {
  const raw = crypto.getRandomValues(new Uint8Array(32));
  const kept = raw.slice();
  const backend = new EncryptingBackend(new MemoryBackend(), aesKeys(raw));
  raw.fill(0);
  await backend.put("a", new Uint8Array([1]));
  const other = new EncryptingBackend(backend.store, aesKeys(kept));
  assertEquals([...await (await other.open("a")).read()], [1]);
});

Deno.test("keys show nothing of themselves", async () => {
  const raw = Uint8Array.from({ length: 32 }, (_, i) => 100 + i);
  const backends = [
    new EncryptingBackend(new MemoryBackend(), aesKeys(raw)),
    new EncryptingBackend(new MemoryBackend(), rsa),
  ];
  for (const keys of [aesKeys(raw), rsa, ...backends]) {
    const shown = Deno.inspect(keys, { depth: 20, showHidden: true, iterableLimit: 1000 }) +
      JSON.stringify(keys) + String(keys);
    assert(!/100,\s*101|ZGVmZ2|646566|PRIVATE/.test(shown), shown);
  }
  const stage = encrypt(aesKeys(raw), { name: "a" });
  const body = await readAll(streamOf(new Uint8Array(1)).pipeThrough(stage));
  const error = await assertRejects(
    () => readAll(streamOf(body).pipeThrough(decrypt(rsa, { name: "a", metadata: {} }))),
    IntegrityError,
  );
  assert(!/PRIVATE|ZGVmZ2/.test(Deno.inspect(error)));
});
