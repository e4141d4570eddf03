import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Decrypter, Encrypter } from "age-encryption";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { MOST_WORK_FACTOR, PassphraseIdentity, PassphraseRecipient } from "../../crypto/age/passphrase.ts";
import {
  aesKeys,
  type AgeKeyOptions,
  ageKeys,
  ageRecipients,
  decrypt,
  encrypt,
  EncryptingBackend,
  generateAesKey,
  generateAgeIdentity,
  type Keys,
} from "../../crypto/mod.ts";
import { portablePrimitives } from "../../crypto/portable.ts";
import { webPrimitives } from "../../crypto/primitives.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import { conformance } from "../../testing/mod.ts";
import { ageFile, agePassphrase, agePlain, ageText } from "./age_files.ts";

const CHUNK = 65536;
const TAG = 16;
/** With one X25519 recipient, nonce included. */
const HEADER = 184;

const mine = await generateAgeIdentity();
const keys = await ageKeys({ identities: mine.identity });

async function seal(by: Keys, plain: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return await readAll(streamOf(plain).pipeThrough(encrypt(by, { name: "a" })));
}

async function open(by: Keys, stored: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return await readAll(streamOf(stored).pipeThrough(decrypt(by, { name: "a" })));
}

/** Reads what must not be readable; tells what came before the failure. */
async function fails(by: Keys, stored: Uint8Array, what: string): Promise<IntegrityError> {
  const pieces: Uint8Array[] = [];
  const error = await assertRejects(
    async () => {
      for await (const piece of streamOf(stored).pipeThrough(decrypt(by, { name: "a" }))) pieces.push(piece);
    },
    IntegrityError,
    undefined,
    what,
  );
  assertEquals(error.key, "a");
  assert(pieces.every((piece) => piece.length === CHUNK), `${what}: only whole chunks may come before`);
  return error;
}

for (const size of [0, 11, 65536, 65537]) {
  Deno.test(`a file of age's own tool decrypts: ${size} bytes for an X25519 recipient`, async () => {
    const reader = await ageKeys({ identities: await ageText("x25519.txt") });
    assertEquals(await open(reader, await ageFile(`x25519_${size}.age`)), agePlain(size));
  });
}

const toolFiles: [string, () => Promise<AgeKeyOptions>][] = [
  ["hybrid_200", async () => ({ identities: await ageText("hybrid.txt") })],
  ["two_recipients_200", async () => ({ identities: await ageText("x25519.txt") })],
  [
    "two_recipients_200",
    async () => ({ identities: [await ageText("hybrid.txt"), await ageText("other.txt")] }),
  ],
  ["passphrase_200", () => Promise.resolve({ passphrase: agePassphrase })],
  ["two_recipients_200", async () => ({
    identities: await ageText("identity_armored.age"),
    passphrase: agePassphrase,
  })],
  [
    "two_recipients_200",
    async () => ({ identities: await ageFile("identity.age"), passphrase: agePassphrase }),
  ],
];
for (const [i, [name, options]] of toolFiles.entries()) {
  Deno.test(`a file of age's own tool decrypts: ${name}, ${i}`, async () => {
    assertEquals(await open(await ageKeys(await options()), await ageFile(`${name}.age`)), agePlain(200));
  });
}

Deno.test("a file in text form is refused, and the error says what to do", async () => {
  const reader = await ageKeys({ identities: await ageText("x25519.txt") });
  await assertRejects(
    async () => await open(reader, await ageFile("armored_200.age")),
    UnsupportedError,
    "--armor",
  );
});

Deno.test("what is written has age's layout, and its library reads it", async () => {
  for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 77]) {
    const plain = agePlain(size);
    const stored = await seal(keys, plain);
    assertEquals(stored.length, HEADER + size + TAG * Math.max(1, Math.ceil(size / CHUNK)));
    assertEquals(keys.advisorySize(stored.length), size);
    const decrypter = new Decrypter();
    decrypter.addIdentity(mine.identity);
    assertEquals(await decrypter.decrypt(stored), plain);
    assertEquals(await open(keys, stored), plain);
  }
});

