import type { Backend } from "../backends/mod.ts";
import { AlreadyExistsError, NotFoundError, PreconditionFailedError } from "../lib/errors.ts";
import { collect } from "../lib/async.ts";
import { assert, assertRejects } from "./assert.ts";
import { decode, encode, get, type Register } from "./case.ts";

/** Buckets, where a store has them. */
export function bucketCases(test: Register): void {
  const when = (backend: Backend) => backend.capabilities.buckets;

  test("capabilities agree with what is there", ({ backend, options }) => {
    assert.deepEqual(backend.capabilities.buckets, backend.buckets !== undefined);
    if (backend.capabilities.buckets) assert(backend.bucket && backend.withBucket);
    assert(backend.name.length > 0);
    assert(backend.capabilities.metadataLimit >= (options.metadataLimit ?? 2048));
    return Promise.resolve();
  });

  test("making, finding, using and removing a bucket", async ({ backend, prefix }) => {
    const { buckets } = backend;
    assert(buckets && backend.withBucket);
    const name = `conformance-${crypto.randomUUID().slice(0, 8)}`;
    const other = backend.withBucket(name);
    assert.deepEqual(other.bucket, name);
    assert.deepEqual(await buckets.exists(name), false);
    await assertRejects(() => other.put("x", encode("x")), NotFoundError);
    await assertRejects(() => other.open("x"), NotFoundError);
    await assertRejects(() => collect(other.list()), NotFoundError);
    await buckets.create(name);
    try {
      assert.deepEqual(await buckets.exists(name), true);
      assert((await buckets.list()).some((bucket) => bucket.name === name));
      await assertRejects(() => buckets.create(name), AlreadyExistsError);
      await backend.put(prefix + "x", encode("in the first"), { metadata: { a: "1" } });
      await other.put(prefix + "x", encode("in the other"));
      assert.deepEqual(decode(await get(backend, prefix + "x")), "in the first");
      assert.deepEqual(decode(await get(other, prefix + "x")), "in the other");
      await other.copy(prefix + "x", prefix + "copied", { fromBucket: backend.bucket });
      assert.deepEqual(decode(await get(other, prefix + "copied")), "in the first");
      assert.deepEqual((await other.head(prefix + "copied"))?.metadata, { a: "1" });
      await other.copy(prefix + "x", prefix + "x", { fromBucket: backend.bucket });
      assert.deepEqual(decode(await get(other, prefix + "x")), "in the first", "same key, other bucket");
      await assertRejects(() => buckets.remove(name), PreconditionFailedError);
      assert.deepEqual((await collect(other.list())).length, 2);
    } finally {
      const keys = (await collect(other.list())).flatMap((entry) => "key" in entry ? [entry.key] : []);
      await collect(other.delete(keys));
      await buckets.remove(name);
    }
    assert.deepEqual(await buckets.exists(name), false);
    await assertRejects(() => buckets.remove(name), NotFoundError);
    assert(backend.bucket);
    assert.deepEqual(await buckets.exists(backend.bucket), true);
  }, when);
}
