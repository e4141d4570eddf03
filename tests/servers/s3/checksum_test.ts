import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { startS3 } from "../s3.ts";
import { ALGORITHMS, checksum, combineCrcs, digest, md5 } from "./checksum.ts";
import { assertS3Error, connect, noise, sign } from "./sdk.ts";

const Bucket = "bucket";

Deno.test("check values of the CRC catalogue, in any pieces", () => {
  const bytes = new TextEncoder().encode("123456789");
  const hex = (name: "CRC32" | "CRC32C" | "CRC64NVME", at: number) =>
    Buffer.from(digest(name, [bytes.subarray(0, at), bytes.subarray(at)])).toString("hex");
  for (const at of [0, 1, 8, 9]) {
    assertEquals(hex("CRC32", at), "cbf43926");
    assertEquals(hex("CRC32C", at), "e3069283");
    assertEquals(hex("CRC64NVME", at), "ae8b14860a799888");
  }
});

Deno.test("CRCs of parts combine to that of the whole", () => {
  const parts = [noise(1000, 1), noise(0), noise(12345, 2), noise(1, 3)];
  for (const name of ["CRC32", "CRC32C", "CRC64NVME"] as const) {
    const sums = parts.map((part) => ({ value: checksum(name, [part]), size: part.length }));
    assertEquals(combineCrcs(name, sums), checksum(name, parts));
  }
});

for (const algorithm of ALGORITHMS) {
  Deno.test(`${algorithm} as the SDK computes it, stored and given back`, async () => {
    await using s3 = await startS3({ buckets: [Bucket] });
    using client = connect(s3);
    const name = `Checksum${algorithm}` as const;
    for (const length of [0, 1, 7, 8, 9, 1000, 100_003]) {
      const Body = noise(length);
      const put = await client.send(
        new PutObjectCommand({ Bucket, Key: "key", Body, ChecksumAlgorithm: algorithm }),
      );
      assertEquals([put[name], put.ChecksumType], [checksum(algorithm, [Body]), "FULL_OBJECT"]);
      const head = await client.send(new HeadObjectCommand({ Bucket, Key: "key", ChecksumMode: "ENABLED" }));
      assertEquals(head[name], put[name]);
      // Without being asked, and with a part of the bytes, there is none.
      assertEquals((await client.send(new HeadObjectCommand({ Bucket, Key: "key" })))[name], undefined);
      const got = await client.send(new GetObjectCommand({ Bucket, Key: "key", ChecksumMode: "ENABLED" }));
      assertEquals(await got.Body?.transformToByteArray(), Body);
      assertEquals(got[name], put[name]);
    }
    const part = await client.send(new GetObjectCommand({ Bucket, Key: "key", Range: "bytes=0-1" }));
    assertEquals(part[name], undefined);
    await part.Body?.transformToByteArray();
    await assertS3Error(
      () =>
        client.send(
          new PutObjectCommand({
            Bucket,
            Key: "bad",
            Body: noise(10),
            [name]: checksum(algorithm, [noise(11)]),
          }),
        ),
      "BadDigest",
      400,
    );
    await assertS3Error(
      () => client.send(new PutObjectCommand({ Bucket, Key: "bad", Body: noise(10), [name]: "AAA=" })),
      "InvalidRequest",
      400,
    );
    assertEquals(s3.store.keys(Bucket), ["key"]);
  });
}

Deno.test("the SDK notices a flipped bit and a wrong checksum", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  await client.send(new PutObjectCommand({ Bucket, Key: "key", Body: noise(1000) }));
  const get = async () => {
    const got = await client.send(new GetObjectCommand({ Bucket, Key: "key" }));
    return await got.Body?.transformToByteArray();
  };
  s3.inject({ operation: "GetObject", kind: "flipBit", atByte: 500 });
  await assertRejects(get, Error, "Checksum mismatch");
  assertEquals(await get(), noise(1000));
});

Deno.test("objects that came without a checksum have a CRC64NVME one", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3, { requestChecksumCalculation: "WHEN_REQUIRED" });
  const Body = noise(100);
  const put = await client.send(new PutObjectCommand({ Bucket, Key: "key", Body }));
  assertEquals([put.ChecksumCRC32, put.ChecksumCRC64NVME], [undefined, checksum("CRC64NVME", [Body])]);
});

Deno.test("Content-MD5 and contradictory headers", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const body = noise(100);
  const put = async (extra: Record<string, string>) => {
    const { url, headers } = await sign(client, {
      method: "PUT",
      path: "/bucket/key",
      headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", ...extra },
    });
    const response = await fetch(url, { method: "PUT", headers, body });
    return /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1];
  };
  const crc32 = checksum("CRC32", [body]), sha256 = checksum("SHA256", [body]);
  assertEquals(await put({ "content-md5": md5([noise(99)]).toString("base64") }), "BadDigest");
  assertEquals(await put({ "content-md5": md5([body]).toString("hex") }), "InvalidDigest");
  assertEquals(
    await put({ "x-amz-checksum-crc32": crc32, "x-amz-checksum-sha256": sha256 }),
    "InvalidRequest",
  );
  assertEquals(await put({ "x-amz-sdk-checksum-algorithm": "CRC32" }), "InvalidRequest");
  assertEquals(s3.store.keys(Bucket), []);
  assertEquals(
    await put({ "content-md5": md5([body]).toString("base64"), "x-amz-checksum-crc32": crc32 }),
    undefined,
  );
  assertMatch(s3.store.get(Bucket, "key")?.etag ?? "", /^[0-9a-f]{32}$/);
});
