/** Versions of objects, where a bucket keeps them: what is done to them, and what must become of them. */
import { CottonCandyError, NotFoundError } from "../../lib/errors.ts";
import type { Backend } from "../../backends/backend.ts";
import type { ArrayInterface } from "../../lib/interface/mod.ts";
import { collect } from "../../lib/async.ts";
import type { Expectation, Possible } from "./expect.ts";
import type { Outcome } from "./judge.ts";
import { canonical, type Stored, stored } from "./state.ts";
import type { Operation } from "./steps.ts";

type VersionStep = Extract<Operation, { op: "version" | "undelete" }>;

/** A version of an object; without the object it is a delete marker. */
export interface Version {
  readonly id: string;
  readonly object?: Stored;
}

/** The id of a version that is written while a step is taken. */
export const UNSEEN = "";

/** All versions by their keys, the newest first. */
export type History = ReadonlyMap<string, readonly Version[]>;

const NOTHING: Expectation = { changes: "nothing", after: new Map(), sources: new Map(), refusals: [] };

/** Reads the versions that are not known yet. */
export async function readHistory(
  ids: ReadonlyMap<string, readonly { readonly versionId: string; readonly object?: unknown }[]>,
  known: History,
  backend: Backend,
): Promise<History> {
  const history = new Map<string, Version[]>();
  for (const [key, listed] of ids) {
    const versions: Version[] = [];
    for (const { versionId: id, object } of listed) {
      const seen = known.get(key)?.find((version) => version.id === id);
      versions.push(seen ?? (object ? { id, object: await readVersion(backend, key, id) } : { id }));
    }
    history.set(key, versions);
  }
  return history;
}

async function readVersion(backend: Backend, key: string, versionId: string): Promise<Stored> {
  const reader = await backend.open(key, { versionId });
  try {
    return stored(await reader.read(), reader.info.metadata);
  } finally {
    await reader.close();
  }
}

/** The version that a step means: some of all, or for reading of those that are no delete markers. */
function chosen(
  { act, age }: Extract<VersionStep, { op: "version" }>,
  versions: readonly Version[],
): Version | undefined {
  // What somebody else writes meanwhile was not there when it was chosen.
  const some = versions.filter(({ id, object }) => id !== UNSEEN && (act === "remove" || object));
  return some[age % Math.max(1, some.length)];
}

/** Does something with a version. */
export async function performVersion(
  operation: Extract<VersionStep, { op: "version" }>,
  cci: ArrayInterface,
  history: History,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { name, act } = operation;
  const key = cci.prefix + name;
  if (act === "list") {
    return shownVersions(
      (await collect(cci.listVersions({ prefix: name, signal }))).map((version) => ({
        ...version,
        key: cci.prefix + version.key,
      })),
    );
  }
  const versionId = chosen(operation, history.get(key) ?? [])?.id;
  if (versionId === undefined) throw new NotFoundError("there is no version", { key, committed: "no" });
  switch (act) {
    case "read": {
      const { content, metadata } = await cci.downloadStream(name, { versionId, signal });
      return { bytes: await new Response(content).bytes(), metadata };
    }
    case "restore":
      return (await cci.backend.copy(key, key, { fromVersionId: versionId, signal })).key;
    case "remove": {
      for await (const { error } of cci.backend.delete([{ key, versionId }], { signal })) {
        if (error) throw error;
      }
      return versionId;
    }
  }
}

/** Versions as they are told, where their order says nothing but which is the latest. */
function shownVersions(
  versions: readonly { key: string; isLatest: boolean; isDeleteMarker: boolean; versionId: string }[],
): string[] {
  return versions.map(({ key, isLatest, isDeleteMarker, versionId }) =>
    `${key} ${versionId}${isLatest ? ", the latest" : ""}${isDeleteMarker ? ", a delete marker" : ""}`
  ).sort();
}

/** What must become of a version, or of an object that is to be brought back. */
export function versionExpectation(operation: VersionStep, prefix: string, history: History): Expectation {
  const key = prefix + operation.name;
  const versions = history.get(key) ?? [];
  const one = (object: Stored | undefined): Expectation => ({
    ...NOTHING,
    changes: "one",
    after: new Map([[key, [object]]]),
  });
  if (operation.op === "undelete") {
    const brought = versions.find(({ object }) => object);
    return brought ? one(brought.object) : { ...NOTHING, refusals: ["NotFoundError"] };
  }
  if (operation.act === "list") {
    const below = [...history].filter(([each]) => each.startsWith(key));
    const listed = below.flatMap(([key, versions]) =>
      versions.map(({ id, object }, i) => ({
        key,
        isLatest: i === 0,
        isDeleteMarker: !object,
        versionId: id,
      }))
    );
    return { ...NOTHING, answer: canonical(shownVersions(listed)) };
  }
  const version = chosen(operation, versions);
  if (!version) return { ...NOTHING, refusals: ["NotFoundError"] };
  switch (operation.act) {
    case "read": {
      const { bytes, metadata } = version.object ?? {};
      return { ...NOTHING, answer: canonical({ bytes, metadata }) };
    }
    case "restore":
      // The latest is in its place already, which a store may refuse.
      return { ...one(version.object), mayRefuse: version === versions[0] ? ["InvalidArgumentError"] : [] };
    case "remove":
      return {
        ...one(versions.filter((each) => each !== version)[0]?.object),
        answer: canonical(version.id),
      };
  }
}

/** What is wrong with the versions that are there after an operation: none goes but the one that is to go, the others stay in their order, and what is new is what was to be stored. */
export function wrongHistory(
  operation: Operation,
  own: string,
  { before, after, outcome }: {
    readonly before: History;
    readonly after: History;
    readonly outcome: Outcome;
  },
  allowed: (key: string) => Possible,
): string | undefined {
  for (const [key, versions] of after) {
    const known = before.get(key) ?? [];
    const [fresh, old] = [
      versions.filter((one) => !known.includes(one)),
      known.filter((one) => versions.includes(one)),
    ];
    if ([...fresh, ...old].some((one, i) => one !== versions[i])) {
      return `the versions of "${key}" are in another order`;
    }
    const odd = fresh.find(({ object }) => !allowed(key).some((one) => one?.print === object?.print));
    if (odd) {
      return `there is a version of "${key}" that nobody was to store: ${
        odd.object ? `${odd.object.bytes.length} bytes` : "a delete marker"
      }`;
    }
  }
  for (const [key, versions] of before) {
    const target = key === own && operation.op === "version" && operation.act === "remove"
      ? chosen(operation, versions)
      : undefined;
    for (const version of versions) {
      const isThere = after.get(key)?.includes(version) ?? false;
      if (version !== target) {
        // Markers are what hides an object that is brought back.
        if (!isThere && !(key === own && operation.op === "undelete" && !version.object)) {
          return `a version of "${key}" is gone`;
        }
      } else if (isThere ? "answer" in outcome : "error" in outcome && isSaidUndone(outcome.error)) {
        return `a version of "${key}" is ${isThere ? "still there" : "gone"}, and the outcome says otherwise`;
      }
    }
  }
  return undefined;
}

function isSaidUndone(error: unknown): boolean {
  return error instanceof CottonCandyError && error.committed === "no";
}
