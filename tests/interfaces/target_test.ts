import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { parseTarget } from "../../lib/open/target.ts";

Deno.test("URLs name a store, a bucket, a prefix and parameters", () => {
  assertEquals(
    parseTarget("s3://lab/sub01/run 1?endpoint=http://127.0.0.1:9000&region=eu-west-1&forcePathStyle=true"),
    {
      backend: "s3",
      bucket: "lab",
      prefix: "sub01/run 1",
      parameters: { endpoint: "http://127.0.0.1:9000", region: "eu-west-1", forcePathStyle: true },
    },
  );
  assertEquals(parseTarget("s3://lab"), { backend: "s3", bucket: "lab", prefix: "", parameters: {} });
  assertEquals(parseTarget("s3://lab/pct%41"), {
    backend: "s3",
    bucket: "lab",
    prefix: "pct%41",
    parameters: {},
  });
  assertEquals(parseTarget("memory://lab/a/b"), { backend: "memory", bucket: "lab", prefix: "a/b" });
  assertEquals(parseTarget("gdrive://lab/a"), { backend: "gdrive", prefix: "lab/a", parameters: {} });
  assertEquals(parseTarget("gdrive://lab?driveId=0A&folderId=1B&endpoint=http://127.0.0.1:1"), {
    backend: "gdrive",
    prefix: "lab",
    parameters: { driveId: "0A", folderId: "1B", endpoint: "http://127.0.0.1:1" },
  });
  assertEquals(parseTarget("lab/a", "gdrive"), { backend: "gdrive", prefix: "lab/a", parameters: {} });
  assertThrows(() => parseTarget("gdrive://lab?region=a"), InvalidArgumentError, "only driveId");
  assertEquals(parseTarget("file:///data/my%20lab"), { backend: "local", directory: "/data/my lab" });
});

Deno.test("plain names are taken as the backend says, S3 by default", () => {
  assertEquals(parseTarget("lab"), { backend: "s3", bucket: "lab", prefix: "", parameters: {} });
  assertEquals(parseTarget("some/dir", "local"), { backend: "local", directory: "some/dir" });
  assertEquals(parseTarget("lab", "memory"), { backend: "memory", bucket: "lab", prefix: "" });
});

Deno.test("targets that make no sense are refused, and the message says what to write", () => {
  for (
    const [target, hint] of [
      ["ftp://host/x", "s3://"],
      ["s3:///x", "no bucket"],
      ["lab/prefix", "s3://bucket/prefix"],
      ["", "no bucket"],
      ["s3://lab?endpont=x", "endpoint"],
      ["s3://lab?forcePathStyle=maybe", "true or false"],
    ]
  ) assertThrows(() => parseTarget(target), InvalidArgumentError, hint);
});
