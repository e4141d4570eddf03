/** rm, mkdir, rb, uploads, presign, keygen and completions. */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../../cli/commands/mod.ts";
import { encryptionOf } from "../../../cli/keys.ts";
import { fileResumeStore } from "../../../lib/entries/resume.ts";
import { NotFoundError } from "../../../lib/errors.ts";
import { cli, records } from "../../cli/run.ts";
import { inDirectory, keysOf, memory } from "../../cli/store.ts";
import { withS3 } from "./s3.ts";

const TREE = ["a.txt", "sub01/notes", "sub01/run1", "sub012", "x.tmp", "y.tmp"];

Deno.test("cli: rm deletes what it was told to, and nothing else", async () => {
  for (
    const [args, left] of [
      [["a.txt"], ["sub01/notes", "sub01/run1", "sub012", "x.tmp", "y.tmp"]],
      [["-r", "sub01"], ["a.txt", "sub012", "x.tmp", "y.tmp"]],
      [["-r", "*.tmp"], ["a.txt", "sub01/notes", "sub01/run1", "sub012"]],
      [["-rf", ""], []],
    ] as const
  ) {
    const { backend, url } = await memory(TREE);
    const ran = await cli(["rm", ...args.slice(0, -1), `${url}/${args.at(-1)}`]);
    assertEquals([ran.code, ran.out], [0, ""], ran.err);
    assertMatch(ran.err, /^deleted \d objects?\n$/);
    assertEquals(await keysOf(backend), [...left]);
  }
});

Deno.test("cli: rm refuses what is more than an object, without -r; and all of a bucket, without --force", async () => {
  const { backend, url } = await memory(TREE);
  for (
    const [args, says] of [
      [[`${url}/sub01`], "is a directory with 2 objects: to delete it, give -r"],
      [[`${url}/*.tmp`], "has wildcards: to delete what matches, give -r"],
      [["-r", url], "give -r and --force"],
      [["-r", `${url}/`], "give -r and --force"],
      [["-r", `${url}/*`], "give -r and --force"],
      [["-r", `${url}/**`], "give -r and --force"],
      [["-f", url], "give -r and --force"],
      [["-"], "standard input"],
      [["-r", "memory:"], "names no bucket"],
    ] as const
  ) {
    const ran = await cli(["rm", ...args]);
    assertEquals([ran.code, ran.out], [2, ""], args.join(" "));
    assertStringIncludes(ran.err, says);
  }
  assertEquals(await keysOf(backend), TREE);
});

Deno.test("cli: a dry run of rm deletes nothing, and tells what it would delete", async () => {
  const { backend, url } = await memory(TREE);
  const ran = await cli(["rm", "-rn", `${url}/sub01`]);
  assertEquals([ran.code, ran.out], [0, `would delete ${url}/sub01/notes\nwould delete ${url}/sub01/run1\n`]);
  assertEquals(ran.err, "dry run: would have deleted 2 objects\n");
  const [first, , summary] = records(await cli(["rm", "-rn", "--json", `${url}/sub01`]));
  assertEquals([first.op, first.key, first.dryRun, first.ok], ["rm", "sub01/notes", true, true]);
  assertEquals([summary.done, summary.exit], [2, 0]);
  assertEquals(await keysOf(backend), TREE);
});

Deno.test("cli: rm of what isn't there fails, goes on with the others, and with -f is fine", async () => {
  const { backend, url } = await memory(TREE);
  const ran = await cli(["rm", `${url}/missing`, `${url}/a.txt`]);
  assertEquals(ran.code, 1);
  assertStringIncludes(ran.err, '"missing"');
  assertStringIncludes(ran.err, "deleted 1 object, 1 failed");
  assertEquals((await keysOf(backend)).includes("a.txt"), false);
  assertEquals((await cli(["rm", "-f", `${url}/missing`])).code, 0);
});

