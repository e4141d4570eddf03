/** Faults that are planted, for the model to find: a model that finds nothing is worth nothing. */
import { assert } from "@std/assert";
import type { Backend, Body, DeleteItem } from "../../backends/backend.ts";
import { CottonCandyError } from "../../lib/errors.ts";
import { delegate } from "../backends/delegate.ts";
import { sequenceOf } from "./generate.ts";
import { programOf } from "./print.ts";
import { run } from "./run.ts";
import { type Failure, shrink } from "./shrink.ts";
import { STORES, type TestedStore } from "./stores/mod.ts";

/** A kind of store whose backend has a fault. */
function faulty(name: string, methods: (backend: Backend) => Partial<Backend>): TestedStore {
  const kind = STORES[name];
  return {
    ...kind,
    open: async () => {
      const store = await kind.open();
      return { ...store, backend: delegate(store.backend, methods(store.backend)) };
    },
  };
}

async function sizeOf(body: Body): Promise<number> {
  return (await new Response(body instanceof Uint8Array ? Uint8Array.from(body) : body).bytes()).length;
}

function isLost(error: unknown): error is CottonCandyError {
  return error instanceof CottonCandyError && error.committed === "unknown";
}

/** In how many steps each must be shown. */
const STEPS = 3;

/** What is wrong, and on which store. */
const FAULTS: readonly {
  what: string;
  store: string;
  methods: (backend: Backend) => Partial<Backend>;
}[] = [
  {
    what: "a put that says done, and stores nothing",
    store: "memory",
    methods: () => ({ put: async (key, body) => ({ key, size: await sizeOf(body) }) }),
  },
  {
    what: "a put that loses metadata",
    store: "memory, AES",
    methods: (backend) => ({
      put: (key, body, options) => backend.put(key, body, { ...options, metadata: {} }),
    }),
  },
  {
    what: "a condition that is overlooked",
    store: "local",
    methods: (backend) => ({
      put: (key, body, options) => backend.put(key, body, { ...options, ifAbsent: false }),
    }),
  },
  {
    what: "an error that says no of what nobody knows",
    store: "S3",
    methods: (backend) => ({
      put: (key, body, options) =>
        backend.put(key, body, options).catch((error) => {
          throw isLost(error) ? new CottonCandyError(error.message, { key, committed: "no" }) : error;
        }),
    }),
  },
  {
    what: "a put that leaves its upload behind when it fails",
    store: "S3",
    methods: (backend) => ({
      put: (key, body, options) =>
        backend.put(key, body, options).catch(async (error) => {
          await backend.startUpload?.(key, { size: 1 });
          throw error;
        }),
    }),
  },
  {
    what: "a move that deletes what somebody else has written meanwhile",
    store: "memory",
    methods: (backend) => ({
      delete: (items, options) => backend.delete(keysOf(items), options),
    }),
  },
  {
    what: "a copy that hides that it failed",
    store: "local",
    methods: (backend) => ({
      copy: (from, to, options) => backend.copy(from, to, options).catch(() => ({ key: to, size: 0 })),
    }),
  },
  {
    what: "a deletion that takes an object's versions with it",
    store: "S3, versions",
    methods: (backend) => ({
      delete: (items, options) => backend.delete(versionsOf(backend, items), options),
    }),
  },
  {
    what: "a bucket that is said to be removed, and is still there",
    store: "memory",
    methods: ({ buckets }) => ({ buckets: buckets && { ...buckets, remove: () => Promise.resolve() } }),
  },
  {
    what: "a URL that is signed for something else",
    store: "S3",
    methods: (backend) => ({
      presign: (key, options) => backend.presign?.(key, { ...options, method: "GET" }) ?? Promise.resolve(""),
    }),
  },
];

async function* versionsOf(
  backend: Backend,
  items: Iterable<DeleteItem> | AsyncIterable<DeleteItem>,
): AsyncGenerator<DeleteItem> {
  for await (const key of keysOf(items)) {
    for await (const version of backend.listVersions?.({ prefix: key }) ?? []) {
      if (version.key === key) yield { key, versionId: version.versionId };
    }
  }
}

async function* keysOf(items: Iterable<DeleteItem> | AsyncIterable<DeleteItem>): AsyncGenerator<string> {
  for await (const item of items) yield typeof item === "string" ? item : item.key;
}

/** The first sequence that fails, cut down. */
async function find(name: string, kind: TestedStore): Promise<Failure> {
  for (let seed = 1; seed <= 500; seed++) {
    const sequence = sequenceOf(seed, name, kind);
    const violation = await run(sequence, kind);
    if (violation) return await shrink({ sequence, violation }, kind);
  }
  throw new Error("500 sequences have not found what is wrong");
}

for (const { what, store, methods } of FAULTS) {
  Deno.test(`the model finds ${what}`, async () => {
    const { sequence, violation } = await find(store, faulty(store, methods));
    const program = programOf(sequence, violation);
    assert(sequence.steps.length <= STEPS, `it takes more than ${STEPS} steps:\n${program}`);
  });
}
