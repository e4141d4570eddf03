import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";

Deno.test("the stand-in as a process of its own", async () => {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("s3_main.ts", import.meta.url).pathname, "--bucket", "bucket", "--stdin"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = process.stdout.getReader();
  const { endpoint, region, credentials, pid } = JSON.parse(
    new TextDecoder().decode((await output.read()).value),
  );
  assertEquals(pid, process.pid);
  assertNotEquals(pid, Deno.pid);
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  await client.send(new PutObjectCommand({ Bucket: "bucket", Key: "key", Body: new Uint8Array([1, 2]) }));
  const got = await client.send(new GetObjectCommand({ Bucket: "bucket", Key: "key" }));
  assertEquals(await got.Body?.transformToByteArray(), new Uint8Array([1, 2]));
  client.destroy();
  // It serves until its standard input ends.
  await process.stdin.close();
  assertEquals((await process.status).code, 0);
  await output.cancel();
  await assertRejects(() => fetch(endpoint));
});