Deno.test("what age's library writes is read", async () => {
  const encrypter = new Encrypter();
  encrypter.addRecipient(mine.recipient);
  for (const size of [0, CHUNK, 3 * CHUNK + 5]) {
    assertEquals(await open(keys, new Uint8Array(await encrypter.encrypt(agePlain(size)))), agePlain(size));
  }
});

Deno.test("sizes from listings are exact for one's own recipients", async () => {
  const second = await generateAgeIdentity();
  const quantum = await generateAgeIdentity({ postQuantum: true });
  const all: AgeKeyOptions[] = [
    { recipients: [mine.recipient, second.recipient] },
    { recipients: quantum.recipient },
    // Of a hardware key: written for, and read elsewhere.
    { recipients: "age1tag1qf9amnn3jas4nfj7me3u0lz7e6camr52mv886335c0a6dqvj0zpskq29hjx" },
    { passphrase: "x", workFactor: 10 },
  ];
  for (const options of all) {
    const writer = await ageKeys(options);
    for (const size of [0, CHUNK, CHUNK + 1]) {
      assertEquals(writer.advisorySize((await seal(writer, agePlain(size))).length), size);
    }
  }
  assertEquals(keys.advisorySize(0), 0);
});

Deno.test("every changed, removed, inserted or cut off byte is found", async () => {
  const plain = agePlain(20);
  const stored = await seal(keys, plain);
  assertEquals(stored.length, HEADER + 20 + TAG);
  for (let i = 0; i < stored.length; i++) {
    for (const bit of [1, 1 << (i % 8), 0x80]) {
      const changed = stored.slice();
      changed[i] ^= bit;
      await fails(keys, changed, `byte ${i} with bit ${bit} flipped`);
    }
    const removed = new Uint8Array([...stored.subarray(0, i), ...stored.subarray(i + 1)]);
    await fails(keys, removed, `byte ${i} removed`);
    await fails(keys, stored.subarray(0, i), `cut off at ${i}`);
    if (i % 8 === 0) {
      const inserted = new Uint8Array([...stored.subarray(0, i), stored[i] ^ 1, ...stored.subarray(i)]);
      await fails(keys, inserted, `a byte inserted at ${i}`);
    }
  }
  await fails(keys, new Uint8Array([...stored, 0]), "a byte appended");
  await fails(keys, new Uint8Array([...stored, ...stored]), "itself appended");
  assertEquals(await open(keys, stored), plain);
});

Deno.test("chunks that are removed, repeated, swapped or of another object are found", async () => {
  const stored = await seal(keys, agePlain(3 * CHUNK + 9));
  const other = await seal(keys, agePlain(3 * CHUNK + 9));
  const cut = (bytes: Uint8Array) => [
    bytes.subarray(0, HEADER),
    ...[0, 1, 2, 3].map((i) => bytes.subarray(HEADER + i * (CHUNK + TAG), HEADER + (i + 1) * (CHUNK + TAG))),
  ];
  const [header, a, b, c, last] = cut(stored);
  const [otherHeader, otherA, otherB, otherC, otherLast] = cut(other);
  const orders: Record<string, Uint8Array[]> = {
    "the first removed": [header, b, c, last],
    "a middle one removed": [header, a, c, last],
    "the last removed": [header, a, b, c],
    "one repeated": [header, a, b, b, c, last],
    "two swapped": [header, a, c, b, last],
    "the last repeated": [header, a, b, c, last, last],
    "the last first": [header, last, a, b, c],
    "nothing but the last": [header, last],
    "no chunk": [header],
    "another's chunk": [header, a, otherB, c, last],
    "another's last": [header, a, b, c, otherLast],
    "another's body": [header, otherA, otherB, otherC, otherLast],
    "another's header": [otherHeader, a, b, c, last],
    "another's nonce": [header.subarray(0, -16), otherHeader.subarray(-16), a, b, c, last],
    "an empty last chunk": [header, a, b, c, last.subarray(0, TAG)],
  };
  for (const [what, pieces] of Object.entries(orders)) {
    await fails(keys, await readAll(streamOf(new Uint8Array(pieces.flatMap((piece) => [...piece])))), what);
  }
});

