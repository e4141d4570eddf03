import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Progress } from "../../../backends/backend.ts";
import { S3Backend } from "../../../backends/s3/mod.ts";
import {
  AccessDeniedError,
  ConnectionError,
  CottonCandyError,
  IntegrityError,
  NotFoundError,
  PreconditionFailedError,
} from "../../../lib/errors.ts";
import { readAll } from "../../../lib/streams/mod.ts";
import { MiB, onS3, pattern, same, type Setup } from "./setup.ts";

const LARGE = pattern(30 * MiB + 11);

async function read({ backend }: Setup, key: string, parallel = false): Promise<Uint8Array> {
  return await (await backend.open(key, { parallel })).read();
}

async function stream({ backend }: Setup, key: string): Promise<Uint8Array> {
  return await readAll((await backend.open(key)).stream());
}

Deno.test("one request a read", () =>
  onS3(async (setup) => {
    const { s3, operations } = setup;
    s3.store.put("bucket", "small", pattern(1000));
    s3.store.put("bucket", "large", LARGE);
    assert(same(await read(setup, "small"), pattern(1000)));
    assert(same(await read(setup, "small", true), pattern(1000)));
    assert(same(await stream(setup, "large"), LARGE));
    assert(same(await read(setup, "large"), LARGE));
    assertEquals(operations(), ["GetObject", "GetObject", "GetObject", "GetObject"]);
  }));

Deno.test("a parallel read asks for parts of 8 MiB, of the first one's version, several at once", () =>
  onS3(async (setup) => {
    const { s3 } = setup;
    s3.store.put("bucket", "large", LARGE);
    s3.inject({ kind: "delay", operation: "GetObject", ms: 100, skip: 1, times: Infinity });
    const into = new Uint8Array(LARGE.length + 10).subarray(5, LARGE.length + 5);
    const reader = await setup.backend.open("large", { parallel: true });
    assert(await reader.read(undefined, { into }) === into, "filled in place");
    assert(same(into, LARGE));
    const gets = s3.requests.filter(({ operation }) => operation === "GetObject");
    assertEquals(gets.map(({ headers }) => headers.range).sort(), [
      "bytes=0-8388607",
      "bytes=16777216-25165823",
      `bytes=25165824-${LARGE.length - 1}`,
      "bytes=8388608-16777215",
    ]);
    assertEquals(
      gets.slice(1).map(({ headers }) => headers["if-match"]),
      Array(3).fill(`"${reader.info.etag}"`),
    );
    assert(Math.max(...gets.map(({ concurrent }) => concurrent)) > 1);
    assertEquals(
      s3.requests.filter(({ operation }) => operation === "HeadObject").length,
      1,
      "for the checksum",
    );
  }));

Deno.test("concurrency is what was asked for", () =>
  onS3(async ({ s3, backend }) => {
    s3.store.put("bucket", "large", LARGE);
    s3.inject({ kind: "delay", operation: "GetObject", ms: 50, times: Infinity });
    const reader = await backend.open("large", { parallel: true, concurrency: 1 });
    assert(same(await reader.read(), LARGE));
    assertEquals(Math.max(...s3.requests.map(({ concurrent }) => concurrent)), 1);
  }, { checksums: false }));

Deno.test("a large suffix, in parallel: the tail comes first", () =>
  onS3(async ({ s3, backend }) => {
    s3.store.put("bucket", "large", LARGE);
    const reader = await backend.open("large", { range: { suffix: 20 * MiB }, parallel: true });
    assert(same(await reader.read(), LARGE.subarray(LARGE.length - 20 * MiB)));
    assertEquals(s3.requests[0].headers.range, "bytes=-8388608");
    assertEquals(s3.requests.length, 3);
  }));

for (const parallel of [false, true]) {
  Deno.test(`a body cut midway is resumed from where it broke, against the same version (parallel: ${parallel})`, () =>
    onS3(async (setup) => {
      const { s3 } = setup;
      s3.store.put("bucket", "large", LARGE);
      s3.inject({ kind: "cutResponse", operation: "GetObject", afterBytes: MiB, times: 3 });
      assert(same(await read(setup, "large", parallel), LARGE));
      const starts = s3.requests.map(({ headers }) => Number(/^bytes=(\d+)-/.exec(headers.range)?.[1] ?? 0));
      const resumed = starts.filter((start) => start % (8 * MiB) !== 0);
      assertEquals(resumed.length, 3, `began at ${starts}`);
    }));
}

