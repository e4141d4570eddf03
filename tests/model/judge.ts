/** Holds what happened in a step against what the model says of it. */
import { CottonCandyError, PartialFailureError } from "../../lib/errors.ts";
import { SyncError } from "../../lib/sync/mod.ts";
import type { Expectation, Possible } from "./expect.ts";
import { leftOfFolder } from "./folders.ts";
import { SourceFailure } from "./perform.ts";
import type { State, Stored } from "./state.ts";
import type { FaultKind, Operation } from "./steps.ts";

/** What came of an operation. */
export type Outcome = { readonly answer: string } | { readonly error: unknown };

/** What happened in a step. */
export interface Happened {
  readonly operation: Operation;
  readonly outcome: Outcome;
  /** What went wrong, if it met any request. */
  readonly fault?: { readonly kind: FaultKind; readonly passing: boolean };
  /** What the caller aborted with. */
  readonly aborted?: unknown;
  /** What somebody else wrote meanwhile, `undefined` for a deletion; and what the operation would have done after that. */
  readonly other?: { readonly key: string; readonly now: Stored | undefined; readonly expected: Expectation };
  /** The store decides by itself whether a new object may be made. */
  readonly atomicCreate: boolean;
  /** The store spares versions that a deletion does not name. */
  readonly deletesVersions: boolean;
}

/** Errors that tell of what is stored. */
const SEMANTIC = new Set(["NotFoundError", "AlreadyExistsError", "PreconditionFailedError"]);
/** Faults after which the next attempt is as good as the first: nothing was done, or it can be done again. */
const HARMLESS: ReadonlySet<FaultKind> = new Set(["unavailable", "reset", "cut"]);

/** What is wrong with a step; `undefined` when nothing is. */
export function judge(
  before: State,
  expected: Expectation,
  happened: Happened,
  after: State,
): string | undefined {
  return wrongOutcome(expected, happened) ?? wrongState(before, expected, happened, after) ??
    lostWrite(happened, after) ?? brokenOrder(before, expected, happened, after);
}

function wrongOutcome(expected: Expectation, happened: Happened): string | undefined {
  const { outcome, other, fault, aborted } = happened;
  const expectations = other ? [expected, other.expected] : [expected];
  if ("answer" in outcome) {
    const fitting = expectations.filter(({ refusals }) => refusals.length === 0);
    if (fitting.length === 0 && mayBeTakenForBucket(happened)) return undefined;
    if (fitting.length === 0) return `it succeeded, and had to fail with ${expected.refusals.join(" or ")}`;
    if (fitting.some(({ answer }) => (answer ?? outcome.answer) === outcome.answer)) return undefined;
    if (mayBeTakenForBucket(happened)) return undefined;
    // Of a folder that somebody changes, some objects may be read before that and some behind it.
    if (other && isOfSeveral(happened.operation)) return undefined;
    return `it gave ${outcome.answer}, not ${fitting.map(({ answer }) => answer).join(" or ")}`;
  }
  const { error } = outcome;
  if (aborted !== undefined && error === aborted) return undefined;
  if (isSourceFailure(error)) {
    return fault?.kind === "source" ? undefined : `no source failed: ${told(error)}`;
  }
  if (!(error instanceof CottonCandyError)) return `it failed with no error of ours: ${told(error)}`;
  if (expectations.some(({ refusals, mayRefuse = [] }) => [...refusals, ...mayRefuse].includes(error.name))) {
    return undefined;
  }
  if (other) return undefined;
  if (!fault && aborted === undefined) return `nothing was wrong, and it failed: ${told(error)}`;
  // What makes a new object only can't be done again: what is there by then may be somebody else's.
  const mayBeDone = fault?.kind === "cut" && error.committed === "unknown";
  if (fault?.passing && HARMLESS.has(fault.kind) && !mayBeDone) {
    return `the fault passed, and it failed: ${told(error)}`;
  }
  if (!SEMANTIC.has(error.name) || error.committed === "unknown" || mayBeTakenForBucket(happened)) {
    return undefined;
  }
  return `it failed with what is not so: ${told(error)}`;
}

/** To the question whether there is a bucket, which has no body, any answer with a status of success says that there is one, and so does a refusal; who removes one does not ask. */
function mayBeTakenForBucket({ operation, fault }: Happened): boolean {
  return operation.op === "bucket" && operation.act !== "remove" && fault !== undefined &&
    ["hostile", "hostile, done", "denied"].includes(fault.kind);
}

function isOfSeveral(operation: Operation): boolean {
  // Another object has other tags.
  return operation.op === "list" || operation.op === "tag" || operation.op === "version" ||
    operation.op === "sync" ||
    operation.op === "read" &&
      ["dask", "dask slice", "zarr", "zarr slice", "sparse", "dict", "dataset", "directory"].includes(
        operation.as,
      );
}

function isSourceFailure(error: unknown): boolean {
  return error instanceof SourceFailure || error instanceof Error && isSourceFailure(error.cause);
}

