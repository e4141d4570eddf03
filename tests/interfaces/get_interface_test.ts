import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { LocalBackend } from "../../backends/local/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import {
  AccessDeniedError,
  ConnectionError,
  CottonCandyError,
  InvalidArgumentError,
  NotFoundError,
} from "../../lib/errors.ts";
import { getInterface } from "../../lib/open/mod.ts";
import type { DefaultInterface, InterfaceOptions } from "../../mod.ts";
import { pattern } from "../../testing/case.ts";
import { inDirectory } from "../backends/local/directory.ts";
import { streamed } from "../backends/s3/setup.ts";
import { type FakeS3, type S3Options as ServerOptions, startS3 } from "../servers/s3.ts";
import { printed } from "./printed.ts";

const MiB = 2 ** 20;

/** Runs a test on a stand-in with a bucket. */
async function onServer(work: (s3: FakeS3) => Promise<void>, options: ServerOptions = {}): Promise<void> {
  const s3 = await startS3({ buckets: ["bucket"], ...options });
  try {
    await work(s3);
  } finally {
    await s3.shutdown();
  }
}

/** Opens a bucket of the stand-in, and closes its connections after the work. */
async function opened<T>(
  s3: FakeS3,
  options: InterfaceOptions,
  work: (cci: DefaultInterface) => Promise<T>,
  target = "bucket",
): Promise<T> {
  const cci = await getInterface(target, { endpoint: s3.endpoint, credentials: s3.credentials, ...options });
  try {
    return await work(cci);
  } finally {
    if (cci.backend instanceof S3Backend) cci.backend.close();
  }
}

Deno.test("a URL, a name with a backend, or a backend is opened; names are relative to the prefix", async () => {
  const name = crypto.randomUUID();
  const one = await getInterface(`memory://${name}/lab//sub01`);
  const { key } = await one.uploadObject("a", "1");
  assertEquals([key, one.prefix, one.bucketName], ["lab/sub01/a", "lab/sub01/", name]);
  const two = await getInterface(name, { backend: "memory" });
  assertEquals(await two.glob("**"), ["lab/sub01/a"]);
  const backend = new MemoryBackend();
  assert((await getInterface(backend)).backend === backend);
  await inDirectory(async (directory) => {
    const byUrl = await getInterface(`file://${directory}`);
    await byUrl.uploadObject("a", "1");
    const byPath = await getInterface(directory, { backend: "local" });
    assert(byPath.backend instanceof LocalBackend);
    assertEquals(await byPath.glob("**"), ["a"]);
  });
});

Deno.test("nothing is sent on opening a bucket, and nothing printed", async () => {
  await onServer(async (s3) => {
    const text = await printed(() =>
      opened(s3, {}, (cci) => Promise.resolve(assertEquals(cci.bucketName, "bucket")))
    );
    assertEquals([text, s3.requests.length], ["", 0]);
  });
});

Deno.test("createBucket makes the bucket or directory where there is none, and only there", async () => {
  await onServer(async (s3) => {
    await opened(s3, { createBucket: true }, () => Promise.resolve());
    assertEquals(s3.requests.splice(0).map(({ operation }) => operation), ["HeadBucket"]);
    await opened(s3, {}, async (cci) => {
      await assertRejects(() => cci.uploadObject("a", "1"), NotFoundError, '"new"');
    }, "new");
    await opened(s3, { createBucket: true }, (cci) => cci.uploadObject("a", "1"), "s3://new/prefix");
    await opened(s3, {}, async (cci) => assertEquals(await cci.glob("**"), ["prefix/a"]), "new");
  });
  await inDirectory(async (directory) => {
    const cci = await getInterface(`file://${directory}/a/b`, { createBucket: true });
    await cci.uploadObject("c", "1");
    assertEquals(await Deno.readTextFile(`${directory}/a/b/c`), "1");
    const missing = await getInterface(`file://${directory}/missing`);
    await assertRejects(() => missing.uploadObject("c", "1"), NotFoundError, "missing");
  });
});

