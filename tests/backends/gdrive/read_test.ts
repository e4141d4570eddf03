import { assert, assertEquals, assertRejects } from "@std/assert";
import type { OpenOptions } from "../../../backends/backend.ts";
import {
  AccessDeniedError,
  ConnectionError,
  CottonCandyError,
  IntegrityError,
  NotFoundError,
  PreconditionFailedError,
  QuotaError,
} from "../../../lib/errors.ts";
import { readAll } from "../../../lib/streams/mod.ts";
import type { DriveStore, Fault } from "../../servers/gdrive.ts";
import { pattern, same } from "../s3/setup.ts";
import { MiB, onDrive, type Setup } from "./setup.ts";

const SMALL = pattern(1000);
const LARGE = pattern(9 * MiB + 11);
const OTHER = pattern(LARGE.length + 3, 2);

/** Ways to read an object whole. */
const WAYS: Readonly<Record<string, (setup: Setup, options?: OpenOptions) => Promise<Uint8Array>>> = {
  read: async ({ backend }, options) => await (await backend.open("key", options)).read(),
  parallel: async ({ backend }, options) =>
    await (await backend.open("key", { parallel: true, ...options })).read(),
  stream: async ({ backend }, options) => await readAll((await backend.open("key", options)).stream()),
};

/** When an object is written anew, and how many bytes longer it is then. */
const CHANGES = [
  { operation: "files.list", longer: 0 },
  { operation: "files.download", longer: 0 },
  { operation: "files.get", longer: 0 },
  { operation: "files.download", longer: 3 },
  { operation: "files.download", longer: -97 },
  { operation: "files.download", longer: -999 },
] as const;

/** Most of the time goes by between tries. */
async function together<T>(cases: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  await Promise.all(cases.map(run));
}

/** Ranges, the bytes of which nothing can be held against. */
const RANGE = { offset: 5, length: LARGE.length - 10 };

const put = ({ drive }: Setup, bytes: Uint8Array) => drive.store.add({ name: "key", bytes }).id;

for (const [way, read] of Object.entries(WAYS)) {
  Deno.test(`requests of a read (${way})`, () =>
    onDrive(async (setup) => {
      put(setup, SMALL);
      await setup.backend.head("missing");
      setup.operations();
      assert(same(await read(setup), SMALL));
      assertEquals(setup.operations(), ["files.list", "files.download"], "small");
      setup.drive.store.update(put(setup, LARGE), { createdTime: new Date(0) });
      assert(same(await read(setup), LARGE));
      assertEquals(setup.operations(), [
        "files.list",
        "files.download",
        "files.get",
        ...Array(way === "parallel" ? 1 : 0).fill("files.download"),
      ], "large");
    }));

  Deno.test(`damage on the way is noticed, of what is small before it is given (${way})`, () =>
    onDrive(async (setup) => {
      const { drive } = setup;
      const id = put(setup, SMALL);
      drive.inject({ kind: "flipBit", operation: "files.download", atByte: 999 });
      assert(same(await read(setup), SMALL), "asked for again");
      drive.store.update(id, { bytes: LARGE });
      for (const atByte of [0, 3 * MiB]) {
        drive.inject({ kind: "flipBit", operation: "files.download", atByte });
        await assertRejects(() => read(setup), IntegrityError, "SHA256");
      }
      assert(same(await read(setup), LARGE));
    }));
}

Deno.test("bodies that break off again and again are put together", () =>
  together(Object.values(WAYS), (read) =>
    onDrive(async (setup) => {
      const { drive } = setup;
      put(setup, LARGE);
      drive.inject({ kind: "cutResponse", operation: "files.download", afterBytes: 2 * MiB, times: 4 });
      drive.inject({
        kind: "status",
        operation: "files.download",
        status: 503,
        reason: "backendError",
        skip: 1,
      });
      drive.inject({ kind: "expireToken", operation: "files.download", skip: 3 });
      assert(same(await read(setup), LARGE));
      assert(same(await read(setup, { range: RANGE }), LARGE.subarray(5, -5)));
      drive.inject({ kind: "cutResponse", operation: "files.download", afterBytes: 10, times: Infinity });
      await assertRejects(() => read(setup), ConnectionError, "broke off");
      await drive.idle();
    })));

