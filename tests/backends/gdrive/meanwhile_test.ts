/** What others do while a write is under way: it is told truly what became of it, and nobody's file is taken for the object's. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  CottonCandyError,
  IntegrityError,
  NotFoundError,
  PreconditionFailedError,
} from "../../../lib/errors.ts";
import { decode, encode, get } from "../../../testing/case.ts";
import type { FaultAction } from "../../servers/gdrive.ts";
import type { DriveStore } from "../../servers/gdrive/store.ts";
import { backendOn, onDrive, type Setup } from "./setup.ts";
import { assertFailure, filesOf, reasonOf } from "./writing.ts";

const KiB = 1024;
const PIECE = 256 * KiB;

/** Ways in which the file of an object becomes somebody else's, or nobody's. */
const AWAY: readonly [how: string, change: (store: DriveStore, id: string) => void][] = [
  ["renamed", (store, id) => store.update(id, { name: "theirs" })],
  ["moved", (store, id) => store.update(id, { parents: [store.addFolder("elsewhere").id] })],
  ["deleted", (store, id) => store.delete(id)],
];

/** Pieces of a stream; `meanwhile` is called before the last one is given. */
function slow(pieces: number, meanwhile: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  let given = 0;
  return new ReadableStream({
    pull(controller) {
      if (given === pieces - 1) meanwhile();
      if (given++ === pieces) return controller.close();
      controller.enqueue(new Uint8Array(PIECE).fill(given));
    },
  }, { highWaterMark: 0 });
}

async function textOf({ backend }: Pick<Setup, "backend">, key: string): Promise<string> {
  return decode(await get(backend, key));
}

for (const [how, change] of AWAY) {
  Deno.test(`a file that is ${how} while a stream is written to it: it is left alone, and that is told`, () =>
    onDrive(async ({ drive, backend }) => {
      await backend.put("a", encode("old"));
      const [{ id }] = filesOf(drive, "a");
      const error = await reasonOf(
        backend.put("a", slow(4, () => change(drive.store, id)), { partSize: PIECE }),
      );
      assertFailure(error, NotFoundError, "no");
      assertStringIncludes(`${error}`, "somebody renamed, moved or deleted");
      assertEquals(await backend.head("a"), undefined);
      assertEquals(drive.sessions.size, 0);
      if (how !== "deleted") assertEquals(decode(drive.store.get(id).bytes ?? new Uint8Array()), "old");
    }));

  Deno.test(`a file that is ${how} while large bytes are written to it: they go to another one`, () =>
    onDrive(async ({ drive, backend }) => {
      await backend.put("a", encode("old"));
      const [{ id }] = filesOf(drive, "a");
      drive.inject({
        kind: "run",
        operation: "upload.start",
        run: (store) => change(store, id),
      });
      const bytes = new Uint8Array(5_100_000).fill(7);
      await backend.put("a", bytes);
      assertEquals((await backend.head("a"))?.size, bytes.length);
      assertEquals(drive.sessions.size, 0);
      if (how !== "deleted") assertEquals(decode(drive.store.get(id).bytes ?? new Uint8Array()), "old");
    }));
}

for (const what of ["the file", "its folder"]) {
  Deno.test(`${what} goes to the trash while a stream is written: it is left there, which is told`, () =>
    onDrive(async ({ drive, backend, another }) => {
      await backend.put("d/a", encode("old"));
      const [{ id, parents: [folder] }] = filesOf(drive, "a");
      const trash = () => drive.store.update(what === "the file" ? id : folder, { trashed: true });
      const error = await reasonOf(backend.put("d/a", slow(4, trash), { partSize: PIECE }));
      assertFailure(error, NotFoundError, "no");
      assertEquals(drive.sessions.size, 0);
      assertEquals(decode(drive.store.get(id).bytes ?? new Uint8Array()), "old");
      for (const one of [backend, another()]) assertEquals(await one.head("d/a"), undefined);
      await backend.put("d/a", encode("again"));
      assertEquals(await textOf({ backend: another() }, "d/a"), "again");
    }));
}

