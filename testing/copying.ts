import {
  AlreadyExistsError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
} from "../lib/errors.ts";
import { assert, assertBytes, assertRejects } from "./assert.ts";
import { decode, encode, get, pattern, type Register } from "./case.ts";

/** Copying. */
export function copyCases(test: Register): void {
  test("a copy has the bytes, metadata and content type", async ({ backend, prefix, clean }) => {
    const bytes = pattern(3_000_000);
    await backend.put(prefix + "from", bytes, {
      metadata: { shape: "1,2", empty: "" },
      contentType: "text/csv",
    });
    const result = await backend.copy(prefix + "from", prefix + "deep/to");
    assert.deepEqual(result.key, prefix + "deep/to");
    assert.deepEqual(result.size, bytes.byteLength);
    const head = await backend.head(prefix + "deep/to");
    assert.deepEqual(head?.metadata, { shape: "1,2", empty: "" });
    assert.deepEqual(head?.contentType, "text/csv");
    assertBytes(await get(backend, prefix + "deep/to"), bytes);
    await backend.put(prefix + "from", encode("changed"));
    assertBytes(await get(backend, prefix + "deep/to"), bytes);
    await clean();
  });

  test("metadata that are given replace all; the content type stays", async ({ backend, prefix }) => {
    await backend.put(prefix + "from", encode("x"), {
      metadata: { a: "1", b: "2" },
      contentType: "text/csv",
    });
    await backend.copy(prefix + "from", prefix + "to", { metadata: { B: "3" } });
    assert.deepEqual((await backend.head(prefix + "to"))?.metadata, { b: "3" });
    assert.deepEqual((await backend.head(prefix + "to"))?.contentType, "text/csv");
    await backend.copy(prefix + "from", prefix + "bare", { metadata: {} });
    assert.deepEqual((await backend.head(prefix + "bare"))?.metadata, {});
    await assertRejects(
      () => backend.copy(prefix + "from", prefix + "wrong", { metadata: { a: "\u00e9" } }),
      InvalidArgumentError,
    );
    assert.deepEqual(await backend.head(prefix + "wrong"), undefined);
  });

  test("onto itself with new metadata only", async ({ backend, prefix, clean }) => {
    await backend.put(prefix + "self", encode("same"), { metadata: { a: "1" } });
    await assertRejects(() => backend.copy(prefix + "self", prefix + "self"), InvalidArgumentError);
    await backend.copy(prefix + "self", prefix + "self", { metadata: { a: "2" } });
    assert.deepEqual((await backend.head(prefix + "self"))?.metadata, { a: "2" });
    assert.deepEqual(decode(await get(backend, prefix + "self")), "same");
    await clean();
  });

  test("over an object that is there", async ({ backend, prefix, clean }) => {
    await backend.put(prefix + "from", encode("new"), { metadata: { v: "new" } });
    await backend.put(prefix + "to", encode("old"), { metadata: { v: "old" } });
    const error = await assertRejects(
      () => backend.copy(prefix + "from", prefix + "to", { ifAbsent: true }),
      AlreadyExistsError,
    );
    assert.deepEqual(error.key, prefix + "to");
    assert.deepEqual(decode(await get(backend, prefix + "to")), "old");
    assert.deepEqual((await backend.head(prefix + "to"))?.metadata, { v: "old" });
    await backend.copy(prefix + "from", prefix + "to");
    assert.deepEqual(decode(await get(backend, prefix + "to")), "new");
    assert.deepEqual((await backend.head(prefix + "to"))?.metadata, { v: "new" });
    await backend.copy(prefix + "from", prefix + "fresh", { ifAbsent: true });
    assert.deepEqual(decode(await get(backend, prefix + "fresh")), "new");
    await clean();
  });

  test("a source that is missing, or of another version", async ({ backend, prefix, clean }) => {
    const error = await assertRejects(() => backend.copy(prefix + "missing", prefix + "to"), NotFoundError);
    assert.deepEqual(error.key, prefix + "missing");
    const { etag } = await backend.put(prefix + "from", encode("one"));
    if (etag !== undefined) {
      await backend.copy(prefix + "from", prefix + "matched", { ifSourceMatch: etag });
      assert.deepEqual(decode(await get(backend, prefix + "matched")), "one");
      await backend.put(prefix + "from", encode("two!"));
      await assertRejects(
        () => backend.copy(prefix + "from", prefix + "to", { ifSourceMatch: etag }),
        PreconditionFailedError,
      );
    }
    assert.deepEqual(await backend.head(prefix + "to"), undefined);
    await clean();
  });

  test("an empty object, and one under an odd name", async ({ backend, prefix }) => {
    await backend.put(prefix + "empty", new Uint8Array(0), { metadata: { a: "1" } });
    const to = prefix + "odd %41+&#?/\u00e9\u{1F36C} x";
    await backend.copy(prefix + "empty", to);
    await backend.copy(to, prefix + "back");
    const head = await backend.head(prefix + "back");
    assert(head);
    assert.deepEqual(head.size, 0);
    assert.deepEqual(head.metadata, { a: "1" });
  });
}
