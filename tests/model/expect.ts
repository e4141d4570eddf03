/** What an operation must do to a state, and give. */
import { CottonCandyError } from "../../lib/errors.ts";
import { bucketExpectation } from "./buckets.ts";
import { bytesOf, type Content, store } from "./contents.ts";
import { perform } from "./perform.ts";
import { canonical, inMemory, type State, type Stored, stored } from "./state.ts";
import type { Listing, Operation } from "./steps.ts";
import { presignExpectation } from "./presigned.ts";
import { syncExpectation } from "./syncing.ts";
import { valuesOf } from "./values.ts";
import { type History, versionExpectation } from "./versions.ts";

/** What a key may hold: one of these, or nothing. */
export type Possible = readonly (Stored | undefined)[];

/** What an operation must do. */
export interface Expectation {
  /** What it changes, how: nothing; one object, whose error tells of it; several, each for itself; a folder, which is rolled back on failure. */
  readonly changes: "nothing" | "one" | "several" | "folder";
  /** What it makes of the keys that it changes. */
  readonly after: ReadonlyMap<string, Possible>;
  /** Of copies: where they come from. */
  readonly sources: ReadonlyMap<string, string>;
  /** With one of these errors it must fail; none: it must succeed. */
  readonly refusals: readonly string[];
  /** With one of these it may fail. */
  readonly mayRefuse?: readonly string[];
  /** What it gives; `undefined`: that is not compared. */
  readonly answer?: string;
}

/** What the model goes by, beside the state. */
export interface Setting {
  readonly prefix: string;
  readonly readOnly: boolean;
  /** All versions, where the bucket keeps them. */
  readonly history: History;
  /** Other buckets, and their objects. */
  readonly buckets: State;
  /** There are URLs that are signed for whoever has them. */
  readonly presigns: boolean;
}

const NOTHING: Expectation = { changes: "nothing", after: new Map(), sources: new Map(), refusals: [] };

/** What an operation must do. */
export async function expectation(
  operation: Operation,
  state: State,
  setting: Setting,
): Promise<Expectation> {
  const expected = await unrestricted(operation, state, setting);
  const { changes, after, refusals } = expected;
  if (!setting.readOnly || changes === "nothing") return expected;
  const refused = ["UnsupportedError", "InvalidArgumentError", "PartialFailureError"];
  // What is in its place already is not written; a sync that goes by times may find that it is, or not.
  const isDone = operation.op === "sync"
    ? [...after].every(([key, now]) => now.includes(state.get(key)))
    : after.size === 0;
  if (isDone && refusals.length === 0) {
    const mayRefuse = [...after.values()].some((now) => now.length > 1) ? refused : [];
    return { ...NOTHING, answer: expected.answer, mayRefuse };
  }
  // There is no room for metadata either.
  return { ...NOTHING, refusals: [...refused, ...refusals] };
}