Deno.test("whatever is no age file is not authentic", async () => {
  for (const size of [0, 1, 100, 5000, 2_000_000]) {
    await fails(keys, agePlain(size), `${size} bytes`);
  }
  const endless = new TextEncoder().encode("age-encryption.org/v1\n" + "-> X25519 a\nb\n".repeat(200_000));
  await fails(keys, endless, "a header without an end");
});

Deno.test("a wrong identity or passphrase is one IntegrityError", async () => {
  const others = [
    await ageKeys({ identities: (await generateAgeIdentity()).identity }),
    await ageKeys({ identities: (await generateAgeIdentity({ postQuantum: true })).identity }),
    await ageKeys({ passphrase: "wrong", workFactor: 10 }),
  ];
  const underPassphrase = await ageKeys({ passphrase: "right", workFactor: 10 });
  const messages = new Set<string>();
  for (
    const [by, stored] of [
      ...others.map((other) => [other, seal(keys, agePlain(5))] as const),
      ...[keys, ...others].map((other) => [other, seal(underPassphrase, agePlain(5))] as const),
    ]
  ) {
    const error = await assertRejects(async () => await open(by, await stored), IntegrityError);
    messages.add(error.message);
  }
  assertEquals(messages.size, 1);
});

Deno.test("recipients alone write and don't read, and the error says so", async () => {
  const writer = await ageKeys({ recipients: [mine.recipient] });
  const stored = await seal(writer, agePlain(9));
  assertEquals(await open(keys, stored), agePlain(9));
  await assertRejects(() => open(writer, stored), UnsupportedError, "give an identity");
});

Deno.test("every recipient reads; text of files is taken as age's tool writes it", async () => {
  const second = await generateAgeIdentity();
  const recipients = `# the lab\r\n${mine.recipient}\r\n\n  ${second.recipient}\n`;
  const stored = await seal(await ageKeys({ recipients }), agePlain(9));
  for (const identities of [mine.identity, [second.identity], `# mine\n${mine.identity}\n`]) {
    assertEquals(await open(await ageKeys({ identities }), stored), agePlain(9));
  }
  assertEquals(await ageRecipients([mine.identity, second.identity]), [mine.recipient, second.recipient]);
});

Deno.test("post-quantum: alone, never mixed, preferred where identities are of both kinds", async () => {
  const quantum = await generateAgeIdentity({ postQuantum: true });
  const reader = await ageKeys({ identities: quantum.identity });
  assertEquals(await open(reader, await seal(reader, agePlain(77))), agePlain(77));
  await assertRejects(
    () => ageKeys({ recipients: [mine.recipient, quantum.recipient] }),
    InvalidArgumentError,
    "post-quantum",
  );
  const both = await ageKeys({ identities: [mine.identity, quantum.identity] });
  const stored = await seal(both, agePlain(3));
  assertEquals(await open(reader, stored), agePlain(3));
  assertEquals(await open(both, await seal(keys, agePlain(3))), agePlain(3));
  await fails(keys, stored, "the other identity's");
});

Deno.test("an identity under a passphrase is unlocked once", async () => {
  const { identity, recipient } = await generateAgeIdentity({ passphrase: "open", workFactor: 10 });
  assertStringIncludes(identity, "-----BEGIN AGE ENCRYPTED FILE-----");
  const reader = await ageKeys({ identities: identity, passphrase: "open" });
  assertEquals(await open(reader, await seal(reader, agePlain(5))), agePlain(5));
  assertEquals(await ageRecipients(identity, "open"), [recipient]);
  await assertRejects(() => ageKeys({ identities: identity }), InvalidArgumentError, "give its passphrase");
  await assertRejects(
    () => ageKeys({ identities: identity, passphrase: "wrong" }),
    InvalidArgumentError,
    "does not open",
  );
  await assertRejects(
    () => ageKeys({ identities: identity.replace("\nYWdl", "\nYWd="), passphrase: "open" }),
    InvalidArgumentError,
    "damaged",
  );
});