/** An error in one line, and what lies beneath it. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const committed = error instanceof CottonCandyError && error.committed !== undefined
    ? ` (${error.committed})`
    : "";
  const cause = error.cause === undefined ? "" : `; because of ${told(error.cause)}`;
  return `${error.name}${committed}: ${error.message}${cause}`;
}

function wrongState(
  before: State,
  expected: Expectation,
  happened: Happened,
  after: State,
): string | undefined {
  const { other } = happened;
  const allowed = new Map<string, Possible>();
  for (const [key, stored] of before) allowed.set(key, [stored]);
  for (const each of other ? [expected, other.expected] : [expected]) {
    const { after: changes } = each;
    // A sync goes by its listing: what was missing there is stored, though somebody else have stored it by then.
    const isListed = each !== expected && happened.operation.op === "sync";
    for (const [key, now] of changes) {
      const was = allowed.get(key) ?? [before.get(key)];
      // What somebody else made of it is not what it was.
      const kept = other?.key === key && !isListed ? [] : was;
      allowed.set(key, possibilities(key, kept, now, expected, happened));
    }
  }
  if (other) {
    const { key, now } = other;
    const touched = expected.after.has(key) || other.expected.after.has(key);
    allowed.set(key, touched ? [...allowed.get(key) ?? [], now] : [now]);
  }
  for (const key of new Set([...allowed.keys(), ...after.keys()])) {
    const found = after.get(key);
    const possible = allowed.get(key) ?? [undefined];
    if (possible.some((one) => one?.print === found?.print)) continue;
    const failed = "error" in happened.outcome ? `, though it failed: ${told(happened.outcome.error)}` : "";
    return `"${key}" is ${shown(found)}, not ${possible.map(shown).join(" or ")}${failed}`;
  }
  return undefined;
}

/** What a key may hold that the operation was to change. */
function possibilities(
  key: string,
  was: Possible,
  now: Possible,
  { changes }: Expectation,
  { outcome, aborted, other }: Happened,
): Possible {
  if ("answer" in outcome) return other ? [...was, ...now] : now;
  const { error } = outcome;
  const may = [...was, ...now];
  const byCommitted = (cause: unknown): Possible => {
    const committed = cause instanceof CottonCandyError ? cause.committed ?? "no" : "no";
    return committed === "unknown" ? may : committed === "yes" ? now : was;
  };
  switch (changes) {
    case "nothing":
      return was;
    case "one":
      return error === aborted ? was : byCommitted(error);
    case "folder":
      return leftOfFolder(key, was, now, error);
    case "several": {
      if (!(error instanceof PartialFailureError)) return may;
      const failed = error.failed.find((failed) => failed.key === key);
      return failed && now[0] === undefined ? byCommitted(failed.error) : may;
    }
  }
}

/** What somebody else wrote is never lost to an operation that was not to touch it: neither to one that makes new objects only, nor to a move. */
function lostWrite(
  { operation, outcome, other, atomicCreate, deletesVersions }: Happened,
  after: State,
): string | undefined {
  if (!other?.now || !("answer" in outcome)) return undefined;
  const { key, now } = other;
  if (after.get(key)?.print === now.print) return undefined;
  const isNew = "overwrite" in operation && !operation.overwrite;
  if (isNew && atomicCreate && operation.op !== "mv" && after.has(key)) {
    return `"${key}" was replaced, though somebody else had made it`;
  }
  if (operation.op !== "mv" || !deletesVersions || after.has(key)) return undefined;
  for (const { print } of after.values()) if (print === now.print) return undefined;
  return `what somebody else wrote as "${key}" was deleted, and not moved`;
}

/** Nothing goes away before what was to be stored first: no source before its copy, and in a sync nothing at all before all copies; and of what did not fail, all is done. */
function brokenOrder(
  before: State,
  { after: changes, sources }: Expectation,
  { operation, outcome, other }: Happened,
  after: State,
): string | undefined {
  // What somebody else has changed is not looked at here.
  const changed = [...changes].filter(([key]) => key !== other?.key);
  const isDone = ([key, now]: readonly [string, Possible]) =>
    now.some((one) => one?.print === after.get(key)?.print);
  const moved = new Map([...sources].map(([copy, source]) => [source, copy]));
  for (const [key] of changed) {
    const copy = moved.get(key);
    const isGone = before.has(key) && !after.has(key);
    if (!isGone || copy === undefined || copy === other?.key) continue;
    if (after.get(copy)?.print !== before.get(key)?.print) {
      return `"${key}" is gone, and "${copy}" is no copy`;
    }
  }
  if (operation.op !== "sync" || operation.move) return undefined;
  const failed = "error" in outcome && outcome.error instanceof SyncError ? outcome.error.failed : undefined;
  const copies = changed.filter(([, now]) => !now.includes(undefined));
  const undone = copies.find((each) => !isDone(each));
  const deleted = changed.find(([key, now]) => now.includes(undefined) && before.has(key) && !after.has(key));
  if (deleted && undone && !other) {
    return `"${deleted[0]}" was deleted before "${undone[0]}" was copied`;
  }
  const missed = failed && copies.find((each) => !isDone(each) && !failed.some(({ key }) => key === each[0]));
  return missed && `"${missed[0]}" was not copied, and the error does not say so`;
}

function shown(object: Stored | undefined): string {
  if (!object) return "nothing";
  const { bytes, metadata, print } = object;
  return `${bytes.length} bytes ${JSON.stringify(metadata)} (${print.slice(0, 6)})`;
}
