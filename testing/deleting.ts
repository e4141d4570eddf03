import { PreconditionFailedError } from "../lib/errors.ts";
import { collect } from "../lib/async.ts";
import { assert, assertRejects } from "./assert.ts";
import { decode, encode, fillWith, get, names, type Register } from "./case.ts";

/** Deleting. */
export function deleteCases(test: Register): void {
  test("deleting is lazy, reports each key in turn, and what is missing succeeds", async (c) => {
    await fillWith(c, ["a", "b", "c"]);
    const { backend, prefix } = c;
    backend.delete([prefix + "a"]);
    assert(await backend.head(prefix + "a"), "nothing happens before the result is iterated");
    assert.deepEqual(await collect(backend.delete([prefix + "a", prefix + "missing", prefix + "b"])), [
      { key: prefix + "a" },
      { key: prefix + "missing" },
      { key: prefix + "b" },
    ]);
    assert.deepEqual(await names(backend.list({ prefix }), prefix), ["c"]);
    assert.deepEqual(await collect(backend.delete([])), []);
  });

  test("from an async iterable, which is ended when the caller stops", async (c) => {
    await fillWith(c, ["a", "b", "c"]);
    let ended = false;
    async function* keys() {
      try {
        for (const name of ["a", "b"]) yield await Promise.resolve({ key: c.prefix + name });
      } finally {
        ended = true;
      }
    }
    assert.deepEqual((await collect(c.backend.delete(keys()))).length, 2);
    assert(ended);
    const failure = new Error("the list broke");
    async function* broken() {
      yield await Promise.resolve(c.prefix + "missing");
      throw failure;
    }
    assert.deepEqual(await assertRejects(() => collect(c.backend.delete(broken())), Error), failure);
    assert.deepEqual(await names(c.backend.list({ prefix: c.prefix }), c.prefix), ["c"]);
  });

  test("with ifMatch only that version", async ({ backend, prefix }) => {
    const first = await backend.put(prefix + "v", encode("one"));
    if (first.etag === undefined) return;
    const second = await backend.put(prefix + "v", encode("two"));
    const [refused] = await collect(backend.delete([{ key: prefix + "v", ifMatch: first.etag }]));
    assert(refused.error instanceof PreconditionFailedError, `${refused.error}`);
    assert.deepEqual(decode(await get(backend, prefix + "v")), "two");
    const [done] = await collect(backend.delete([{ key: prefix + "v", ifMatch: second.etag }]));
    assert.deepEqual(done.error, undefined);
    assert.deepEqual(await backend.head(prefix + "v"), undefined);
    const [again] = await collect(backend.delete([{ key: prefix + "v", ifMatch: second.etag }]));
    assert.deepEqual(again.error, undefined, "what isn't there is gone, in whatever version");
  }, (backend) => backend.capabilities.atomicReplace);

  test("a deleted name can be used again, as an object and as a prefix", async ({ backend, prefix }) => {
    await backend.put(prefix + "d/e/f", encode("deep"), { metadata: { old: "1" } });
    await collect(backend.delete([prefix + "d/e/f"]));
    await backend.put(prefix + "d", encode("object"));
    assert.deepEqual((await backend.head(prefix + "d"))?.metadata, {});
    await collect(backend.delete([prefix + "d"]));
    await backend.put(prefix + "d/e/f", encode("again"));
    assert.deepEqual((await backend.head(prefix + "d/e/f"))?.metadata, {});
    assert.deepEqual(await names(backend.list({ prefix }), prefix), ["d/e/f"]);
  });

  test("puts and deletes of neighbours at once don't get into each other's way", async ({ backend, prefix }) => {
    const work = async (name: string) => {
      for (let i = 0; i < 12; i++) {
        await backend.put(`${prefix}deep/er/${name}`, encode(`${name} ${i}`));
        assert.deepEqual(decode(await get(backend, `${prefix}deep/er/${name}`)), `${name} ${i}`);
        await collect(backend.delete([`${prefix}deep/er/${name}`]));
      }
    };
    await Promise.all(["a", "b", "c", "d"].map(work));
    assert.deepEqual(await collect(backend.list({ prefix })), []);
  });
}