Deno.test("cli: rm deletes neither where the shell stands, nor what is above, nor a whole disk", () =>
  inDirectory({ "a/b/c": "1" }, async (directory) => {
    for (
      const target of [`${directory}/a/.`, `${directory}/a/b/..`, `${directory}/a/b/../`, ".", "..", "/"]
    ) {
      const { code, err } = await cli(["rm", "-rf", "-n", target]);
      assertEquals([code, err], [
        2,
        `error: ${target} is never deleted: name the directory, or what is in it\n`,
      ]);
    }
  }));

Deno.test("cli: rm on disk takes a directory with its name", () =>
  inDirectory({ "d/a": "a", "d/e/b": "b", keep: "k" }, async (directory) => {
    assertEquals((await cli(["rm", `${directory}/d`])).code, 2);
    assertEquals((await cli(["rm", "-r", `${directory}/d`])).code, 0);
    assertEquals((await cli(["ls", directory])).out, "keep\n");
  }));

Deno.test("cli: mkdir and rb make and remove buckets", () =>
  withS3(["full"], async (s3, at) => {
    s3.store.put("full", "x", "x");
    const buckets = async () => (await cli(["ls", at("s3://")])).out.trimEnd().split("\n");
    const made = at("s3://made");
    assertEquals((await cli(["mkdir", "-n", made])).out, `would make the bucket ${made}\n`);
    assertEquals(await buckets(), ["s3://full"]);
    assertEquals(await cli(["mkdir", made]).then(({ code, out, err }) => [code, out, err]), [0, "", ""]);
    assertEquals(await buckets(), ["s3://full", "s3://made"]);
    assertEquals((await cli(["mkdir", made])).code, 1, "it exists");
    assertEquals((await cli(["mkdir", at("s3://made/key")])).code, 2);
    assertEquals((await cli(["rb", made])).code, 0);
    assertEquals(await buckets(), ["s3://full"]);
    const full = at("s3://full");
    const refused = await cli(["rb", full]);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.err, "is not empty");
    assertEquals((await cli(["rb", at("s3://full/x")])).code, 2);
    const dry = await cli(["rb", "--force", "-n", full]);
    assertEquals(dry.out, `would delete s3://full/x\nwould remove the bucket ${full}\n`);
    assertEquals((await cli(["ls", full])).out, "x\n");
    assertEquals((await cli(["rb", "--force", full])).code, 0);
    assertEquals(await buckets(), [""]);
  }));

Deno.test("cli: mkdir on disk makes a path", () =>
  inDirectory({}, async (directory) => {
    assertEquals((await cli(["mkdir", `${directory}/a/b`, `file://${directory}/c`])).code, 0);
    assert(
      (await Deno.stat(`${directory}/a/b`)).isDirectory && (await Deno.stat(`${directory}/c`)).isDirectory,
    );
  }));

Deno.test("cli: uploads lists what is not complete, and ends what is old enough", () =>
  withS3(["bucket"], async (s3, at) => {
    const { S3Backend } = await import("../../../backends/s3/mod.ts");
    const { endpoint, region, credentials } = s3;
    const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials, forcePathStyle: true });
    await backend.startUpload("sub01/large", { size: 2 ** 24 });
    const bucket = at("s3://bucket");
    const listed = await cli(["uploads", bucket]);
    assertEquals([listed.code, listed.err], [0, ""]);
    assertMatch(listed.out, /^\d{4}-.* s3:\/\/bucket\/sub01\/large\n$/);
    assertEquals((await cli(["uploads", at("s3://bucket/sub02")])).out, "");
    assertEquals((await cli(["uploads", "--abort", bucket])).code, 2);
    assertEquals((await cli(["uploads", "--abort", "--older-than", "soon", bucket])).code, 2);
    assertEquals((await cli(["uploads", "--abort", "--older-than", "1d", bucket])).out, "");
    assertStringIncludes(
      (await cli(["uploads", "--abort", "-n", "--older-than", "0s", bucket])).out,
      "would end",
    );
    assertEquals((await cli(["uploads", "--json", bucket])).out.split("\n").length, 3);
    assertEquals(
      (await cli(["uploads", "--abort", "--older-than", "0s", bucket])).out,
      "ended s3://bucket/sub01/large\n",
    );
    assertEquals((await cli(["uploads", bucket])).out, "");
  }));

