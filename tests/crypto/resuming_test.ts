/** Encrypted uploads that go on in another process: the same ciphertext, or none. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { isResumable, type ResumableStore } from "../../backends/arguments.ts";
import type { Body, PutResult, ResumeUploadOptions, UploadToken } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import {
  aesKeys,
  ageKeys,
  EncryptingBackend,
  generateAesKey,
  generateAgeIdentity,
  generateRsaKeys,
  type Keys,
  rsaKeys,
} from "../../crypto/mod.ts";
import { concat } from "../../lib/bytes.ts";
import {
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { readAll } from "../../lib/streams/mod.ts";
import { pattern, same, streamed } from "../backends/s3/setup.ts";

const MiB = 1024 * 1024;
const BODY = pattern(7 * MiB + 77);
const source = "77:1700000000:42";

/** A store that keeps what it is sent, each time. */
class Recorder extends MemoryBackend {
  readonly #sent: Uint8Array[][] = [];
  started = 0;

  /** What each resumption has sent. */
  get sent(): Uint8Array[] {
    return this.#sent.map((pieces) => concat(...pieces));
  }

  override startUpload(...given: Parameters<MemoryBackend["startUpload"]>): Promise<UploadToken> {
    this.started++;
    return super.startUpload(...given);
  }

  override resumeUpload(
    token: UploadToken,
    body: Body,
    options: ResumeUploadOptions = {},
  ): Promise<PutResult> {
    const pieces: Uint8Array[] = [];
    this.#sent.push(pieces);
    const stream = body instanceof Uint8Array ? streamed(new Uint8Array(body)) : body;
    const recorder = new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        pieces.push(piece.slice());
        controller.enqueue(piece);
      },
    });
    return super.resumeUpload(token, stream.pipeThrough(recorder), options);
  }
}

function encrypting(store: MemoryBackend, keys: Keys): ResumableStore {
  const backend = new EncryptingBackend(store, keys);
  assert(isResumable(backend));
  return backend;
}

const through = (token: UploadToken): UploadToken => JSON.parse(JSON.stringify(token));

/** A body that fails after so many bytes. */
function failing(bytes: Uint8Array<ArrayBuffer>, after: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let given = 0;
  return new ReadableStream({
    pull(controller) {
      if (given >= after) throw new Error("killed");
      controller.enqueue(bytes.slice(given, given += 300_001));
    },
  }, { highWaterMark: 0 });
}

const secret = generateAesKey();
const { publicKey, privateKey } = await generateRsaKeys({ bits: 2048 });
const SCHEMES: readonly [string, () => Promise<Keys> | Keys][] = [
  ["AES", () => aesKeys(secret)],
  ["RSA", () => rsaKeys({ privateKey })],
];

for (const [name, keys] of SCHEMES) {
  Deno.test(`${name}: an upload that is taken up twice is one object, and no segment is encrypted in two ways`, async () => {
    const store = new Recorder();
    const begun = encrypting(store, await keys());
    const token = await begun.startUpload("a/key", { size: BODY.length, source, metadata: { run: "7" } });
    await assertRejects(() => begun.resumeUpload(token, failing(BODY, 3 * MiB), { source }), Error, "killed");
    const other = encrypting(store, await keys());
    await assertRejects(
      () => other.resumeUpload(through(token), failing(BODY, 6 * MiB), { source }),
      Error,
      "killed",
    );
    const loaded: number[] = [];
    const last = encrypting(store, await keys());
    const result = await last.resumeUpload(through(token), BODY, {
      source,
      onProgress: (progress) => void loaded.push(progress.loaded),
    });
    assertEquals([result.key, result.size], ["a/key", BODY.length]);
    assertEquals(loaded.at(-1), BODY.length);
    const reader = await last.open("a/key");
    assertEquals(reader.info.metadata, { run: "7" });
    assertEquals(reader.info.size, BODY.length);
    assert(same(await reader.read(), BODY));
    const whole = await readAll((await store.open("a/key")).stream());
    const { sent } = store;
    assertEquals(sent.length, 3);
    assert(sent[0].length >= MiB && sent[1].length > sent[0].length && sent[2].length === whole.length);
    for (const bytes of sent) assert(same(bytes, whole.subarray(0, bytes.length)));
    // As after an answer that got lost.
    assertEquals(await encrypting(store, await keys()).resumeUpload(token, BODY, { source }), result);
  });
}