for (const [how, change] of AWAY.slice(0, 2)) {
  Deno.test(`a file that is ${how} at the moment of a small write: that is told, and not remembered as the object`, () =>
    onDrive(async ({ drive, backend, another }) => {
      await backend.put("a", encode("old"));
      const [{ id }] = filesOf(drive, "a");
      drive.inject({ kind: "run", operation: "upload.update", run: (store) => change(store, id) });
      const error = await reasonOf(backend.put("a", encode("new")));
      assertFailure(error, CottonCandyError, "no");
      assertStringIncludes(`${error}`, "renamed or moved");
      for (const one of [backend, another()]) assertEquals(await one.head("a"), undefined);
      await backend.put("a", encode("again"));
      assertEquals(await textOf({ backend }, "a"), "again");
    }));
}

Deno.test("other metadata for a version that is replaced at that moment: with ifSourceMatch that is told", () =>
  onDrive(async ({ drive, backend }) => {
    const { etag } = await backend.put("a", encode("one"), { metadata: { shape: "3" } });
    const [{ id }] = filesOf(drive, "a");
    const meanwhile = () =>
      drive.inject({
        kind: "run",
        operation: "files.update",
        run: (store) => void store.update(id, { bytes: encode("longer") }),
      });
    meanwhile();
    const copy = () => backend.copy("a", "a", { metadata: { shape: "3", n: "1" }, ifSourceMatch: etag });
    const error = await reasonOf(copy());
    assertFailure(error, PreconditionFailedError, "yes");
    const now = await backend.head("a");
    const result = await backend.copy("a", "a", { metadata: { n: "2" }, ifSourceMatch: now?.etag });
    assertEquals([result.etag, (await backend.head("a"))?.metadata], [now?.etag, { n: "2" }]);
  }));

const LAB = "0ALab";
const ROOTS: readonly (readonly [one: object, other: object])[] = [
  [{ driveId: LAB }, { driveId: LAB, folderId: LAB }],
  [{ driveId: LAB }, { folderId: LAB }],
  [{}, { folderId: "root" }],
];
for (const [one, other] of ROOTS) {
  Deno.test(`one root named in two ways, ${JSON.stringify(one)} and ${JSON.stringify(other)}: one view of it`, () =>
    onDrive(
      async ({ drive }) => {
        const credentials = () => Promise.resolve(drive.token());
        const backends = [one, other].map((place) => backendOn(drive, { credentials, ...place }));
        const [a, b] = backends;
        drive.lag = 60_000;
        const outcomes = await Promise.all(
          backends.map((backend, i) => reasonOf(backend.put("new", encode(`${i}`), { ifAbsent: true }))),
        );
        const [error, ...more] = outcomes.filter((outcome) => outcome !== undefined);
        assertFailure(error, AlreadyExistsError, "no");
        assertEquals([more.length, filesOf(drive, "new").length], [0, 1]);
        await a.put("next", encode("1"));
        assertEquals((await b.head("next"))?.size, 1);
        for (const backend of backends) backend.close();
      },
      {},
      { drives: [{ id: LAB, name: "Lab" }] },
    ));
}

Deno.test("a driveId that does not fit the folderId is told, whatever is known of the folder", () =>
  onDrive(
    async ({ drive }) => {
      const credentials = () => Promise.resolve(drive.token());
      const { id: folderId } = drive.store.addFolder("inside", { parents: [LAB] });
      const right = backendOn(drive, { credentials, folderId });
      const wrong = backendOn(drive, { credentials, folderId, driveId: "0AOther" });
      await right.put("d/x", encode("1"));
      for (
        const ask of [() => wrong.head("d/x"), () => wrong.head("d/y"), () => wrong.put("d/z", encode("2"))]
      ) {
        assertStringIncludes(`${await reasonOf(ask())}`, "is not in the shared drive");
      }
      for (const backend of [right, wrong]) backend.close();
    },
    {},
    { drives: [{ id: LAB, name: "Lab" }, { id: "0AOther", name: "Other" }] },
  ));

