/** What a program leaves half-read does not keep it from ending; and one that does nothing but wait for a silent store is told of it. */
import { assertEquals, assertLess } from "@std/assert";
import { S3Backend } from "../../../backends/s3/mod.ts";
import { pattern } from "../../../testing/case.ts";
import { startDrive } from "../../servers/gdrive.ts";
import { startS3 } from "../../servers/s3.ts";

const SIZE = 20_000_000;
const SILENCE = { kind: "delay", ms: Infinity, at: "body", afterBytes: 100_000, times: Infinity } as const;

async function run(...args: string[]): Promise<string> {
  const began = performance.now();
  const script = new URL("exit_program.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--frozen", script, ...args],
    stdin: "null",
  }).output();
  const [printed, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  assertEquals([code, errors], [0, ""]);
  // It waited for half a minute, as long as a silent store is given.
  assertLess(performance.now() - began, 25_000);
  return printed;
}

/** Runs the program against a store that has the object; `silence` makes the store fall silent amid the object. */
async function assertEnds(store: readonly string[], silence: () => void): Promise<void> {
  assertEquals(await run("some", ...store), "some");
  assertEquals(await run("all", ...store), "all");
  silence();
  assertEquals(await run("silent", ...store), "Connection");
}

Deno.test("S3: a program that leaves an object half-read ends, and one that waits for the rest is told", async () => {
  const s3 = await startS3({ buckets: ["lab"] });
  try {
    const backend = new S3Backend({ bucket: "lab", endpoint: s3.endpoint, credentials: s3.credentials });
    await backend.put("large", pattern(SIZE));
    backend.close();
    const store = ["S3", s3.endpoint, JSON.stringify(s3.credentials)];
    await assertEnds(store, () => s3.inject({ ...SILENCE, operation: "GetObject" }));
  } finally {
    await s3.shutdown();
  }
});

Deno.test("Drive: a program that leaves an object half-read ends, and one that waits for the rest is told", async () => {
  const drive = await startDrive();
  try {
    drive.store.add({ name: "large", bytes: pattern(SIZE) });
    const store = ["Drive", drive.endpoint, drive.token()];
    await assertEnds(store, () => drive.inject({ ...SILENCE, operation: "files.download" }));
  } finally {
    await drive.shutdown();
  }
});
