import type { Backend } from "../backends/mod.ts";
import { InvalidArgumentError, UnsupportedError } from "../lib/errors.ts";
import { assert, assertRejects } from "./assert.ts";
import { collect } from "../lib/async.ts";
import { decode, encode, get, type Register, type TestStore } from "./case.ts";

/**
 * A store that reads by the one and stores by the other, for the cases that read what they have stored.
 *
 * @throws {InvalidArgumentError} when there is no writer.
 */
export function writable({ backend, writer }: TestStore): Backend {
  if (!writer) {
    throw new InvalidArgumentError(
      "a store that is read only needs a `writer`, by which the cases store what they read",
    );
  }
  const own: Pick<Backend, "put" | "delete"> = {
    put: async (key, body, options) => {
      const { size } = await writer.put(key, body, options);
      // What the writer calls the version need not be what the store does.
      const etag = (await backend.head(key))?.etag;
      return { key, size, etag };
    },
    delete: (items, options) => writer.delete(items, options),
  };
  return new Proxy(backend, {
    get(target, name) {
      const value: unknown = Reflect.get(name in own ? own : target, name);
      return typeof value === "function" && !(name in own) ? value.bind(target) : value;
    },
  });
}

/** What a store is to do that is read only. Cases are given it as it is, without its writer. */
export function readOnlyCases(test: Register): void {
  test("a store that is read only says so, refuses whatever would change it, and changes nothing", async ({ backend, prefix, writer }) => {
    assert(backend.capabilities.readOnly, "capabilities.readOnly says so");
    if (!writer) return assert.fail("no writer");
    const key = prefix + "kept";
    await writer.put(key, encode("kept"));
    let cancelled: unknown;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({ cancel: (why) => void (cancelled = why) }, {
      highWaterMark: 0,
    });
    const refused = async (what: () => Promise<unknown>) => {
      const error = await assertRejects(what, UnsupportedError);
      assert.deepEqual(error.committed, "no");
      return error;
    };
    assert.deepEqual((await refused(() => backend.put(key, encode("new")))).key, key);
    assert.strictEqual(
      await refused(() => backend.put(prefix + "new", body)),
      cancelled,
      "the source was told",
    );
    await refused(() => backend.copy(key, prefix + "new"));
    const [result, ...rest] = await collect(backend.delete([key]));
    assert.deepEqual([result.key, rest], [key, []]);
    assert.instanceOf(result.error, UnsupportedError);
    assert.deepEqual(decode(await get(backend, key)), "kept");
    assert.deepEqual(await backend.head(prefix + "new"), undefined);
  });
}
