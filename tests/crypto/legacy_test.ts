import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import {
  aesKeys,
  ageKeys,
  decrypt,
  EncryptingBackend,
  type EncryptionScheme,
  generateAesKey,
  generateRsaKeys,
  legacyScheme,
  rsaKeys,
} from "../../crypto/mod.ts";
import { portablePrimitives } from "../../crypto/portable.ts";
import { webPrimitives } from "../../crypto/primitives.ts";
import { IntegrityError, UnsupportedError } from "../../lib/errors.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import type { CottonCandyWarning } from "../../lib/warnings.ts";
import { agePlain as plainOf } from "./age_files.ts";
import golden from "../vectors/cottoncandy-0.4.0.json" with { type: "json" };
import made from "../vectors/legacy/objects.json" with { type: "json" };

type Metadata = Readonly<Record<string, string>>;

const rsa = await rsaKeys({ privateKey: made.private_key });
const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const aes = legacyScheme(aesKeys(key));

async function open(
  scheme: EncryptionScheme,
  stored: Uint8Array,
  metadata: Metadata = {},
): Promise<Uint8Array> {
  return await readAll(streamOf(stored).pipeThrough(decrypt(scheme, { name: "a", metadata })));
}

/** Reads both ways: as a stream, and as the store does, which knows the size and looks at the end first. */
async function fails(
  scheme: EncryptionScheme,
  stored: Uint8Array<ArrayBuffer>,
  what: string,
  metadata: Metadata = {},
): Promise<string> {
  const error = await assertRejects(() => open(scheme, stored, metadata), IntegrityError, undefined, what);
  const sized = await assertRejects(
    async () => {
      const unsealed = await scheme.unseal({ key: "a", metadata });
      const payload = await unsealed.payload(() => Promise.reject(new Error("it needs no header")));
      assert(payload.kind === "whole");
      await payload.plainSize(stored.length, (length) => Promise.resolve(stored.slice(-length)));
    },
    IntegrityError,
    undefined,
    what,
  );
  assertEquals(sized.message, error.message);
  return error.message;
}

/** Encrypts as Python did, with whatever plain bytes, spaces and length are said. */
async function forge(
  pieces: { plain?: Uint8Array; padding?: string; length?: bigint },
): Promise<Uint8Array<ArrayBuffer>> {
  const { plain = plainOf(20), padding = " ".repeat(4), length = BigInt(plain.length) } = pieces;
  const all = new Uint8Array(plain.length + padding.length + 8);
  all.set(plain);
  all.set(new TextEncoder().encode(padding), plain.length);
  new DataView(all.buffer).setBigUint64(all.length - 8, length, true);
  const iv = plainOf(16);
  const cbc = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["encrypt"]);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, cbc, all));
  // Without WebCrypto's own padding.
  return new Uint8Array([...iv, ...sealed.subarray(0, all.length)]);
}

interface GoldenLegacy {
  readonly name: string;
  readonly key_hex: string;
  readonly plaintext_hex: string;
  readonly body_hex: string;
}

const goldens = golden.entries.filter((entry): entry is typeof entry & GoldenLegacy =>
  "plaintext_hex" in entry
);

Deno.test("objects of the golden vectors decrypt", async () => {
  assertEquals(goldens.length, 5);
  for (const { name, key_hex, plaintext_hex, body_hex } of goldens) {
    const scheme = legacyScheme(aesKeys(Uint8Array.fromHex(key_hex)));
    const stored = Uint8Array.fromHex(body_hex);
    assertEquals(await open(scheme, stored), Uint8Array.fromHex(plaintext_hex), name);
  }
});

