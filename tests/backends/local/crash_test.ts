/**
 * Writers that die, fail or are watched at every single step. Each scenario is run once for each operation that it makes on the disk.
 */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { LocalBackend } from "../../../backends/local/mod.ts";
import { LocalRoot } from "../../../backends/local/paths.ts";
import { sweep } from "../../../backends/local/temporary.ts";
import { CottonCandyError } from "../../../lib/errors.ts";
import { platformFiles } from "../../../lib/file_access.ts";
import { collect } from "../../../lib/async.ts";
import { encode, names } from "../../../testing/case.ts";
import { inDirectory, readPair, temporaryFiles } from "./directory.ts";
import { hookedFiles, platformError } from "./hooked_files.ts";

const OLD = { text: "the old text", metadata: { version: "old", only: "here" }, contentType: "text/old" };
const NEW = { text: "the new text", metadata: { version: "new" }, contentType: "text/new" };
const PYTHON = { text: "from Python", metadata: { version: "python", shape: "3" }, contentType: undefined };

type Pair = Awaited<ReturnType<typeof readPair>>;

interface Scenario {
  readonly name: string;
  readonly key: string;
  readonly before: Pair;
  readonly after: Pair;
  prepare(backend: LocalBackend, directory: string): Promise<unknown>;
  run(backend: LocalBackend): Promise<unknown>;
}

const putOld = (key: string) => (backend: LocalBackend) => backend.put(key, encode(OLD.text), OLD);
const putNew = (key: string, more: object = {}) => (backend: LocalBackend) =>
  backend.put(key, encode(NEW.text), { ...NEW, ...more });

const SCENARIOS: readonly Scenario[] = [
  {
    name: "a new object in a new directory",
    key: "a/b/c",
    before: undefined,
    after: NEW,
    prepare: () => Promise.resolve(),
    run: putNew("a/b/c"),
  },
  {
    name: "a new object that must not be there",
    key: "a",
    before: undefined,
    after: NEW,
    prepare: (backend) => backend.put("neighbour", encode("x")),
    run: putNew("a", { ifAbsent: true }),
  },
  {
    name: "a replaced object",
    key: "a/b",
    before: OLD,
    after: NEW,
    prepare: putOld("a/b"),
    run: putNew("a/b"),
  },
  {
    name: "a replaced object of the same length, durably",
    key: "a",
    before: OLD,
    after: NEW,
    prepare: putOld("a"),
    run: putNew("a"),
  },
  {
    name: "a replaced object of Python's",
    key: "a",
    before: PYTHON,
    after: NEW,
    async prepare(_, directory) {
      await Deno.writeTextFile(`${directory}/a`, PYTHON.text);
      await Deno.writeTextFile(`${directory}/a.meta.json`, '{"Version": "python", "shape": 3}');
    },
    run: putNew("a"),
  },
  {
    name: "a replaced object in the escape area",
    key: "a//b",
    before: OLD,
    after: NEW,
    prepare: putOld("a//b"),
    run: putNew("a//b"),
  },
  {
    name: "an object that moves from the escape area to its plain place",
    key: "a/b",
    before: OLD,
    after: NEW,
    async prepare(backend) {
      await backend.put("a", encode("in the way"));
      await putOld("a/b")(backend);
      await collect(backend.delete(["a"]));
    },
    run: putNew("a/b"),
  },
  {
    name: "new metadata by a copy onto itself",
    key: "a",
    before: OLD,
    after: { ...OLD, metadata: NEW.metadata },
    prepare: putOld("a"),
    run: (backend) => backend.copy("a", "a", { metadata: NEW.metadata }),
  },
  {
    name: "a copy over another object",
    key: "a",
    before: OLD,
    after: NEW,
    async prepare(backend) {
      await putNew("source")(backend);
      await putOld("a")(backend);
    },
    run: (backend) => backend.copy("source", "a"),
  },
  {
    name: "a deleted object",
    key: "a/b",
    before: OLD,
    after: undefined,
    prepare: putOld("a/b"),
    run: async (backend) => {
      for await (const { error } of backend.delete(["a/b"])) if (error) throw error;
    },
  },
];

/** Runs a scenario for each of its operations; `run` says whether that operation was still reached. */
async function eachStep(
  scenario: Scenario,
  run: (directory: string, step: number) => Promise<boolean>,
): Promise<number> {
  for (let step = 1;; step++) {
    let reached = false;
    await inDirectory(async (directory) => {
      await scenario.prepare(new LocalBackend(directory), directory);
      reached = await run(directory, step);
    });
    if (!reached) return step;
    assert(step < 500, "the scenario ends");
  }
}

