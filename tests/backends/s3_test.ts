import { assertEquals } from "@std/assert";
import { S3Backend, type S3Options } from "../../backends/s3/mod.ts";
import { conformance } from "../../testing/mod.ts";
import { type Dialect, type FakeS3, startS3 } from "../servers/s3.ts";

/** A backend on a stand-in. */
function backendOn(s3: FakeS3, options: Partial<S3Options> = {}): S3Backend {
  return new S3Backend({
    bucket: "bucket",
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3.credentials,
    onWarning: () => {},
    ...options,
  });
}

function suite(
  name: string,
  dialect: Dialect,
  options: Partial<S3Options> = {},
  many = 1200,
): void {
  conformance(name, async () => {
    const s3 = await startS3({ buckets: ["bucket"], dialect });
    const backends = [backendOn(s3, options)];
    return {
      backend: backends[0],
      reopen: () => {
        const another = backendOn(s3, options);
        backends.push(another);
        return another;
      },
      leftovers: () =>
        Promise.resolve(
          [...s3.store.buckets.values()].flatMap((bucket) =>
            [...bucket.uploads.values()].map((upload) => upload.key)
          ),
        ),
      dispose: async () => {
        for (const backend of backends) backend.close();
        await s3.shutdown();
      },
    };
  }, { many });
}

const conditionalWrites = true;

suite("S3", "aws", { conditionalWrites }, 2500);
// Looked up before and after.
suite("S3 on Ceph", "ceph");
suite("S3 on R2", "r2", { conditionalWrites, partSize: 5 * 1024 * 1024 });
suite("S3 on Swift", "swift");
suite("S3 on Google's store", "gcs", { checksums: "CRC64NVME" });

Deno.test("a bucket's backend gives another bucket's", async () => {
  await using s3 = await startS3({ buckets: ["bucket", "other"] });
  const backend = backendOn(s3);
  const other = backend.withBucket("other");
  await other.put("key", new Uint8Array([1]));
  assertEquals(await backend.head("key"), undefined);
  assertEquals((await other.head("key"))?.size, 1);
  assertEquals(backend.withBucket("bucket"), backend);
  backend.close();
});