for (const entry of made.entries) {
  Deno.test(`an object in Python's layout decrypts, by itself and through a store: ${entry.name}`, async () => {
    const keys = "key_hex" in entry && entry.key_hex ? aesKeys(Uint8Array.fromHex(entry.key_hex)) : rsa;
    const metadata: Metadata = Object.fromEntries(
      Object.entries(entry.metadata).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    const stored = Uint8Array.fromHex(entry.body_hex);
    const plain = plainOf(entry.size);
    assertEquals(await open(legacyScheme(keys), stored, metadata), plain);

    const store = new MemoryBackend();
    await store.put("a", stored, { metadata });
    const warnings: CottonCandyWarning[] = [];
    const backend = new EncryptingBackend(store, keys, {
      legacy: legacyScheme(keys),
      onWarning: (warning) => warnings.push(warning),
    });
    const reader = await backend.open("a");
    const { key: _, ...own } = metadata;
    assertEquals([reader.info.size, reader.info.metadata], [plain.length, own]);
    assertEquals(await reader.read(), plain);
    assertEquals(await readAll(reader.stream()), plain);
    assertEquals((await backend.head("a"))?.size, plain.length);
    assert(
      warnings.length > 0 && warnings.every(({ kind, key }) => kind === "legacy-encryption" && key === "a"),
    );
    if (plain.length > 1) {
      await assertRejects(() => reader.read({ offset: 1, length: 1 }), UnsupportedError, "whole");
    }
    await assertRejects(() => backend.copy("a", "b"), UnsupportedError, "download and upload");
    await assertRejects(() => backend.rekey("a"), UnsupportedError, "download and upload");
    assertEquals(await store.head("b"), undefined);
  });
}

Deno.test("they are read only where they are admitted, and only if nothing says that they are ours", async () => {
  const store = new MemoryBackend();
  const stored = await forge({});
  const keys = aesKeys(key);
  await store.put("old", stored);
  await store.put("marked", stored, { metadata: { "cc-encryption": "RSA" } });
  await store.put("half", stored, { metadata: { "cc-bound": "cc-bound" } });
  await store.put("wrapped", stored, { metadata: { key: "AAAA" } });
  await assertRejects(() => new EncryptingBackend(store, keys).open("old"), IntegrityError);
  const admitting = new EncryptingBackend(store, keys, { legacy: aes, onWarning: () => {} });
  assertEquals(await (await admitting.open("old")).read(), plainOf(20));
  for (const name of ["marked", "half", "wrapped"]) {
    await assertRejects(() => admitting.open(name), IntegrityError, undefined, name);
  }
});

Deno.test("our objects are none of theirs, whatever is taken from their metadata", async () => {
  for (const keys of [aesKeys(key), rsa]) {
    const store = new MemoryBackend();
    const onWarning = () => {};
    const backend = new EncryptingBackend(store, keys, { legacy: legacyScheme(keys), onWarning });
    // As long as an old object may be, too.
    for (const length of [8, 1000, 1_048_576 - 56]) {
      await backend.put("a", plainOf(length), { metadata: { shape: "2" } });
      const reader = await store.open("a");
      const body = await reader.read();
      const { "cc-key": wrapped } = reader.info.metadata;
      const edits: Metadata[] = [{}, { shape: "2" }, { key: wrapped }];
      for (const metadata of edits) {
        await store.put("a", body, { metadata });
        await assertRejects(() => backend.open("a"), IntegrityError);
        await assertRejects(() => backend.copy("a", "b"));
      }
    }
  }
});

Deno.test("what is put is never in the old format", async () => {
  const store = new MemoryBackend();
  const backend = new EncryptingBackend(store, aesKeys(key), { legacy: aes });
  await backend.put("a", plainOf(20));
  assertEquals((await store.head("a"))?.metadata["cc-encryption"], "AES");
  await assertRejects(() => aes.seal({ key: "a", metadata: {} }), UnsupportedError, "read only");
});

Deno.test("length and padding must be exact, and every failure is one error", async () => {
  assertEquals(await open(aes, await forge({})), plainOf(20));
  const wrong: Record<string, Uint8Array<ArrayBuffer>> = {
    "one byte too few": await forge({ length: 19n }),
    "a block too many": await forge({ length: 36n }),
    "a block too few": await forge({ length: 4n }),
    "nothing": await forge({ length: 0n }),
    "more than there is": await forge({ length: 1000n }),
    "2^32 more": await forge({ length: 20n + 2n ** 32n }),
    "2^63 more": await forge({ length: 20n + 2n ** 63n }),
    "all ones": await forge({ length: 2n ** 64n - 1n }),
    "no spaces": await forge({ padding: "\0\0\0\0" }),
    "a wrong first space": await forge({ padding: "x   " }),
    "a wrong last space": await forge({ padding: "   x" }),
    "a whole block of spaces too many": await forge({ padding: " ".repeat(20) }),
    "17 spaces": await forge({ plain: plainOf(7), padding: " ".repeat(17) }),
    "a wrong space in the block before the last": await forge({
      plain: plainOf(24),
      padding: "x" + " ".repeat(15),
    }),
    "empty": new Uint8Array(),
    "a vector alone": plainOf(16),
    "noise": plainOf(4800),
  };
  const messages = new Set<string>();
  for (const [what, stored] of Object.entries(wrong)) messages.add(await fails(aes, stored, what));
  const stored = await forge({ plain: plainOf(100), padding: " ".repeat(4) });
  assertEquals(await open(aes, stored), plainOf(100));
  for (let i = 0; i < stored.length; i++) {
    messages.add(await fails(aes, stored.slice(0, i), `cut off at ${i}`));
  }
  // Before these, a change turns into other plain bytes, which nothing can tell.
  for (let i = stored.length - 16 - 4 - 8; i < stored.length; i++) {
    const changed = stored.slice();
    changed[i] ^= 0x10;
    messages.add(await fails(aes, changed, `byte ${i} changed`));
  }
  messages.add(await fails(aes, new Uint8Array([...stored, 0]), "a byte appended"));
  messages.add(await fails(aes, new Uint8Array([...stored, ...stored.slice(-16)]), "a block appended"));
  messages.add(await fails(legacyScheme(aesKeys(generateAesKey())), stored, "another key"));
  assertEquals(messages.size, 1);
});

Deno.test("RSA: another key, and a wrapped key that is none", async () => {
  const entry = made.entries.find(({ name }) => name === "rsa_200");
  assert(entry?.metadata.key);
  const stored = Uint8Array.fromHex(entry.body_hex);
  const scheme = legacyScheme(rsa);
  const { privateKey, publicKey } = await generateRsaKeys({ bits: 2048 });
  const wrapped = entry.metadata.key;
  const cases: [EncryptionScheme, string][] = [
    [legacyScheme(await rsaKeys({ privateKey })), wrapped],
    [scheme, wrapped.slice(0, -4)],
    [scheme, (wrapped[0] === "A" ? "B" : "A") + wrapped.slice(1)],
    [scheme, ""],
    [scheme, "no base64!"],
  ];
  for (const [by, key] of cases) await fails(by, stored, key, { key });
  await assertRejects(() => open(scheme, stored), IntegrityError);
  const writer = await rsaKeys({ publicKey });
  assertThrows(() => legacyScheme(writer), UnsupportedError, "private key");
});

Deno.test("there are none of age", async () => {
  const age = await ageKeys({ passphrase: "p", workFactor: 10 });
  assertThrows(() => legacyScheme(age), UnsupportedError, "not with age");
});

Deno.test("keys are never shown", async () => {
  const texts = [Deno.inspect(aes, { depth: 9, showHidden: true }), JSON.stringify(aes), String(aes)];
  const error = await assertRejects(() => open(aes, plainOf(48)));
  texts.push(Deno.inspect(error, { depth: 9, showHidden: true }));
  for (const text of texts) {
    assert(!text.includes("AAECAwQF") && !text.includes("0, 1, 2, 3") && !text.includes("000102"), text);
  }
});

Deno.test("long objects stream, cut anywhere, and give nothing of their end before it is checked", async () => {
  const plain = plainOf(5_000_000);
  const stored = await forge({ plain, padding: " ".repeat(16 - (plain.length % 16 + 8) % 16) });
  for (const size of [1_000_003, 65536, 5_000_064]) {
    const pieces: Uint8Array[] = [];
    for (let i = 0; i < stored.length; i += size) pieces.push(stored.subarray(i, i + size));
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces.shift();
        if (piece) controller.enqueue(piece);
        else controller.close();
      },
    });
    assertEquals(await readAll(source.pipeThrough(decrypt(aes, { name: "a" }))), plain);
  }
  const changed = stored.slice();
  changed[changed.length - 1] ^= 1;
  let given = 0;
  await assertRejects(async () => {
    for await (const piece of streamOf(changed).pipeThrough(decrypt(aes, { name: "a" }))) {
      given += piece.length;
    }
  }, IntegrityError);
  assert(given > 0 && given <= plain.length, `${given}`);
  // Through a store, nothing at all.
  const store = new MemoryBackend();
  await store.put("a", changed);
  const backend = new EncryptingBackend(store, aesKeys(key), { legacy: aes, onWarning: () => {} });
  await assertRejects(() => backend.open("a"), IntegrityError);
});

Deno.test("the portable cipher is WebCrypto's twin, for keys of every size", async () => {
  for (const length of [16, 24, 32]) {
    const raw = plainOf(length);
    const web = await webPrimitives(crypto.subtle).aesCbc(raw);
    const portable = await portablePrimitives.aesCbc(raw);
    for (const blocks of [1, 2, 100]) {
      const bytes = plainOf(16 * blocks).map((byte) => byte ^ 0x5a);
      assertEquals(await portable(plainOf(16), bytes), await web(plainOf(16), bytes));
    }
  }
});
