import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseDriveTarget } from "../../backends/gdrive/open.ts";
import { LocalBackend } from "../../backends/local/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { openBackend } from "../../backends/registry.ts";
import { parseS3Target } from "../../backends/s3/open.ts";
import type { StoreTarget } from "../../backends/target.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";

function url(url: string): Extract<StoreTarget, { kind: "url" }> {
  return { kind: "url", url, rest: url.slice(url.indexOf("://") + 3) };
}

function name(name: string): Extract<StoreTarget, { kind: "name" }> {
  return { kind: "name", name };
}

Deno.test("URLs name a store, a bucket, a prefix and parameters", async () => {
  assertEquals(
    parseS3Target(
      url("s3://lab/sub01/run 1?endpoint=http://127.0.0.1:9000&region=eu-west-1&forcePathStyle=true"),
    ),
    {
      bucket: "lab",
      prefix: "sub01/run 1",
      endpoint: "http://127.0.0.1:9000",
      region: "eu-west-1",
      forcePathStyle: true,
    },
  );
  assertEquals(parseS3Target(url("s3://lab")), { bucket: "lab", prefix: "" });
  assertEquals(parseS3Target(url("s3://lab/pct%41")), { bucket: "lab", prefix: "pct%41" });
  const { backend, prefix } = await openBackend("memory://lab/a/b", {});
  assertEquals([backend instanceof MemoryBackend, backend.bucket, prefix], [true, "lab", "a/b"]);
  assertEquals(parseDriveTarget(url("gdrive://lab/a")), { prefix: "lab/a" });
  assertEquals(parseDriveTarget(url("gdrive://lab?driveId=0A&folderId=1B&endpoint=http://127.0.0.1:1")), {
    prefix: "lab",
    driveId: "0A",
    folderId: "1B",
    endpoint: "http://127.0.0.1:1",
  });
  assertEquals(parseDriveTarget(name("lab/a")), { prefix: "lab/a" });
  assertThrows(() => parseDriveTarget(url("gdrive://lab?region=a")), InvalidArgumentError, "only driveId");
  const local = await openBackend("file:///data/my%20lab", {});
  assertEquals([local.backend instanceof LocalBackend, local.backend.bucket], [true, "/data/my lab"]);
});

Deno.test("plain names are taken as the backend says, S3 by default", async () => {
  assertEquals(parseS3Target(name("lab")), { bucket: "lab", prefix: "" });
  const s3 = await openBackend("lab", { credentials: "anonymous", endpoint: "http://127.0.0.1:9" });
  assertEquals(s3.backend.name, "s3://lab");
  const local = await openBackend("/some/dir", { backend: "local" });
  assertEquals(local.backend.name, "file:///some/dir");
  const memory = await openBackend("lab", { backend: "memory" });
  assertEquals([memory.backend.bucket, memory.prefix], ["lab", ""]);
});

Deno.test("targets that make no sense are refused, and the message says what to write", async () => {
  for (
    const [target, hint] of [
      ["ftp://host/x", "s3://"],
      ["s3:///x", "no bucket"],
      ["lab/prefix", "s3://bucket/prefix"],
      ["", "no bucket"],
      ["s3://lab?endpont=x", "endpoint"],
      ["s3://lab?forcePathStyle=maybe", "true or false"],
    ]
  ) await assertRejects(() => openBackend(target, {}), InvalidArgumentError, hint);
});
