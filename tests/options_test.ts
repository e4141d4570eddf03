/** A misspelled option is refused, by every method and function, before anything is done. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { GDriveBackend } from "../backends/gdrive/mod.ts";
import { LocalBackend } from "../backends/local/mod.ts";
import { MemoryBackend } from "../backends/memory/mod.ts";
import { registerBackend } from "../backends/registry.ts";
import { S3Backend } from "../backends/s3/mod.ts";
import { compress, decompress } from "../codecs/mod.ts";
import {
  aesKeys,
  ageKeys,
  generateAesKey,
  generateAgeIdentity,
  generateRsaKeys,
  rsaKeys,
} from "../crypto/mod.ts";
import { EncryptingBackend } from "../crypto/backend/mod.ts";
import { InvalidArgumentError } from "../lib/errors.ts";
import { globMatcher, hasMagic, literalPrefix, literalPrefixes } from "../lib/glob/mod.ts";
import { DefaultInterface, EncryptedInterface } from "../lib/interface/mod.ts";
import { download, readObject, upload, writeObject } from "../lib/objects/mod.ts";
import { getBrowser, getEncryptedInterface, getInterface } from "../lib/open/mod.ts";
import { checkOptions } from "../lib/options.ts";
import { delegate } from "./backends/delegate.ts";

/** What JavaScript may pass: of any type. */
function untyped<T>(options: Record<string, unknown>): T {
  return JSON.parse(JSON.stringify(options));
}

Deno.test("what was meant is told: Python's spelling, another tool's name, a slip", () => {
  const known = {
    dryRun: true,
    endpoint: true,
    accessKeyId: true,
    secretAccessKey: true,
    sessionToken: true,
    overwrite: true,
    recursive: true,
    region: true,
    contentType: true,
  } as const;
  const meant: [string, string][] = [
    ["dry_run", "dryRun"],
    ["dryrun", "dryRun"],
    ["DRY-RUN", "dryRun"],
    ["endpoint_url", "endpoint"],
    ["accessKey", "accessKeyId"],
    ["aws_access_key_id", "accessKeyId"],
    ["secretKey", "secretAccessKey"],
    ["session_token", "sessionToken"],
    ["overwirte", "overwrite"],
    ["recursiv", "recursive"],
    ["region_name", "region"],
    ["content_type", "contentType"],
  ];
  for (const [name, option] of meant) {
    const error = assertThrows(() => checkOptions({ [name]: true }, known), InvalidArgumentError, name);
    assert(error.message.includes(`write \`${option}\``), error.message);
  }
  assertThrows(
    () => checkOptions({ color: 1 }, known),
    InvalidArgumentError,
    "there are `dryRun`, `endpoint`",
  );
  for (const name of ["__proto__x", "constructor", "toString", "hasOwnProperty"]) {
    assertThrows(() => checkOptions({ [name]: 1 }, known), InvalidArgumentError, name);
  }
  checkOptions({ dry_run: undefined, dryRun: undefined, signal: undefined }, known);
  checkOptions({}, known);
});

Deno.test("no method does anything when an option is misspelled", async () => {
  const memory = new MemoryBackend();
  for (const key of ["d/a", "d/b", "x"]) await memory.put(key, Uint8Array.of(1));
  const asked: string[] = [];
  const watch = (name: string) => (..._: unknown[]) => {
    asked.push(name);
    throw new Error(name);
  };
  const backend = delegate(memory, {
    put: watch("put"),
    delete: watch("delete"),
    copy: watch("copy"),
    list: watch("list"),
    head: watch("head"),
    open: watch("open"),
  });
  const wrong = { overwriet: false, dry_run: true };
  const settings = { onWarning: () => {} };
  for (
    const cci of [
      new DefaultInterface(backend, settings),
      new EncryptedInterface(backend, { ...settings, keys: aesKeys(generateAesKey()) }),
    ]
  ) {
    const w = untyped<never>(wrong);
    const calls: [string, () => unknown][] = [
      ["rm", () => cci.rm("d", untyped({ recursive: true, dry_run: true }))],
      ["cp", () => cci.cp("x", "y", w)],
      ["mv", () => cci.mv("x", "y", w)],
      ["ls", () => cci.ls("d", w)],
      ["lsdir", () => cci.lsdir("d", w)],
      ["glob", () => cci.glob("d/*", w)],
      ["globS3", () => cci.globS3("d/*", w)],
      ["search", () => cci.search("d/*", w)],
      ["getObjects", () => Array.fromAsync(cci.getObjects(w))],
      ["getSize", () => cci.getSize(w)],
      ["showObjects", () => cci.showObjects(w)],
      ["uploadObject", () => cci.uploadObject("x", "1", w)],
      ["downloadObject", () => cci.downloadObject("x", w)],
      ["downloadStream", () => cci.downloadStream("x", w)],
      ["getObject", () => cci.getObject("x", w)],
      ["existsObject", () => cci.existsObject("x", w)],
      ["getObjectOwner", () => cci.getObjectOwner("x", w)],
      ["uploadJson", () => cci.uploadJson("x", 1, w)],
      ["downloadJson", () => cci.downloadJson("x", w)],
      ["uploadPickle", () => cci.uploadPickle("x", 1, w)],
      ["downloadPickle", () => cci.downloadPickle("x", w)],
      ["mpuFileobject", () => cci.mpuFileobject("x", new Blob(["1"]).stream(), w)],
      ["uploadFromFile", () => cci.uploadFromFile("deno.json", "x", w)],
      ["downloadToFile", () => cci.downloadToFile("x", "/nowhere/x", w)],
      ["uploadFromDirectory", () => cci.uploadFromDirectory("tests", "x", w)],
      ["downloadDirectory", () => cci.downloadDirectory("d", "/nowhere/d", w)],
      ["uploadRawArray", () => cci.uploadRawArray("x", [1], w)],
      ["downloadRawArray", () => cci.downloadRawArray("x", w)],
      ["openRawArray", () => cci.openRawArray("x", w)],
      ["uploadNpyArray", () => cci.uploadNpyArray("x", [1], w)],
      ["downloadNpyArray", () => cci.downloadNpyArray("x", w)],
      ["openNpyArray", () => cci.openNpyArray("x", w)],
      ["uploadDaskArray", () => cci.uploadDaskArray("x", [1], w)],
      ["downloadDaskArray", () => cci.downloadDaskArray("x", w)],
      ["downloadSparseArray", () => cci.downloadSparseArray("x", w)],
      ["dict2cloud", () => cci.dict2cloud("x", { a: 1 }, w)],
      ["cloud2dict", () => cci.cloud2dict("x", w)],
      ["cloud2dataset", () => cci.cloud2dataset("x", w)],
      ["createBucket", () => cci.createBucket("b", w)],
      ["rmBucket", () => cci.rmBucket("b", w)],
      ["setBucket", () => cci.setBucket("b", w)],
      ["existsBucket", () => cci.existsBucket("b", w)],
      ["getBucket", () => cci.getBucket(w)],
      ["listBuckets", () => cci.listBuckets(w)],
    ];
    for (const [name, call] of calls) {
      const error = await assertRejects(async () => await call(), Error, undefined, name);
      assert(
        error instanceof InvalidArgumentError && /dry_run|overwriet/.test(error.message),
        `${name}: ${error}`,
      );
    }
  }
  assertEquals(asked, []);
  const w = untyped<never>(wrong);
  await assertRejects(() => writeObject(backend, "x", "1", w), InvalidArgumentError, "`overwrite`");
  await assertRejects(() => readObject(backend, "x", w), InvalidArgumentError);
  assertThrows(() => upload(backend, "x", w), InvalidArgumentError);
  assertThrows(() => download(backend, "x", w), InvalidArgumentError);
  assertEquals(asked, []);
});

