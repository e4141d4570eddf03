/** What slices and uploads of chunked arrays cost on S3: requests and bytes, counted by the stand-in. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { S3Backend } from "../../backends/s3/mod.ts";
import { type NDArray, ndarray, type Selection } from "../../lib/array/mod.ts";
import { IntegrityError } from "../../lib/errors.ts";
import { openChunked, writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { writeRaw } from "../../lib/stored_arrays/raw.ts";
import { type FakeS3, startS3 } from "../servers/s3.ts";

const MiB = 1024 * 1024;

/** Numbers that don't compress. */
function noise(...shape: number[]): NDArray<"<u4"> {
  const count = shape.reduce((a, b) => a * b, 1);
  return ndarray(Uint32Array.from({ length: count }, (_, i) => Math.imul(i, 2654435761) ^ i >>> 7), shape);
}

async function withS3(test: (backend: S3Backend, s3: FakeS3) => Promise<void>): Promise<void> {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials });
  try {
    await test(backend, s3);
  } finally {
    backend.close();
  }
}

/** The requests since the last call, as `GET key range`, the bytes that were answered, and how many ran at once. */
function account(s3: FakeS3): { requests: string[]; bytes: number; concurrent: number } {
  const records = s3.requests.splice(0);
  return {
    requests: records.map(({ method, key, headers }) =>
      [method, key, headers.range].filter((part) => part).join(" ")
    ).sort(),
    bytes: records.reduce((sum, { bytesOut }) => sum + bytesOut, 0),
    concurrent: Math.max(0, ...records.map(({ concurrent }) => concurrent)),
  };
}

function assertSame(actual: NDArray, expected: NDArray): void {
  assertEquals([actual.dtype, actual.shape], [expected.dtype, expected.shape]);
  const [a, b] = [actual.toBytes(), expected.toBytes()];
  assert(a.length === b.length && a.every((byte, i) => byte === b[i]), "the items differ");
}

const gets = (folder: string, numbers: number[]) =>
  numbers.map((number) => `GET ${folder}/pt${String(number).padStart(4, "0")}`);

for (const compression of [false, "gzip"] as const) {
  Deno.test(`a slice that touches N parts costs metadata.json and N GETs at once, compression ${compression}`, async () => {
    await withS3(async (backend, s3) => {
      const array = noise(40, 50, 64);
      await writeChunked(backend, "a", array, { chunks: [10, 50, 16], compression });
      const size = (await backend.head("a/pt0005"))?.size ?? 0;
      s3.requests.splice(0);
      s3.inject({ operation: "GetObject", kind: "delay", ms: 30, at: "answer", times: Infinity, key: /pt/ });
      const stored = await openChunked(backend, "a");
      assertEquals(account(s3).requests, ["GET a/metadata.json"]);
      const cases: [Selection[], number[]][] = [
        [[[12, 18], null, [17, 30]], [5]],
        [[[5, 15], 3, [15, 17]], [0, 1, 4, 5]],
        [[39, -1, null], [12, 13, 14, 15]],
        [[[null, null, -20], 0, 0], [4, 12]],
        [[[3, 3]], []],
        [[], Array.from({ length: 16 }, (_, i) => i)],
      ];
      for (const [selection, parts] of cases) {
        assertSame(await stored.slice(...selection), array.slice(...selection));
        const { requests, bytes, concurrent } = account(s3);
        assertEquals(requests.map((request) => request.replace(/ bytes=.*/, "")), gets("a", parts));
        assert(concurrent >= Math.min(parts.length, 8) && concurrent <= 8, `${concurrent} at once`);
        if (compression === "gzip") assert(bytes >= size * parts.length * 0.9);
      }
    });
  });
}

Deno.test("of parts that are stored raw, a slice asks for the span from the first to the last byte that it needs", async () => {
  await withS3(async (backend, s3) => {
    const array = noise(100, 1000);
    await writeChunked(backend, "a", array, { chunks: [25, null], compression: false });
    s3.requests.splice(0);
    const stored = await openChunked(backend, "a");
    account(s3);
    assertSame(await stored.slice([20, 30], [7, 9]), array.slice([20, 30], [7, 9]));
    const { requests, bytes } = account(s3);
    assertEquals(requests, [
      `GET a/pt0000 bytes=${20 * 4000 + 28}-${24 * 4000 + 35}`,
      `GET a/pt0001 bytes=28-${4 * 4000 + 35}`,
    ]);
    assertEquals(bytes, 2 * (4 * 4000 + 8));
    assertSame(await stored.slice(-1, -1), array.slice(-1, -1));
    assertEquals(account(s3).requests, ["GET a/pt0003 bytes=99996-99999"]);
    // A whole part comes with the store's checksum of it.
    assertSame(await stored.slice([25, 50]), array.slice([25, 50]));
    assertEquals(account(s3).requests, ["GET a/pt0001"]);
  });
});

Deno.test("a large part is one GET, whatever is asked of it", async () => {
  await withS3(async (backend, s3) => {
    const array = noise(5, MiB);
    for (const compression of [false, "Zstd"] as const) {
      await writeChunked(backend, `${compression}`, array, { buffersize: 10 * MiB, axis: 0, compression });
      s3.requests.splice(0);
      const stored = await openChunked(backend, `${compression}`);
      assertEquals(stored.chunks[0].length, 2);
      assertSame(await stored.toArray(), array);
      assertEquals(account(s3).requests, [
        `GET ${compression}/metadata.json`,
        `GET ${compression}/pt0000`,
        `GET ${compression}/pt0001`,
      ]);
      assertSame(await stored.slice(null, [null, null, 100_000]), array.slice(null, [null, null, 100_000]));
      assertEquals(account(s3).requests.length, 2);
    }
  });
});