Deno.test("an abort ends the opening, and nothing is made", async () => {
  const reason = new Error("enough");
  const aborted = { signal: AbortSignal.abort(reason) };
  assertEquals(await assertRejects(() => getInterface("memory://never", aborted)), reason);
  await onServer(async (s3) => {
    for (const options of [{ createBucket: true }, { verbose: true }]) {
      const control = new AbortController();
      const { signal } = control;
      s3.inject({ kind: "run", run: () => control.abort(reason) });
      const text = await printed(async () => {
        const opening = () => opened(s3, { ...options, signal }, () => Promise.resolve(), "new");
        assertEquals(await assertRejects(opening), reason);
      });
      assertEquals(text, "");
      s3.clearFaults();
      await s3.idle();
      assertEquals(s3.requests.splice(0).map(({ operation }) => operation), ["HeadBucket"]);
    }
  });
});

Deno.test("verbose prints what Python prints", async () => {
  await onServer(async (s3) => {
    const line = /^bucket {35}\d{4}\/\d\d\/\d\d \(\d\d:\d\d:\d\d\)$/m;
    const text = await printed(() => opened(s3, { verbose: true }, () => Promise.resolve()));
    const lines = text.split("\n");
    assertEquals([lines.length, lines[0], lines[2]], [3, "Available buckets:", "Current bucket: bucket"]);
    assertMatch(lines[1], line);
    const missing = await printed(() => opened(s3, { verbose: true }, () => Promise.resolve(), "missing"));
    assert(missing.startsWith('* BUCKET "missing" DOES NOT EXIST...\n\nAvailable buckets:\n'), missing);
    s3.inject({ kind: "status", status: 403, code: "AccessDenied", operation: "ListBuckets" });
    assertEquals(
      await printed(() => opened(s3, { verbose: true }, () => Promise.resolve())),
      "Current bucket: bucket",
    );
  });
  await inDirectory(async (directory) => {
    const open = () => getInterface(`file://${directory}`, { verbose: true });
    assertEquals(await printed(open), "Local backend instantiated.");
  });
});

Deno.test("options of S3 all reach it", async () => {
  await onServer(async (s3) => {
    const requests = (operation: string) =>
      s3.requests.splice(0).filter((request) => request.operation === operation);

    await opened(
      s3,
      { partSize: 6 * MiB, concurrency: 1 },
      (cci) => cci.uploadObject("a", streamed(pattern(18 * MiB))),
    );
    const parts = requests("UploadPart");
    assertEquals(parts.map(({ headers }) => Number(headers["content-length"])), [6 * MiB, 6 * MiB, 6 * MiB]);
    assertEquals(Math.max(...parts.map(({ concurrent }) => concurrent)), 1);

    for (
      const [checksums, header] of [
        ["SHA256", "x-amz-checksum-sha256"],
        ["CRC64NVME", "x-amz-checksum-crc64nvme"],
        ["MD5", "content-md5"],
        [undefined, "x-amz-checksum-crc32"],
      ] as const
    ) {
      await opened(s3, { checksums }, (cci) => cci.uploadObject("a", "1"));
      assert(requests("PutObject")[0].headers[header], header);
    }
    await opened(s3, { checksums: false }, (cci) => cci.uploadObject("a", "1"));
    assertEquals(
      Object.keys(requests("PutObject")[0].headers).filter((name) => /checksum|md5/.test(name)),
      [],
    );

    const fault = s3.inject({
      kind: "status",
      status: 503,
      code: "SlowDown",
      operation: "HeadObject",
      times: Infinity,
    });
    for (const retries of [2, { attempts: 3, budget: 60_000 }]) {
      await opened(s3, { retries }, (cci) => assertRejects(() => cci.getObject("a"), CottonCandyError));
    }
    assertEquals(fault.hits, 2 + 3);
    s3.clearFaults();

    s3.inject({ kind: "delay", ms: Infinity, operation: "HeadObject", times: Infinity });
    const start = performance.now();
    await opened(
      s3,
      { retries: 1, timeout: { connect: 1000, idle: 100 } },
      (cci) => assertRejects(() => cci.getObject("a"), ConnectionError, "timeout.idle"),
    );
    assert(performance.now() - start < 5000);
    s3.clearFaults();

    await opened(s3, { acl: "public-read" }, (cci) => cci.uploadObject("a", "1"));
    assertEquals(requests("PutObject").at(-1)?.headers["x-amz-acl"], "public-read");
  });
});

