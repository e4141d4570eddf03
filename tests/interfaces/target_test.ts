import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { GDriveBackend } from "../../backends/gdrive/mod.ts";
import { parseDriveTarget } from "../../backends/gdrive/open.ts";
import { LocalBackend } from "../../backends/local/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { type BackendOptions, openBackend } from "../../backends/registry.ts";
import { parseS3Target } from "../../backends/s3/open.ts";
import type { StoreTarget } from "../../backends/target.ts";
import { networkFailure } from "../../backends/transport/failure.ts";
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

Deno.test("what may be secret in an address is in no message", async () => {
  const keys = { accessKeyId: "a", secretAccessKey: "b" };
  const targets: [string, BackendOptions?][] = [
    ["s3://bkt?endpoint=http://user:HUSH@127.0.0.1:1"],
    ["s3://bkt?endpoint=http://user:HU/SH@127.0.0.1:1"],
    ["s3://bkt?endpoint=https://s3.example.org?token=HUSH"],
    ["s3://bkt?endpoint=ftp://user:HUSH@127.0.0.1:1"],
    ["s3://bkt?endpoint=http://a:HUSH@x", { endpoint: "http://a:HUSH@y" }],
    ["s3://bkt", { endpoint: "http://HUSH@127.0.0.1:1" }],
    ["s3://bkt", { endpoint: "user:HUSH@127.0.0.1:1" }],
    ["s3://bkt?secretAccessKey=HUSH"],
    ["s3://key:HUSH@bkt"],
    ["s3://key:HU/SH/HUSH@bkt/prefix"],
    ["s3://key:HUSH@?forcePathStyle=maybe"],
    ["gdrive://me:HUSH@lab"],
    ["gdrive://lab?token=HUSH"],
    ["file://user:HUSH@host/x?y=HUSH"],
  ];
  for (const [target, options] of targets) {
    const error = await assertRejects(() => openBackend(target, { credentials: keys, ...options }), Error);
    assert(!Deno.inspect(error).includes("HUSH"), Deno.inspect(error));
    assert(!/HU\/SH/.test(Deno.inspect(error)), Deno.inspect(error));
  }
  const drive = { credentials: () => Promise.resolve("token"), endpoint: "https://user:HUSH@example.org" };
  assert(!assertThrows(() => new GDriveBackend(drive), InvalidArgumentError).message.includes("HUSH"));
  const failed = networkFailure(
    new TypeError("error sending request for url (https://u:p@s3.example.org/k?X-Amz-Signature=HUSH)"),
  );
  assertEquals(failed.message, "error sending request for url (https://…@s3.example.org/k)");
});
