import { assertEquals, assertRejects } from "@std/assert";
import { environmentKeys, passwdKeys } from "../../backends/s3/open.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { madeUp } from "./environment.ts";

Deno.test("Python's environment variables count when both are there", () => {
  assertEquals(
    environmentKeys(madeUp({ variables: { AWS_ACCESS_KEY: "a", AWS_SECRET_KEY: "s" } })),
    { accessKeyId: "a", secretAccessKey: "s" },
  );
  assertEquals(environmentKeys(madeUp({ variables: { AWS_ACCESS_KEY: "a" } })), undefined);
  assertEquals(
    environmentKeys(madeUp({ variables: { AWS_SECRET_KEY: "s", AWS_ACCESS_KEY: "" } })),
    undefined,
  );
});

const passwd = (text: string) => madeUp({ files: { "/home/ada/.passwd-s3fs": text } });

Deno.test("~/.passwd-s3fs: the first line without a bucket, or the bucket's own", async () => {
  const keys = { accessKeyId: "a", secretAccessKey: "s/+=" };
  assertEquals(await passwdKeys(passwd("a:s/+=\n"), "b"), keys);
  assertEquals(await passwdKeys(passwd("a:s/+=\nx:y\n"), "b"), keys);
  assertEquals(await passwdKeys(passwd("# mine\n\n  a:s/+=\r\n"), "b"), keys);
  assertEquals(await passwdKeys(passwd("x:y\nb:a:s/+=\n"), "b"), keys);
  assertEquals(await passwdKeys(passwd("c:x:y\na:s/+=\n"), "b"), keys);
  assertEquals(await passwdKeys(passwd("c:x:y\n"), "b"), undefined);
  assertEquals(await passwdKeys(passwd(""), "b"), undefined);
  assertEquals(await passwdKeys(madeUp(), "b"), undefined);
  assertEquals(await passwdKeys({ ...passwd("a:s\n"), home: undefined }, "b"), undefined);
});

Deno.test("a line that holds no keys is an error that does not show what it holds", async () => {
  for (const text of ["secret\n", "a:\n", ":s\n", "b:a:s:t\n"]) {
    const error = await assertRejects(() => passwdKeys(passwd(text), "b"), InvalidArgumentError, "line 1");
    assertEquals(error.message.includes(text.trim()), false);
  }
});