Deno.test("credentials: keys, a function, or none; wrong ones are an AccessDeniedError", async () => {
  await onServer(async (s3) => {
    const { accessKeyId, secretAccessKey } = s3.credentials;
    const none = { credentials: undefined };
    let asked = 0;
    const fetched = () => {
      asked++;
      return Promise.resolve(s3.credentials);
    };
    for (const options of [{}, { ...none, accessKeyId, secretAccessKey }, { credentials: fetched }]) {
      await opened(s3, options, (cci) => cci.uploadObject("a", "1"));
    }
    assertEquals(asked, 1);
    for (
      const options of [{ credentials: "anonymous" }, {
        ...none,
        accessKeyId,
        secretAccessKey: "wrong",
      }] as const
    ) {
      await opened(s3, options, (cci) => assertRejects(() => cci.uploadObject("a", "1"), AccessDeniedError));
    }
    const broken = () => Promise.reject(new InvalidArgumentError("no keys today"));
    await opened(
      s3,
      { credentials: broken },
      (cci) => assertRejects(() => cci.uploadObject("a", "1"), InvalidArgumentError, "no keys today"),
    );
  });
});

Deno.test("session tokens are sent", async () => {
  await onServer(async (s3) => {
    const { accessKeyId, secretAccessKey } = s3.credentials;
    const keys = { credentials: undefined, accessKeyId, secretAccessKey };
    await opened(s3, { ...keys, sessionToken: "token" }, (cci) => cci.uploadObject("a", "1"));
    await opened(s3, keys, (cci) => assertRejects(() => cci.uploadObject("a", "1"), AccessDeniedError));
  }, { sessionToken: "token" });
});

Deno.test("the endpoint and region may be in the URL; what the options say otherwise is an error", async () => {
  await onServer(async (s3) => {
    const credentials = s3.credentials;
    const target = `s3://bucket/p?endpoint=${s3.endpoint}&region=${s3.region}`;
    const cci = await getInterface(target, { credentials, region: s3.region });
    await cci.uploadObject("a", "1");
    assert(cci.backend instanceof S3Backend);
    cci.backend.close();
    await assertRejects(
      () => getInterface(target, { credentials, endpoint: "http://other:1" }),
      InvalidArgumentError,
      "one of them",
    );
  });
});

Deno.test("targets and options that make no sense are refused", async () => {
  const keys = { accessKeyId: "k", secretAccessKey: "s" };
  const credentials = keys;
  const cases: [string | undefined, InterfaceOptions, string][] = [
    ["", {}, "bucket"],
    ["a/b", {}, "s3://"],
    ["s3://", {}, "no bucket"],
    ["ftp://a", {}, "ftp"],
    ["s3://a?colour=red", {}, "colour"],
    ["", { backend: "local" }, "directory"],
    [undefined, { backend: "local" }, "local"],
    [undefined, { backend: "memory" }, "memory"],
    ["a", { ...keys, credentials }, "not both"],
    ["a", { accessKeyId: "k" }, "secretAccessKey is missing"],
    ["a", { secretAccessKey: "s" }, "accessKeyId is missing"],
    ["a", { sessionToken: "t" }, "sessionToken"],
    ["a", { credentials, endpoint: "nowhere" }, "nowhere"],
    ["a", { credentials, partSize: 5 }, "partSize"],
    ["a", { credentials, concurrency: 0 }, "concurrency"],
    ["a", { credentials, timeout: { idle: -1 } }, "timeout"],
    ["a", { credentials, retries: NaN }, "retries"],
    ["a", { credentials, retries: { attempts: 0.5 } }, "retries"],
    ["a", { credentials, retries: { budget: -1 } }, "budget"],
  ];
  for (const [target, options, message] of cases) {
    await assertRejects(() => getInterface(target, options), InvalidArgumentError, message);
  }
});
