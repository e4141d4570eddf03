/** Answers that Drive, or what stands between, was seen to give: refused page tokens, web pages, replaced types, done refusals; and such that don't account for what was asked. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AccessDeniedError,
  ConnectionError,
  CottonCandyError,
  InvalidArgumentError,
  NotFoundError,
  QuotaError,
} from "../../../lib/errors.ts";
import { type Between, between } from "./between.ts";
import { backendOn, onDrive, type Setup } from "./setup.ts";
import { filesOf, reasonOf } from "./writing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const PAGE = "<html><head><title>Sorry...</title></head><body>automated queries</body></html>";
const html = (status: number) =>
  new Response(PAGE, { status, headers: { "content-type": "text/html; charset=UTF-8" } });

async function textOf(backend: Setup["backend"], key: string): Promise<string> {
  return new TextDecoder().decode(await (await backend.open(key)).read());
}

async function keysOf(backend: Setup["backend"], pageSize?: number): Promise<string[]> {
  return (await Array.fromAsync(backend.list({ pageSize }))).map((one) =>
    "key" in one ? one.key : one.prefix
  );
}

/** A backend behind a server that may answer in the stand-in's stead. */
async function through(
  { drive }: Setup,
  answer: Parameters<typeof between>[1],
  work: (backend: Setup["backend"], server: Between) => Promise<void>,
): Promise<void> {
  await using server = between(drive.endpoint, answer);
  const backend = backendOn(drive, {
    endpoint: server.endpoint,
    retries: { attempts: 3, budget: 4000, delay: 2 },
  });
  await work(backend, server);
  backend.close();
}

Deno.test("a folder of a shared drive that one is no member of is opened by its id", () =>
  onDrive(
    async ({ drive, another, operations }) => {
      const folder = drive.store.addFolder("data", { driveId: "0ALab", shared: true });
      drive.store.add({ name: "secret", driveId: "0ALab", text: "no" });
      const backend = another({ folderId: folder.id });
      await backend.put("a/b", bytes("hello"));
      assertEquals([await textOf(backend, "a/b"), await keysOf(backend)], ["hello", ["a/b"]]);
      assert(operations().includes("files.list"));
      // Who says to be a member, and is none, is told; nothing counts as missing.
      for (const options of [{ driveId: "0ALab" }, { driveId: "0ALab", folderId: folder.id }]) {
        const other = another(options);
        for (
          const work of [() => other.head("a/b"), () => other.put("a/b", bytes("x")), () => keysOf(other)]
        ) {
          const error = await assertRejects(work, CottonCandyError);
          assert(error instanceof NotFoundError, `${error}`);
        }
      }
      assertEquals(filesOf(drive, "b").length, 1);
    },
    {},
    { drives: [{ id: "0ALab", name: "Lab", member: false }], role: "fileOrganizer" },
  ));

Deno.test("a refused page token: from the first page on, complete, nothing twice; for ever, it is told", () =>
  onDrive(async ({ drive, backend, operations }) => {
    for (let i = 0; i < 25; i++) drive.store.add({ name: `f${i}`, text: "x" });
    const refused = {
      operation: "files.list",
      when: ({ query }: { query: Readonly<Record<string, string>> }) => query.pageToken !== undefined,
      kind: "status",
      reason: "invalid",
    } as const;
    for (const status of [400, 410]) {
      drive.inject({ ...refused, status, skip: 1 });
      const keys = await keysOf(backend, 10);
      assertEquals([keys.length, new Set(keys).size], [25, 25]);
    }
    drive.inject({ ...refused, status: 400, times: Infinity });
    operations();
    const error = await assertRejects(() => keysOf(backend, 10), CottonCandyError, "refused to go on");
    assert(!(error instanceof InvalidArgumentError));
    assert(operations().length < 20);
  }));

Deno.test("pages that lead back to each other come to an end", () =>
  onDrive(async (setup) => {
    setup.drive.store.add({ name: "f", text: "x" });
    let lists = 0;
    let first = {};
    await through(setup, async (request, pass) => {
      if (!new URL(request.url).pathname.endsWith("/files")) return await pass();
      if (lists === 0) first = await (await pass()).json();
      return Response.json({ ...first, nextPageToken: `${lists++ % 2}` });
    }, async (backend) => {
      await assertRejects(() => keysOf(backend), CottonCandyError, "comes to no end");
      assert(lists < 40, `${lists}`);
    });
  }));

