/** Syncs between the store and itself, or another place: how they are done, and what they must do. */
import { LocalBackend } from "../../backends/local/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import type { Backend } from "../../backends/backend.ts";
import { MTIME } from "../../lib/content_time.ts";
import type { ArrayInterface } from "../../lib/interface/mod.ts";
import { sync } from "../../lib/sync/mod.ts";
import { filesOf, inTemporaryDirectory } from "./contents.ts";
import type { Expectation, Possible } from "./expect.ts";
import { canonical, type State, type Stored, stored } from "./state.ts";
import type { Operation, Outside } from "./steps.ts";

type Sync = Extract<Operation, { op: "sync" }>;

/** Comparisons that say of each object whether it is copied, and do not only make sure that both are the same. */
const EXACT: ReadonlySet<Sync["compare"]> = new Set(["always", "missing", "size"]);

/** Does a sync; gives how many objects were looked at and deleted, and what is in the other place then. */
export async function performSync(
  { from, to, ...operation }: Sync,
  cci: ArrayInterface,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { op: _, maxDelete, allowEmptySource, ...options } = operation;
  const deleting = options.delete ? { maxDelete: maxDelete ?? Infinity, allowEmptySource } : {};
  const place = (name: string) => ({ backend: cci.backend, prefix: cci.prefix + name });
  const outside = typeof from === "string" ? typeof to === "string" ? undefined : to : from;
  return await withOutside(outside, async (backend) => {
    const { copied, skipped, deleted } = await sync(
      typeof from === "string" ? place(from) : { backend },
      typeof to === "string" ? place(to) : { backend },
      { ...options, ...deleting, signal },
    );
    return answerOf(operation, { copied, skipped, deleted }, await bytesIn(backend));
  });
}

/** What is told of a sync. */
function answerOf(
  { compare }: Pick<Sync, "compare">,
  { copied, skipped, deleted }: { copied: number; skipped: number; deleted: number },
  place: ReadonlyMap<string, Uint8Array>,
): unknown {
  const objects = EXACT.has(compare) ? { copied, skipped } : copied + skipped;
  return { objects, deleted, place };
}

async function withOutside<T>(
  outside: Outside | undefined,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  const filled = async (backend: Backend) => {
    for (const [name, { bytes, metadata }] of outside ? objectsOf(outside) : []) {
      await backend.put(name, bytes, { metadata });
    }
    return await work(backend);
  };
  if (outside?.at !== "directory") return await filled(new MemoryBackend());
  return await inTemporaryDirectory((directory) => filled(new LocalBackend(directory)));
}

async function bytesIn(backend: Backend): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for await (const entry of backend.list()) {
    if (!("key" in entry)) continue;
    const reader = await backend.open(entry.key);
    found.set(entry.key, await reader.read());
    await reader.close();
  }
  return found;
}

/** The objects of another place; no two contents have one time. */
function objectsOf(outside: Outside): Map<string, Stored> {
  const time = (index: number) => `${1_600_000_000 + 10 * (8 * outside.seed + index)}`;
  return new Map(
    [...filesOf(outside)].map(([name, bytes], i) => [name, stored(bytes, { [MTIME]: time(i) })]),
  );
}

/** What a sync must do. */
export function syncExpectation(operation: Sync, state: State, prefix: string): Expectation {
  const { from, to, move, dryRun } = operation;
  if (from === to) return { ...NOTHING, refusals: ["InvalidArgumentError"] };
  const source = typeof from === "string" ? below(state, `${prefix}${from}/`) : objectsOf(from);
  const target = typeof to === "string" ? below(state, `${prefix}${to}/`) : objectsOf(to);
  const after = new Map<string, Possible>();
  const place = new Map(typeof to === "string" ? typeof from === "string" ? [] : source : target);
  const sources = new Map<string, string>();
  let copied = 0;
  let isTold = true;
  for (const [name, object] of source) {
    const now = copyOf(operation.compare, object, target.get(name));
    const isCopied = !now.includes(target.get(name)) || operation.compare === "always";
    if (isCopied) copied++;
    if (dryRun) continue;
    if (typeof to === "string") after.set(`${prefix}${to}/${name}`, now);
    else if (isCopied) place.set(name, object);
    if (!move || !now.includes(object)) continue;
    // What may be taken for the same is moved, or it stays.
    if (!isCopied && typeof from !== "string") isTold = false;
    const kept = isCopied ? [undefined] : [object, undefined];
    if (typeof from === "string") after.set(`${prefix}${from}/${name}`, kept);
    else if (isCopied) place.delete(name);
    if (typeof to === "string" && typeof from === "string") {
      sources.set(`${prefix}${to}/${name}`, `${prefix}${from}/${name}`);
    }
  }
  const absent = operation.delete ? [...target.keys()].filter((name) => !source.has(name)) : [];
  const isRefused = absent.length > 0 &&
    (source.size === 0 && !operation.allowEmptySource || absent.length > (operation.maxDelete ?? Infinity));
  for (const name of isRefused || dryRun ? [] : absent) {
    if (typeof to === "string") after.set(`${prefix}${to}/${name}`, [undefined]);
    else place.delete(name);
  }
  const counts = { copied, skipped: source.size - copied, deleted: absent.length };
  const bytes = new Map([...place].map(([name, { bytes }]) => [name, bytes]));
  return {
    changes: dryRun ? "nothing" : "several",
    after,
    sources,
    refusals: isRefused ? ["PreconditionFailedError"] : [],
    answer: isTold ? canonical(answerOf(operation, counts, bytes)) : undefined,
  };
}

const NOTHING: Expectation = { changes: "nothing", after: new Map(), sources: new Map(), refusals: [] };

/** What is in a directory, by what follows its name. */
function below(state: State, directory: string): Map<string, Stored> {
  return new Map(
    [...state].filter(([key]) => key.startsWith(directory)).map((
      [key, object],
    ) => [key.slice(directory.length), object]),
  );
}

/** What has an object's name at the target then. */
function copyOf(compare: Sync["compare"], source: Stored, target: Stored | undefined): Possible {
  const isSameSize = source.bytes.length === target?.bytes.length;
  const isSame = isSameSize && canonical(source.bytes) === canonical(target?.bytes);
  switch (compare) {
    case "always":
      return [source];
    case "missing":
      return [target ?? source];
    case "size":
      return [isSameSize ? target : source];
    case "checksum":
      return [isSame ? target : source];
    case "auto":
    case "time":
      // The same bytes may be taken for the same; other metadata are not looked at.
      return isSame ? [target, source] : [source];
  }
}
