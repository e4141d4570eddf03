/** Faults that outlast all attempts, under encrypted stores: what is told of a write is true, and what is stored opens with the keys that the answer speaks of. */
import { assert, assertEquals } from "@std/assert";
import type { Backend, CopyOptions } from "../../backends/backend.ts";
import { GDriveBackend } from "../../backends/gdrive/mod.ts";
import { LocalBackend } from "../../backends/local/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import {
  aesKeys,
  ageKeys,
  EncryptingBackend,
  generateAesKey,
  generateAgeIdentity,
  type Keys,
} from "../../crypto/mod.ts";
import { rebindObjects, rotateKeys } from "../../lib/encryption/mod.ts";
import { CottonCandyError, NotFoundError, PartialFailureError } from "../../lib/errors.ts";
import { platformFiles } from "../../lib/file_access.ts";
import { decode, encode, get } from "../../testing/case.ts";
import { delegate } from "../backends/delegate.ts";
import { startDrive } from "../servers/gdrive.ts";
import { startS3 } from "../servers/s3.ts";

const before = aesKeys(generateAesKey());
const after = aesKeys(generateAesKey());
const age = await ageKeys({ identities: (await generateAgeIdentity()).identity });

/** A store, and what makes all its writes fail from now on, however often they are tried. */
interface Subject {
  readonly store: Backend;
  readonly kinds: readonly string[];
  fail(kind: string): { remove(): void };
}

const retries = { attempts: 3, budget: 5000, delay: 2 };
const isWrite = ({ method }: { readonly method: string }) => method !== "GET" && method !== "HEAD";

