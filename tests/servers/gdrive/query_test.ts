/** What lists are asked: queries, orders, fields, parameters. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { FOLDER, startDrive } from "../gdrive.ts";
import { assertReason, caller } from "./client.ts";
import type { Json } from "./json.ts";

/** The names of a list, in the order of the names. */
function namesOf(files: Json | undefined): Json[] {
  if (!Array.isArray(files)) throw new Error("no list");
  return files.map((file) => file.name);
}

Deno.test("queries find what they say", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const folder = fake.store.addFolder("Folder One", { createdTime: "2001-01-01T00:00:00Z" });
  fake.store.add({
    name: "it's a \\ name",
    parents: [folder.id],
    mimeType: "image/png",
    properties: { "k'": "v\\" },
    createdTime: "2002-01-01T00:00:00Z",
  });
  fake.store.add({ name: "HelloWorld file", appProperties: { p: "1" }, createdTime: "2003-01-01T00:00:00Z" });
  fake.store.add({ name: "gone", trashed: true, createdTime: "2004-01-01T00:00:00Z" });
  fake.store.add({
    name: "others",
    clientId: "other",
    appProperties: { p: "1" },
    createdTime: "2005-01-01T00:00:00Z",
  });
  const find = async (q: string) => {
    const answer = await call("/drive/v3/files", { query: { q, orderBy: "createdTime" } });
    assertEquals(answer.status, 200, `${q}: ${answer.text}`);
    return namesOf(answer.at("files"));
  };
  const [ONE, ITS, HELLO, GONE, OTHERS] = [
    "Folder One",
    "it's a \\ name",
    "HelloWorld file",
    "gone",
    "others",
  ];
  const all = [ONE, ITS, HELLO, GONE, OTHERS];
  const cases: [string, string[]][] = [
    ["name = 'it\\'s a \\\\ name'", [ITS]],
    ["name='HELLOWORLD FILE'", [HELLO]],
    ["name != 'gone'", [ONE, ITS, HELLO, OTHERS]],
    ["name contains 'hello'", [HELLO]],
    ["name contains 'world'", []],
    ["name contains 'fi'", [HELLO]],
    ["name contains 'file hello'", [HELLO]],
    [`mimeType = '${FOLDER}'`, [ONE]],
    [`mimeType!='${FOLDER}' and trashed=false`, [ITS, HELLO, OTHERS]],
    ["mimeType contains 'image/'", [ITS]],
    ["trashed = true", [GONE]],
    ["trashed != true", [ONE, ITS, HELLO, OTHERS]],
    ["not trashed = true", [ONE, ITS, HELLO, OTHERS]],
    [`'${folder.id}' in parents`, [ITS]],
    [`'root' in parents and trashed = false`, [ONE, HELLO, OTHERS]],
    [`not '${folder.id}' in parents`, [ONE, HELLO, GONE, OTHERS]],
    ["'me' in owners", all],
    ["'user@example.com' in owners", all],
    ["'nobody@example.com' in owners", []],
    ["createdTime > '2003-01-01T00:00:00'", [GONE, OTHERS]],
    ["createdTime >= '2003-01-01T00:00:00Z'", [HELLO, GONE, OTHERS]],
    ["createdTime < '2003-01-01T00:00:00+01:00' and createdTime != '2001-01-01'", [ITS]],
    ["modifiedTime = '2003-01-01T00:00:00.000Z'", [HELLO]],
    ["properties has { key='k\\'' and value='v\\\\' }", [ITS]],
    ["properties has {key='k' and value='v'}", []],
    // Other clients' private properties aren't there.
    ["appProperties has { key='p' and value='1' }", [HELLO]],
    ["starred = true", []],
    // From the left: "and" binds no tighter than "or".
    ["name = 'others' or name = 'gone' and trashed = true", [GONE]],
    ["name = 'others' or (name = 'gone' and trashed = true)", [GONE, OTHERS]],
    ["((name = 'others'))", [OTHERS]],
    ["not (name = 'others' or trashed = true)", [ONE, ITS, HELLO]],
  ];
  for (const [q, names] of cases) assertEquals(await find(q), names, q);
});