for (const name of ["'", "'quoted'", "'begins", "it's", "\\begins", "back\\slash", "a'b\\c"]) {
  Deno.test(`the name ${name} is found, of a file and of a folder`, () =>
    onDrive(async ({ drive, backend, another }) => {
      for (const key of [name, `${name}/${name}`]) {
        await backend.put(key, bytes("1"));
        const other = another();
        assertEquals(await textOf(other, key), "1");
        await other.put(key, bytes("2"));
        assertEquals(
          (await reasonOf(other.put(key, bytes("3"), { ifAbsent: true })) as Error).name,
          "AlreadyExistsError",
        );
      }
      assertEquals(filesOf(drive, name).length, 3, "a file, a folder, and a file in it");
      const results = await Array.fromAsync(another().delete([name, `${name}/${name}`]));
      assertEquals(results.map(({ error }) => error), [undefined, undefined]);
      assertEquals(filesOf(drive, name).length, 1);
    }));
}

Deno.test("a type that Drive puts in the place of another makes no write unknown, and comes back as it was", () =>
  onDrive(async ({ drive, backend }) => {
    for (const contentType of [undefined, "application/octet-stream", "application/x-mine"]) {
      drive.inject({ operation: "upload.create", kind: "loseAnswer", times: 4 });
      await backend.put("table.csv", bytes("1,2"), { contentType });
      drive.clearFaults();
      drive.inject({ operation: "upload.update", kind: "loseAnswer", times: 4 });
      await backend.put("table.csv", bytes("1,2,3"), { contentType });
      drive.clearFaults();
      const head = await backend.head("table.csv");
      assertEquals(head?.contentType, contentType ?? "text/csv");
      await backend.copy("table.csv", "copy");
      assertEquals((await backend.head("copy"))?.contentType, contentType ?? "text/csv");
      await Array.fromAsync(backend.delete(["table.csv", "copy"]));
    }
    // A write of another type, of which nothing arrived, is not done.
    await backend.put("x", bytes("1"), { contentType: "text/plain" });
    drive.inject({ operation: "upload.update", kind: "reset", afterRequestBytes: 1, times: Infinity });
    const error = await reasonOf(backend.put("x", bytes("1"), { contentType: "text/html" }));
    assert(error instanceof CottonCandyError && error.committed === "no", `${error}`);
  }));

Deno.test("a copy sends no type", () =>
  onDrive(async (setup) => {
    const sent: string[] = [];
    setup.drive.store.add({ name: "theirs", text: "x", mimeType: "Image/PNG" });
    await through(setup, async (request, pass) => {
      if (request.url.includes("/copy")) sent.push(new URL(request.url).pathname);
      return await pass();
    }, async (backend) => {
      await backend.copy("theirs", "copy");
      assertEquals((await backend.head("copy"))?.contentType, "Image/PNG");
      assertEquals([sent.length, filesOf(setup.drive, "copy")[0].mimeType], [1, "Image/PNG"]);
    });
  }));