for (const [size, old] of [["small", SMALL], ["large", LARGE]] as const) {
  for (const range of [undefined, { offset: 5, length: 900 }]) {
    const cut = (bytes: Uint8Array) => range ? bytes.subarray(5, 905) : bytes;
    const cases = Object.values(WAYS).flatMap((read) => CHANGES.map((change) => ({ read, ...change })));
    const what = `${size}, ${range ? "a range" : "whole"}`;
    Deno.test(`changed between look-up and body: all of the new one, or of the old (${what})`, () =>
      together(cases, ({ read, operation, longer }) =>
        onDrive(async (setup) => {
          const id = put(setup, old);
          const other = OTHER.subarray(0, old.length + longer);
          const run = (store: DriveStore) => void store.update(id, { bytes: other });
          setup.drive.inject({ kind: "run", operation, run });
          const bytes = await read(setup, { range });
          const may = operation === "files.get" ? [old, other] : [other];
          assert(may.some((one) => same(bytes, cut(one))), `${operation} ${longer}`);
        })));
    Deno.test(`deleted between look-up and body (${what})`, () =>
      together(Object.values(WAYS), (read) =>
        onDrive(async (setup) => {
          const id = put(setup, old);
          const run = (store: DriveStore) => store.delete(id);
          setup.drive.inject({ kind: "run", operation: "files.download", run });
          await assertRejects(() => read(setup, { range }), NotFoundError);
        })));
  }
}

for (const parallel of [false, true]) {
  const changes: Record<string, (store: DriveStore, id: string) => void> = {
    "replaced": (store, id) => void store.update(id, { bytes: OTHER.subarray(0, LARGE.length) }),
    "replaced by less": (store, id) => void store.update(id, { bytes: pattern(100) }),
    "replaced by more": (store, id) => void store.update(id, { bytes: pattern(LARGE.length + 1) }),
    "deleted": (store, id) => store.delete(id),
  };
  for (const [what, change] of Object.entries(changes)) {
    Deno.test(`${what} while later ranges are read (parallel: ${parallel})`, () =>
      onDrive(async (setup) => {
        const { drive, backend } = setup;
        const id = put(setup, LARGE);
        drive.inject({ kind: "cutResponse", operation: "files.download", afterBytes: MiB });
        const reader = await backend.open("key", { parallel });
        change(drive.store, id);
        await assertRejects(() => reader.read(), PreconditionFailedError);
        await assertRejects(() => reader.read({ offset: 8 * MiB + 1, length: 5 }), PreconditionFailedError);
        await assertRejects(() => readAll(reader.stream({ suffix: 5 })), PreconditionFailedError);
        await drive.idle();
      }));
  }
}

Deno.test("ranges before, around and behind what was opened", () =>
  onDrive(async (setup) => {
    const bytes = pattern(40);
    put(setup, bytes);
    const opened = [{ offset: 10, length: 20 }, { offset: 10 }, { suffix: 5 }, undefined];
    for (const range of opened) {
      for (
        const [start, end] of [[0, 40], [5, 30], [5, 40], [10, 30], [15, 20], [20, 40], [35, 40], [0, 10], [
          0,
          35,
        ]]
      ) {
        const other = { offset: start, length: end - start };
        const wanted = bytes.subarray(start, end);
        const what = `${JSON.stringify(range)}, then ${start} to ${end}`;
        await using setups = new AsyncDisposableStack();
        for (const parallel of [false, true]) {
          const reader = await setup.backend.open("key", { range, parallel });
          setups.defer(() => reader.close());
          assertEquals(await readAll(reader.stream(other)), wanted, `${what}, stream`);
          assertEquals(await reader.read(other), wanted, what);
          const second = await setup.backend.open("key", { range, parallel });
          setups.defer(() => second.close());
          assertEquals(await second.read(other), wanted, what);
        }
      }
    }
  }));

