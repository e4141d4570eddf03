/** Writes whose answers are lost for good: what is told of them is what happened. */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import type { S3Backend } from "../../../backends/s3/mod.ts";
import { aesKeys, EncryptingBackend, generateAesKey } from "../../../crypto/mod.ts";
import { rotateKeys } from "../../../lib/encryption/mod.ts";
import { AlreadyExistsError, CottonCandyError, InvalidArgumentError } from "../../../lib/errors.ts";
import type { FakeS3 } from "../../servers/s3.ts";
import { MiB, onS3, pattern } from "./setup.ts";

const SMALL = pattern(100);
const LARGE = pattern(12 * MiB);
const PARTS = { partSize: 6 * MiB };
const OLD = { metadata: { run: "1" }, contentType: "text/plain" };

/** A way to write over an object of the same bytes; `commit` is the request that makes it so. */
const WAYS: readonly {
  readonly name: string;
  readonly commit: "PutObject" | "CompleteMultipartUpload" | "CopyObject";
  readonly bytes: Uint8Array<ArrayBuffer>;
  write(backend: S3Backend, metadata: Record<string, string>, type: string): Promise<unknown>;
}[] = [
  {
    name: "put",
    commit: "PutObject",
    bytes: SMALL,
    write: (backend, metadata, contentType) => backend.put("key", SMALL, { metadata, contentType }),
  },
  {
    name: "put in parts",
    commit: "CompleteMultipartUpload",
    bytes: LARGE,
    write: (backend, metadata, contentType) => backend.put("key", LARGE, { metadata, contentType, ...PARTS }),
  },
  {
    name: "copy",
    commit: "CopyObject",
    bytes: SMALL,
    write: async (backend, metadata, contentType) => {
      await backend.put("from", SMALL, { contentType });
      return await backend.copy("from", "key", { metadata });
    },
  },
  {
    name: "copy in parts",
    commit: "CompleteMultipartUpload",
    bytes: LARGE,
    write: async (backend, metadata, contentType) => {
      await backend.put("from", LARGE, { contentType });
      return await backend.copy("from", "key", { metadata });
    },
  },
  {
    name: "copy onto itself",
    commit: "CopyObject",
    bytes: SMALL,
    write: (backend, metadata) => backend.copy("key", "key", { metadata }),
  },
];

/** Requests that never reach the store, in the ways that a client can't tell from those whose answer is lost. */
const NEVER = [
  { kind: "reset" },
  { kind: "status", status: 500, code: "InternalError" },
] as const;

/** Makes what is stored a minute older, as if nobody had written since. */
function age(s3: FakeS3, key = "key"): void {
  const object = s3.store.get("bucket", key);
  if (!object) throw new Error(`no ${key}`);
  const lastModified = new Date(object.lastModified.getTime() - 60_000);
  s3.store.bucket("bucket").objects.set(key, { ...object, lastModified });
}

async function failure(work: () => Promise<unknown>): Promise<CottonCandyError> {
  const error = await work().then((value) => value, (error: unknown) => error);
  assertInstanceOf(error, CottonCandyError, Deno.inspect(error));
  return error;
}

const options = { retries: { attempts: 3, delay: 5 }, partSize: 6 * MiB };
const server = { features: { maxCopySize: 10 * MiB } };