Deno.test("what isn't a query is refused", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const wrong = [
    "",
    "name",
    "name = ",
    "name = x",
    'name = "x"',
    "name = 'x",
    "name = 'it's'",
    "name = 'x\\n'",
    "name == 'x'",
    "name < 'x'",
    "title = 'x'",
    "id = 'x'",
    "fullText contains 'x'",
    "trashed",
    "trashed = 'true'",
    "trashed contains true",
    "mimeType in 'x'",
    "parents in 'root'",
    "'root' in parent",
    "root in parents",
    "'root' in parents and",
    "and 'root' in parents",
    "('root' in parents",
    "'root' in parents)",
    "'root' in parents AND trashed = false",
    "'root' in parents trashed = false",
    "createdTime > 'yesterday'",
    "createdTime > '2001-13-01'",
    "createdTime > 2001",
    "properties has 'x'",
    "properties has { key='x' }",
    "properties has { value='x' and key='y' }",
    "not",
    "name = 'x' or",
    "name = '\u0000' ; drop",
    `name = '${"x".repeat(4000)}'`,
    Array(51).fill("'root' in parents").join(" or "),
  ];
  for (const q of wrong) {
    const answer = await call("/drive/v3/files", { query: { q } });
    assertReason(answer, 400, "invalid");
    assertEquals(answer.at("error", "errors", 0, "location"), "q");
  }
  const most = Array(50).fill("'root' in parents").join(" or ");
  assertEquals((await call("/drive/v3/files", { query: { q: most } })).status, 200);
  // A folder that isn't there is an error too, and it doesn't say which.
  const missing = await call("/drive/v3/files", { query: { q: "'root' in parents or 'none' in parents" } });
  assertReason(missing, 404, "notFound");
  assertEquals(missing.at("error", "message"), "File not found: .");
});

Deno.test("orders", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  fake.store.add({ name: "b10", createdTime: "2001-01-01", modifiedTime: "2009-01-01", text: "xx" });
  fake.store.add({ name: "B9", createdTime: "2002-01-01", text: "xxx" });
  fake.store.addFolder("a", { createdTime: "2003-01-01" });
  fake.store.add({ name: "b10", createdTime: "2004-01-01", text: "x" });
  const order = async (orderBy: string) => {
    const answer = await call("/drive/v3/files", { query: { orderBy, fields: "files(name,createdTime)" } });
    assertEquals(answer.status, 200, answer.text);
    const files = answer.at("files");
    return Array.isArray(files) ? files.map((file) => file.createdTime.slice(3, 4)).join("") : "";
  };
  assertEquals(await order("createdTime"), "1234");
  assertEquals(await order("createdTime desc"), "4321");
  assertEquals(await order("modifiedTime"), "2341");
  assertEquals(await order("name,createdTime"), "3142");
  assertEquals(await order("name_natural,createdTime desc"), "3241");
  assertEquals(await order("folder, createdTime desc"), "3421");
  assertEquals(await order("quotaBytesUsed desc"), "2143");
  for (const orderBy of ["", "size", "name asc", "name,", "name DESC", "createdTime descending"]) {
    const answer = await call("/drive/v3/files", { query: { orderBy } });
    assertReason(answer, 400, "invalid");
    assertEquals(answer.at("error", "errors", 0, "location"), "orderBy");
  }
});

Deno.test("fields are those that are asked for, and only what there is can be asked for", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const { id } = fake.store.add({ name: "file", text: "x", properties: { one: "1", two: "2" } });
  const path = `/drive/v3/files/${id}`;
  const get = async (fields: string) => (await call(path, { query: { fields } })).json();
  assertEquals(await get("name,size"), { name: "file", size: "1" });
  assertEquals(await get(" name , size "), { name: "file", size: "1" });
  assertEquals(await get("properties/one"), { properties: { one: "1" } });
  assertEquals(await get("properties(one,three)"), { properties: { one: "1" } });
  assertEquals(await get("owners(me),owners/kind"), { owners: [{ kind: "drive#user", me: true }] });
  assertEquals(await get("owners/me,owners"), await get("owners"));
  assertEquals(await get("capabilities(canEdit)"), { capabilities: { canEdit: true } });
  // Fields of Drive that aren't served are as those that a file doesn't have.
  assertEquals(await get("videoMediaMetadata,name"), { name: "file" });
  const list = async (fields: string) => (await call("/drive/v3/files", { query: { fields } })).json();
  assertEquals(await list("files(name,size),nextPageToken"), { files: [{ name: "file", size: "1" }] });
  assertEquals(await list("files/name"), { files: [{ name: "file" }] });
  assertEquals(await list("kind,incompleteSearch"), { kind: "drive#fileList", incompleteSearch: false });
  assertNotEquals(await list("*"), await list("files"));
  const wrong = [
    "",
    "nome",
    "name,",
    ",name",
    "name(x)",
    "name/x",
    "(name)",
    "owners(me",
    "owners(me))",
    "name size",
    "a;b",
  ];
  for (const fields of wrong) assertReason(await call(path, { query: { fields } }), 400, "invalidParameter");
  assertReason(await call("/drive/v3/files", { query: { fields: "id" } }), 400, "invalidParameter");
  assertReason(
    await call("/drive/v3/files", { query: { fields: "files(id,nextPageToken)" } }),
    400,
    "invalidParameter",
  );
  assertReason(await call("/drive/v3/about"), 400, "required");
});