Deno.test("answers that contradict the question", () =>
  onDrive(async ({ drive, backend }) => {
    const bytes = pattern(1000);
    const { id } = drive.store.add({ name: "key", bytes });
    const changed = (headers: Record<string, string | null>, times = 1): Fault => ({
      kind: "changeHeaders",
      operation: "files.download",
      headers,
      times,
    });
    const range = { offset: 0, length: 100 };
    for (const value of ["bytes 1-100/1000", "bytes 0-98/1000", "bytes 0-99/*", "nonsense"]) {
      const fault = drive.inject(changed({ "content-range": value }, Infinity));
      await assertRejects(() => backend.open("key", { range }), IntegrityError, "contradicts", value);
      fault.remove();
    }
    drive.inject(changed({ "content-range": "nonsense" }));
    const reader = await backend.open("key", { range });
    assertEquals(await reader.read(), bytes.subarray(0, 100), "asked for again");
    const other = drive.inject(changed({ "content-range": "bytes 0-99/1001" }, Infinity));
    await assertRejects(() => backend.open("key", { range }), PreconditionFailedError);
    other.remove();
    // As a browser shows it.
    const hidden = drive.inject(changed({ "content-range": null }, Infinity));
    assertEquals(await (await backend.open("key", { range })).read(), bytes.subarray(0, 100));
    drive.store.update(id, { bytes: bytes.subarray(0, 50) });
    assertEquals(await (await backend.open("key", { range })).read(), bytes.subarray(0, 50));
    hidden.remove();
    drive.inject(
      changed({ "content-range": null, "content-length": null, "transfer-encoding": "chunked" }, 9),
    );
    assertEquals(await (await backend.open("key", { range })).read(), bytes.subarray(0, 50));
  }, { retries: 2 }));

Deno.test("a body that is shorter or longer than the file, without a length, is no file's", () =>
  onDrive(async ({ drive, backend }) => {
    const { id } = drive.store.add({ name: "key", bytes: pattern(1000) });
    const lengthless = { "content-length": null, "content-range": null, "transfer-encoding": "chunked" };
    drive.inject({
      kind: "changeHeaders",
      operation: "files.download",
      headers: lengthless,
      times: Infinity,
    });
    for (const length of [1001, 999]) {
      const bytes = pattern(length, length);
      const run = (store: DriveStore) => void store.update(id, { bytes });
      drive.inject({ kind: "run", operation: "files.download", run });
      assert(same(await (await backend.open("key")).read(), bytes), `${length} bytes`);
    }
  }));

Deno.test("what Drive refuses is told as what it is, and not tried again", () =>
  onDrive(async ({ drive, backend, operations }) => {
    drive.store.add({ name: "key", bytes: SMALL });
    for (
      const [reason, type, words] of [
        ["downloadQuotaExceeded", QuotaError, "tomorrow"],
        ["cannotDownloadAbusiveFile", AccessDeniedError, "malware"],
        ["cannotDownloadFile", AccessDeniedError, "switched off"],
      ] as const
    ) {
      operations();
      drive.inject({ kind: "status", operation: "files.download", status: 403, reason });
      const error = await assertRejects(() => backend.open("key"), CottonCandyError, words);
      assert(error instanceof type, reason);
      assertEquals(operations().filter((name) => name === "files.download").length, 1);
    }
    for (const reason of ["userRateLimitExceeded", "rateLimitExceeded"]) {
      const headers = { "retry-after": "0" };
      drive.inject({ kind: "status", operation: "files.download", status: 403, reason, headers });
      assert(same(await (await backend.open("key")).read(), SMALL));
    }
  }));

Deno.test("a refusal in the middle of a read is that error", () =>
  onDrive(async ({ drive, backend }) => {
    drive.store.add({ name: "key", bytes: LARGE });
    for (const parallel of [false, true]) {
      drive.inject({ kind: "cutResponse", operation: "files.download", afterBytes: MiB });
      const status = { status: 403, reason: "downloadQuotaExceeded" };
      drive.inject({ kind: "status", operation: "files.download", skip: 1, ...status });
      const reader = await backend.open("key", { parallel });
      await assertRejects(() => reader.read(), QuotaError);
      await drive.idle();
    }
  }));