Deno.test("cli: uploads lists and ends what --resume remembers, of stores that list none", () =>
  inDirectory({}, async (directory) => {
    const { backend, url } = await memory();
    const before = Deno.env.get("XDG_STATE_HOME");
    Deno.env.set("XDG_STATE_HOME", directory);
    try {
      const resume = fileResumeStore();
      const token = await backend.startUpload("sub01/large", { size: 2 ** 24 });
      const elsewhere = { ...token, store: "memory://another" };
      for (const [name, each] of Object.entries({ a: token, b: elsewhere })) {
        await resume.set(name, { version: 1, token: each, source: { id: "/data/large", fingerprint: "" } });
      }
      const listed = await cli(["uploads", url]);
      assertEquals([listed.code, listed.err], [0, ""]);
      assertMatch(listed.out, /^\d{4}-.* memory:\/\/cli-\d+\/sub01\/large {2}from \/data\/large\n$/);
      assertEquals(
        JSON.parse((await cli(["uploads", "--json", url])).out.split("\n")[0]).source,
        "/data/large",
      );
      assertEquals((await cli(["uploads", `${url}/sub02`])).out, "");
      assertEquals((await cli(["uploads", "--abort", "--older-than", "1d", url])).out, "");
      assertStringIncludes(
        (await cli(["uploads", "--abort", "-n", "--older-than", "0s", url])).out,
        "would end",
      );
      assertEquals((await resume.list()).length, 2);
      assertEquals(
        (await cli(["uploads", "--abort", "--older-than", "0s", url])).out,
        `ended ${url}/sub01/large\n`,
      );
      assertEquals(await resume.list(), ["b"]);
      await assertRejects(() => backend.resumeUpload(token, new Uint8Array(2 ** 24)), NotFoundError);
    } finally {
      if (before === undefined) Deno.env.delete("XDG_STATE_HOME");
      else Deno.env.set("XDG_STATE_HOME", before);
    }
  }));

Deno.test("cli: of what an error leaves with --resume it is told by which command it goes on or ends", () =>
  withS3(["bucket"], (s3, at) =>
    inDirectory({}, async (directory) => {
      const before = Deno.env.get("XDG_STATE_HOME");
      Deno.env.set("XDG_STATE_HOME", `${directory}/state`);
      try {
        await Deno.writeFile(`${directory}/large`, new Uint8Array(17 * 2 ** 20));
        s3.inject({
          kind: "status",
          status: 403,
          code: "AccessDenied",
          operation: "UploadPart",
          times: Infinity,
        });
        const { code, err } = await cli(["cp", "--resume", `${directory}/large`, at("s3://bucket/large")]);
        assertEquals(code, 1);
        assertStringIncludes(
          err,
          "is kept: run it again to go on there; `cottoncandy uploads --abort` ends it\n",
        );
      } finally {
        if (before === undefined) Deno.env.delete("XDG_STATE_HOME");
        else Deno.env.set("XDG_STATE_HOME", before);
      }
    })));

