import { assertEquals } from "@std/assert";
import { type DriveFile, fileOf } from "../../../backends/gdrive/file.ts";
import { ListingOverlay } from "../../../backends/gdrive/listing_overlay.ts";

function file(id: string, version: number, parents: readonly string[] = ["p"], name = id): DriveFile {
  const times = { createdTime: "2026-01-01T00:00:00Z", modifiedTime: "2026-01-01T00:00:00Z" };
  return fileOf({ id, name, version: `${version}`, parents, size: "0", mimeType: "a/b", ...times });
}

/** A memory with a clock, and what Drive would say when it is asked. */
function memory() {
  const clock = { now: 0 };
  const recent = new ListingOverlay(() => clock.now);
  const there = new Map<string, DriveFile>();
  const asked: string[] = [];
  const correct = async (
    listed: readonly DriveFile[],
    parents = ["p"],
    wanted: (file: DriveFile) => boolean = () => true,
  ) => {
    const files = await recent.correct(listed, parents, wanted, (id) => {
      asked.push(id);
      return Promise.resolve(there.get(id));
    });
    return files.map(({ id, version }) => `${id}${version}`);
  };
  return { clock, recent, there, asked, correct };
}

Deno.test("what was written is there before it is listed, and stays what it became later", async () => {
  const { recent, correct, asked } = memory();
  recent.wrote(file("a", 3), "p");
  assertEquals(await correct([]), ["a3"]);
  assertEquals(await correct([file("a", 2)]), ["a3"]);
  assertEquals(await correct([file("a", 4)]), ["a4"]);
  assertEquals(await correct([], ["other"]), []);
  assertEquals(await correct([], ["p"], ({ name }) => name === "b"), [], "asked for something else");
  assertEquals(asked, []);
});

Deno.test("what was deleted is not there, unless it came back", async () => {
  const { recent, correct } = memory();
  recent.removed(file("a", 3), "p");
  recent.removed(file("b", 3), "p", 4);
  assertEquals(await correct([file("a", 3), file("b", 3)]), []);
  assertEquals(await correct([file("b", 4)]), [], "as it is in the trash");
  assertEquals(await correct([file("b", 5)]), ["b5"], "restored by somebody");
});

Deno.test("an answer that was long underway doesn't bring back what was before", async () => {
  const { recent, correct } = memory();
  recent.wrote(file("a", 5), "p");
  recent.wrote(file("a", 4), "p");
  recent.removed(file("a", 3), "p", 3);
  assertEquals(await correct([]), ["a5"]);
  recent.removed(file("a", 5), "p");
  recent.wrote(file("a", 6), "p");
  assertEquals(await correct([]), [], "deleted for good");
});

Deno.test("what isn't listed after a while is asked for, once in a while", async () => {
  const { clock, recent, there, correct, asked } = memory();
  for (const id of ["kept", "gone"]) recent.wrote(file(id, 1), "p");
  there.set("kept", file("kept", 2));
  clock.now = 14_000;
  assertEquals(await correct([]), ["kept1", "gone1"]);
  clock.now = 20_000;
  assertEquals(await correct([]), ["kept2"]);
  assertEquals(await correct([]), ["kept2"]);
  assertEquals(asked, ["kept", "gone"]);
});

Deno.test("what may have been deleted is asked for at once", async () => {
  const { recent, there, correct, asked } = memory();
  for (const id of ["gone", "kept", "other"]) recent.wrote(file(id, 1), "p");
  there.set("kept", file("kept", 1));
  recent.doubt(["gone", "kept", "unknown"]);
  assertEquals((await correct([])).sort(), ["kept1", "other1"]);
  assertEquals((await correct([])).sort(), ["kept1", "other1"]);
  assertEquals(asked, ["gone", "kept"]);
});

Deno.test("what somebody moved is not where it was written, but where it is", async () => {
  const { clock, recent, there, correct } = memory();
  recent.wrote(file("a", 1), "p");
  there.set("a", file("a", 2, ["q"]));
  clock.now = 20_000;
  assertEquals(await correct([]), []);
  assertEquals(await correct([], ["q"]), ["a2"]);
  assertEquals(await correct([file("a", 1)]), [], "nor when it is still listed there");
});

Deno.test("what somebody renamed isn't taken for what it was", async () => {
  const { clock, recent, there, correct } = memory();
  recent.wrote(file("a", 1), "p");
  there.set("a", file("a", 2, ["p"], "b"));
  clock.now = 20_000;
  assertEquals(await correct([], ["p"], ({ name }) => name === "a"), []);
});

Deno.test("nothing is remembered for long", async () => {
  const { clock, recent, correct, asked } = memory();
  for (let i = 0; i < 1000; i++) {
    clock.now += 1000;
    if (i % 2 === 0) recent.wrote(file(`f${i}`, 1), `p${i % 7}`);
    else recent.removed(file(`f${i}`, 1), `p${i % 7}`);
  }
  assertEquals(recent.size, 600);
  clock.now += 600_000;
  assertEquals(await correct([file("f999", 1)], ["p5"]), ["f9991"]);
  assertEquals([recent.size, asked.length], [0, 0]);
});

Deno.test("however much is written, memory is bounded: the oldest is forgotten", async () => {
  const { recent, correct } = memory();
  for (let i = 0; i < 25_000; i++) recent.wrote(file(`f${i}`, 1, [`p${i}`]), `p${i}`);
  assertEquals(recent.size, 20_000);
  assertEquals(await correct([], ["p24999"]), ["f249991"]);
  assertEquals(await correct([], ["p0"]), []);
});
