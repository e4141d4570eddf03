/** Buckets beside the one that all else is in: what is done to them, and what must become of them. */
import type { Backend } from "../../backends/backend.ts";
import type { ArrayInterface } from "../../lib/interface/mod.ts";
import { bytesOf } from "./contents.ts";
import type { Expectation } from "./expect.ts";
import { canonical, readStored, type State, type Stored, stored } from "./state.ts";
import type { Operation } from "./steps.ts";

type BucketStep = Extract<Operation, { op: "bucket" }>;

/** The one object that a bucket may have. */
const NAME = "x";
/** What stands for a bucket. */
const THERE = stored(new Uint8Array(), {});
const NOTHING: Expectation = { changes: "nothing", after: new Map(), sources: new Map(), refusals: [] };

/** By which it is known in the state, beside the keys of objects; with an object's key, that object. */
function nameOf(bucket: string, key = ""): string {
  return `bucket ${bucket}/${key}`;
}

/** The buckets that are there beside the current one, and their objects. */
export async function lookAtBuckets(backend: Backend): Promise<State> {
  const found = new Map<string, Stored>();
  for (const { name } of await backend.buckets?.list() ?? []) {
    const bucket = name === backend.bucket ? undefined : backend.withBucket?.(name);
    if (!bucket) continue;
    found.set(nameOf(name), THERE);
    for await (const entry of bucket.list()) {
      if ("key" in entry) found.set(nameOf(name, entry.key), await readStored(bucket, entry.key));
    }
  }
  return found;
}

/** Does something with a bucket. */
export async function performBucket(
  { name, act, seed }: BucketStep,
  cci: ArrayInterface,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const current = cci.bucketName;
  switch (act) {
    case "create":
      return await cci.createBucket(name, { signal });
    case "remove":
      return await cci.rmBucket(name, { signal });
    case "exists":
      return await cci.existsBucket(name, { signal });
    case "list":
      return (await cci.listBuckets({ signal })).map(({ name }) => name).filter((name) => name !== current);
    case "tell":
      await cci.setBucket(name, { signal });
      return (await cci.getBucket({ signal })).name;
    case "fill":
      await cci.setBucket(name, { signal });
      return (await cci.uploadObject(NAME, bytesOf({ seed, size: 9 }), { signal })).key;
    case "empty":
      await cci.setBucket(name, { signal });
      return (await cci.rm(NAME, { signal })).deleted;
  }
}

/** What must become of a bucket. */
export function bucketExpectation(
  { name, act, seed }: BucketStep,
  buckets: State,
  prefix: string,
): Expectation {
  const [bucket, object] = [nameOf(name), nameOf(name, prefix + NAME)];
  const isThere = buckets.has(bucket);
  const missing: Expectation = { ...NOTHING, refusals: ["NotFoundError"] };
  const one = (key: string, now: Stored | undefined): Expectation => ({
    ...NOTHING,
    changes: "one",
    after: new Map([[key, [now]]]),
  });
  switch (act) {
    case "create":
      return isThere ? { ...NOTHING, refusals: ["AlreadyExistsError"] } : one(bucket, THERE);
    case "remove":
      if (buckets.has(object)) return { ...NOTHING, refusals: ["PreconditionFailedError"] };
      return isThere ? one(bucket, undefined) : missing;
    case "exists":
      return { ...NOTHING, answer: canonical(isThere) };
    case "list": {
      const names = [...buckets.keys()].filter((key) => key.endsWith("/")).map((key) =>
        key.slice("bucket ".length, -1)
      );
      return { ...NOTHING, answer: canonical(names.sort()) };
    }
    case "tell":
      return isThere ? { ...NOTHING, answer: canonical(name) } : missing;
    case "fill":
      return isThere ? one(object, stored(bytesOf({ seed, size: 9 }), {})) : missing;
    case "empty":
      return buckets.has(object) ? one(object, undefined) : missing;
  }
}