async function unrestricted(operation: Operation, state: State, setting: Setting): Promise<Expectation> {
  const { prefix } = setting;
  const one = (name: string, now: Stored, refusals: readonly string[] = []): Expectation => ({
    ...NOTHING,
    changes: "one",
    after: new Map([[prefix + name, [now]]]),
    refusals,
  });
  switch (operation.op) {
    case "store": {
      const { name, content, overwrite } = operation;
      return one(name, await objectOf(content, prefix + name), existing(state, prefix + name, overwrite));
    }
    case "upload":
      return one(
        operation.name,
        seeded(operation),
        existing(state, prefix + operation.name, operation.overwrite),
      );
    case "replace":
      return one(
        operation.name,
        seeded(operation),
        state.has(prefix + operation.name) ? [] : ["PreconditionFailedError"],
      );
    case "resumable":
      return one(operation.name, seeded(operation));
    case "store folder":
      return await folder(operation, state, prefix);
    case "cp":
    case "mv":
      return copies(operation, state, prefix);
    case "rm":
      return removal(operation, state, prefix);
    case "sync":
      return syncExpectation(operation, state, prefix);
    case "undelete":
    case "version":
      return versionExpectation(operation, prefix, setting.history);
    case "bucket":
      return bucketExpectation(operation, setting.buckets, prefix);
    case "presign":
      return presignExpectation(operation, state, setting);
    case "uploads":
      return { ...NOTHING, answer: canonical({ isFound: true, isEnded: true, left: 0 }) };
    case "owner":
      return { ...NOTHING, refusals: state.has(prefix + operation.name) ? [] : ["NotFoundError"] };
    case "rebind": {
      const [from, to] = [prefix + operation.from, prefix + operation.to];
      const now = state.get(from);
      if (!now) return { ...NOTHING, changes: "several", refusals: ["NotFoundError"] };
      return {
        ...NOTHING,
        changes: "several",
        after: new Map([[to, [now]]]),
        sources: new Map([[to, from]]),
      };
    }
    case "tag": {
      const refusals = state.has(prefix + operation.name) ? [] : ["NotFoundError"];
      return { ...NOTHING, refusals, answer: canonical(operation.tags) };
    }
    case "rotate":
      return { ...NOTHING, refusals: state.size === 0 ? ["NotFoundError"] : [] };
    case "read":
      return await reading(operation, state, prefix);
    case "list":
      return { ...NOTHING, answer: canonical(listing(operation.name, operation.as, state, prefix)) };
  }
}

function existing(state: State, key: string, overwrite: boolean): readonly string[] {
  return !overwrite && state.has(key) ? ["AlreadyExistsError"] : [];
}

function seeded(content: { readonly size: number; readonly seed: number }): Stored {
  return stored(bytesOf(content), { seed: `${content.seed}` });
}

const readBack = new Map<string, Promise<void>>();

/** Makes sure, once, that a content is read as what it was made of: then the bytes that it is stored as are the right ones. */
function checkReadBack(content: Content): Promise<void> {
  const name = JSON.stringify(content);
  const checked = readBack.get(name) ?? inMemory(new Map(), "", async (cci) => {
    await store(cci, "name", content);
    for (const [as, value] of valuesOf(content)) {
      const read = await perform({ op: "read", name: "name", as }, { cci, calm: () => Promise.resolve() });
      if (canonical(read) !== canonical(value)) {
        throw new Error(`${name} is read (${as}) as ${canonical(read)}, not ${canonical(value)}`);
      }
    }
  }).then(() => {});
  readBack.set(name, checked);
  return checked;
}

const objects = new Map<string, Stored>();

/** The object that a content becomes. */
export async function objectOf(content: Content, key: string): Promise<Stored> {
  const name = JSON.stringify(content);
  const known = objects.get(name);
  if (known) return known;
  await checkReadBack(content);
  const { after } = await inMemory(new Map(), "", (cci) => store(cci, key, content));
  const object = after.get(key);
  if (!object) throw new Error(`${name} is no object`);
  objects.set(name, object);
  return object;
}

/** What is below a name, and at it. */
function part(state: State, key: string): Map<string, Stored> {
  return new Map([...state].filter(([each]) => each === key || each.startsWith(`${key}/`)));
}

async function folder(
  operation: Extract<Operation, { op: "store folder" }>,
  state: State,
  prefix: string,
): Promise<Expectation> {
  const { name, content } = operation;
  await checkReadBack(content);
  const before = part(state, prefix + name);
  const { after } = await inMemory(before, prefix, (cci) => store(cci, name, content));
  const changed = new Map<string, Possible>();
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    // A part that is stored again is of another upload, though its bytes be the same.
    const [was, is] = [before.get(key), after.get(key)];
    const isSame = was?.print === is?.print && canonical(was?.metadata) === canonical(is?.metadata);
    if (!isSame) changed.set(key, [is]);
  }
  return {
    ...NOTHING,
    changes: content.kind === "dict" || content.kind === "files" ? "several" : "folder",
    after: changed,
  };
}