Deno.test("opening, constructors, codecs, patterns and keys", async () => {
  const store = new MemoryBackend();
  const keys = { accessKeyId: "a", secretAccessKey: "b" };
  const key = generateAesKey();
  const rejected: [() => Promise<unknown>, string][] = [
    [() => getInterface("s3://b", untyped({ endpoint_url: "http://127.0.0.1:1" })), "`endpoint`"],
    [() => getInterface("s3://b", untyped({ accessKey: "a" })), "`accessKeyId`"],
    [() => getInterface("memory://b", untyped({ verbos: true })), "`verbose`"],
    [() => getInterface(store, untyped({ compresion: false })), "`compression`"],
    [() => getBrowser("memory://b", untyped({ conccurency: 1 })), "there is no option"],
    [() => getEncryptedInterface("memory://b", untyped({ key, encrypton: "AES" })), "`encryption`"],
    [() => ageKeys(untyped({ recipient: "age1x" })), "`recipients`"],
    [() => generateAgeIdentity(untyped({ post_quantum: true })), "`postQuantum`"],
    [() => rsaKeys(untyped({ public_key: "x" })), "`publicKey`"],
    [() => generateRsaKeys(untyped({ bit: 2048 })), "`bits`"],
    [() => globMatcher("*", untyped({ semantic: "path" })), "`semantics`"],
  ];
  for (const [call, hint] of rejected) await assertRejects(call, InvalidArgumentError, hint);
  const thrown: [() => unknown, string][] = [
    [
      () => new S3Backend(untyped({ bucket: "b", credentials: keys, endpoint_url: "http://x" })),
      "`endpoint`",
    ],
    [() => new S3Backend(untyped({ bucket: "b", credentials: keys, timeout: { conect: 1 } })), "`connect`"],
    [() => new S3Backend(untyped({ bucket: "b", credentials: keys, retries: { attempt: 1 } })), "`attempts`"],
    [
      () =>
        new GDriveBackend({ credentials: () => Promise.resolve(""), ...untyped<object>({ drive_id: "a" }) }),
      "`driveId`",
    ],
    [() => new LocalBackend("x", untyped({ creat: true })), "`create`"],
    [() => new EncryptingBackend(store, aesKeys(key), untyped({ bindings: "x" })), "`binding`"],
    [() => new DefaultInterface(store, untyped({ Prefix: "x" })), "`prefix`"],
    [
      () =>
        new EncryptedInterface(store, {
          keys: aesKeys(key),
          ...untyped<object>({ mandatory_bucket_prefix: "x" }),
        }),
      "`mandatoryBucketPrefix`",
    ],
    [() => compress("gzip", untyped({ levle: 1 })), "`level`"],
    [() => decompress("gzip", untyped({ sise: 1 })), "`size`"],
    [() => hasMagic("*", untyped({ semantic: "path" })), "`semantics`"],
    [() => literalPrefix("*", untyped({ semantic: "path" })), "`semantics`"],
    [() => literalPrefixes("*", untyped({ limits: 1 })), "`limit`"],
  ];
  for (const [call, hint] of thrown) assertThrows(call, InvalidArgumentError, hint);
});

Deno.test("a store of somebody else's has options of its own", async () => {
  let seen: unknown;
  registerBackend("optionstore", (_target, options) => {
    seen = Reflect.get(options, "colour");
    return { backend: new MemoryBackend() };
  });
  await getInterface("optionstore://x", untyped({ colour: "pink" }));
  assertEquals(seen, "pink");
  await getInterface("x", untyped({ backend: "optionstore", colour: "blue" }));
  assertEquals(seen, "blue");
});
