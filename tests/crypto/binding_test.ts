/** One object, opened from several roots: the name that it is bound to is that of its place, and no other place's. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import type { Backend } from "../../backends/backend.ts";
import { GDriveBackend, type GDriveOptions } from "../../backends/gdrive/mod.ts";
import { LocalBackend } from "../../backends/local/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { aesKeys, EncryptingBackend, generateAesKey, generateRsaKeys, rsaKeys } from "../../crypto/mod.ts";
import { IntegrityError, InvalidArgumentError } from "../../lib/errors.ts";
import { EncryptedInterface, getEncryptedInterface } from "../../mod.ts";
import { decode, encode, get } from "../../testing/case.ts";
import { type FakeDrive, startDrive } from "../servers/gdrive.ts";

const key = generateAesKey();
const aes = aesKeys(key);
const rsa = await rsaKeys({ privateKey: (await generateRsaKeys({ bits: 2048 })).privateKey });

/** A directory with `labs/my-lab` in it, and stores whose roots are anywhere in it. */
async function onDisk(work: (at: (path: string) => LocalBackend) => Promise<void>): Promise<void> {
  const top = await Deno.makeTempDir();
  await Deno.mkdir(`${top}/labs/my-lab`, { recursive: true });
  try {
    await work((path) => new LocalBackend(path === "" ? top : `${top}/${path}`));
  } finally {
    await Deno.remove(top, { recursive: true });
  }
}

/** A drive with `labs/my-lab` in it, and stores whose roots are anywhere in it. */
async function onDrive(
  work: (at: (path: string) => GDriveBackend, drive: FakeDrive) => Promise<void>,
  driveId?: string,
): Promise<void> {
  await using drive = await startDrive({
    drives: driveId === undefined ? [] : [{ id: driveId, name: "Ours" }],
  });
  const opened: GDriveBackend[] = [];
  const labs = drive.store.addFolder("labs", { driveId });
  const lab = drive.store.addFolder("my-lab", { parents: [labs.id], driveId });
  const ids: Readonly<Record<string, string>> = { labs: labs.id, "labs/my-lab": lab.id };
  const at = (path: string) => {
    const folderId = path === "" ? undefined : ids[path];
    const options: GDriveOptions = {
      endpoint: drive.endpoint,
      credentials: () => Promise.resolve(drive.token()),
      onWarning: () => {},
      ...(folderId === undefined ? { driveId } : { folderId }),
    };
    const backend = new GDriveBackend(options);
    opened.push(backend);
    return backend;
  };
  await work(at, drive);
  for (const backend of opened) backend.close();
}

type AnyRoot = (path: string) => Backend;
const stores: Readonly<Record<string, (work: (at: AnyRoot) => Promise<void>) => Promise<void>>> = {
  local: onDisk,
  "My Drive": onDrive,
};

for (const [name, open] of Object.entries(stores)) {
  for (const keys of [aes, rsa]) {
    Deno.test(`${name}, ${keys.name}: what is written through one root is read through those above and below`, () =>
      open(async (at) => {
        const roots = { "": "labs/my-lab/", labs: "my-lab/", "labs/my-lab": "" };
        for (const [writer, below] of Object.entries(roots)) {
          const object = `sub01/by-${writer.replaceAll("/", "-")}`;
          await new EncryptingBackend(at(writer), keys)
            .put(`${below}${object}`, encode("true"), { metadata: { run: "7" } });
          for (const [reader, below] of Object.entries(roots)) {
            const backend = new EncryptingBackend(at(reader), keys);
            assertEquals(decode(await get(backend, `${below}${object}`)), "true", `${writer} → ${reader}`);
            assertEquals((await backend.head(`${below}${object}`))?.metadata, { run: "7" });
          }
        }
      }));
  }

  Deno.test(`${name}: through no root does an object pass for that of another place`, () =>
    open(async (at) => {
      const top = new EncryptingBackend(at(""), aes);
      const lab = new EncryptingBackend(at("labs/my-lab"), aes);
      await lab.put("sub01/x", encode("1"));
      await top.put("labs/my-lab/sub02/x", encode("2"));
      await top.put("x", encode("3"));
      const moves = [
        ["labs/my-lab/sub01/x", "labs/my-lab/sub03/x"],
        ["labs/my-lab/sub01/x", "labs/sub01/x"],
        ["labs/my-lab/sub02/x", "labs/my-lab/x"],
        ["x", "labs/my-lab/sub04/x"],
        ["x", "labs/x"],
      ];
      for (const [from, to] of moves) {
        await at("").copy(from, to);
        await assertRejects(() => get(top, to), IntegrityError, "binding", `${from} → ${to}`);
        const below = to.startsWith("labs/my-lab/") ? to.slice("labs/my-lab/".length) : undefined;
        if (below !== undefined) await assertRejects(() => get(lab, below), IntegrityError);
      }
    }));

  Deno.test(`${name}: copies, other keys and rebinding through any root leave what all of them read`, () =>
    open(async (at) => {
      const next = aesKeys(generateAesKey());
      const through = (root: string, keys = aes) => new EncryptedInterface(at(root), { keys });
      await through("labs/my-lab").uploadJson("sub01/notes", [1]);
      await through("").cp("labs/my-lab/sub01/notes", "labs/my-lab/sub02/notes");
      assertEquals(await through("labs/my-lab").downloadJson("sub02/notes"), [1]);
      const { changed } = await through("labs").rotate(next);
      assertEquals(changed, ["my-lab/sub01/notes", "my-lab/sub02/notes"]);
      assertEquals((await through("labs/my-lab").rotate(next)).changed, []);
      assertEquals(await through("labs/my-lab", next).downloadJson("sub01/notes"), [1]);
      assertEquals(await through("", next).downloadJson("labs/my-lab/sub02/notes"), [1]);

      await at("").copy("labs/my-lab/sub01/notes", "labs/my-lab/sub03/notes");
      const { changed: bound } = await through("labs/my-lab", next).rebind("sub03", { from: "sub01" });
      assertEquals(bound, ["sub03/notes"]);
      assertEquals(await through("", next).downloadJson("labs/my-lab/sub03/notes"), [1]);
      // Nothing to do: it is in its place, from here as well.
      assertEquals((await through("labs", next).rebind("my-lab/sub03")).changed, []);
    }));

  Deno.test(`${name}: with \`binding\` the store is not believed, and names are those from the top`, () =>
    open(async (at) => {
      const lab = new EncryptingBackend(at("labs/my-lab"), aes, { binding: "/labs/my-lab/" });
      await lab.put("sub01/x", encode("1"));
      assertEquals((await at("labs/my-lab").head("sub01/x"))?.metadata["cc-root"], undefined);
      assertEquals(
        decode(await get(new EncryptingBackend(at(""), aes, { binding: "" }), "labs/my-lab/sub01/x")),
        "1",
      );
      const elsewhere = new EncryptingBackend(at("labs/my-lab"), aes, { binding: "labs/another" });
      await assertRejects(() => get(elsewhere, "sub01/x"), IntegrityError);
    }));
}