Deno.test("what Drive refused because it was asked too often, and did, is told as done; with every attempt, too", () =>
  onDrive(async (setup) => {
    const { drive } = setup;
    const refusal = () =>
      Response.json({
        error: {
          code: 403,
          message: "User Rate Limit Exceeded",
          errors: [{ reason: "userRateLimitExceeded" }],
        },
      }, { status: 403, headers: { "retry-after": "0" } });
    let times = Infinity;
    await through(setup, async (request, pass) => {
      const { pathname, searchParams } = new URL(request.url);
      const isWrite = request.method !== "GET" && !searchParams.has("alt");
      const answer = await pass();
      return isWrite &&
          (pathname.startsWith("/upload") || request.method !== "POST" || pathname.endsWith("/copy")) &&
          times-- > 0
        ? refusal()
        : answer;
    }, async (backend) => {
      for (times of [1, Infinity]) {
        await backend.put("new", bytes("1"));
        await backend.put("new", bytes("12"));
        await backend.copy("new", "copy");
        await backend.copy("new", "new", { metadata: { a: "b" } });
        assertEquals((await backend.move("copy", "moved"))?.key, "moved");
        assertEquals(await Array.fromAsync(backend.delete(["new", "moved"])), [{ key: "new" }, {
          key: "moved",
        }]);
        assertEquals(filesOf(drive, "new").length + filesOf(drive, "moved").length, 0);
      }
    });
    // Nothing was done: that is told.
    drive.inject({
      operation: "upload.create",
      kind: "status",
      status: 403,
      reason: "userRateLimitExceeded",
      times: Infinity,
    });
    const error = await reasonOf(setup.another({ retries: 2 }).put("never", bytes("1")));
    assert(error instanceof ConnectionError && error.committed === "no", `${error}`);
    assert(error.message.includes("750 GB"), error.message);
  }));

for (
  const [what, answer] of Object.entries({
    "a page with 403": () => html(403),
    "a page with 200": () => html(200),
    "nothing with 200": () => new Response(""),
    "a page with 404": () => html(404),
  })
) {
  Deno.test(`${what} is no answer of Drive's: asked past when it passes, else named, and nothing is taken for missing or done`, () =>
    onDrive(async (setup) => {
      const { drive } = setup;
      drive.store.add({ name: "there", text: "hello" });
      let left = 0;
      await through(setup, (_, pass) => left-- > 0 ? answer() : pass(), async (backend) => {
        left = 1;
        assertEquals(await textOf(backend, "there"), "hello");
        left = 1;
        assertEquals(await keysOf(backend), ["there"]);
        left = Infinity;
        for (
          const work of [() => backend.head("there"), () => keysOf(backend), () => textOf(backend, "there")]
        ) {
          assertEquals((await assertRejects(work, ConnectionError)).name, "ConnectionError");
        }
        const error = await reasonOf(backend.put("new", bytes("x")));
        assert(error instanceof ConnectionError && error.committed === "no", `${error}`);
        left = 0;
        await backend.head("there");
        const removed = Array.fromAsync(backend.delete(["there"]));
        assertEquals((await removed)[0].error, undefined);
      });
      drive.store.add({ name: "stays", text: "x" });
      await through(
        setup,
        (request, pass) => request.method === "DELETE" || request.method === "PATCH" ? answer() : pass(),
        async (backend) => {
          for (const trash of [false, true]) {
            const [{ error }] = await Array.fromAsync(backend.delete(["stays"], { trash }));
            assert(error instanceof CottonCandyError && error.committed === "no", `${error}`);
          }
          assertEquals(filesOf(drive, "stays").length, 1);
        },
      );
    }));
}

Deno.test("sizes, times and names that can't be, and files that were not asked for, are errors", () =>
  onDrive(async (setup) => {
    setup.drive.store.add({ name: "there", text: "hello" });
    const wrong: Record<string, unknown>[] = [
      { size: "NaN" },
      { size: "-5" },
      { size: "1e300" },
      { size: "99999999999999999999" },
      { size: -1 },
      { size: 1.5 },
      { size: {} },
      { name: undefined },
      { id: 7 },
      { mimeType: undefined },
      { createdTime: "yesterday" },
      { modifiedTime: undefined },
      { version: "-1" },
    ];
    for (const change of wrong) {
      await through(setup, async (request, pass) => {
        const answer = await pass();
        if (!new URL(request.url).pathname.endsWith("/files")) return answer;
        const { files } = await answer.json();
        return Response.json({ files: files.map((file: object) => ({ ...file, ...change })) });
      }, async (backend) => {
        const what = JSON.stringify(change);
        for (const work of [() => backend.head("there"), () => keysOf(backend)]) {
          assert(await reasonOf(work()) instanceof CottonCandyError, what);
        }
        const [{ error }] = await Array.fromAsync(backend.delete(["there"]));
        assert(error instanceof CottonCandyError && error.committed === "no", what);
      });
    }
    await through(setup, async (request, pass) => {
      const answer = await pass();
      if (request.method === "GET" || !new URL(request.url).pathname.startsWith("/upload")) return answer;
      return Response.json({ ...await answer.json(), id: "1another" });
    }, async (backend) => {
      // Another file is no proof: the one that was named is looked at.
      await backend.put("there", bytes("new"));
      assertEquals(await textOf(backend, "there"), "new");
    });
  }));

