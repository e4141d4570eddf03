/** What a program leaves half-read does not keep it from ending. */
import { assertEquals, assertLess } from "@std/assert";
import { pattern } from "../conformance/case.ts";
import { S3Backend } from "../../../backends/s3.ts";
import { startDrive } from "../../servers/gdrive.ts";
import { startS3 } from "../../servers/s3.ts";

const SIZE = 20_000_000;

async function halfRead(...args: string[]): Promise<void> {
  const began = performance.now();
  const script = new URL("half_read.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--frozen", script, ...args],
    stdin: "null",
  }).output();
  const printed = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  assertEquals([code, ...printed], [0, "true", ""]);
  // It waited for half a minute, as long as a silent store is given.
  assertLess(performance.now() - began, 25_000);
}

Deno.test("S3: a program that leaves an object half-read ends", async () => {
  const s3 = await startS3({ buckets: ["lab"] });
  try {
    const backend = new S3Backend({ bucket: "lab", endpoint: s3.endpoint, credentials: s3.credentials });
    await backend.put("large", pattern(SIZE));
    backend.close();
    await halfRead("S3", s3.endpoint, JSON.stringify(s3.credentials));
  } finally {
    await s3.shutdown();
  }
});

Deno.test("Drive: a program that leaves an object half-read ends", async () => {
  const drive = await startDrive();
  try {
    drive.store.add({ name: "large", bytes: pattern(SIZE) });
    await halfRead("Drive", drive.endpoint, drive.token());
  } finally {
    await drive.shutdown();
  }
});
