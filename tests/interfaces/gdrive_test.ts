/** Google Drive as users open it; what the methods do there is tested with those of all stores. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { getEncryptedInterface, getInterface, type InterfaceOptions, ndarray } from "../../mod.ts";
import { generateAesKey, generateAgeIdentity, generateRsaKeys } from "../../crypto/mod.ts";
import {
  AccessDeniedError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { type DriveOptions, type FakeDrive, FOLDER, startDrive } from "../servers/gdrive.ts";
import { printed } from "./printed.ts";

async function onDrive(
  work: (drive: FakeDrive, options: InterfaceOptions) => Promise<void>,
  server: DriveOptions = {},
): Promise<void> {
  await using drive = await startDrive(server);
  await work(drive, {
    backend: "gdrive",
    endpoint: drive.endpoint,
    credentials: () => Promise.resolve(drive.token()),
    onWarning: () => {},
  });
}

const betas = ndarray(Float32Array.from({ length: 12 }, (_, i) => i / 3), [3, 4]);

Deno.test("Drive: a URL's path is a prefix, and what is stored are files in folders", () =>
  onDrive(async (drive, { credentials }) => {
    const cci = await getInterface(`gdrive://lab/study?endpoint=${drive.endpoint}`, { credentials });
    await cci.uploadRawArray("sub01/betas", betas);
    const file = [...drive.store.files.values()].find(({ name }) => name === "betas");
    assertEquals(file && drive.store.pathOf(file.id), "lab/study/sub01/betas");
    assertEquals((await cci.downloadRawArray("sub01/betas")).toNested(), betas.toNested());
    const all = await getInterface(undefined, {
      backend: "gdrive",
      endpoint: drive.endpoint,
      credentials,
    });
    assertEquals(await all.ls("lab/study"), ["lab/study/sub01"]);
    const browser = await all.getBrowser();
    assertEquals(await browser.child("lab").keys(), ["study"]);
    assertEquals((await all.getObject("lab/study/sub01/betas")).metadata.shape, "3,4");
  }));

Deno.test("Drive: Python's cottoncandy finds dtype, shape, compression and order as properties", () =>
  onDrive(async (drive, options) => {
    const cci = await getInterface("", options);
    await cci.uploadRawArray("betas", betas, { compression: "gzip", metadata: { subject: "S01" } });
    const { dtype, shape, compression, order } = [...drive.store.files.values()].find(({ name }) =>
      name === "betas"
    )?.properties ?? {};
    assertEquals([dtype, shape, compression, order], ["<f4", "3,4", "gzip", "C"]);
  }));

Deno.test("Drive: what Python wrote is read with its own OAuth client, and said to be hidden with another", () =>
  onDrive(async (drive, options) => {
    const bytes = new Uint8Array(betas.data.buffer);
    const metadata = { dtype: "<f4", shape: "3,4", compression: "False", order: "C" };
    drive.store.add({ name: "python", bytes, clientId: "python's client", appProperties: metadata });
    const own = await getInterface("", {
      ...options,
      credentials: () => Promise.resolve(drive.token({ clientId: "python's client" })),
    });
    assertEquals((await own.downloadRawArray("python")).toNested(), betas.toNested());
    const other = await getInterface("", options);
    const refused = await assertRejects(() => other.downloadRawArray("python"), IntegrityError);
    assertMatch(refused.message, /private properties.*client_secrets\.json/);
    await assertRejects(() => other.openRawArray("python"), IntegrityError, "client_secrets.json");
    assertEquals(await other.downloadObject("python"), bytes);
    // Written anew from there, everybody can read it.
    await own.uploadRawArray("python", await own.downloadRawArray("python"));
    assertEquals((await other.downloadRawArray("python")).toNested(), betas.toNested());
  }));

Deno.test("Drive: encrypted, with keys whose wrapped ones no property could hold", () =>
  onDrive(async (drive, options) => {
    const { publicKey, privateKey } = await generateRsaKeys({ bits: 2048 });
    for (
      const keys of [
        { encryption: "AES", key: generateAesKey() },
        { encryption: "RSA", publicKey, privateKey },
        { encryption: "age", identities: (await generateAgeIdentity()).identity },
      ] as const
    ) {
      const cci = await getEncryptedInterface(`lab/${keys.encryption}`, { ...options, ...keys });
      await cci.uploadRawArray("betas", betas, { metadata: { subject: "S01" } });
      assertEquals((await cci.downloadRawArray("betas")).toNested(), betas.toNested());
      assertEquals((await cci.getObject("betas")).metadata.subject, "S01");
      await cci.cp("betas", "copy");
      const lazy = await cci.openRawArray("copy");
      assertEquals((await lazy.slice(1, null)).toNested(), [4, 5, 6, 7].map((i) => Math.fround(i / 3)));
      await cci.dict2cloud("nested", { a: betas, b: { c: betas } });
      assertEquals(Object.keys(await cci.cloud2dict("nested")).sort(), ["a", "b"]);
    }
    for (const { bytes } of drive.store.files.values()) {
      if (bytes && bytes.length >= 48) assert(!new TextDecoder("latin1").decode(bytes).includes("S01"));
    }
  }));

Deno.test("Drive: shared drives by their id, folders by theirs, in the URL or beside it", () =>
  onDrive(async (drive, options) => {
    const folder = drive.store.add({ name: "ours", mimeType: FOLDER, driveId: "0ALab" });
    const service = { ...options, credentials: { ...drive.serviceAccount } };
    const refused = await assertRejects(() =>
      getInterface("", service).then((cci) => cci.uploadJson("a", 1))
    );
    assertMatch(String(refused), /QuotaError.*no storage of its own/);
    const cci = await getInterface("gdrive://x?driveId=0ALab", service);
    await cci.uploadJson("a", { tr: 2 });
    const within = await getInterface(`gdrive://?folderId=${folder.id}`, service);
    assertEquals(await within.ls("/"), []);
    await within.uploadJson("b", 1);
    const whole = await getInterface("", { ...service, driveId: "0ALab" });
    assertEquals(await whole.glob("**"), ["ours/b", "x/a"]);
    await assertRejects(() => whole.getObjectOwner("x/a"), UnsupportedError, "belongs to the drive");
    await assertRejects(
      () => getInterface("gdrive://x?driveId=0ALab", { ...service, driveId: "0AOther" }),
      InvalidArgumentError,
      "give one of them",
    );
    const missing = await getInterface("gdrive://?folderId=nosuchfolder", options);
    await assertRejects(() => missing.ls("/"), NotFoundError);
    await assertRejects(() => missing.uploadJson("a", 1), NotFoundError);
    const file = drive.store.add({ name: "file", text: "x" });
    const none = await getInterface(`gdrive://?folderId=${file.id}`, options);
    await assertRejects(() => none.ls("/"), NotFoundError, "no folder");
  }, { drives: [{ id: "0ALab", name: "Lab" }] }));

Deno.test("Drive: what it can't do is said", () =>
  onDrive(async (_, options) => {
    const cci = await getInterface("lab", options);
    await assertRejects(
      () => cci.uploadJson("a", 1, { acl: "public-read" }),
      UnsupportedError,
      "canned ACL",
    );
    assertEquals(await cci.existsObject("a"), false);
    for (const work of [() => cci.listBuckets(), () => cci.setBucket("b"), () => cci.createBucket("b")]) {
      await assertRejects(work, UnsupportedError, "has no buckets");
    }
    assertEquals(
      await printed(() => getInterface("lab", { ...options, verbose: true })),
      "Google drive backend instantiated.",
    );
  }));

Deno.test("Drive: options that can't work are refused, and so are tokens", () =>
  onDrive(async (drive, options) => {
    const cases: [string, InterfaceOptions, string][] = [
      ["gdrive://a?region=b", options, "only driveId"],
      ["a", { ...options, endpoint: "http://drive.example.org" }, "https only"],
      ["a", { ...options, checksums: "CRC32" }, "SHA-256"],
      ["a", { ...options, driveId: "not an id" }, "driveId"],
      ["a", { ...options, concurrency: 0 }, "concurrency"],
      ["a", { ...options, partSize: 0 }, "partSize"],
      ["a", { ...options, subject: "who@example.org" }, "subject"],
      ["s3://a", { credentials: "token.json" }, "not a path"],
      ["s3://a", { credentials: { ...drive.serviceAccount } }, "key for Google Drive"],
    ];
    for (const [target, given, message] of cases) {
      await assertRejects(() => getInterface(target, given), InvalidArgumentError, message);
    }
    const stale = await getInterface("a", { ...options, credentials: () => Promise.resolve("no token") });
    await assertRejects(() => stale.existsObject("x"), AccessDeniedError);
  }));