Deno.test("two uploads of one body have nothing in common", async () => {
  const store = new MemoryBackend();
  const backend = encrypting(store, aesKeys(secret));
  for (const key of ["one", "two"]) {
    await backend.resumeUpload(await backend.startUpload(key, { size: 64, source }), new Uint8Array(64), {
      source,
    });
  }
  const [one, two] = await Promise.all(["one", "two"].map(async (key) => (await store.open(key)).read()));
  assert(!same(one.subarray(40), two.subarray(40)));
});

Deno.test("keys that can't seal a token are refused in words before anything is begun", async () => {
  const { identity, recipient } = await generateAgeIdentity();
  const cases: readonly [Keys, RegExp][] = [
    [await rsaKeys({ publicKey }), /Give the private key/],
    [await ageKeys({ recipients: [recipient], identities: identity }), /AES keys have one/],
    [await ageKeys({ recipients: [recipient] }), /AES keys have one/],
  ];
  for (const [keys, advice] of cases) {
    const store = new Recorder();
    const error = await assertRejects(
      () => encrypting(store, keys).startUpload("key", { size: 5, source }),
      UnsupportedError,
    );
    assert(advice.test(error.message), error.message);
    assertEquals([error.committed, store.started], ["no", 0]);
  }
});

Deno.test("what the body is has to be told, and to be the same: else nothing is begun, read or encrypted", async () => {
  const store = new Recorder();
  const backend = encrypting(store, aesKeys(secret));
  for (const given of [undefined, ""]) {
    const error = await assertRejects(
      () => backend.startUpload("key", { size: 5, source: given }),
      InvalidArgumentError,
    );
    assertEquals([error.committed, store.started], ["no", 0]);
  }
  const token = await backend.startUpload("key", { size: BODY.length, source });
  for (const given of [undefined, "", `${source}1`]) {
    let read = 0;
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: () => void read++,
      cancel: () => void (cancelled = true),
    }, { highWaterMark: 0 });
    const error = await assertRejects(
      () => backend.resumeUpload(token, body, { source: given }),
      IntegrityError,
    );
    assertEquals([error.committed, read, cancelled, store.sent.length], ["no", 0, true, 0]);
  }
});

Deno.test("tokens that others made, or that belong elsewhere, encrypt nothing", async () => {
  const store = new Recorder();
  const backend = encrypting(store, aesKeys(secret));
  const token = await backend.startUpload("key", { size: BODY.length, source });
  const elsewhere = await backend.startUpload("other", { size: BODY.length, source });
  const foreign = await encrypting(store, aesKeys(generateAesKey())).startUpload("key", {
    size: BODY.length,
    source,
  });
  const rsa = await encrypting(store, await rsaKeys({ privateKey })).startUpload("key", {
    size: BODY.length,
    source,
  });
  const plain = await store.startUpload("key", { size: BODY.length });
  const text = `${token.state.encrypted}`;
  const wrong: UploadToken[] = [
    foreign,
    rsa,
    plain,
    { ...token, key: "other" },
    { ...token, size: BODY.length + 1 },
    { ...token, store: "memory://other" },
    { ...token, state: elsewhere.state },
    { ...token, state: { encrypted: text.slice(1) } },
    { ...token, state: { encrypted: "" } },
    { ...token, state: { encrypted: (text[0] === "A" ? "B" : "A") + text.slice(1) } },
  ];
  for (const other of wrong) {
    for (
      const run of [() => backend.resumeUpload(other, BODY, { source }), () => backend.abortUpload(other)]
    ) {
      const error = await assertRejects(run, InvalidArgumentError);
      assertEquals(error.committed, "no");
    }
  }
  await assertRejects(() => store.resumeUpload(token, BODY), InvalidArgumentError);
  assertEquals(store.sent.length, 1, "the plain store took none either");
  assert(!JSON.stringify(token).includes(secret));
  await backend.resumeUpload(token, BODY, { source });
});

Deno.test("a body that is another all the same stores nothing", async () => {
  const store = new MemoryBackend();
  const backend = encrypting(store, aesKeys(secret));
  const changed = BODY.slice();
  changed[99] ^= 1;
  const token = await backend.startUpload("key", { size: BODY.length, source });
  await assertRejects(() => backend.resumeUpload(token, failing(BODY, 2 * MiB), { source }), Error, "killed");
  for (const other of [changed, BODY.slice(1), pattern(BODY.length + 1)]) {
    for (const body of [other, streamed(other)]) {
      const error = await assertRejects(
        () => backend.resumeUpload(token, body, { source }),
        CottonCandyError,
      );
      assert(error instanceof IntegrityError && error.committed === "no", `${error}`);
    }
  }
  assertEquals(await store.head("key"), undefined);
  await backend.abortUpload(token);
  await backend.abortUpload(token);
  await assertRejects(() => backend.resumeUpload(token, BODY, { source }), NotFoundError);
});