for (const [checksums, told] of [["MD5", "MD5"], ["SHA256", "SHA256"], [undefined, "SHA256"]] as const) {
  Deno.test(`bytes are held against the digest that was asked for (${checksums})`, () =>
    onDrive(async ({ drive, backend }) => {
      drive.store.add({ name: "key", bytes: SMALL });
      drive.inject({ kind: "flipBit", operation: "files.download", times: Infinity });
      await assertRejects(() => backend.open("key"), IntegrityError, `their ${told} is`);
    }, { checksums, retries: 2 }));
}

Deno.test("without checksums nothing is compared, but the version", () =>
  onDrive(async ({ drive, backend, operations }) => {
    const { id } = drive.store.add({ name: "key", bytes: SMALL });
    drive.inject({ kind: "flipBit", operation: "files.download" });
    const bytes = await (await backend.open("key")).read();
    assertEquals(bytes[0], SMALL[0] ^ 1);
    assertEquals(operations().slice(-3), ["files.list", "files.download", "files.get"]);
    const reader = await backend.open("key");
    drive.store.update(id, { bytes: OTHER.subarray(0, SMALL.length) });
    assert(same(await reader.read(), SMALL), "what came when it was opened");
    await assertRejects(() => reader.read(), PreconditionFailedError);
  }, { checksums: false }));

for (const lacking of [["sha256Checksum"], ["md5Checksum"], ["sha256Checksum", "md5Checksum"]]) {
  for (const checksums of ["MD5", "SHA256"] as const) {
    Deno.test(`a file without ${lacking.join(" and ")} (${checksums})`, async () => {
      await onDrive(async ({ drive, another }) => {
        const { id } = drive.store.add({ name: "key", bytes: SMALL });
        await using proxy = withoutFields(drive.endpoint, lacking);
        const other = another({ endpoint: proxy.endpoint, checksums, retries: 2 });
        const head = await other.head("key");
        const known = lacking.length === 2 ? undefined : lacking[0] === "md5Checksum" ? "SHA256" : "MD5";
        assertEquals(head?.checksum?.algorithm, known);
        assert(same(await (await other.open("key")).read(), SMALL));
        drive.inject({ kind: "flipBit", operation: "files.download", times: 2 });
        if (known) await assertRejects(() => other.open("key"), IntegrityError, known);
        else {
          const reader = await other.open("key");
          drive.store.update(id, { bytes: OTHER.subarray(0, SMALL.length) });
          await reader.read();
          await assertRejects(() => reader.read(), PreconditionFailedError);
        }
      });
    });
  }
}

