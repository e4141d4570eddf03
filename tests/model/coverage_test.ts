/** What the model takes in: every public method of the interface is in some step, or stands here with its reason. */
import { assertEquals } from "@std/assert";
import type { Backend } from "../../backends/backend.ts";
import { aesKeys, generateAesKey } from "../../crypto/mod.ts";
import { EncryptedInterface } from "../../lib/interface/mod.ts";
import { sequenceOf } from "./generate.ts";
import { perform } from "./perform.ts";
import type { Operation } from "./steps.ts";
import { STORES } from "./stores/mod.ts";

/** Public methods that no step calls, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  pathjoin: "asks no store",
  toString: "asks no store",
  toJSON: "asks no store",
  getBucketObjects: "another name of getObjects",
  getBucketSize: "another name of getSize",
  globS3: "another name of glob",
  globGoogleDrive: "another name of glob",
  search: "prints what glob finds",
  showObjects: "prints what getObjects gives",
  showBuckets: "prints what listBuckets gives",
};

/** Sequences of each store that are looked through for steps of every kind. */
const SEQUENCES = 150;

/** An interface that keeps the names of methods that are called from outside. */
function recorded(backend: Backend, calls: Set<string>): EncryptedInterface {
  const cci = new EncryptedInterface(backend, {
    keys: aesKeys(generateAesKey()),
    workers: false,
    onWarning() {},
  });
  return new Proxy(cci, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function" || typeof name !== "string") return value;
      calls.add(name);
      return value.bind(target);
    },
  });
}

/** Methods of a class and of those that it extends. */
function methodsOf(prototype: object): Set<string> {
  const names = new Set<string>();
  for (let at: unknown = prototype; at instanceof Object; at = Object.getPrototypeOf(at)) {
    if (at === Object.prototype) break;
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === "function" && name !== "constructor") names.add(name);
    }
  }
  return names;
}

/** What tells one kind of step from another. */
function kindOf(operation: Operation): string {
  const details = Object.entries(operation).filter(([name]) =>
    ["op", "as", "how", "act", "method"].includes(name)
  );
  return JSON.stringify([details, "content" in operation ? operation.content.kind : ""]);
}

/** One operation of each kind that is ever made. */
function operations(): Operation[] {
  const kinds = new Map<string, Operation>();
  for (const [name, kind] of Object.entries(STORES)) {
    for (let seed = 0; seed < SEQUENCES; seed++) {
      for (const { do: operation } of sequenceOf(seed, name, kind).steps) {
        if (operation.op !== "other") kinds.set(kindOf(operation), operation);
      }
    }
  }
  return [...kinds.values()];
}

Deno.test("every public method of the interface is in some step of the model", async () => {
  const store = await STORES["S3, versions"].open();
  const calls = new Set<string>();
  const cci = recorded(store.backend, calls);
  // Protected methods stand in the prototype like all others.
  const hidden = new Set(["run", "below", "inBucket", "reading", "writing", "rooted"]);
  const keys = aesKeys(generateAesKey());
  for (const operation of operations()) {
    if (operation.op === "rebind" || operation.op === "tag") {
      await cci.uploadObject("name" in operation ? operation.name : operation.from, "…");
    }
    if (operation.op === "bucket" && operation.act !== "create") {
      await store.backend.buckets?.create(operation.name).catch(() => {});
    }
    const calm = () => Promise.resolve();
    await perform(operation, { cci, keys: operation.op === "rotate" ? keys : undefined, calm }).catch(
      () => {},
    );
  }
  await store.dispose();
  const methods = methodsOf(EncryptedInterface.prototype);
  const uncalled = [...methods].filter((name) => !calls.has(name) && !hidden.has(name)).sort();
  assertEquals(uncalled, Object.keys(EXCEPTIONS).sort());
});