Deno.test("a delete for good that is refused, and whose move to the trash loses its answers, is seen to be done", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("a", encode("x"));
    const refused: FaultAction = { kind: "status", status: 403, reason: "insufficientFilePermissions" };
    drive.inject({ ...refused, operation: "files.delete", times: Infinity });
    drive.inject({ kind: "loseAnswer", operation: "files.update", times: Infinity });
    const [{ error }] = await Array.fromAsync(backend.delete(["a"]));
    assertEquals(error, undefined);
    assertEquals(await backend.head("a"), undefined);
    // Where both are refused, the first says more.
    await backend.put("b", encode("x"));
    drive.clearFaults();
    drive.inject({ ...refused, operation: ["files.delete", "files.update"], times: Infinity });
    const [second] = await Array.fromAsync(backend.delete(["b"]));
    assertFailure(second.error, AccessDeniedError, "no");
    assertStringIncludes(`${second.error}`, "files.delete");
  }));

for (const there of [false, true]) {
  Deno.test(
    `a source that is written anew while it is copied ${
      there ? "over an object" : "to a new name"
    }, and a copy that can't be taken away: that is told`,
    () =>
      onDrive(async ({ drive, backend }) => {
        await backend.put("from", encode("one"), { metadata: { v: "1" } });
        if (there) await backend.put("to", encode("old"));
        const [{ id }] = filesOf(drive, "from");
        drive.inject({
          kind: "run",
          operation: "files.copy",
          run: (store) => void store.update(id, { bytes: encode("two-two") }),
        });
        drive.inject({
          kind: "status",
          operation: ["files.delete", "files.update"],
          status: 403,
          reason: "insufficientFilePermissions",
          times: Infinity,
        });
        const error = await reasonOf(backend.copy("from", "to"));
        assertFailure(error, IntegrityError, there ? "no" : "yes");
        assertEquals((await backend.head("to"))?.size, there ? 3 : 7);
      }),
  );
}

/** As a copy by somebody else does: a new file, and the old one in the trash. */
const replaced = (id: string) => (store: DriveStore): void => {
  store.add({ name: "a", text: "copied" });
  store.update(id, { trashed: true });
};

Deno.test("a file that a copy of another process replaces at the moment of a write: the copy is written to", () =>
  onDrive(async ({ drive, backend, another, warnings }) => {
    const writes = [
      ["upload.update", "new", () => backend.put("a", encode("new"))],
      ["files.update", "copied", () => backend.copy("a", "a", { metadata: { n: "1" } })],
    ] as const;
    for (const [operation, text, write] of writes) {
      await backend.put("a", encode("old"));
      const [{ id }] = filesOf(drive, "a");
      drive.inject({ kind: "run", operation, run: replaced(id) });
      await write();
      assertEquals(filesOf(drive, "a").length, 1, operation);
      for (const one of [backend, another()]) {
        assertEquals(await textOf({ backend: one }, "a"), text, operation);
      }
    }
    assertEquals(warnings, []);
  }));

Deno.test("a file that a copy of another process has replaced while a stream is written to it: that is told; bytes in memory go to the new one", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("a", encode("old"));
    const [{ id }] = filesOf(drive, "a");
    const body = slow(4, () => replaced(id)(drive.store));
    assertFailure(await reasonOf(backend.put("a", body, { partSize: PIECE })), NotFoundError, "no");
    assertEquals(await textOf({ backend }, "a"), "copied");
    const [next] = filesOf(drive, "a");
    drive.inject({ kind: "run", operation: "upload.start", run: replaced(next.id) });
    await backend.put("a", new Uint8Array(5_100_000));
    assertEquals(filesOf(drive, "a").map(({ bytes }) => bytes?.length), [5_100_000]);
    assertEquals(drive.sessions.size, 0);
  }));