for (const { name, commit, bytes, write } of WAYS) {
  for (const fault of NEVER) {
    for (
      const [what, metadata, type] of [
        ["other metadata", { run: "2" }, "text/plain"],
        ["another type", { run: "1" }, "text/html"],
        ["the very same", { run: "1" }, "text/plain"],
      ] as const
    ) {
      if (name === "copy onto itself" && what === "another type") continue;
      if (bytes === LARGE && fault.kind === "status" && what !== "the very same") continue;
      for (const isOld of [false, true]) {
        Deno.test(`${name}, ${fault.kind} for good, over ${isOld ? "an old" : "a new"} object with ${what}: an error, and what is there stays`, () =>
          onS3(
            async ({ s3, backend, uploads }) => {
              await backend.put("key", bytes, { ...OLD, ...PARTS });
              if (isOld) age(s3);
              const before = s3.store.get("bucket", "key");
              const injected = s3.inject({ ...fault, operation: commit, key: "key", times: Infinity });
              const error = await failure(() => write(backend, metadata, type));
              assertEquals(injected.hits, 3);
              // An equal object of this second may be ours.
              const canTell = isOld || what !== "the very same";
              assertEquals(error.committed, canTell ? "no" : "unknown");
              assertEquals(s3.store.get("bucket", "key"), before);
              assertEquals(uploads(), []);
            },
            options,
            server,
          ));
      }
    }
  }
}

for (const { name, commit, bytes, write } of WAYS) {
  Deno.test(`${name}, whose answer is lost each time, is never told as not stored`, () =>
    onS3(
      async ({ s3, backend, uploads }) => {
        await backend.put("key", bytes, { ...OLD, ...PARTS });
        age(s3);
        s3.inject({ kind: "loseAnswer", operation: commit, key: "key", times: Infinity });
        const result = await write(backend, { run: "2" }, "text/plain").then(
          () => "stored",
          (error: CottonCandyError) => error.committed,
        );
        assertEquals(s3.store.get("bucket", "key")?.metadata, { run: "2" });
        // What changed since it was looked at, and an upload that is gone, are ours; a put of this second may be another's.
        assertEquals(result, name === "put" || name === "copy" ? "unknown" : "stored");
        assertEquals(uploads(), []);
      },
      options,
      server,
    ));
}

Deno.test("metadata whose names the store writes in its own way are the same", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({ kind: "loseAnswer", operation: "CompleteMultipartUpload", times: Infinity });
    // As Ceph does.
    s3.inject({
      kind: "run",
      operation: "HeadObject",
      run: (store) => {
        const object = store.get("bucket", "key");
        if (object) store.bucket("bucket").objects.set("key", { ...object, metadata: { "sub-ject": "1" } });
      },
    });
    await backend.put("key", LARGE, { ...PARTS, metadata: { sub_ject: "1" } });
  }, options));

Deno.test("a put whose answer is lost succeeds where the object has come since it began", () =>
  onS3(async ({ s3, backend }) => {
    await backend.put("key", SMALL, OLD);
    age(s3);
    s3.inject({ kind: "loseAnswer", operation: "PutObject", times: Infinity });
    // It arrives late, as by the clock of the server.
    s3.inject({
      kind: "run",
      operation: "HeadObject",
      run: (store) => {
        const object = store.get("bucket", "key");
        if (!object) return;
        const lastModified = new Date(object.lastModified.getTime() + 5000);
        store.bucket("bucket").objects.set("key", { ...object, lastModified });
      },
    });
    const put = await backend.put("key", SMALL, { ...OLD, metadata: { run: "2" } });
    assertEquals(put.etag, s3.store.get("bucket", "key")?.etag);
  }, options));

Deno.test("of two that write the same only if there is nothing, at most one succeeds", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({ kind: "reset", operation: "PutObject", key: "lock" });
    s3.inject({
      kind: "run",
      operation: "PutObject",
      key: "lock",
      skip: 1,
      run: (store) => void store.put("bucket", "lock", SMALL, { metadata: { run: "1" } }),
    });
    const error = await assertRejects(
      () => backend.put("lock", SMALL, { metadata: { run: "1" }, ifAbsent: true }),
      AlreadyExistsError,
      "can't be told",
    );
    assertEquals(error.committed, "unknown");
    // Of an upload in parts it can be told: that of the one who lost is still there.
    s3.inject({ kind: "reset", operation: "CompleteMultipartUpload", key: "large" });
    s3.inject({
      kind: "run",
      operation: "CompleteMultipartUpload",
      key: "large",
      skip: 1,
      run: (store) => void store.put("bucket", "large", "theirs"),
    });
    const lost = await assertRejects(
      () => backend.put("large", LARGE, { ...PARTS, ifAbsent: true }),
      AlreadyExistsError,
    );
    assertEquals(lost.committed, "no");
  }, options));