/** A server in front of a stand-in, which leaves fields out of its answers. */
function withoutFields(endpoint: string, fields: readonly string[]): AsyncDisposable & { endpoint: string } {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const answer = await fetch(`${endpoint}${pathname}${search}`, { headers: request.headers });
    const { status, headers } = answer;
    if (!headers.get("content-type")?.includes("json")) return new Response(answer.body, { status, headers });
    const value = JSON.parse(await answer.text(), (name, value) => fields.includes(name) ? undefined : value);
    return Response.json(value, { status });
  });
  return {
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("of a listing that is behind, what Drive itself has is read", () =>
  onDrive(
    async ({ drive, backend, another }) => {
      const other = another();
      for (const [name, bytes] of [["key", SMALL], ["gone", SMALL], ["trash", LARGE]] as const) {
        drive.store.add({ name, bytes });
      }
      const { etag } = await other.put("key", LARGE, { metadata: { v: "2" } });
      await Array.fromAsync(other.delete(["gone"]));
      await Array.fromAsync(other.delete(["trash"], { trash: true }));
      assertEquals((await backend.head("key"))?.size, SMALL.length, "the listing is behind");
      const named = await backend.open("key", { ifMatch: etag });
      assertEquals([named.info.etag, named.info.metadata], [etag, { v: "2" }]);
      await named.close();
      await other.put("key", OTHER, { metadata: { v: "3" } });
      const reader = await backend.open("key");
      assertEquals(reader.info.metadata, { v: "3" });
      assert(same(await reader.read(), OTHER));
      assertEquals((await backend.head("key"))?.metadata, { v: "3" }, "and is known from then on");
      await assertRejects(() => backend.open("key", { ifMatch: etag }), PreconditionFailedError);
      for (const key of ["gone", "trash"]) {
        await assertRejects(() => backend.open(key), NotFoundError);
        assertEquals(await backend.head(key), undefined);
      }
    },
    { retries: 3 },
    { lag: 60_000 },
  ));

const STALLS: readonly Fault[] = [
  { kind: "delay", operation: "files.list", ms: Infinity },
  { kind: "delay", operation: "files.download", ms: Infinity },
  { kind: "delay", operation: "files.download", ms: Infinity, at: "body", afterBytes: 10 },
  { kind: "delay", operation: "files.get", ms: Infinity },
];

for (const size of [SMALL.length, LARGE.length]) {
  Deno.test(`an abort ends an open or a read at once (${size} bytes)`, () =>
    together(STALLS, (stall) =>
      onDrive(async ({ drive, backend, another }) => {
        drive.store.add({ name: "key", bytes: LARGE.subarray(0, size) });
        const read = async (signal: AbortSignal) => {
          // With a root that is not known yet, too.
          for (const one of [backend, another()]) await (await one.open("key", { signal })).read();
        };
        const fault = drive.inject(stall);
        const control = new AbortController();
        const reason = new Error("enough");
        const begin = performance.now();
        setTimeout(() => control.abort(reason), 150);
        const error = await read(control.signal).catch((error) => error);
        if (fault.hits > 0) assertEquals(error, reason);
        // And not for as long as Drive may be silent.
        assert(performance.now() - begin < 30_000);
        drive.clearFaults();
        assertEquals((await (await backend.open("key")).read()).length, size);
      }, { timeout: { connect: 1000, idle: 60_000 } })));
}

Deno.test("an aborted or cancelled read leaves no connection open", () =>
  onDrive(async ({ drive, backend }) => {
    drive.store.add({ name: "key", bytes: LARGE });
    const stall: Fault = {
      kind: "delay",
      operation: "files.download",
      ms: Infinity,
      at: "body",
      afterBytes: MiB,
    };
    drive.inject({ ...stall, times: Infinity });
    for (const parallel of [false, true]) {
      const control = new AbortController();
      const reader = await backend.open("key", { parallel });
      const reading = reader.read(undefined, { signal: control.signal });
      setTimeout(() => control.abort(new Error("enough")), 50);
      await assertRejects(() => reading, Error, "enough");
      await drive.idle();
    }
    const unread = await backend.open("key");
    await unread.close();
    await drive.idle();
    const cancelled = (await backend.open("key")).stream();
    await cancelled.cancel();
    await drive.idle();
    const begun = (await backend.open("key")).stream().getReader();
    await begun.read();
    await begun.cancel();
    await drive.idle();
    const control = new AbortController();
    const late = await backend.open("key", { signal: control.signal });
    control.abort(new Error("before it was read"));
    await assertRejects(() => late.read(), Error, "before it was read");
    await drive.idle();
  }, { timeout: { connect: 1000, idle: 60_000 } }));

Deno.test("a version that goes on changing is given up in the end", () =>
  onDrive(async ({ drive, backend, operations }) => {
    const { id } = drive.store.add({ name: "key", bytes: SMALL });
    let seed = 2;
    const run = (store: DriveStore) => void store.update(id, { bytes: pattern(1000, ++seed) });
    drive.inject({ kind: "run", operation: "files.download", run, times: Infinity });
    const error = await assertRejects(() => backend.open("key"), PreconditionFailedError);
    assert(error instanceof CottonCandyError && error.key === "key");
    assertEquals(operations().filter((name) => name === "files.download").length, 3);
  }, { retries: 3 }));

Deno.test("an empty object, and a range beyond the end, need no body", () =>
  onDrive(async ({ drive, backend, operations }) => {
    drive.store.add({ name: "empty", bytes: new Uint8Array() });
    drive.store.add({ name: "key", bytes: SMALL });
    for (
      const [key, range] of [["empty", undefined], ["key", { offset: 1000 }], ["key", { suffix: 0 }]] as const
    ) {
      const reader = await backend.open(key, { range });
      assertEquals([(await reader.read()).length, (await readAll(reader.stream())).length], [0, 0]);
    }
    assertEquals(operations().filter((name) => name === "files.download"), []);
  }));