/** How it is told that there is no object of a name: of a directory's it is said that it is one. */
function missing(state: State, key: string): readonly string[] {
  return [...state.keys()].some((each) => each.startsWith(`${key}/`))
    ? ["InvalidArgumentError"]
    : ["NotFoundError"];
}

function copies(
  { op, from, to, overwrite, recursive }: Extract<Operation, { op: "cp" | "mv" }>,
  state: State,
  prefix: string,
): Expectation {
  const [source, dest] = [prefix + from, prefix + to];
  const steps = [...state.keys()]
    .filter((key) => key === source || (recursive && key.startsWith(`${source}/`)))
    .map((key) => [key, dest + key.slice(source.length)] as const);
  if (steps.length === 0) {
    // What is looked at first is the store's affair.
    const refusals = [...missing(state, source), ...existing(state, dest, overwrite)];
    return { ...NOTHING, changes: "several", refusals };
  }
  if (source === dest) {
    return {
      ...NOTHING,
      changes: "several",
      refusals: overwrite || op === "mv" ? [] : ["AlreadyExistsError"],
    };
  }
  const after = new Map<string, Possible>();
  for (const [key, copy] of steps) {
    after.set(copy, [state.get(key)]);
    if (op === "mv") after.set(key, [undefined]);
  }
  return {
    changes: recursive || op === "mv" ? "several" : "one",
    after,
    sources: new Map(steps.map(([key, copy]) => [copy, key])),
    refusals: !overwrite && steps.some(([, copy]) => state.has(copy)) ? ["AlreadyExistsError"] : [],
  };
}

function removal(
  { name, recursive }: Extract<Operation, { op: "rm" }>,
  state: State,
  prefix: string,
): Expectation {
  const keys = [
    ...(recursive ? part(state, prefix + name).keys() : state.has(prefix + name) ? [prefix + name] : []),
  ];
  return {
    ...NOTHING,
    changes: recursive ? "several" : "one",
    after: new Map(keys.map((key) => [key, [undefined]])),
    refusals: keys.length === 0 ? missing(state, prefix + name) : [],
    answer: canonical(keys.map((key) => key.slice(prefix.length)).sort()),
  };
}

async function reading(
  operation: Extract<Operation, { op: "read" }>,
  state: State,
  prefix: string,
): Promise<Expectation> {
  try {
    const { answer } = await inMemory(
      part(state, prefix + operation.name),
      prefix,
      (cci) => perform(operation, { cci, calm: () => Promise.resolve() }),
    );
    return { ...NOTHING, answer: canonical(answer) };
  } catch (error) {
    if (!(error instanceof CottonCandyError)) throw error;
    return { ...NOTHING, refusals: [error.name] };
  }
}

function listing(name: string, as: Listing, state: State, prefix: string): unknown {
  const names = [...state.keys()].filter((key) => key.startsWith(prefix)).map((key) =>
    key.slice(prefix.length)
  ).sort();
  const sizeOf = (each: string) => state.get(prefix + each)?.bytes.length ?? 0;
  const begun = names.filter((each) => each.startsWith(name));
  switch (as) {
    case "objects":
      return begun.map((each) => `${each} ${sizeOf(each)}`);
    case "size":
      return begun.reduce((sum, each) => sum + sizeOf(each), 0);
    case "ls":
    case "lsdir": {
      const directory = name === "" || name.endsWith("/") ? name : `${name}/`;
      const below = names.filter((each) => each.startsWith(directory));
      return [...new Set(below.map((each) => directory + each.slice(directory.length).split("/")[0]))].sort();
    }
    case "glob":
      return begun.filter((each) => !each.slice(name.length).includes("/"));
    case "glob deep":
      return begun;
    case "browse":
      return [...new Set(names.map((each) => each.split("/")[0]))].sort();
  }
}