Deno.test("passphrases: other programs go on meanwhile, and too much work is refused", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  // Enough work for timers to come up many times on a fast machine, too; on this thread it would let them come up once.
  const writer = await ageKeys({ passphrase: "slow", workFactor: 17 });
  const stored = await seal(writer, agePlain(3));
  clearInterval(timer);
  assert(ticks > 2, `${ticks} ticks`);
  const decrypter = new Decrypter();
  decrypter.addPassphrase("slow");
  assertEquals(await decrypter.decrypt(stored), agePlain(3));
  const [stanza] = await new PassphraseRecipient("slow", 10).wrapFileKey(agePlain(16));
  stanza.args[2] = String(MOST_WORK_FACTOR + 1);
  await assertRejects(
    () => new PassphraseIdentity("slow").unwrapFileKey([stanza]),
    IntegrityError,
    "factor of 23",
  );
  const text = new TextDecoder("latin1").decode(stored).replace(/(-> scrypt \S+) 17\n/, "$1 28\n");
  const error = await fails(writer, Uint8Array.from(text, (c) => c.charCodeAt(0)), "work of hours");
  assertMatch(error.message, /a work factor of 28, and more than 22 is not done/);
});

Deno.test("passphrases: age's tool works up to 22, and so is done here; without the memory it is said so", async () => {
  assertEquals(MOST_WORK_FACTOR, 22);
  const asked: number[] = [];
  const node = process.getBuiltinModule("node:crypto");
  const real = Object.getOwnPropertyDescriptor(node, "scrypt");
  const none = (...given: unknown[]) => {
    const { N, maxmem } = Object(given[3]);
    asked.push(N);
    assert(maxmem > 128 * 8 * N);
    Object(given[4])(new RangeError("no memory"));
  };
  Object.defineProperty(node, "scrypt", { value: none, configurable: true, writable: true });
  try {
    const [stanza] = await new PassphraseRecipient("p", 10).wrapFileKey(agePlain(16)).catch(
      () => [undefined],
    );
    assertEquals(stanza, undefined);
    const keys = await ageKeys({ passphrase: "p", workFactor: 22 });
    const refused = await assertRejects(() => seal(keys, agePlain(1)), UnsupportedError, "4096 MiB");
    assert(!Deno.inspect(refused).includes('"p"'));
  } finally {
    if (real) Object.defineProperty(node, "scrypt", real);
  }
  assertEquals(asked, [2 ** 10, 2 ** 22]);
});

Deno.test("arguments that say nothing, too much or what can't be", async () => {
  const { identity, recipient } = mine;
  // Keys are drawn anew each time: the last letter may be any.
  const mistyped = identity.slice(0, -1) + (identity.endsWith("Q") ? "P" : "Q");
  const wrong: [AgeKeyOptions, string][] = [
    [{}, "needs recipients"],
    [{ recipients: [] }, "no recipient"],
    [{ recipients: "# nobody\n" }, "no recipient"],
    [{ recipients: "age1abc" }, "no age recipient"],
    [{ recipients: recipient.slice(0, -1) }, "no age recipient"],
    [{ recipients: identity }, "this is an identity"],
    [{ identities: "" }, "no identity"],
    [{ identities: recipient }, "identity 1 of 1"],
    [{ identities: [identity, mistyped] }, "identity 2 of 2"],
    [{ identities: identity, passphrase: "p" }, "not encrypted"],
    [{ recipients: recipient, passphrase: "p" }, "not both"],
    [{ passphrase: "" }, "empty"],
    [{ passphrase: "p", workFactor: 9 }, "from 10 to 22"],
    [{ passphrase: "p", workFactor: 23 }, "from 10 to 22"],
    [{ passphrase: "p", workFactor: 10.5 }, "from 10 to 22"],
    [{ identities: identity, workFactor: 12 }, "work factor"],
  ];
  for (const [options, message] of wrong) {
    const error = await assertRejects(() => ageKeys(options), InvalidArgumentError, message);
    assert(!shows(error, identity), message);
  }
  // A passphrase in the wrong place.
  const misplaced = await assertRejects(() => ageKeys({ recipients: [recipient, "hunter2"] }));
  assert(!Deno.inspect(misplaced).includes("hunter2") && `${misplaced}`.includes("number 2 of the 2"));
  await assertRejects(() => ageKeys({ recipients: "ssh-ed25519 AAAA me" }), UnsupportedError, "SSH");
  await assertRejects(() => ageKeys({ identities: "AGE-PLUGIN-YUBIKEY-1Q" }), UnsupportedError, "plugins");
  await assertRejects(() => generateAgeIdentity({ passphrase: "" }), InvalidArgumentError, "empty");
  await assertRejects(() => generateAgeIdentity({ workFactor: 12 }), InvalidArgumentError, "there is none");
  await assertRejects(
    () => generateAgeIdentity({ passphrase: "p", workFactor: 30 }),
    InvalidArgumentError,
    "from 10 to 22",
  );
});

