/** What the judge holds against operations on several objects, shown by outcomes that no store of ours gives. */
import { assertEquals } from "@std/assert";
import { CottonCandyError, PartialFailureError } from "../../lib/errors.ts";
import { SyncError } from "../../lib/sync/mod.ts";
import { type Expectation, expectation } from "./expect.ts";
import { leftOfFolder, mixedFolder } from "./folders.ts";
import { judge, type Outcome } from "./judge.ts";
import { inMemory, type State, type Stored, stored } from "./state.ts";
import { store } from "./contents.ts";
import type { Operation } from "./steps.ts";
import { syncExpectation } from "./syncing.ts";

const [ONE, TWO, OLD] = [1, 2, 3].map((byte) => stored(new Uint8Array([byte]), {}));

const SYNC = {
  op: "sync",
  from: "dir",
  to: "copy",
  compare: "always",
  delete: true,
  maxDelete: null,
  allowEmptySource: false,
  move: false,
  dryRun: false,
} as const;

/** What is said of a sync of `dir/a` and `dir/b` to `copy`, where `old` is, that left this there. */
function judged(
  operation: Extract<Operation, { op: "sync" }>,
  outcome: Outcome,
  left: Readonly<Record<string, Stored>>,
): string | undefined {
  const before: State = new Map([["dir/a", ONE], ["dir/b", TWO], ["copy/old", OLD]]);
  const expected: Expectation = syncExpectation(operation, before, "");
  const happened = {
    operation,
    outcome,
    fault: { kind: "unavailable", passing: false },
    atomicCreate: true,
    deletesVersions: true,
  } as const;
  return judge(before, expected, happened, new Map(Object.entries(left)));
}

const unreachable: Outcome = {
  error: new CottonCandyError("the store can't be reached", { committed: "no" }),
};

function failedWith(...keys: string[]): Outcome {
  const failed = keys.map((key) => ({ key, error: new Error("refused") }));
  const result = { copied: 2 - keys.length, skipped: 0, deleted: 0, bytes: 0, failed: keys.length };
  return { error: new SyncError(result, failed, undefined) };
}

const SOURCES = { "dir/a": ONE, "dir/b": TWO };

Deno.test("a sync that fails may have copied some, and deletes nothing before all is copied", () => {
  assertEquals(judged(SYNC, unreachable, { ...SOURCES, "copy/a": ONE, "copy/old": OLD }), undefined);
  assertEquals(
    judged(SYNC, unreachable, { ...SOURCES, "copy/a": ONE }),
    `"copy/old" was deleted before "copy/b" was copied`,
  );
});

Deno.test("a sync that fails for some has copied all others", () => {
  const left = { ...SOURCES, "copy/a": ONE, "copy/old": OLD };
  assertEquals(judged(SYNC, failedWith("copy/b"), left), undefined);
  assertEquals(
    judged(SYNC, failedWith("copy/a"), left),
    `"copy/b" was not copied, and the error does not say so`,
  );
});

Deno.test("what a sync moves is never gone before its copy is there", () => {
  const move = { ...SYNC, delete: false, move: true } as const;
  assertEquals(judged(move, unreachable, { "dir/b": TWO, "copy/a": ONE, "copy/old": OLD }), undefined);
  assertEquals(
    judged(move, unreachable, { "dir/b": TWO, "copy/old": OLD }),
    `"dir/a" is gone, and "copy/a" is no copy`,
  );
});

Deno.test("a folder that was not stored has nothing of the new array where the error says so, and all of the old one that had not to make room", () => {
  const error = new CottonCandyError("the store is full", { committed: "no" });
  assertEquals(leftOfFolder("run/pt0001", [undefined], [ONE], error), [undefined, undefined]);
  assertEquals(leftOfFolder("run/pt0001", [ONE], [undefined], error), [ONE]);
  assertEquals(leftOfFolder("run/metadata.json", [ONE], [TWO], error), [ONE]);
  assertEquals(leftOfFolder("run/data", [ONE], [TWO], error), [ONE, undefined]);
  const partial = new PartialFailureError("removed", [], [{ key: "run/data", error }]);
  assertEquals(leftOfFolder("run/data", [ONE], [TWO], partial), [ONE, TWO, undefined]);
});

Deno.test("a folder that is read as a mixture of two arrays is found", async () => {
  const content = { kind: "zarr", dtype: "|u1", shape: [4, 2], chunk: 2, compression: false } as const;
  const stateOf = async (seed: number) =>
    (await inMemory(new Map(), "", (cci) => store(cci, "cube", { ...content, seed }))).after;
  const [before, now] = [await stateOf(1), await stateOf(2)];
  const operation = { op: "store folder", name: "cube", content: { ...content, seed: 2 } } as const;
  const setting = { prefix: "", readOnly: false, history: new Map(), buckets: new Map(), presigns: false };
  const told = (after: State) => mixedFolder(operation, unreachable, { before, after }, setting);
  const [chunk = ""] = [...now.keys()].filter((key) => key !== "cube/zarr.json");
  assertEquals(await told(before), undefined);
  assertEquals(await told(now), undefined);
  assertEquals(await told(new Map([...before].filter(([key]) => key !== "cube/zarr.json"))), undefined);
  const mixed = new Map(before).set(chunk, now.get(chunk) ?? ONE);
  assertEquals((await told(mixed))?.startsWith(`"cube" is read as a mixture`), true);
});

Deno.test("what can't be written to is synced where all is in its place, and refuses all else", async () => {
  const again = stored(ONE.bytes, {});
  const state: State = new Map([["dir/a", ONE], ["copy/a", again], ["copy/b", TWO]]);
  const setting = { prefix: "", readOnly: true, presigns: false, history: new Map(), buckets: new Map() };
  const of = async (compare: Extract<Operation, { op: "sync" }>["compare"]) => {
    const operation = { ...SYNC, delete: false, compare };
    const { refusals, mayRefuse = [] } = await expectation(operation, state, setting);
    return refusals.length > 0 ? "refuses" : mayRefuse.length > 0 ? "may refuse" : "succeeds";
  };
  assertEquals(await of("missing"), "succeeds");
  assertEquals(await of("auto"), "may refuse");
  assertEquals(await of("always"), "refuses");
});