Deno.test("as old objects have it: bound to the key alone, they stay readable through the root they were written through", () =>
  onDisk(async (at) => {
    for (const root of ["labs/my-lab", "labs"]) {
      // What versions before this one wrote: a binding without a root.
      await new EncryptingBackend(at(root), aes, { binding: "" }).put("old/x", encode("1"));
      assertEquals((await at(root).head("old/x"))?.metadata["cc-root"], undefined);
      assertEquals(decode(await get(new EncryptingBackend(at(root), aes), "old/x")), "1");
    }
    const named = new EncryptingBackend(at("labs/my-lab"), aes, { binding: "my-lab" });
    await new EncryptingBackend(at("labs"), aes, { binding: "" }).put("my-lab/old/y", encode("2"));
    assertEquals(decode(await get(named, "old/y")), "2");
  }));

Deno.test("a directory that is moved as a whole, and one that symbolic links lead to, are read as before", async () => {
  const top = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${top}/lab`);
    await Deno.symlink(`${top}/lab`, `${top}/link`);
    const written = new EncryptingBackend(new LocalBackend(`${top}/link`), aes);
    await written.put("sub01/x", encode("1"));
    assertEquals(decode(await get(new EncryptingBackend(new LocalBackend(top), aes), "lab/sub01/x")), "1");
    await Deno.remove(`${top}/link`);
    await Deno.rename(`${top}/lab`, `${top}/archive`);
    assertEquals(
      decode(await get(new EncryptingBackend(new LocalBackend(`${top}/archive`), aes), "sub01/x")),
      "1",
    );
    const above = new EncryptingBackend(new LocalBackend(top), aes);
    await assertRejects(() => get(above, "archive/sub01/x"), IntegrityError);
    await new EncryptedInterface(new LocalBackend(top), { keys: aes }).rebind("archive");
    assertEquals(decode(await get(above, "archive/sub01/x")), "1");
    assertEquals(
      decode(await get(new EncryptingBackend(new LocalBackend(`${top}/archive`), aes), "sub01/x")),
      "1",
    );
  } finally {
    await Deno.remove(top, { recursive: true });
  }
});

Deno.test("copies from another directory are bound to their place in this one", () =>
  onDisk(async (at) => {
    const [labs, lab] = [at("labs"), at("labs/my-lab")];
    await new EncryptingBackend(labs, aes).put("my-lab/x", encode("1"));
    await new EncryptingBackend(lab, aes).copy("my-lab/x", "y", { fromBucket: labs.bucket });
    await new EncryptingBackend(labs, aes).copy("x", "z", { fromBucket: lab.bucket });
    for (const root of ["", "labs", "labs/my-lab"]) {
      const cci = new EncryptingBackend(at(root), aes, {});
      if (root !== "labs/my-lab") assertEquals(decode(await get(cci, root === "" ? "labs/z" : "z")), "1");
      assertEquals(decode(await get(cci, { "": "labs/my-lab/y", labs: "my-lab/y" }[root] ?? "y")), "1");
    }
    const other = new EncryptingBackend(labs, aes, { binding: "elsewhere" }).withBucket?.(lab.bucket);
    assertEquals(other && decode(await get(other, "y")), "1");
  }));

Deno.test("a directory that is made by the first put is named as it is then", async () => {
  const top = await Deno.makeTempDir();
  try {
    const made = new LocalBackend(`${top}/new/lab`, { create: true });
    await new EncryptingBackend(made, aes).put("x", encode("1"));
    assertEquals(decode(await get(new EncryptingBackend(new LocalBackend(top), aes), "new/lab/x")), "1");
  } finally {
    await Deno.remove(top, { recursive: true });
  }
});

Deno.test("a shared drive by its id, and a folder of it by its own", () =>
  onDrive(async (at) => {
    await new EncryptingBackend(at("labs/my-lab"), aes).put("sub01/x", encode("1"));
    await new EncryptingBackend(at(""), aes).put("labs/my-lab/sub01/y", encode("2"));
    assertEquals(decode(await get(new EncryptingBackend(at(""), aes), "labs/my-lab/sub01/x")), "1");
    assertEquals(decode(await get(new EncryptingBackend(at("labs/my-lab"), aes), "sub01/y")), "2");
  }, "0ALab"));

Deno.test("Drive: what is above a shared folder can be hidden; then `binding` tells of it", () =>
  onDrive(async (at, drive) => {
    await new EncryptingBackend(at(""), aes).put("labs/my-lab/sub01/x", encode("1"));
    const hidden = drive.inject({
      kind: "status",
      status: 404,
      reason: "notFound",
      operation: "files.get",
      fileId: drive.store.find("labs")?.id,
      times: Infinity,
    });
    assertEquals(await at("labs/my-lab").rootPath(), "my-lab");
    const refused = await assertRejects(
      () => get(new EncryptingBackend(at("labs/my-lab"), aes), "sub01/x"),
      IntegrityError,
    );
    assertMatch(refused.message, /another root.*`binding`/);
    const cci = await getEncryptedInterface(`gdrive://?folderId=${drive.store.find("labs/my-lab")?.id}`, {
      key,
      binding: "labs/my-lab",
      endpoint: drive.endpoint,
      credentials: () => Promise.resolve(drive.token()),
    });
    assertEquals(decode(await get(cci.backend, "sub01/x")), "1");
    await cci.backend.put("sub01/y", encode("2"));
    hidden.remove();
    assertEquals(decode(await get(new EncryptingBackend(at(""), aes), "labs/my-lab/sub01/y")), "2");
  }));