Deno.test("a file that goes to the trash at the moment of a write: the next one of its name is the object by then", () =>
  onDrive(async ({ drive, backend, another }) => {
    await backend.put("a", encode("old"));
    const [{ id }] = filesOf(drive, "a");
    drive.store.add({ name: "a", text: "another's" });
    drive.inject({
      kind: "run",
      operation: "upload.update",
      run: (store) => void store.update(id, { trashed: true }),
    });
    await backend.put("a", encode("new"));
    assertEquals(filesOf(drive, "a").map(({ revisions }) => revisions.length), [2]);
    assertEquals(await textOf({ backend: another() }, "a"), "new");
  }));

Deno.test("two processes write one name at the moment when its file goes to the trash: neither removes what the other keeps", async () => {
  for (const ms of [0, 5, 10, 15, 20, 30]) {
    await onDrive(async ({ drive, backend, another }) => {
      const other = another();
      await backend.put("a", encode("old"));
      await other.head("a");
      const [{ id }] = filesOf(drive, "a");
      let second: Promise<unknown> | undefined;
      drive.inject({
        kind: "run",
        operation: "upload.update",
        run: (store) => {
          store.update(id, { trashed: true });
          second = reasonOf(other.put("a", encode("2")));
        },
      });
      drive.inject({ kind: "delay", operation: "files.update", ms });
      const outcomes = [await reasonOf(backend.put("a", encode("1"))), await second];
      assertEquals(outcomes, [undefined, undefined]);
      assert(filesOf(drive, "a").length > 0, `${ms} ms`);
    });
  }
});

Deno.test("two processes write one new name into a folder that is in the trash: neither removes what the other keeps", async () => {
  const ways: readonly ((one: Backend) => Promise<unknown>)[] = [
    (one) => one.put("d/a", encode("1")),
    (one) => one.put("d/a", encode("2"), { ifAbsent: true }),
    (one) => one.copy("src", "d/a"),
  ];
  for (const first of ways) {
    for (const second of ways) {
      await onDrive(async ({ drive, backend, another }) => {
        const other = another();
        await backend.put("src", encode("src"));
        await backend.put("d/x", encode("old"));
        await other.head("d/x");
        const [{ parents: [folder] }] = filesOf(drive, "x");
        drive.store.update(folder, { trashed: true });
        const outcomes = await Promise.all([reasonOf(first(backend)), reasonOf(second(other))]);
        for (const error of outcomes) if (error) assertFailure(error, AlreadyExistsError, "no");
        assert(outcomes.includes(undefined));
        assert(filesOf(drive, "a").length > 0);
      });
    }
  }
});

const LOOKS:
  readonly (readonly ["files.get" | "files.list", string, (store: DriveStore, id: string) => void])[] = [
    ["files.get", "the file", (store, id) => store.update(id, { trashed: true })],
    ["files.list", "its folder", (store, id) => store.update(store.get(id).parents[0], { trashed: true })],
  ];
for (const [operation, what, change] of LOOKS) {
  Deno.test(`${what} goes to the trash at the moment of a write, and then Drive is out of reach: nothing is at the key, which is told`, () =>
    onDrive(async ({ drive, backend }) => {
      await backend.put("d/a", encode("old"));
      const [{ id }] = filesOf(drive, "a");
      drive.inject({
        kind: "run",
        operation: "upload.update",
        run: (store) => {
          change(store, id);
          drive.inject({ kind: "status", operation, status: 503, reason: "backendError", times: Infinity });
        },
      });
      assertFailure(await reasonOf(backend.put("d/a", encode("new"))), CottonCandyError, "no");
      drive.clearFaults();
      assert(drive.store.isTrashed(id));
    }, { retries: 1 }));
}