Deno.test("parameters that an operation doesn't have are refused", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const { id } = fake.store.add({ name: "file" });
  const wrong: [string, string, string][] = [
    ["GET", "/drive/v3/files", "supportAllDrives=true"],
    ["GET", "/drive/v3/files", "supportsAllDrives=1"],
    ["GET", "/drive/v3/files", "pageSize=ten"],
    ["GET", "/drive/v3/files", "pageSize=10&pageSize=20"],
    ["GET", "/drive/v3/files", "alt=media"],
    ["GET", `/drive/v3/files/${id}`, "q=x"],
    ["GET", `/drive/v3/files/${id}`, "alt=xml"],
    ["GET", `/drive/v3/files/${id}`, "access_token=x"],
    ["GET", `/drive/v3/files/${id}`, "includeItemsFromAllDrives=true"],
    ["POST", "/drive/v3/files", "addParents=root"],
    ["POST", "/drive/v3/files", "uploadType=multipart"],
    ["DELETE", `/drive/v3/files/${id}`, "trashed=true"],
  ];
  for (const [method, path, query] of wrong) {
    const answer = await call(`${path}?${query}`, { method });
    assertReason(answer, 400, "invalidParameter");
    assertEquals(answer.at("error", "errors", 0, "locationType"), "parameter");
  }
  assertEquals(fake.store.files.size, 2);
  assertReason(await call("/drive/v3/files?spaces=photos"), 400, "invalid");
  for (
    const path of [
      "/",
      "/drive/v2/files",
      "/drive/v3/changes",
      `/drive/v3/files/${id}/permissions`,
      "/upload/files",
    ]
  ) {
    assertReason(await call(path), 404, "notFound");
  }
  assertReason(await call(`/drive/v3/files/${id}`, { method: "PUT" }), 404, "notFound");
});

Deno.test("lists are behind, by as much as they shall be", async () => {
  await using fake = await startDrive({ lag: 60_000 });
  const call = caller(fake);
  const kept = fake.store.add({ name: "before" }), deleted = fake.store.add({ name: "deleted" });
  const folder = fake.store.addFolder("folder");
  fake.store.add({ name: "inside", parents: [folder.id] });
  const names = async () => {
    const query = { orderBy: "name", q: "trashed = false" };
    return namesOf((await call("/drive/v3/files", { query })).at("files"));
  };
  const old = ["before", "deleted", "folder", "inside"];
  assertEquals(await names(), old);
  await call(`/drive/v3/files/${kept.id}`, { method: "PATCH", json: { name: "after" } });
  await call(`/drive/v3/files/${deleted.id}`, { method: "DELETE" });
  await call(`/drive/v3/files/${folder.id}`, { method: "PATCH", json: { trashed: true } });
  const made = await call("/drive/v3/files", { method: "POST", json: { name: "made" } });
  assertEquals(await names(), old);
  // What is asked for by its id is never behind.
  assertEquals((await call(`/drive/v3/files/${kept.id}`)).at("name"), "after");
  assertReason(await call(`/drive/v3/files/${deleted.id}`), 404, "notFound");
  assertEquals((await call(`/drive/v3/files/${String(made.at("id"))}`)).status, 200);
  fake.lag = 300;
  await new Promise((resolve) => setTimeout(resolve, 320));
  assertEquals(await names(), ["after", "made"]);
  // Forgets what was before.
  fake.lag = 0;
  fake.store.update(String(made.at("id")), {});
  fake.lag = 60_000;
  await call(`/drive/v3/files/${kept.id}`, { method: "PATCH", json: { name: "again" } });
  assertEquals(await names(), ["after", "made"]);
  fake.lag = 0;
  assertEquals(await names(), ["again", "made"]);
});
