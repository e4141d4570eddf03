/** Between us and the store: credentials that end, redirections, regions, clocks and proxies that know no 100-continue. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { S3Backend, type S3Credentials } from "../../../backends/s3/mod.ts";
import { AccessDeniedError, CottonCandyError, InvalidArgumentError } from "../../../lib/errors.ts";
import { startS3 } from "../../servers/s3.ts";
import { MiB, onS3, pattern, same, type Setup } from "./setup.ts";

/** Every operation of a backend, each on objects of its own. */
function operationsOf({ backend, s3 }: Setup): readonly (readonly [string, () => Promise<unknown>])[] {
  s3.store.put("bucket", "there", "hello");
  return [
    ["put", () => backend.put("a", pattern(10))],
    ["put in parts", () => backend.put("parts", pattern(9 * MiB))],
    ["head", () => backend.head("there")],
    ["read", async () => await (await backend.open("there")).read()],
    ["list", async () => await Array.fromAsync(backend.list())],
    ["copy", () => backend.copy("there", "copied")],
    ["exists", () => backend.buckets.exists("bucket")],
    ["delete", async () => {
      for await (const { error } of backend.delete(["a", "parts"])) if (error) throw error;
    }],
  ];
}

const REFUSALS = ["ExpiredToken", "InvalidToken"] as const;

/** Credentials whose token says how often they were asked for. */
function counted(more: Partial<S3Credentials> = {}) {
  let asked = 0;
  return {
    get asked() {
      return asked;
    },
    credentials: () => {
      asked++;
      return Promise.resolve({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", ...more });
    },
  };
}
const SERVER = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };

for (const code of REFUSALS) {
  for (const expiration of [undefined, new Date(Date.now() + 3_600_000)]) {
    Deno.test(`credentials are asked for again after ${code}, by every operation (expiration: ${expiration !== undefined})`, async () => {
      const source = counted({ expiration });
      await onS3(
        async (setup) => {
          for (const [what, work] of operationsOf(setup)) {
            const before = source.asked;
            setup.s3.inject({ kind: "status", status: 400, code });
            await work();
            assertEquals(source.asked - Math.max(1, before), 1, what);
          }
        },
        { credentials: source.credentials },
        SERVER,
      );
    });
  }
}

Deno.test("credentials that end in mid-upload are asked for once more, whatever is underway", async () => {
  const source = counted();
  await onS3(
    async ({ s3, backend, uploads }) => {
      s3.inject({
        kind: "status",
        status: 400,
        code: "ExpiredToken",
        operation: "UploadPart",
        skip: 1,
        times: 2,
      });
      const bytes = pattern(30 * MiB);
      await backend.put("large", bytes, { partSize: 5 * MiB, concurrency: 4 });
      assert(source.asked === 2 || source.asked === 3, `asked ${source.asked} times`);
      s3.inject({ kind: "status", status: 400, code: "ExpiredToken", operation: "CompleteMultipartUpload" });
      await backend.put("large", bytes);
      assert(same(await (await backend.open("large")).read(), bytes));
      assertEquals(uploads(), []);
      // Another bucket of the same store has the same credentials.
      const { asked } = source;
      await backend.withBucket("other").buckets.exists("bucket");
      assertEquals(source.asked, asked);
    },
    { credentials: source.credentials },
    SERVER,
  );
});

Deno.test("credentials that stay refused are asked for once more, and then said to be", async () => {
  const source = counted();
  await onS3(
    async ({ s3, backend, uploads }) => {
      s3.inject({ kind: "status", status: 400, code: "ExpiredToken", times: Infinity });
      const error = await assertRejects(() => backend.put("a", pattern(3)), AccessDeniedError, "has expired");
      assertEquals([error.committed, source.asked, s3.requests.length], ["no", 2, 2]);
      s3.clearFaults();
      s3.inject({
        kind: "status",
        status: 400,
        code: "ExpiredToken",
        operation: "UploadPart",
        times: Infinity,
      });
      const inParts = await assertRejects(() => backend.put("b", pattern(9 * MiB)), AccessDeniedError);
      assertEquals([inParts.committed, uploads()], ["no", []]);
    },
    { credentials: source.credentials },
    SERVER,
  );
});

Deno.test("keys that nobody can renew are refused at once", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({ kind: "status", status: 400, code: "ExpiredToken" });
    await assertRejects(() => backend.put("a", pattern(3)), AccessDeniedError);
    assertEquals(s3.requests.length, 1);
  }));