Deno.test("keys are never shown", async () => {
  const secret = "a passphrase to find";
  for (
    const [shown, by] of [
      [mine.identity, keys],
      [secret, await ageKeys({ passphrase: secret, workFactor: 10 })],
    ] as const
  ) {
    assert(!shows(by, shown));
    const error = await assertRejects(() => open(by, agePlain(500)));
    assert(!shows(error, shown));
  }
});

/** Whether a secret, or a good part of it, is in whatever a program prints of a value. */
function shows(value: unknown, secret: string): boolean {
  const texts = [
    Deno.inspect(value, { depth: 20, showHidden: true, getters: true }),
    String(value),
    JSON.stringify(value) ?? "",
    value instanceof Error ? `${value.stack}${Deno.inspect(value.cause)}` : "",
  ];
  return texts.some((text) => text.includes(secret.slice(0, 20)) || text.includes(secret.slice(-14)));
}

Deno.test("copies keep their bytes; other keys need others", async () => {
  const stored = { key: "a", metadata: { run: "7", "cc-encryption": "age" } };
  assertEquals(await keys.rekey(stored, { key: "b" }, keys), stored.metadata);
  assertEquals(await keys.rekey(stored, { key: "b", metadata: { x: "y" } }, keys), {
    x: "y",
    "cc-encryption": "age",
  });
  for (const scheme of [aesKeys(generateAesKey()), await ageKeys({ identities: mine.identity })]) {
    await assertRejects(() => keys.rekey(stored, { key: "a" }, scheme), UnsupportedError, "anew");
  }
  await assertRejects(() => keys.seal(stored), InvalidArgumentError, "cc-encryption");
  assert(
    keys.recognizes(stored.metadata) && keys.recognizes({}) && !keys.recognizes({ "cc-encryption": "AES" }),
  );
});

Deno.test("ranges fetch and authenticate just their chunks", async () => {
  const store = new MemoryBackend();
  const backend = new EncryptingBackend(store, keys);
  const plain = agePlain(20 * CHUNK + 5);
  await backend.put("a", plain, { metadata: { run: "7" } });
  const head = await backend.head("a");
  assertEquals([head?.size, head?.metadata], [plain.length, { run: "7" }]);

  const stored = await store.open("a").then((reader) => reader.read());
  stored[HEADER + 10 * (CHUNK + TAG) + 100] ^= 1;
  await store.put("a", stored, { metadata: { "cc-encryption": "age" } });
  const reader = await backend.open("a", { range: { offset: 3 * CHUNK - 5, length: 10 } });
  assertEquals(await reader.read(), plain.subarray(3 * CHUNK - 5, 3 * CHUNK + 5));
  for (const [offset, length] of [[0, 10 * CHUNK], [11 * CHUNK, 9 * CHUNK + 5], [5 * CHUNK + 1, 1]]) {
    assertEquals(await reader.read({ offset, length }), plain.subarray(offset, offset + length));
  }
  assertEquals(await reader.read({ suffix: 9 }), plain.subarray(-9));
  await assertRejects(() => reader.read({ offset: 11 * CHUNK - 1, length: 1 }), IntegrityError);
  await assertRejects(() => reader.read({ offset: 9 * CHUNK, length: 2 * CHUNK }), IntegrityError);
  await reader.close();
});