Deno.test("arrays that don't say how they are stored are read whole once, and in spans from then on", async () => {
  await withS3(async (backend, s3) => {
    const array = noise(4, 100);
    // As Python does with compression off.
    const parts = [[0, 2], [2, 4]] as const;
    for (const [i, [start, stop]] of parts.entries()) {
      await writeRaw(backend, `a/pt000${i}`, array.slice([start, stop]), {
        compression: i === 0 ? false : "gzip",
      });
    }
    const json = {
      shape: [4, 100],
      dtype: "<u4",
      dask: [[[0, 0], "a/pt0000"], [[1, 0], "a/pt0001"]],
      chunk_sizes: [[2, 100], [2, 100]],
      chunks: [[2, 2], [100]],
    };
    await backend.put("a/metadata.json", new TextEncoder().encode(JSON.stringify(json)));
    const stored = await openChunked(backend, "a");
    account(s3);
    for (
      const requests of [["GET a/pt0000", "GET a/pt0001"], ["GET a/pt0000 bytes=440-443", "GET a/pt0001"]]
    ) {
      assertSame(await stored.slice([1, null, 2], 10), array.slice([1, null, 2], 10));
      assertEquals(account(s3).requests, requests);
    }
  });
});

Deno.test("a part that has been compressed since is read whole", async () => {
  await withS3(async (backend, s3) => {
    const array = noise(4, 1000);
    await writeChunked(backend, "a", array, { chunks: [2, null], compression: false });
    await writeRaw(backend, "a/pt0001", array.slice([2, 4]), { compression: "gzip" });
    const stored = await openChunked(backend, "a", { onWarning: () => {} });
    account(s3);
    for (const requests of [["GET a/pt0001", "GET a/pt0001 bytes=4400-4403"], ["GET a/pt0001"]]) {
      assertSame(await stored.slice(3, [100, 101]), array.slice(3, [100, 101]));
      assertEquals(account(s3).requests, requests);
    }
  });
});

Deno.test("a moved folder costs no request more", async () => {
  await withS3(async (backend, s3) => {
    const array = noise(4, 10);
    await writeChunked(backend, "old", array, { chunks: [2, null] });
    for (const name of ["metadata.json", "pt0000", "pt0001"]) {
      await backend.copy(`old/${name}`, `new/${name}`);
    }
    s3.requests.splice(0);
    assertSame(await (await openChunked(backend, "new")).toArray(), array);
    assertEquals(account(s3).requests, ["GET new/metadata.json", ...gets("new", [0, 1])]);
  });
});

Deno.test("a cache saves requests", async () => {
  await withS3(async (backend, s3) => {
    const array = noise(4, 1000);
    await writeChunked(backend, "a", array, { chunks: [1, null], compression: "gzip" });
    const stored = await openChunked(backend, "a", { cache: MiB });
    account(s3);
    assertSame(await stored.slice(null, 3), array.slice(null, 3));
    assertEquals(account(s3).requests, gets("a", [0, 1, 2, 3]));
    assertSame(await stored.toArray(), array);
    assertEquals(account(s3).requests, []);
  });
});

Deno.test("a body that is cut is resumed, and flipped bits are noticed", async () => {
  await withS3(async (backend, s3) => {
    const array = noise(2, 100_000);
    await writeChunked(backend, "a", array, { chunks: [1, null], compression: false });
    const stored = await openChunked(backend, "a");
    s3.inject({ operation: "GetObject", kind: "cutResponse", afterBytes: 1000, key: "a/pt0001" });
    assertSame(await stored.toArray(), array);
    s3.inject({ operation: "GetObject", kind: "flipBit", atByte: 777, key: "a/pt0000", times: Infinity });
    const error = await assertRejects(() => stored.toArray(), IntegrityError);
    assertEquals(error.key, "a/pt0000");
  });
});

Deno.test("an upload looks for an array once, stores each part in one request, and metadata.json last", async () => {
  await withS3(async (backend, s3) => {
    s3.inject({ operation: "PutObject", kind: "delay", ms: 20, at: "request", times: Infinity });
    await writeChunked(backend, "a", noise(20, 100), { chunks: [1, null] });
    const records = s3.requests.map(({ method, key }) => `${method} ${key}`);
    // One listing looks for parts that a killed upload has left.
    assertEquals([records[0], records.at(-1), records.length], [
      "GET a/metadata.json",
      "PUT a/metadata.json",
      23,
    ]);
    assertEquals(account(s3).concurrent, 8);
    await writeChunked(backend, "a", noise(3, 100), { chunks: [1, null], concurrency: 2 });
    const again = account(s3);
    // The old parts go in one request.
    assertEquals(again.requests.length, 1 + 1 + 3 + 1 + 1);
    assertEquals(again.concurrent, 2);
    assertEquals([...(s3.store.buckets.get("bucket")?.objects.keys() ?? [])].sort(), [
      "a/metadata.json",
      "a/pt0020",
      "a/pt0021",
      "a/pt0022",
    ]);
  });
});

Deno.test("no more bytes are under way than inFlight allows", async () => {
  await withS3(async (backend, s3) => {
    s3.inject({ operation: "PutObject", kind: "delay", ms: 20, at: "answer", times: Infinity });
    const slabs = (function* () {
      for (let i = 0; i < 12; i++) yield noise(1, 25_000);
    })();
    const source = { shape: [12, 25_000], dtype: "<u4", slabs, axis: 0 } as const;
    await writeChunked(backend, "a", source, { chunks: [1, null], compression: false, inFlight: 300_000 });
    assertEquals(account(s3).concurrent, 3);
  });
});