async function assertPair(
  directory: string,
  { key, before, after }: Scenario,
  expected?: Pair[],
): Promise<Pair> {
  const backend = new LocalBackend(directory);
  const pair = await readPair(backend, key);
  const allowed = expected ?? [before, after];
  assert(
    allowed.some((one) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(pair))),
    `found ${JSON.stringify(pair)}`,
  );
  const listed = (await names(backend.list(), "")).filter((name) => name === key);
  assertEquals(listed, pair ? [key] : [], "the listing agrees");
  return pair;
}

function sorted(pair: Pair): unknown {
  return pair && [pair.text, Object.entries(pair.metadata).sort(), pair.contentType];
}

for (const scenario of SCENARIOS) {
  const options = { durable: scenario.name.endsWith("durably") };

  Deno.test(`a crash at every step: ${scenario.name}`, async () => {
    const steps = await eachStep(scenario, async (directory, step) => {
      let count = 0;
      const files = hookedFiles(() => {
        // A dead process does nothing any more.
        if (++count >= step) throw new Error("crashed");
      });
      await scenario.run(new LocalBackend(directory, { ...options, files })).catch(() => {});
      if (count < step) {
        await assertPair(directory, scenario, [scenario.after]);
        return false;
      }
      await assertPair(directory, scenario);
      // Life goes on: the object can be replaced and deleted, and what lies about is swept away.
      const backend = new LocalBackend(directory);
      await backend.put(scenario.key, encode(OLD.text), OLD);
      await assertPair(directory, scenario, [OLD]);
      await collect(backend.delete([scenario.key]));
      await assertPair(directory, scenario, [undefined]);
      await sweep(await LocalRoot.find(platformFiles(), directory), Date.now() + 1000);
      assertEquals(await temporaryFiles(directory), []);
      return true;
    });
    assert(steps > 4);
  });

  for (const code of ["ENOSPC", "EIO", "EACCES"]) {
    Deno.test(`${code} at every step: ${scenario.name}`, async () => {
      await eachStep(scenario, async (directory, step) => {
        let count = 0;
        let failed = "";
        const files = hookedFiles((operation) => {
          if (++count !== step) return;
          failed = operation;
          throw platformError(code);
        });
        const error = await scenario.run(new LocalBackend(directory, { ...options, files })).then(
          () => {},
          (e) => e,
        );
        const pair = await assertPair(directory, scenario);
        if (error === undefined) await assertPair(directory, scenario, [scenario.after]);
        else {
          assertInstanceOf(error, CottonCandyError);
          // What was said to have had no effect had none.
          if (error.committed === "no" && failed !== "unlink") {
            assertEquals(sorted(pair), sorted(scenario.before));
          }
          assertEquals(error.committed === undefined, false);
        }
        if (failed !== "unlink") assertEquals(await temporaryFiles(directory), [], `after ${failed}`);
        return count >= step;
      });
    });
  }

  Deno.test(`watched at every step: ${scenario.name}`, async () => {
    await inDirectory(async (directory) => {
      await scenario.prepare(new LocalBackend(directory), directory);
      let last = JSON.stringify(sorted(scenario.before));
      let changes = 0;
      const files = hookedFiles(async () => {
        const seen = JSON.stringify(sorted(await assertPair(directory, scenario)));
        if (seen !== last) changes++;
        last = seen;
      });
      await scenario.run(new LocalBackend(directory, { ...options, files }));
      await assertPair(directory, scenario, [scenario.after]);
      assert(changes <= 1, "the old version does not come back");
      assertEquals(await temporaryFiles(directory), []);
    });
  });
}

Deno.test("watched the other way round: a writer finishes between any two steps of a reader", async () => {
  for (const replace of [true, false]) {
    for (let step = 1;; step++) {
      let reached = false;
      await inDirectory(async (directory) => {
        const writer = new LocalBackend(directory);
        await putOld("a")(writer);
        let count = 0;
        const files = hookedFiles(async () => {
          if (++count !== step) return;
          reached = true;
          if (replace) await putNew("a")(writer);
          else await collect(writer.delete(["a"]));
        });
        const reader = new LocalBackend(directory, { files });
        const found = await reader.open("a").catch((error) => error);
        if (found instanceof CottonCandyError) {
          assert(!replace && found.code === "NotFound", `${found}`);
          return;
        }
        const pair = { text: new TextDecoder().decode(await found.read()), ...found.info };
        await found.close();
        assert(
          [OLD, NEW].some((one) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(pair))),
          `${step}`,
        );
      });
      if (!reached) break;
    }
  }
});