Deno.test("files that other tools have stored are read without any metadata of ours", async () => {
  const store = new MemoryBackend();
  await store.put("a", await ageFile("two_recipients_200.age"), { metadata: { note: "clear" } });
  const backend = new EncryptingBackend(store, await ageKeys({ identities: await ageText("other.txt") }));
  const reader = await backend.open("a");
  assertEquals([reader.info.size, reader.info.metadata], [200, { note: "clear" }]);
  assertEquals(await reader.read(), agePlain(200));
  assertEquals((await backend.head("a"))?.size, 200);
});

Deno.test("a header that is longer than what is fetched first", async () => {
  const others = await Promise.all(Array.from({ length: 200 }, () => generateAgeIdentity()));
  const recipients = [...others.map(({ recipient }) => recipient), mine.recipient];
  const backend = new EncryptingBackend(
    new MemoryBackend(),
    await ageKeys({ recipients, identities: mine.identity }),
  );
  const plain = agePlain(200_000);
  await backend.put("many", plain);
  assertEquals((await backend.head("many"))?.size, plain.length);
  for (const range of [{ offset: 0, length: 10 }, { offset: 70_000, length: 100_000 }, { suffix: 7 }]) {
    const reader = await backend.open("many", { range });
    const start = range.offset ?? plain.length - 7;
    assertEquals(await reader.read(), plain.slice(start, start + (range.length ?? 7)));
  }
});

Deno.test("the portable cipher is WebCrypto's twin", async () => {
  const raw = agePlain(32);
  const nonce = agePlain(12);
  const web = await webPrimitives(crypto.subtle).chaCha20Poly1305(raw);
  const portable = await portablePrimitives.chaCha20Poly1305(raw);
  for (const length of [0, 1, 64, 1000]) {
    const sealed = await web.seal(nonce, agePlain(length));
    assertEquals(await portable.seal(nonce, agePlain(length)), sealed);
    for (const cipher of [web, portable]) {
      assertEquals(await cipher.open(nonce, sealed), agePlain(length));
      for (let i = 0; i < Math.min(sealed.length, 100); i++) {
        const changed = sealed.slice();
        changed[i] ^= 0x40;
        assertEquals(await cipher.open(nonce, changed), undefined);
      }
      assertEquals(await cipher.open(nonce, sealed.slice(0, 15)), undefined);
      assertEquals(await cipher.open(nonce, new Uint8Array()), undefined);
    }
  }
});

Deno.test("a page without WebCrypto writes and reads the same files by passphrase, and says what it lacks", async () => {
  const plain = agePlain(CHUNK + 3);
  const options = { passphrase: "p", workFactor: 10 };
  const stored = await seal(await ageKeys(options), plain);
  const whole = globalThis.crypto;
  const part = { getRandomValues: whole.getRandomValues.bind(whole) };
  Object.defineProperty(globalThis, "crypto", { value: part, configurable: true, writable: true });
  let byHand: Uint8Array;
  try {
    const reader = await ageKeys(options);
    assertEquals(await open(reader, stored), plain);
    byHand = await seal(reader, plain);
    const { identity, recipient } = mine;
    await assertRejects(() => ageKeys({ identities: identity }), UnsupportedError, "https");
    await assertRejects(() => ageKeys({ recipients: recipient }), UnsupportedError, "https");
    await assertRejects(() => ageRecipients(identity), UnsupportedError, "https");
    await assertRejects(() => generateAgeIdentity(), UnsupportedError, "https");
  } finally {
    Object.defineProperty(globalThis, "crypto", { value: whole, configurable: true, writable: true });
  }
  assertEquals(await open(await ageKeys(options), byHand), plain);
});

Deno.test("an abort in mid-way rejects with its reason", async () => {
  const reason = new Error("stop");
  const abort = new AbortController();
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(agePlain(CHUNK));
    },
  });
  const sealing = endless.pipeThrough(encrypt(keys, { name: "a" }), { signal: abort.signal });
  const reader = sealing.getReader();
  await reader.read();
  abort.abort(reason);
  const error = await assertRejects(async () => {
    while (!(await reader.read()).done);
  });
  assertInstanceOf(error, Error);
  assertEquals(error, reason);
});

conformance("age in memory", () =>
  Promise.resolve({
    backend: new EncryptingBackend(new MemoryBackend(), keys),
    dispose: () => Promise.resolve(),
  }), { many: 100 });
