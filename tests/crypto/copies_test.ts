/** Copies, other keys and other names: within the store, pinned to the version read. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Backend, CopyOptions } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import {
  aesKeys,
  ageKeys,
  EncryptingBackend,
  generateAesKey,
  generateAgeIdentity,
  rsaKeys,
} from "../../crypto/mod.ts";
import {
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PartialFailureError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { EncryptedInterface } from "../../mod.ts";
import { decode, encode, get } from "../../testing/case.ts";
import { delegate } from "../backends/delegate.ts";
import { pem } from "./vectors.ts";

const keys = aesKeys(generateAesKey());

/** A store whose bodies can't be read. */
function bodiless(store: Backend): Backend {
  return delegate(store, { open: () => Promise.reject(new Error("a body was downloaded")) });
}

async function body(store: Backend, key: string): Promise<string> {
  return (await get(store, key)).toHex();
}

Deno.test("a copy keeps the stored bytes and is bound to its own name, without being downloaded", async () => {
  const store = new MemoryBackend();
  const backend = new EncryptingBackend(store, keys);
  await backend.put("a", encode("text"), { metadata: { run: "1" }, contentType: "text/plain" });
  await new EncryptingBackend(bodiless(store), keys).copy("a", "b/c");
  assertEquals(await body(store, "b/c"), await body(store, "a"));
  assertEquals(decode(await get(backend, "b/c")), "text");
  assert((await store.head("a"))?.metadata["cc-key"] !== (await store.head("b/c"))?.metadata["cc-key"]);
  // And the other way round it is no authentic object.
  await store.copy("b/c", "a");
  await assertRejects(() => get(backend, "a"), IntegrityError);
});

/** A store in which something happens between looking an object up and copying it. */
function meddled(store: Backend, meddle: (attempt: number) => Promise<unknown>): Backend {
  let attempt = 0;
  return delegate(store, {
    async copy(from: string, to: string, options?: CopyOptions) {
      await meddle(++attempt);
      return await store.copy(from, to, options);
    },
  });
}

Deno.test("a source that is replaced meanwhile is looked up anew; of a version that was named it is an error", async () => {
  const store = new MemoryBackend();
  const backend = new EncryptingBackend(store, keys);
  const { etag } = await backend.put("a", encode("one"), { metadata: { n: "1" } });
  const once = new EncryptingBackend(
    meddled(
      store,
      async (attempt) => attempt === 1 && await backend.put("a", encode("two"), { metadata: { n: "2" } }),
    ),
    keys,
  );
  await once.copy("a", "b");
  assertEquals(decode(await get(backend, "b")), "two");
  assertEquals((await backend.head("b"))?.metadata, { n: "2" });
  await assertRejects(() => backend.copy("a", "c", { ifSourceMatch: etag }), PreconditionFailedError);
  const always = new EncryptingBackend(meddled(store, () => backend.put("a", encode("again"))), keys);
  await assertRejects(() => always.copy("a", "c"), PreconditionFailedError);
  const named = (await store.head("a"))?.etag;
  await assertRejects(() => always.copy("a", "c", { ifSourceMatch: named }), PreconditionFailedError);
  assertEquals(await store.head("c"), undefined);
});

Deno.test("cp and mv of trees", async () => {
  const store = new MemoryBackend();
  const cci = new EncryptedInterface(bodiless(store), { keys });
  for (const name of ["sub01/a", "sub01/b/c", "sub02"]) await cci.uploadObject(name, name);
  await cci.cp("sub01", "copy", { recursive: true });
  await cci.mv("sub02", "moved/sub02");
  const readable = new EncryptedInterface(store, { keys });
  assertEquals(await readable.glob("**"), ["copy/a", "copy/b/c", "moved/sub02", "sub01/a", "sub01/b/c"]);
  for (const [name, text] of [["copy/a", "sub01/a"], ["copy/b/c", "sub01/b/c"], ["moved/sub02", "sub02"]]) {
    assertEquals(decode(await readable.downloadObject(name)), text);
  }
});

Deno.test("other keys: AES to AES, to RSA, to a public key alone and back, and no body moves", async () => {
  const store = new MemoryBackend();
  const other = aesKeys(generateAesKey());
  const rsa = await rsaKeys({ privateKey: pem.pkcs8 });
  const writer = await rsaKeys({ publicKey: pem.spki });
  let current = keys;
  await new EncryptedInterface(store, { keys }).uploadRawArray("x/a", [1, 2, 3]);
  const bytes = await body(store, "x/a");
  const next = [other, rsa, other, writer] as const;
  for (const to of next) {
    const cci = new EncryptedInterface(bodiless(store), { keys: current });
    assertEquals(await cci.rotate(to), { changed: ["x/a"], unchanged: [] });
    // Doing it again does nothing.
    assertEquals(await cci.rotate(to), { changed: [], unchanged: ["x/a"] });
    if (to !== writer) {
      const back = await new EncryptedInterface(store, { keys: to }).downloadRawArray("x/a");
      assertEquals(back.toNested(), [1, 2, 3]);
    }
    if (current !== to) {
      await assertRejects(
        () => new EncryptedInterface(store, { keys: current }).getObject("x/a"),
        IntegrityError,
      );
    }
    current = to;
  }
  assertEquals(await body(store, "x/a"), bytes);
  const reader = new EncryptedInterface(store, { keys: rsa });
  assertEquals((await reader.downloadRawArray("x/a")).toNested(), [1, 2, 3]);
  // Who can't read can't give other keys.
  await assertRejects(() => new EncryptedInterface(store, { keys: writer }).rotate(other), UnsupportedError);
});