const subjects: Readonly<Record<string, (work: (subject: Subject) => Promise<void>) => Promise<void>>> = {
  async S3(work) {
    const s3 = await startS3({ buckets: ["bucket"] });
    const { endpoint, region, credentials } = s3;
    const store = new S3Backend({
      bucket: "bucket",
      endpoint,
      region,
      credentials,
      retries,
      onWarning: () => {},
    });
    const every = { when: isWrite, times: Infinity } as const;
    try {
      await work({
        store,
        kinds: ["reset", "loseAnswer", "status", "errorIn200", "page"],
        fail: (kind) =>
          kind === "reset" || kind === "loseAnswer"
            ? s3.inject({ ...every, kind })
            : kind === "page"
            ? s3.inject({ ...every, kind: "answer", body: "<html>Welcome</html>" })
            : kind === "status"
            ? s3.inject({ ...every, kind, status: 500, code: "InternalError" })
            : s3.inject({ ...every, kind: "errorIn200", code: "InternalError" }),
      });
    } finally {
      store.close();
      await s3.shutdown();
    }
  },
  async Drive(work) {
    await using drive = await startDrive();
    const credentials = () => Promise.resolve(drive.token());
    const store = new GDriveBackend({ endpoint: drive.endpoint, credentials, retries, onWarning: () => {} });
    const every = { when: isWrite, times: Infinity } as const;
    await work({
      store,
      kinds: ["reset", "loseAnswer", "status"],
      fail: (kind) =>
        kind === "reset" || kind === "loseAnswer"
          ? drive.inject({ ...every, kind })
          : drive.inject({ ...every, kind: "status", status: 503, reason: "backendError" }),
    });
    store.close();
  },
  async local(work) {
    const directory = await Deno.makeTempDir();
    let failing: string | undefined;
    const real = platformFiles();
    const eio =
      <Arguments extends unknown[], T>(kinds: string[], work: (...given: Arguments) => Promise<T>) =>
      (...given: Arguments): Promise<T> =>
        failing !== undefined && kinds.includes(failing)
          ? Promise.reject(Object.assign(new Error("input/output error"), { code: "EIO" }))
          : work(...given);
    const files = {
      ...real,
      rename: eio(["rename"], real.rename),
      link: eio(["rename"], real.link),
      unlink: eio(["unlink"], real.unlink),
      create: eio(["create"], real.create),
    };
    try {
      await work({
        store: new LocalBackend(directory, { files }),
        kinds: ["rename", "create", "unlink"],
        fail: (kind) => (failing = kind, { remove: () => void (failing = undefined) }),
      });
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
};

/** The text of an object; `undefined` where there is none. What is neither the old object nor the new is an error. */
async function read(store: Backend, keys: Keys, key: string): Promise<string | undefined> {
  try {
    return decode(await get(new EncryptingBackend(store, keys), key));
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** A write, and what there is where it was not done, and where it was. */
interface Write {
  run(backend: EncryptingBackend, key: string): Promise<unknown>;
  readonly key: (key: string) => string;
  readonly old: string | undefined;
  readonly done: string | undefined;
}

const writes: Readonly<Record<string, Write>> = {
  "a put over an object": {
    run: (backend, key) => backend.put(key, encode("new"), { metadata: { run: "2" } }),
    key: (key) => key,
    old: "old",
    done: "new",
  },
  "a put of the same bytes": {
    run: (backend, key) => backend.put(`${key}-again`, encode("old"), { metadata: { run: "2" } }),
    key: (key) => `${key}-again`,
    old: undefined,
    done: "old",
  },
  "a put where there is nothing": {
    run: (backend, key) => backend.put(`${key}-new`, encode("new"), { ifAbsent: true }),
    key: (key) => `${key}-new`,
    old: undefined,
    done: "new",
  },
  "a copy": {
    run: (backend, key) => backend.copy(key, `${key}-copy`),
    key: (key) => `${key}-copy`,
    old: undefined,
    done: "old",
  },
  "a deletion": {
    async run(backend, key) {
      for await (const { error } of backend.delete([key])) if (error) throw error;
    },
    key: (key) => key,
    old: "old",
    done: undefined,
  },
};

/** Holds what was told of a write against what is stored. */
function judge(what: string, outcome: unknown, isOld: boolean, isNew: boolean): void {
  assert(isOld || isNew, `${what}: neither the old object nor the new is there`);
  if (outcome === undefined) return assert(isNew, `${what}: told as done, and was not`);
  assert(outcome instanceof CottonCandyError, `${what}: ${Deno.inspect(outcome)}`);
  const { committed } = outcome;
  assert(committed !== "no" || isOld, `${what}: "no", and it was done: ${outcome.message}`);
  assert(committed !== "yes" || isNew, `${what}: "yes", and it was not done: ${outcome.message}`);
}

async function outcomeOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

for (const [name, open] of Object.entries(subjects)) {
  Deno.test(`${name}: what is told of an encrypted write whose every attempt fails is true`, () =>
    open(async ({ store, kinds, fail }) => {
      for (const keys of [before, age]) {
        for (const kind of kinds) {
          let failed = 0;
          for (const [write, { run, key: place, old, done }] of Object.entries(writes)) {
            const key = `${keys.name}/${kind}/${write.replaceAll(" ", "-")}`;
            const backend = new EncryptingBackend(store, keys);
            await backend.put(key, encode("old"), { metadata: { run: "1" } });
            const fault = fail(kind);
            const outcome = await outcomeOf(() => run(backend, key));
            fault.remove();
            const found = await read(store, keys, place(key));
            judge(`${kind}, ${write}`, outcome, found === old, found === done);
            if (outcome !== undefined) failed++;
          }
          // Where only answers are lost, looking says what was done.
          assert(failed > 0 || kind === "loseAnswer" || kind === "unlink", `${kind} does no harm`);
        }
      }
    }));

  Deno.test(`${name}: what is told as given new keys opens with them, and else with the old ones`, () =>
    open(async ({ store, kinds, fail }) => {
      for (const kind of kinds) {
        const objects = [`${kind}/a`, `${kind}/b`];
        for (const key of objects) await new EncryptingBackend(store, before).put(key, encode("precious"));
        const fault = fail(kind);
        let changed: readonly string[] = [];
        const outcome = await outcomeOf(async () => {
          ({ changed } = await rotateKeys(new EncryptingBackend(store, before), after, { prefix: kind }));
        });
        fault.remove();
        if (outcome instanceof PartialFailureError) changed = outcome.done;
        else if (outcome !== undefined) throw outcome;
        for (const key of objects) {
          const opens = async (keys: Keys) => await outcomeOf(() => read(store, keys, key)) === undefined;
          const [isOld, isNew] = [await opens(before), await opens(after)];
          assert(isOld !== isNew, `${kind}: ${key} opens with ${isOld ? "both keys" : "neither key"}`);
          assert(isNew || !changed.includes(key), `${kind}: ${key} is told as changed`);
          if (!(outcome instanceof PartialFailureError)) continue;
          const failure = outcome.failed.find((failed) => failed.key === key)?.error;
          if (failure) judge(`${kind}, ${key}`, failure, isOld, isNew);
        }
        // Done again, it does the rest.
        await rotateKeys(new EncryptingBackend(store, before), after, { prefix: kind });
        for (const key of objects) assertEquals(await read(store, after, key), "precious");

        await store.copy(objects[0], `moved/${kind}/a`);
        const other = fail(kind);
        const rebound = await outcomeOf(() =>
          rebindObjects(new EncryptingBackend(store, after), "moved", { from: "/" })
        );
        other.remove();
        const opens = await outcomeOf(() => read(store, after, `moved/${kind}/a`)) === undefined;
        assert(opens || rebound !== undefined, `${kind}: told as bound to its name`);
        await rebindObjects(new EncryptingBackend(store, after), "moved", { from: "/" });
        assertEquals(await read(store, after, `moved/${kind}/a`), "precious");
      }
    }));
}

Deno.test("a store that says it copied, and kept the metadata: what it left as it was is not told as changed", async () => {
  const memory = new MemoryBackend();
  await new EncryptingBackend(memory, before).put("a", encode("precious"));
  const forgetful = delegate(memory, {
    copy: async (from: string, to: string, { metadata: _, ...options }: CopyOptions = {}) => {
      const { metadata } = await memory.head(from) ?? {};
      return await memory.copy(from, to, { ...options, metadata });
    },
  });
  const error = await outcomeOf(() => rotateKeys(new EncryptingBackend(forgetful, before), after));
  assert(error instanceof CottonCandyError);
  assertEquals([error.key, error.committed], ["a", "no"]);
  assertEquals(await read(memory, before, "a"), "precious");
  const loser = delegate(memory, {
    copy: async (from: string, to: string, options?: CopyOptions) => {
      const result = await memory.copy(from, to, options);
      await memory.put(to, encode("somebody else's"), {});
      return result;
    },
  });
  const lost = await outcomeOf(() => rotateKeys(new EncryptingBackend(loser, before), after));
  assert(lost instanceof CottonCandyError);
  assertEquals(lost.committed, "unknown");
});