Deno.test("old links: their keys are shown, also those of folders below", () =>
  onDrive(async ({ drive, another }) => {
    const folder = drive.store.addFolder("old", { resourceKey: "0-abc" });
    const below = drive.store.addFolder("sub", { parents: [folder.id], resourceKey: "0-def" });
    drive.store.add({ name: "key", parents: [below.id], text: "x", resourceKey: "0-ghi" });
    const backend = another({ folderId: folder.id, resourceKey: "0-abc" });
    assertEquals([await keysOf(backend), await textOf(backend, "sub/key")], [["sub/key"], "x"]);
    await backend.put("sub/new", bytes("y"));
    await assertRejects(() => another({ folderId: folder.id }).head("sub/key"), NotFoundError, "resourceKey");
    await assertRejects(async () => await another({ resourceKey: "0-abc" }).head("x"), InvalidArgumentError);
  }));

Deno.test("what Google takes for malware is read by who says to know it", () =>
  onDrive(async ({ drive, backend, another }) => {
    drive.store.add({ name: "bad", text: "x" });
    drive.inject({
      operation: "files.download",
      kind: "status",
      status: 403,
      reason: "cannotDownloadAbusiveFile",
      when: ({ query }) => query.acknowledgeAbuse !== "true",
      times: Infinity,
    });
    await assertRejects(() => textOf(backend, "bad"), AccessDeniedError, "acknowledgeAbuse");
    assertEquals(await textOf(another({ acknowledgeAbuse: true }), "bad"), "x");
  }));

Deno.test("a key that would be too deep is told of as such", () =>
  onDrive(async ({ drive, another }) => {
    let folder = drive.store.addFolder("0");
    for (let i = 1; i < 60; i++) folder = drive.store.addFolder(`${i}`, { parents: [folder.id] });
    const error = await assertRejects(
      () => another({ folderId: folder.id }).put("d/".repeat(50) + "x", bytes("x")),
      InvalidArgumentError,
      "100 folders",
    );
    assertEquals(error.committed, "no");
    assertEquals(filesOf(drive, "x").length, 0);
  }));

const ADVICE: Readonly<Record<string, readonly [new (message: string) => CottonCandyError, RegExp]>> = {
  myDriveHierarchyDepthLimitExceeded: [InvalidArgumentError, /slashes/],
  teamDriveHierarchyTooDeep: [InvalidArgumentError, /slashes/],
  teamDriveMembershipRequired: [AccessDeniedError, /member/],
  domainPolicy: [AccessDeniedError, /administrators/],
  appNotAuthorizedToFile: [AccessDeniedError, /drive\.file/],
  cannotCopyFile: [AccessDeniedError, /forbids/],
  dailyLimitExceeded: [QuotaError, /tomorrow/],
  teamDriveFileLimitExceeded: [QuotaError, /shared drive is full/],
  storageQuotaExceeded: [QuotaError, /service account/],
  insufficientFilePermissions: [AccessDeniedError, /editor/],
};

for (const [reason, [kind, advice]] of Object.entries(ADVICE)) {
  Deno.test(`the advice fits the reason ${reason}`, () =>
    onDrive(async ({ drive, backend }) => {
      drive.inject({ operation: "upload.create", kind: "status", status: 403, reason, times: Infinity });
      const error = await assertRejects(() => backend.put("new", bytes("x")), kind);
      assert(advice.test(error.message), error.message);
      assertEquals(error.committed, "no");
    }));
}

Deno.test("a precondition that failed once is asked again", () =>
  onDrive(async ({ drive, backend }) => {
    drive.store.add({ name: "there", text: "x" });
    drive.inject({ operation: "files.list", kind: "status", status: 400, reason: "failedPrecondition" });
    assertEquals(await textOf(backend, "there"), "x");
  }));