Deno.test("rotating: what is no authentic object is told, the others are done; only below a prefix", async () => {
  const store = new MemoryBackend();
  const cci = new EncryptedInterface(store, { keys, prefix: "lab" });
  for (const name of ["a/1", "a/2", "a/3", "b"]) await cci.uploadObject(name, name);
  await store.put("lab/a/2", encode("plain"));
  const after = aesKeys(generateAesKey());
  const error = await assertRejects(() => cci.rotate(after, { prefix: "a" }), PartialFailureError);
  assertEquals(error.done, ["lab/a/1", "lab/a/3"]);
  assertEquals(error.failed.map(({ key, error }) => `${key} ${error.name}`), ["lab/a/2 IntegrityError"]);
  assertEquals(decode(await cci.downloadObject("b")), "b");
  await store.put("lab/a/2", encode("gone"));
  await cci.rm("a/2");
  assertEquals(await cci.rotate(after), { changed: ["b"], unchanged: ["a/1", "a/3"] });
  const rotated = new EncryptedInterface(store, { keys: after, prefix: "lab" });
  for (const name of ["a/1", "a/3", "b"]) assertEquals(decode(await rotated.downloadObject(name)), name);
  await assertRejects(() => cci.rotate(after, { prefix: "none" }), NotFoundError);
  await assertRejects(
    () => cci.rotate(keys, { signal: AbortSignal.abort(new CottonCandyError("no")) }),
    CottonCandyError,
    "no",
  );
});

Deno.test("age: a copy is its file, other keys need another file, and nothing is bound that could be rebound", async () => {
  const store = new MemoryBackend();
  const [one, two] = await Promise.all([1, 2].map(async () => {
    return await ageKeys({ identities: (await generateAgeIdentity()).identity });
  }));
  const cci = new EncryptedInterface(store, { keys: one });
  await cci.uploadObject("a", "text");
  await cci.mv("a", "b");
  assertEquals(decode(await cci.downloadObject("b")), "text");
  await assertRejects(() => cci.rotate(two), UnsupportedError);
  await assertRejects(() => cci.rotate(keys), UnsupportedError);
  // From other keys to age is impossible; what is age's already is as it should be.
  const other = new EncryptedInterface(store, { keys, prefix: "other" });
  await other.uploadObject("c", "text");
  await assertRejects(() => other.rotate(one), UnsupportedError);
  await other.rm("c");
  assertEquals(await new EncryptedInterface(store, { keys }).rotate(one), { changed: [], unchanged: ["b"] });
  assertEquals(await cci.rebind("b"), { changed: [], unchanged: ["b"] });
  assertEquals(decode(await cci.downloadObject("b")), "text");
});

Deno.test("objects that somebody moved are refused until they are rebound", async () => {
  const store = new MemoryBackend();
  const cci = new EncryptedInterface(store, { keys });
  for (const name of ["sub01/a", "sub01/b/c", "backup/new"]) await cci.uploadObject(name, `was ${name}`);
  for (const name of ["sub01/a", "sub01/b/c"]) await store.copy(name, `backup/${name}`);
  await assertRejects(() => cci.downloadObject("backup/sub01/a"), IntegrityError);
  const quiet = new EncryptedInterface(bodiless(store), { keys });
  assertEquals(await quiet.rebind("backup"), {
    changed: ["backup/sub01/a", "backup/sub01/b/c"],
    unchanged: ["backup/new"],
  });
  assertEquals(await quiet.rebind("backup"), {
    changed: [],
    unchanged: ["backup/new", "backup/sub01/a", "backup/sub01/b/c"],
  });
  assertEquals(decode(await cci.downloadObject("backup/sub01/b/c")), "was sub01/b/c");
  // The originals are what they were.
  assertEquals(decode(await cci.downloadObject("sub01/a")), "was sub01/a");
});

Deno.test("rebinding from a place that is named, and from no other", async () => {
  const store = new MemoryBackend();
  const cci = new EncryptedInterface(store, { keys, prefix: "lab" });
  await cci.uploadObject("old/a", "a");
  await cci.uploadObject("old/x/b", "b");
  await cci.uploadObject("single", "s");
  for (const name of ["a", "x/b"]) await store.copy(`lab/old/${name}`, `lab/new/${name}`);
  await store.copy("lab/single", "lab/renamed");
  await assertRejects(() => cci.rebind("new"), PartialFailureError);
  await assertRejects(() => cci.rebind("new", { from: "elsewhere" }), PartialFailureError);
  await assertRejects(() => cci.rebind("new", { from: "new" }), InvalidArgumentError);
  assertEquals(await cci.rebind("new", { from: "old" }), { changed: ["new/a", "new/x/b"], unchanged: [] });
  assertEquals(await cci.rebind("renamed", { from: "single" }), { changed: ["renamed"], unchanged: [] });
  assertEquals(decode(await cci.downloadObject("renamed")), "s");
  assertEquals(decode(await cci.downloadObject("new/x/b")), "b");
  // Swapped objects are not rebound by accident.
  await store.copy("lab/old/a", "lab/old/x/b");
  await assertRejects(() => cci.rebind("old/x/b"), IntegrityError);
  await assertRejects(() => cci.rebind("nothing"), NotFoundError);
});
