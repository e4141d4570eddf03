/** What may be said of files: bodies, properties, parents. */
import { assertEquals } from "@std/assert";
import { FOLDER, SHORTCUT, startDrive } from "../gdrive.ts";
import { assertReason, caller } from "./client.ts";
import type { Json } from "./json.ts";

Deno.test("bodies are objects of known fields and their types", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const create = (json: Json) => call("/drive/v3/files", { method: "POST", json });
  const wrong: Json[] = [
    [],
    "name",
    null,
    { nome: "x" },
    { title: "x" },
    { name: 1 },
    { parents: "root" },
    { parents: [{ id: "root" }] },
    { properties: [] },
    { properties: { a: 1 } },
    { properties: [{ key: "a", value: "b" }] },
    { createdTime: "yesterday" },
    { starred: "true" },
    { shortcutDetails: { targetId: "x", targetMimeType: "y" } },
    { mimeType: SHORTCUT },
    { shortcutDetails: { targetId: "root" } },
  ];
  for (const json of wrong) assertReason(await create(json), 400, "badRequest");
  const readOnly: Json[] = [{ trashed: true }, { size: "1" }, { driveId: "x" }, { kind: "drive#file" }, {
    owners: [],
  }];
  for (const json of readOnly) {
    assertReason(await create(json), 403, "fieldNotWritable");
  }
  const raw = (body: string, type: string) =>
    call("/drive/v3/files", { method: "POST", body, headers: { "content-type": type } });
  assertReason(await raw("{", "application/json"), 400, "parseError");
  assertReason(await raw("{}", "text/plain;charset=UTF-8"), 400, "invalidContentType");
  assertEquals(fake.store.files.size, 1);
  assertEquals((await call("/drive/v3/files", { method: "POST" })).at("name"), "Untitled");
  const odd = { name: "x", properties: { ["__proto__"]: "p", "": "empty key" } };
  const made = await call("/drive/v3/files?fields=properties", {
    method: "POST",
    body: JSON.stringify(odd),
    headers: { "content-type": "application/json" },
  });
  assertEquals(made.text.includes('"__proto__": "p"'), true);
  const updates: Json[] = [{ mimeType: FOLDER }, { trashed: "true" }];
  const { id } = fake.store.add({ name: "file" });
  for (const json of updates) {
    assertReason(await call(`/drive/v3/files/${id}`, { method: "PATCH", json }), 400, "badRequest");
  }
});

Deno.test("parents must be there, folders, and one", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const create = (...parents: string[]) =>
    call("/drive/v3/files", { method: "POST", json: { parents }, query: { fields: "id,parents" } });
  const file = fake.store.add({ name: "file" }), folder = fake.store.addFolder("folder");
  assertReason(await create("none"), 404, "notFound");
  assertEquals((await create("none")).at("error", "message"), "File not found: none.");
  assertReason(await create(file.id), 403, "parentNotAFolder");
  assertReason(await create("root", folder.id), 403, "cannotAddParent");
  assertEquals((await create()).at("parents"), [fake.store.rootId]);
  assertEquals((await create(folder.id)).at("parents", 0), folder.id);
  fake.store.update(folder.id, { trashed: true });
  const made = await create(folder.id);
  assertEquals(fake.store.isTrashed(String(made.at("id"))), true);
});

Deno.test("properties have their limits", async () => {
  await using fake = await startDrive();
  const call = caller(fake), other = caller(fake, { clientId: "other" });
  const { id } = fake.store.add({ name: "file" });
  const patch = (json: Json, by = call) => by(`/drive/v3/files/${id}`, { method: "PATCH", json });
  const many = (count: number, prefix = "k") =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, "v"]));
  for (const kind of ["properties", "appProperties"]) {
    assertReason(await patch({ [kind]: { k: "é".repeat(62) } }), 403, "propertyLengthLimitExceeded");
    assertReason(await patch({ [kind]: many(31) }), 403, "propertyCountLimitExceeded");
    assertEquals((await patch({ [kind]: { k: "é".repeat(61) + "x" } })).status, 200);
    assertEquals((await patch({ [kind]: { k: null, ...many(30) } })).status, 200);
    assertReason(await patch({ [kind]: { more: "v" } }), 403, "propertyCountLimitExceeded");
    assertEquals((await patch({ [kind]: { more: "v", k0: null } })).status, 200);
  }
  // Each client has thirty of its own, until there are a hundred.
  assertEquals((await patch({ appProperties: many(30) }, other)).status, 200);
  const third = caller(fake, { clientId: "third" });
  assertEquals((await patch({ appProperties: many(10) }, third)).status, 200);
  assertReason(await patch({ appProperties: many(11) }, third), 403, "propertyCountLimitExceeded");
  const before = fake.store.files.size;
  const created = await call("/drive/v3/files", { method: "POST", json: { properties: many(31) } });
  assertReason(created, 403, "propertyCountLimitExceeded");
  assertEquals(fake.store.files.size, before);
});

Deno.test("shortcuts point to files", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const { id: targetId } = fake.store.add({ name: "file", mimeType: "x/y" });
  const create = (targetId: string) =>
    call("/drive/v3/files?fields=shortcutDetails", {
      method: "POST",
      json: { mimeType: SHORTCUT, shortcutDetails: { targetId } },
    });
  assertEquals((await create(targetId)).at("shortcutDetails"), { targetId, targetMimeType: "x/y" });
  assertReason(await create("none"), 404, "notFound");
  // Ids made for files aren't good for shortcuts, and the other way round.
  for (const [type, made, refused] of [["files", undefined, SHORTCUT], ["shortcuts", SHORTCUT, undefined]]) {
    const id = String((await call(`/drive/v3/files/generateIds?type=${type}&count=1`)).at("ids", 0));
    const post = (mimeType: string | undefined) =>
      call("/drive/v3/files", {
        method: "POST",
        json: mimeType === undefined ? { id } : { id, mimeType, shortcutDetails: { targetId } },
      });
    assertReason(await post(refused), 400, "invalid");
    assertEquals((await post(made)).at("id"), id);
  }
});

Deno.test("a client that may see its own files sees no others", async () => {
  await using fake = await startDrive();
  const who = { clientId: "mine", scopes: ["https://www.googleapis.com/auth/drive.file"] };
  const call = caller(fake, who);
  const { id } = fake.store.add({ name: "other's" });
  await call("/drive/v3/files", { method: "POST", json: { name: "mine" } });
  assertReason(await call(`/drive/v3/files/${id}`), 404, "notFound");
  assertEquals((await call("/drive/v3/files")).at("files", 0, "name"), "mine");
  assertEquals((await call("/drive/v3/files")).at("files", 1), undefined);
});