Deno.test("cli: presign says what can't be signed", async () => {
  const { url } = await memory();
  assertEquals((await cli(["presign", `${url}/x`])).code, 1);
  assertEquals((await cli(["presign", url])).code, 2);
  assertEquals((await cli(["presign", "--method", "POST", `${url}/x`])).code, 2);
  const env = { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret" };
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  try {
    const ran = await cli(["presign", "--expires", "10m", "--region", "eu-central-1", "s3://brains/scan"]);
    assertEquals([ran.code, ran.err], [0, ""]);
    const signed = new URL(ran.out.trimEnd());
    assertEquals(signed.pathname, "/scan");
    assertEquals(signed.searchParams.get("X-Amz-Expires"), "600");
  } finally {
    for (const name of Object.keys(env)) Deno.env.delete(name);
  }
});

Deno.test("cli: keygen makes keys that encrypt, once each", () =>
  inDirectory({ phrase: "a passphrase\nand no more\n" }, async (directory) => {
    const { url } = await memory({ plain: "plain" });
    const phrase = ["--passphrase-file", `${directory}/phrase`];
    for (const [kind, more] of [["aes", []], ["rsa", ["--bits", "2048", ...phrase]], ["age", []]] as const) {
      const file = `${directory}/${kind}${more.length}`;
      const made = await cli(["keygen", kind, file, ...more]);
      assertEquals(made.code, 0, made.err);
      if (Deno.build.os !== "windows") assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
      const again = await cli(["keygen", kind, file]);
      assertEquals(again.code, 1);
      assertStringIncludes(again.err, "exists already");
      const keys = ["--key-file", file, ...(kind === "rsa" ? phrase : [])];
      const { getEncryptedInterface } = await import("../../../lib/open/mod.ts");
      const io = { variable: () => undefined, askSecret: () => Promise.resolve(undefined) };
      const passphraseFile = kind === "rsa" ? phrase[1] : undefined;
      const options = await encryptionOf(
        { keyFile: file, recipients: [], passphraseFile, passphrase: false },
        io,
      );
      assert(options);
      const cci = await getEncryptedInterface(url, options);
      await cci.uploadObject("secret", "hidden");
      const stat = await cli(["stat", "--json", `${url}/secret`, ...keys]);
      assertEquals([stat.code, records(stat)[0].size], [0, 6], stat.out);
      assert(Number(records(await cli(["stat", "--json", `${url}/secret`]))[0].size) > 6, "it is encrypted");
    }
    assertMatch((await cli(["keygen", "age", `${directory}/me`])).out, /^age1[a-z0-9]+\n$/);
    assertEquals((await cli(["keygen", "des", `${directory}/x`])).code, 2);
    assertEquals((await cli(["keygen", "aes", `${directory}/x`, "--bits", "2048"])).code, 2);
    assertEquals((await cli(["ls", url, "--key-file", `${directory}/missing`])).code, 2);
    const none = await cli(["ls", url, "--key-file", `${directory}/phrase`]);
    assertEquals(none.code, 2);
    assertStringIncludes(none.err, "is no key");
  }));

for (const shell of ["bash", "zsh", "fish"]) {
  Deno.test(`cli: completions for ${shell} know every command`, async () => {
    const { code, out } = await cli(["completions", shell]);
    assertEquals(code, 0);
    for (const name of Object.values(COMMANDS).flatMap((group) => Object.keys(group))) {
      assertMatch(out, new RegExp(`\\b${name}\\b`));
    }
    assertStringIncludes(out, "recursive");
  });
}

Deno.test("cli: bash takes its completions, and completes by them", async () => {
  const { out } = await cli(["completions", "bash"]);
  const complete = async (...words: string[]) => {
    const script = `${out}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})\nCOMP_CWORD=${
      words.length - 1
    }\n_cottoncandy\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await new Deno.Command("bash", { args: ["-c", script] }).output();
    return new TextDecoder().decode(stdout).trim().split("\n");
  };
  assertEquals(await complete("cottoncandy", "upl"), ["uploads"]);
  assertEquals(await complete("cottoncandy", "rm", "--rec"), ["--recursive", "--recipient"]);
  assertEquals(await complete("cottoncandy", "--json", "ls", "--hum"), ["--human-readable"]);
  assertEquals(await complete("cottoncandy", "completions", ""), ["bash", "zsh", "fish"]);
  assertEquals(await complete("cottoncandy", "help", "ver"), ["verify"]);
});

Deno.test("cli: login tells what it needs", async () => {
  const ran = await cli(["login", "--secrets", "/nowhere/secrets.json", "--no-browser"]);
  assertEquals(ran.code, 1);
  assertStringIncludes(ran.err, "/nowhere/secrets.json");
});