Deno.test("Drive: the folders above are asked for once, and not at all where the key fits", () =>
  onDrive(async (at, drive) => {
    const backend = new EncryptingBackend(at("labs/my-lab"), aes);
    const asked = () =>
      drive.requests.filter(({ url }) => /fields=id%2Cname%2Cparents%2CdriveId/.test(url)).length;
    await backend.put("a", encode("1"));
    const once = asked();
    assert(once > 0);
    await backend.put("b", encode("2"));
    await get(backend, "a");
    assertEquals(asked(), once);
    await get(new EncryptingBackend(at("labs/my-lab"), aes), "a");
    assertEquals(asked(), once);
  }));

Deno.test("a root that somebody adds to the metadata, changes or takes away is no root", () =>
  onDisk(async (at) => {
    const [top, lab] = [at(""), at("labs/my-lab")];
    await new EncryptingBackend(lab, aes).put("x", encode("1"));
    await new EncryptingBackend(top, aes, { binding: "" }).put("y", encode("2"));
    const entry = (await lab.head("x"))?.metadata["cc-root"];
    assert(entry !== undefined && /^[0-9a-f]{32}$/.test(entry));
    // Bound to "y": with the lab's root beside it, it is not "labs/my-lab/y".
    const { metadata } = await top.head("y") ?? { metadata: {} };
    await top.copy("y", "labs/my-lab/y", { metadata: { ...metadata, "cc-root": entry } });
    await assertRejects(() => get(new EncryptingBackend(top, aes), "labs/my-lab/y"), IntegrityError);
    const rooted = (await lab.head("x"))?.metadata ?? {};
    for (const changed of [{ ...rooted, "cc-root": "0".repeat(32) }, without(rooted, "cc-root")]) {
      await lab.copy("x", "x", { metadata: changed });
      await assertRejects(() => get(new EncryptingBackend(lab, aes), "x"), IntegrityError);
    }
  }));

function without(metadata: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).filter(([entry]) => entry !== name));
}

Deno.test("memory, as S3, has one root: a prefix is a part of the name, and nothing is added", async () => {
  const store = new MemoryBackend();
  await new EncryptedInterface(store, { keys: aes, prefix: "labs/my-lab" }).uploadJson("x", 1);
  assertEquals((await store.head("labs/my-lab/x"))?.metadata["cc-root"], undefined);
  assertEquals(await new EncryptedInterface(store, { keys: aes }).downloadJson("labs/my-lab/x"), 1);
  for (const binding of ["a//b", "..", "a/./b"]) {
    assertThrows(() => new EncryptingBackend(store, aes, { binding }), InvalidArgumentError, "binding");
  }
});
