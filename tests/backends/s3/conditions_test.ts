/** Writes under conditions, on stores that keep them, refuse them, or overlook them. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { S3Backend } from "../../../backends/s3/mod.ts";
import { AlreadyExistsError, CottonCandyError, PreconditionFailedError } from "../../../lib/errors.ts";
import { MiB, onS3, pattern, streamed } from "./setup.ts";

const LARGE = pattern(20 * MiB + 5);

Deno.test("conditions on a store that overlooks them when parts are put together", () =>
  onS3(async ({ s3, backend, operations }) => {
    await backend.put("key", pattern(10));
    operations();
    const stream = streamed(LARGE);
    await assertRejects(() => backend.put("key", stream, { ifAbsent: true }), AlreadyExistsError);
    assert(!operations().includes("CreateMultipartUpload"), "seen before anything was uploaded");
    await assertRejects(
      () => backend.put("key", LARGE, { ifMatch: "0".repeat(32) }),
      PreconditionFailedError,
    );
    s3.inject({
      kind: "run",
      operation: "UploadPart",
      run: (store) => void store.put("bucket", "new", "theirs"),
    });
    await assertRejects(() => backend.put("new", LARGE, { ifAbsent: true }), AlreadyExistsError);
    assertEquals(s3.store.get("bucket", "new")?.size, 6);
  }));

Deno.test("a store that denies If-Match in either form when parts are put together, as Swift does, is asked first", () =>
  onS3(async ({ s3, backend, warnings }) => {
    const { etag } = await backend.put("key", pattern(10));
    s3.inject({
      kind: "status",
      operation: "CompleteMultipartUpload",
      when: ({ headers }) => "if-match" in headers,
      status: 412,
      code: "PreconditionFailed",
      times: Infinity,
    });
    const { etag: next } = await backend.put("key", LARGE, { ifMatch: etag });
    assertEquals([s3.store.get("bucket", "key")?.size, warnings.length], [LARGE.length, 1]);
    await backend.put("key", LARGE, { ifMatch: next });
    await assertRejects(() => backend.put("key", LARGE, { ifMatch: etag }), PreconditionFailedError);
  }));

Deno.test("a store without conditional writes is asked first, and a warning says what that is worth", () =>
  onS3(
    async ({ backend, operations, warnings }) => {
      await backend.put("key", pattern(10), { ifAbsent: true });
      // Looked up, refused in words that could mean the checksum as well, looked up, written, looked up.
      assertEquals(operations(), [
        "HeadObject",
        "HeadBucket",
        "PutObject",
        "PutObject",
        "HeadObject",
        "PutObject",
        "HeadObject",
      ]);
      await assertRejects(() => backend.put("key", pattern(10), { ifAbsent: true }), AlreadyExistsError);
      const other = () => backend.put("key", pattern(10), { ifMatch: "other" });
      await assertRejects(other, PreconditionFailedError);
      assertEquals(operations(), ["HeadObject", "HeadObject"]);
      assertEquals(warnings.map(({ kind }) => kind), ["conditions"]);
    },
    {},
    { features: { conditionalPut: false } },
  ));

Deno.test("on a store that overlooks conditions nothing is replaced, whatever its size and however it is written", () =>
  onS3(
    async ({ s3, backend, warnings, uploads }) => {
      s3.store.put("bucket", "from", "x");
      const bodies = [() => pattern(10), () => streamed(pattern(10)), () => LARGE, () => streamed(LARGE)];
      for (const body of bodies) {
        const { etag } = s3.store.put("bucket", "key", "precious");
        for (
          const [conditions, Type] of [
            [{ ifAbsent: true }, AlreadyExistsError],
            [{ ifMatch: "0".repeat(32) }, PreconditionFailedError],
          ] as const
        ) {
          const error = await assertRejects(() => backend.put("key", body(), conditions), CottonCandyError);
          assertEquals([error.name, error.committed], [Type.name, "no"]);
          assertEquals(s3.store.get("bucket", "key")?.size, 8);
        }
        await assertRejects(() => backend.copy("from", "key", { ifAbsent: true }), AlreadyExistsError);
        await backend.put("key", body(), { ifMatch: etag });
        await backend.put("new", body(), { ifAbsent: true });
        await Array.fromAsync(backend.delete(["new"]));
        await assertRejects(
          () => backend.put("missing", body(), { ifMatch: etag }),
          PreconditionFailedError,
        );
      }
      assertEquals(s3.store.keys("bucket"), ["from", "key"]);
      assertEquals(uploads(), []);
      assertEquals(warnings.map(({ kind }) => kind), ["conditions"]);
    },
    {},
    { features: { conditionalPut: "overlooked" } },
  ));

Deno.test("of several that create at once on such a store, who was replaced is told", () =>
  onS3(
    async ({ s3, backend }) => {
      s3.inject({
        kind: "run",
        operation: "HeadObject",
        skip: 1,
        run: (store) => void store.put("bucket", "key", "theirs"),
      });
      const create = () => backend.put("key", pattern(10), { ifAbsent: true });
      const error = await assertRejects(create, AlreadyExistsError, "at the same moment");
      assertEquals(error.committed, "no", "what is there now is the other's");
    },
    {},
    { features: { conditionalPut: "overlooked" } },
  ));

Deno.test("a store that is said to keep conditions is not looked at, nor is Amazon's", () =>
  onS3(async ({ backend, operations, warnings }) => {
    assert(backend.capabilities.atomicCreate);
    const { etag } = await backend.put("key", pattern(10), { ifAbsent: true });
    await backend.put("key", pattern(11), { ifMatch: etag });
    await assertRejects(() => backend.put("key", pattern(10), { ifAbsent: true }), AlreadyExistsError);
    assertEquals(operations(), ["PutObject", "PutObject", "PutObject"]);
    assertEquals(warnings, []);
    const { credentials, endpoint } = { credentials: "anonymous", endpoint: "http://127.0.0.1:1" } as const;
    for (
      const [options, keeps] of [
        [{}, true],
        [{ endpoint: "https://s3.eu-west-3.amazonaws.com" }, true],
        [{ endpoint }, false],
        [{ endpoint: "https://amazonaws.com.example.org" }, false],
        [{ conditionalWrites: false }, false],
      ] as const
    ) {
      const other = new S3Backend({ bucket: "bucket", credentials, ...options });
      assertEquals(other.capabilities.atomicCreate, keeps, JSON.stringify(options));
    }
  }, { conditionalWrites: true }));

Deno.test("who may write and not look sends the conditions all the same", () =>
  onS3(
    async ({ s3, backend }) => {
      await backend.put("key", pattern(10), { ifAbsent: true });
      await assertRejects(() => backend.put("key", pattern(11), { ifAbsent: true }), AlreadyExistsError);
      assertEquals(s3.store.get("bucket", "key")?.size, 10);
    },
    {},
    { buckets: [{ name: "bucket", denied: ["HeadObject"] }] },
  ));