Deno.test("a stream that breaks is resumed, with every byte once", () =>
  onS3(async (setup) => {
    const { s3, operations } = setup;
    s3.store.put("bucket", "large", LARGE);
    s3.inject({ kind: "cutResponse", operation: "GetObject", afterBytes: 5 * MiB, times: 3 });
    assert(same(await stream(setup, "large"), LARGE));
    assertEquals(operations().length, 4);
  }));

Deno.test("a connection that breaks again and again is one ConnectionError", () =>
  onS3(async (setup) => {
    const { s3 } = setup;
    s3.store.put("bucket", "key", LARGE);
    s3.inject({ kind: "cutResponse", operation: "GetObject", afterBytes: 1000, times: Infinity });
    const error = await assertRejects(() => stream(setup, "key"), ConnectionError, "broke off");
    assertEquals(error.key, "key");
    await assertRejects(() => read(setup, "key", true), ConnectionError, "broke off");
  }));

Deno.test("an object with a content encoding comes as it is stored, and is resumed where ranges are of the same bytes", () =>
  onS3(async (setup) => {
    const { s3, backend } = setup;
    const packed = new Uint8Array(
      await new Response(new Blob([LARGE]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
    );
    s3.store.put("bucket", "key", packed, { headers: { "content-encoding": "gzip" } });
    assertEquals((await backend.head("key"))?.contentEncoding, "gzip");
    assert(same(await read(setup, "key"), packed));
    assert(same(await read(setup, "key", true), packed));
    const cut = { kind: "cutResponse", operation: "GetObject", afterBytes: MiB } as const;
    s3.inject(cut);
    assert(same(await read(setup, "key"), packed));
    // A store that unpacks: its ranges are of other bytes than its answers' lengths.
    s3.inject(cut);
    s3.inject({
      kind: "changeHeaders",
      operation: "GetObject",
      when: ({ headers }) => /^bytes=\d+/.test(headers.range ?? ""),
      headers: { "content-range": `bytes ${MiB}-${packed.length - 1}/${packed.length * 2}` },
    });
    await assertRejects(() => read(setup, "key"), IntegrityError, "Content-Encoding gzip");
  }));

Deno.test("an object replaced while its body is resumed is a PreconditionFailedError", () =>
  onS3(async ({ s3, backend }) => {
    s3.store.put("bucket", "key", LARGE);
    s3.inject({ kind: "cutResponse", operation: "GetObject", afterBytes: MiB });
    const reader = await backend.open("key");
    s3.store.put("bucket", "key", pattern(LARGE.length, 2));
    await assertRejects(() => reader.read(), PreconditionFailedError);
    s3.store.put("bucket", "key", LARGE);
    s3.inject({ kind: "cutResponse", operation: "GetObject", afterBytes: MiB });
    const other = await backend.open("key");
    s3.store.bucket("bucket").objects.delete("key");
    await assertRejects(() => other.read(), PreconditionFailedError);
  }));

Deno.test("a server that overlooks If-Match is caught by the ETag", () =>
  onS3(async ({ s3, backend }) => {
    s3.store.put("bucket", "key", LARGE);
    const reader = await backend.open("key", { parallel: true });
    s3.inject({
      kind: "changeHeaders",
      operation: "GetObject",
      headers: { etag: '"00000000000000000000000000000000"' },
      times: Infinity,
    });
    await assertRejects(() => reader.read(), PreconditionFailedError);
  }));

for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA256"] as const) {
  Deno.test(`a flipped bit is an IntegrityError (${algorithm})`, () =>
    onS3(async (setup) => {
      const { s3, backend } = setup;
      await backend.put("small", pattern(1000));
      await backend.put("large", LARGE);
      for (const key of algorithm === "SHA256" ? ["small"] : ["small", "large"]) {
        for (const parallel of [false, true]) {
          s3.inject({
            kind: "flipBit",
            operation: "GetObject",
            atByte: 999,
            skip: key === "large" && parallel ? 1 : 0,
          });
          await assertRejects(
            () => read(setup, key, parallel),
            IntegrityError,
            algorithm,
            `${key} ${parallel}`,
          );
        }
        s3.inject({ kind: "flipBit", operation: "GetObject" });
        await assertRejects(() => stream(setup, key), IntegrityError, algorithm);
        await read(setup, key, true);
      }
    }, { checksums: algorithm }));
}

Deno.test("a flipped bit is noticed by the ETag where MD5 was asked for", () =>
  onS3(
    async (setup) => {
      await setup.backend.put("key", pattern(1000));
      setup.s3.inject({ kind: "flipBit", operation: "GetObject" });
      await assertRejects(() => read(setup, "key"), IntegrityError, "MD5");
      assert(same(await read(setup, "key"), pattern(1000)));
    },
    { checksums: "MD5" },
    { dialect: "ceph" },
  ));

Deno.test("a checksum composed of the parts' is not held against the bytes", () =>
  onS3(async (setup) => {
    await setup.backend.put("key", LARGE);
    assertEquals((await setup.backend.head("key"))?.checksum, undefined);
    assert(same(await read(setup, "key", true), LARGE));
  }, { checksums: "SHA256" }));

Deno.test("headers that contradict the question, or each other, are IntegrityErrors", () =>
  onS3(async ({ s3, backend }) => {
    s3.store.put("bucket", "key", pattern(1000));
    for (const range of ["bytes 1-100/1000", "bytes 0-98/1000", "bytes 0-99/*", "nonsense"]) {
      s3.inject({ kind: "changeHeaders", operation: "GetObject", headers: { "content-range": range } });
      await assertRejects(
        () => backend.open("key", { range: { offset: 0, length: 100 } }),
        IntegrityError,
        "contradicts",
        range,
      );
    }
  }));

Deno.test("a server that knows no ranges sends everything, of which the range is taken", () =>
  onS3(
    async ({ s3, backend }) => {
      s3.store.put("bucket", "key", LARGE);
      for (const parallel of [false, true]) {
        for (const range of [{ offset: 1000, length: 10 }, { offset: 9 * MiB }, { suffix: 7 }, undefined]) {
          const reader = await backend.open("key", { range, parallel });
          const { offset, length } = { offset: 0, length: LARGE.length, ...range };
          const expected = range && "suffix" in range
            ? LARGE.subarray(LARGE.length - 7)
            : LARGE.subarray(offset, Math.min(LARGE.length, offset + length));
          assert(same(await reader.read(), expected), JSON.stringify(range));
          await reader.close();
        }
      }
    },
    {},
    { features: { ignoreRange: true } },
  ));

Deno.test("passing troubles are tried again, silence is not waited out for ever", () =>
  onS3(async (setup) => {
    const { s3, operations } = setup;
    s3.store.put("bucket", "key", pattern(1000));
    for (const trouble of [{ kind: "status", status: 503, code: "SlowDown" }, { kind: "reset" }] as const) {
      s3.inject({ operation: "GetObject", ...trouble });
      assert(same(await read(setup, "key"), pattern(1000)));
      assertEquals(operations(), ["GetObject", "GetObject"]);
    }
    s3.inject({ kind: "delay", operation: "GetObject", ms: Infinity });
    assert(same(await read(setup, "key"), pattern(1000)), "no answer");
    s3.inject({ kind: "delay", operation: "GetObject", ms: Infinity, at: "body", afterBytes: 500 });
    assert(same(await read(setup, "key"), pattern(1000)), "no further byte");
    s3.inject({ kind: "delay", operation: "ListObjectsV2", ms: Infinity, at: "body", afterBytes: 50 });
    for await (const entry of setup.backend.list()) assertEquals("key" in entry && entry.key, "key");
  }, { timeout: { connect: 1000, idle: 800 } }));

Deno.test("a slow reader is not taken for a silent store", () =>
  onS3(async ({ s3, backend }) => {
    s3.store.put("bucket", "key", LARGE);
    const reader = (await backend.open("key")).stream().getReader();
    let length = 0;
    for (let i = 0;; i++) {
      if (i === 3) await new Promise((resolve) => setTimeout(resolve, 1500));
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
    }
    assertEquals(length, LARGE.length);
    assertEquals(s3.requests.length, 1);
  }, { timeout: { idle: 1000 } }));

Deno.test("an abort in the middle of a read ends the requests with the reason", () =>
  onS3(async ({ s3, backend }) => {
    s3.store.put("bucket", "key", LARGE);
    s3.inject({
      kind: "delay",
      operation: "GetObject",
      ms: Infinity,
      at: "body",
      afterBytes: 1000,
      times: Infinity,
    });
    for (const parallel of [false, true]) {
      const control = new AbortController();
      const reason = new Error("enough");
      const reader = await backend.open("key", { parallel });
      const reading = reader.read(undefined, { signal: control.signal });
      setTimeout(() => control.abort(reason), 200);
      const error = await reading.catch((error) => error);
      assert(error === reason, `${error}`);
    }
    await s3.idle();
  }, { timeout: { idle: 60_000 } }));

for (const key of ["key", "a/../key"]) {
  Deno.test(`cancelling a stream whose body has stalled closes the connection ("${key}")`, () =>
    onS3(async ({ s3, backend }) => {
      s3.store.put("bucket", key, pattern(MiB));
      s3.inject({ kind: "delay", ms: Infinity, at: "body", afterBytes: 1000 });
      const reader = (await backend.open(key)).stream().getReader();
      let received = 0;
      while (received < 1000) received += (await reader.read()).value?.length ?? NaN;
      const waiting = reader.read();
      // Until the read has come down to the connection.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await reader.cancel();
      assertEquals((await waiting).done, true);
      await s3.idle();
    }, { timeout: { idle: 60_000 } }));
}

Deno.test("an error is the same at the second call, and a new reader works", () =>
  onS3(async (setup) => {
    const { s3, backend } = setup;
    s3.store.put("bucket", "key", LARGE);
    const fault = s3.inject({ kind: "cutResponse", operation: "GetObject", afterBytes: 0, times: Infinity });
    const reader = await backend.open("key");
    await assertRejects(() => reader.read(), ConnectionError);
    await assertRejects(() => reader.read(), ConnectionError);
    fault.remove();
    assert(same(await reader.read(), LARGE));
  }, { retries: 2 }));

Deno.test("what is missing, and what may not be seen", () =>
  onS3(
    async ({ backend }) => {
      await assertRejects(() => backend.open("missing"), NotFoundError, '"missing"');
      const nowhere = await assertRejects(
        () => backend.withBucket("nowhere").open("key"),
        NotFoundError,
        '"nowhere"',
      );
      assertEquals(nowhere.bucket, "nowhere");
      await assertRejects(() => backend.withBucket("nowhere").head("key"), NotFoundError, '"nowhere"');
      const hidden = backend.withBucket("hidden");
      for (const call of [() => hidden.head("missing"), () => hidden.open("missing")]) {
        const error = await assertRejects(call, AccessDeniedError);
        assertStringIncludes(error.message, "does not exist looks the same");
      }
    },
    {},
    { buckets: ["bucket", { name: "hidden", denied: ["ListObjectsV2"] }] },
  ));

Deno.test("an answer that is no XML, a proxy's, is an error with its status", async () => {
  let status = 502;
  let requests = 0;
  const proxy = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    requests++;
    return new Response("<html><body>no <b>luck</p></html>", { status });
  });
  try {
    const backend = new S3Backend({
      bucket: "bucket",
      endpoint: `http://127.0.0.1:${proxy.addr.port}`,
      credentials: { accessKeyId: "key", secretAccessKey: "secret" },
      retries: 2,
    });
    const bad = await assertRejects(() => backend.open("key"), CottonCandyError, "502");
    assertEquals([bad.code, requests], ["Storage", 2]);
    status = 403;
    await assertRejects(() => backend.open("key"), AccessDeniedError, "403");
    await assertRejects(() => Array.fromAsync(backend.list()), AccessDeniedError, "403");
    assertEquals(requests, 4);
    status = 200;
    await assertRejects(() => Array.fromAsync(backend.list()), CottonCandyError);
    backend.close();
  } finally {
    await proxy.shutdown();
  }
});

Deno.test("progress counts the bytes of all parts", () =>
  onS3(async ({ s3, backend }) => {
    s3.store.put("bucket", "key", LARGE);
    const seen: Progress[] = [];
    const reader = await backend.open("key", {
      parallel: true,
      onProgress: (progress) => seen.push(progress),
    });
    await reader.read();
    assertEquals(seen.at(-1), { key: "key", loaded: LARGE.length, total: LARGE.length, done: true });
    assertEquals(seen.filter(({ done }) => done).length, 1);
    assert(seen.every(({ loaded }, i) => i === 0 || loaded >= seen[i - 1].loaded));
  }));