for (const status of [307, 308]) {
  Deno.test(`${status} to another host is followed with a new signature, by every operation`, () =>
    onS3(async (setup) => {
      await using other = await startS3({ buckets: ["bucket"], ...setup.s3.credentials });
      other.store.put("bucket", "there", "hello");
      setup.s3.inject({
        kind: "status",
        status,
        code: "TemporaryRedirect",
        headers: { location: `${other.endpoint}/bucket/whatever?x=1` },
        times: Infinity,
      });
      for (const [what, work] of operationsOf(setup)) {
        other.requests.length = 0;
        await work();
        assert(other.requests.length > 0 && other.requests.every(({ status }) => status < 300), what);
      }
      assertEquals(other.store.get("bucket", "copied")?.size, 5);
    }));
}

Deno.test("a redirection that goes round in circles ends, and nothing was written", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({
      kind: "status",
      status: 307,
      code: "TemporaryRedirect",
      headers: { location: `${s3.endpoint}/bucket/a` },
      times: Infinity,
    });
    const error = await assertRejects(() => backend.put("a", pattern(3)), InvalidArgumentError, "`endpoint`");
    assertEquals([error.committed, s3.requests.length], ["no", 4]);
  }));

for (const status of [301, 302, 307, 308]) {
  Deno.test(`${status} from http to https is said, and no proof of a bucket`, () =>
    onS3(async (setup) => {
      const { s3, backend } = setup;
      const { port } = new URL(s3.endpoint);
      const location = `https://127.0.0.1:${port}/bucket/a`;
      s3.inject({ kind: "status", status, code: "Moved", headers: { location }, times: Infinity });
      for (const [what, work] of operationsOf(setup)) {
        const { message, committed } = await assertRejects(work, InvalidArgumentError, undefined, what);
        assertMatch(message, /http:\/\/ to https:\/\/: give `endpoint` as "https:\/\/127\.0\.0\.1:\d+"/);
        assert(!/region/i.test(message), message);
        assert(committed === undefined || committed === "no");
      }
      await assertRejects(() => backend.buckets.exists("no-such-bucket"), InvalidArgumentError);
    }));
}

const region = (name: string) => ({
  kind: "status",
  status: 400,
  code: "AuthorizationHeaderMalformed",
  headers: { "x-amz-bucket-region": name },
} as const);

for (const name of ["../../evil", "evil.example/", "a b", "-", "x".repeat(64), "ü"]) {
  Deno.test(`a region that is none is not taken: ${name.slice(0, 12)}`, () =>
    onS3(async ({ s3, backend }) => {
      s3.store.put("bucket", "key", "hello");
      s3.inject({ ...region(encodeURI(name)), times: 1 });
      await assertRejects(async () => await backend.open("key"), CottonCandyError);
      assertEquals((await (await backend.open("key")).read()).length, 5);
    }));
}

Deno.test("a region that leads nowhere is forgotten; one that does is kept", () =>
  onS3(
    async ({ s3, backend }) => {
      s3.store.put("bucket", "key", "hello");
      s3.inject({ ...region("nowhere-1"), times: Infinity });
      await assertRejects(() => backend.head("key"), CottonCandyError);
      s3.clearFaults();
      // The store itself says which it is, in its words only where there is no header.
      assertEquals((await backend.head("key"))?.size, 5);
      s3.requests.length = 0;
      await backend.put("key", pattern(3));
      assertEquals(s3.requests.length, 1);
    },
    { region: "us-east-1" },
    { region: "eu-west-1" },
  ));

Deno.test("a clock that is wrong is put right by the store's, also where the refusal has no words", async () => {
  for (const operation of ["head", "read", "put"]) {
    await onS3(async (setup) => {
      const { s3 } = setup;
      s3.clockSkew = 3_600_000;
      const found = operationsOf(setup).find(([what]) => what === operation);
      await found?.[1]();
      assertEquals(s3.requests.map(({ status }) => status), [403, 200]);
    });
  }
});

Deno.test("417: what waited for 100-continue is sent without", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({
      kind: "status",
      status: 417,
      code: "ExpectationFailed",
      early: true,
      when: ({ headers }) => headers.expect !== undefined,
      times: Infinity,
    });
    const bytes = pattern(2 * MiB);
    await backend.put("key", bytes);
    await backend.put("other", bytes);
    assertEquals(s3.requests.map(({ status }) => status), [417, 200, 200]);
    assert(same(await (await backend.open("key")).read(), bytes));
  }));

Deno.test("credentials are asked for early, before they end", async () => {
  const source = counted({ expiration: new Date(Date.now() + 60_000) });
  await onS3(
    async ({ backend }) => {
      await backend.put("a", pattern(3));
      await backend.put("a", pattern(3));
      assert(source.asked >= 2);
      await assertRejects(
        async () => {
          const failing = new S3Backend({
            bucket: "bucket",
            credentials: () => Promise.reject(new Error("no network")),
            retries: { attempts: 2, delay: 1 },
          });
          await failing.head("a");
        },
        CottonCandyError,
        "no network",
      );
    },
    { credentials: source.credentials },
    SERVER,
  );
});
