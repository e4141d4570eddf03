import {
  AlreadyExistsError,
  CottonCandyError,
  InvalidArgumentError,
  PreconditionFailedError,
} from "../lib/errors.ts";
import { assert, assertBytes, assertRejects } from "./assert.ts";
import { decode, encode, get, oddStream, pattern, type Register } from "./case.ts";

const MiB = 1024 * 1024;

/** Puts under a condition. */
export function conditionCases(test: Register): void {
  test("ifAbsent stores what is new, and refuses what is there", async ({ backend, prefix, clean }) => {
    const key = prefix + "new";
    await backend.put(key, encode("first"), { ifAbsent: true, metadata: { n: "1" } });
    const error = await assertRejects(
      () => backend.put(key, encode("second"), { ifAbsent: true, metadata: { n: "2" } }),
      AlreadyExistsError,
    );
    assert.deepEqual(error.key, key);
    assert.deepEqual(error.committed, "no");
    await assertRejects(
      () => backend.put(key, oddStream(pattern(12 * MiB)), { ifAbsent: true }),
      AlreadyExistsError,
    );
    assert.deepEqual(decode(await get(backend, key)), "first");
    assert.deepEqual((await backend.head(key))?.metadata, { n: "1" });
    await clean();
  });

  test("a large stream with ifAbsent", async ({ backend, prefix }) => {
    const bytes = pattern(12 * MiB);
    await backend.put(prefix + "large", oddStream(bytes), { ifAbsent: true });
    assertBytes(await get(backend, prefix + "large"), bytes);
  });

  test("of many creators at once exactly one wins", async ({ backend, prefix, clean }) => {
    const key = prefix + "race";
    const outcomes = await Promise.allSettled(
      Array.from(
        { length: 8 },
        (_, i) =>
          backend.put(key, oddStream(pattern(50_000 + i, i)), { ifAbsent: true, metadata: { by: `${i}` } }),
      ),
    );
    const winners = outcomes.flatMap((outcome, i) => outcome.status === "fulfilled" ? [i] : []);
    assert.deepEqual(winners.length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") {
        assert(outcome.reason instanceof AlreadyExistsError, `${outcome.reason}`);
      }
    }
    assert.deepEqual((await backend.head(key))?.metadata, { by: `${winners[0]}` });
    assertBytes(await get(backend, key), pattern(50_000 + winners[0], winners[0]));
    await clean();
  }, (backend) => backend.capabilities.atomicCreate);

  test("ifMatch replaces the version that is named, and no other", async ({ backend, prefix, clean }) => {
    const key = prefix + "versions";
    const first = await backend.put(key, encode("one"), { metadata: { n: "1" } });
    if (first.etag === undefined) return;
    const second = await backend.put(key, encode("two"), { ifMatch: first.etag, metadata: { n: "2" } });
    assert(second.etag !== undefined && second.etag !== first.etag);
    const error = await assertRejects(
      () => backend.put(key, encode("three"), { ifMatch: first.etag, metadata: { n: "3" } }),
      PreconditionFailedError,
    );
    assert.deepEqual(error.committed, "no");
    await assertRejects(
      () => backend.put(key, oddStream(pattern(12 * MiB)), { ifMatch: first.etag }),
      PreconditionFailedError,
    );
    assert.deepEqual(decode(await get(backend, key)), "two");
    assert.deepEqual((await backend.head(key))?.metadata, { n: "2" });
    // Stores differ in what they call a version that is asked for where there is no object at all.
    await assertRejects(
      () => backend.put(prefix + "none", encode("x"), { ifMatch: first.etag }),
      CottonCandyError,
    );
    assert.deepEqual(await backend.head(prefix + "none"), undefined);
    await clean();
  }, (backend) => backend.capabilities.atomicReplace);

  test("of many who replace one version exactly one wins", async ({ backend, prefix }) => {
    const key = prefix + "swap";
    const { etag } = await backend.put(key, encode("start"));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) => backend.put(key, encode(`by ${i}`), { ifMatch: etag })),
    );
    const winners = outcomes.flatMap((outcome, i) => outcome.status === "fulfilled" ? [i] : []);
    assert.deepEqual(winners.length, 1);
    assert.deepEqual(decode(await get(backend, key)), `by ${winners[0]}`);
  }, (backend) => backend.capabilities.atomicReplace);

  test("ifAbsent and ifMatch exclude each other", async ({ backend, prefix }) => {
    const error = await assertRejects(
      () => backend.put(prefix + "both", encode("x"), { ifAbsent: true, ifMatch: "1" }),
      InvalidArgumentError,
    );
    assert.deepEqual([error.key, error.committed], [prefix + "both", "no"]);
    assert.deepEqual(await backend.head(prefix + "both"), undefined);
  });
}