Deno.test("an upload in parts only if there is nothing, whose answer is lost, is one's own", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({ kind: "loseAnswer", operation: "CompleteMultipartUpload" });
    await backend.put("large", LARGE, { ...PARTS, ifAbsent: true });
  }, options));

Deno.test("what could not be made into a request was not sent", () =>
  onS3(async ({ backend, operations }) => {
    await backend.put("key", SMALL, OLD);
    operations();
    const error = await assertRejects(
      () => backend.put("key", SMALL, { contentType: "text/plain\n" }),
      InvalidArgumentError,
    );
    assertEquals(error.committed, "no");
    const failing = { credentials: () => Promise.reject(new TypeError("no keys")) };
    assertEquals(operations(), []);
    await onS3(async ({ backend, operations }) => {
      assertEquals((await failure(() => backend.put("key", SMALL))).committed, "no");
      assertEquals(operations(), []);
    }, failing);
  }));

Deno.test("a deletion that never reaches the store is an error of each key", () =>
  onS3(async ({ s3, backend }) => {
    for (const key of ["a", "b"]) s3.store.put("bucket", key, "x");
    for (const fault of NEVER) {
      const injected = s3.inject({
        ...fault,
        operation: ["DeleteObject", "DeleteObjects"],
        times: Infinity,
      });
      await failure(() => Array.fromAsync(backend.delete(["a", "b"])));
      const [{ error }] = await Array.fromAsync(backend.delete(["a"]));
      assertInstanceOf(error, CottonCandyError);
      assert(error.committed !== "yes" && error.committed !== undefined);
      injected.remove();
    }
    assertEquals(s3.store.keys("bucket"), ["a", "b"]);
  }, options));

for (const fault of [...NEVER, { kind: "errorIn200", code: "InternalError" }] as const) {
  Deno.test(`new keys whose copies fail for good (${fault.kind}) are not told as given`, () =>
    onS3(async ({ s3, backend }) => {
      const [old, next] = [aesKeys(generateAesKey()), aesKeys(generateAesKey())];
      const encrypted = new EncryptingBackend(backend, old);
      await encrypted.put("key", SMALL);
      s3.inject({ ...fault, operation: "CopyObject", times: Infinity });
      const error = await failure(() => rotateKeys(encrypted, next));
      assertEquals(error.committed, "no", "it was looked at before, and is what it was");
      assert(await encrypted.head("key"));
      await assertRejects(() => new EncryptingBackend(backend, next).head("key"));
    }, options));
}

Deno.test("new keys whose answers are lost each time are told as given, and open", () =>
  onS3(async ({ s3, backend }) => {
    const [old, next] = [aesKeys(generateAesKey()), aesKeys(generateAesKey())];
    await new EncryptingBackend(backend, old).put("key", SMALL);
    s3.inject({ kind: "loseAnswer", operation: "CopyObject", times: Infinity });
    assertEquals((await rotateKeys(new EncryptingBackend(backend, old), next)).changed, ["key"]);
    assert(await new EncryptingBackend(backend, next).head("key"));
  }, options));

Deno.test("new keys on a store that says it copied, and leaves metadata as they were, are not told as given", () =>
  onS3(async ({ s3, backend }) => {
    const [old, next] = [aesKeys(generateAesKey()), aesKeys(generateAesKey())];
    const encrypted = new EncryptingBackend(backend, old);
    await encrypted.put("key", SMALL);
    const body = "<CopyObjectResult><ETag>x</ETag></CopyObjectResult>";
    s3.inject({ kind: "answer", body, operation: "CopyObject", times: Infinity });
    await failure(() => rotateKeys(encrypted, next));
    assert(await encrypted.head("key"));
  }, options));
