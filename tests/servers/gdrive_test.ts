/** The stand-in, driven by Google's own client: files, folders, lists, bytes, properties, shared drives, tokens. */
import { auth, drive, type drive_v3 } from "@googleapis/drive";
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { FOLDER, startDrive } from "./gdrive.ts";
import {
  assertDriveError,
  caller,
  connect,
  download,
  ODD_NAMES,
  sessionOf,
  upload,
} from "./gdrive/client.ts";
import { noise } from "./http/noise.ts";

Deno.test("a file goes in and comes out with all that was said of it", async () => {
  await using fake = await startDrive();
  const { files } = connect(fake);
  const folder = await files.create({ requestBody: { name: "folder", mimeType: FOLDER } });
  assertEquals(Object.keys(folder.data).sort(), ["id", "kind", "mimeType", "name"]);
  const body = noise(100_000);
  const created = await files.create({
    requestBody: {
      name: "it's",
      mimeType: "x/y",
      parents: [folder.data.id ?? ""],
      properties: { shape: "3,4", empty: "" },
      appProperties: { dtype: "<f8" },
      description: "said",
      createdTime: "2001-02-03T04:05:06.789Z",
      modifiedTime: "2002-02-03T04:05:06.789+01:00",
    },
    media: { mimeType: "x/z", body: Readable.from([body.subarray(0, 10), body.subarray(10)]) },
    fields: "*",
  }, upload(fake));
  const { data } = created;
  assertEquals(data.size, "100000");
  assertEquals(data.md5Checksum, createHash("md5").update(body).digest("hex"));
  assertEquals(data.sha1Checksum, createHash("sha1").update(body).digest("hex"));
  assertEquals(data.sha256Checksum, createHash("sha256").update(body).digest("hex"));
  assertEquals([data.name, data.mimeType, data.description], ["it's", "x/y", "said"]);
  assertEquals(data.createdTime, "2001-02-03T04:05:06.789Z");
  assertEquals(data.modifiedTime, "2002-02-03T03:05:06.789Z");
  assertEquals([data.trashed, data.explicitlyTrashed, data.ownedByMe], [false, false, true]);
  assertEquals(data.owners?.[0].emailAddress, "user@example.com");
  assertEquals(data.capabilities?.canDownload, true);
  assertMatch(data.version ?? "", /^\d+$/);

  const fileId = data.id ?? "";
  const got = await files.get({ fileId, fields: "*" });
  assertEquals(got.data, data);
  assertEquals((await files.get({ fileId })).data, {
    kind: "drive#file",
    id: fileId,
    name: "it's",
    mimeType: "x/y",
  });
  assertEquals(await download(files, { fileId }), body);
  assertEquals(fake.store.pathOf(fileId), "folder/it's");
  assertEquals(fake.store.find("folder/it's")?.bytes, body);
  assertEquals(
    fake.requests.map(({ operation, status, name }) => [operation, status, name]),
    [
      ["files.create", 200, "folder"],
      ["upload.create", 200, "it's"],
      ["files.get", 200, "it's"],
      ["files.get", 200, "it's"],
      ["files.download", 200, "it's"],
    ],
  );
  assertEquals(fake.requests[4].bytesOut, 100_000);
});

Deno.test("names are not unique, and any string is one", async () => {
  await using fake = await startDrive();
  const { files } = connect(fake);
  for (const name of ODD_NAMES) {
    const made = [];
    for (const body of ["1", "2"]) {
      made.push(
        (await files.create({ requestBody: { name }, media: { mimeType: "x/y", body } }, upload(fake))).data
          .id,
      );
    }
    assertNotEquals(made[0], made[1]);
    const q = `name = '${name.replace(/[\\']/g, "\\$&")}' and 'root' in parents`;
    const listed = await files.list({ q, orderBy: "createdTime", fields: "files(id,name)" });
    assertEquals(listed.data.files?.map((file) => file.name), [name, name]);
    assertEquals(listed.data.files?.map((file) => file.id).sort(), made.sort());
  }
  const unnamed = await files.create({ requestBody: { name: "" } });
  assertEquals(unnamed.data.name, "Untitled");
  // Case does not count in queries.
  const listed = await files.list({ q: "name = 'A/B'" });
  assertEquals(listed.data.files?.map((file) => file.name), ["a/b", "a/b"]);
});

Deno.test("bytes are replaced, each time as a new revision", async () => {
  await using fake = await startDrive();
  const client = connect(fake);
  const { id: fileId, revisions: [first] } = fake.store.add({
    name: "file",
    text: "one",
    mimeType: "text/plain",
  });
  const updated = await client.files.update({
    fileId,
    requestBody: { appProperties: { a: "b" } },
    media: { mimeType: "text/html", body: "two" },
    fields: "headRevisionId,version,size,mimeType,appProperties,modifiedTime",
  }, upload(fake));
  assertNotEquals(updated.data.headRevisionId, first.id);
  assertEquals(updated.data.version, "2");
  assertEquals([updated.data.mimeType, updated.data.size], ["text/html", "3"]);
  assertEquals(updated.data.appProperties, { a: "b" });
  // Without metadata it is an upload of bytes alone.
  await client.files.update({ fileId, media: { mimeType: "text/plain", body: "three" } }, upload(fake));
  assertEquals(fake.requests.map(({ query }) => query.uploadType), ["multipart", "media"]);
  const revisions = await client.revisions.list({ fileId, fields: "revisions(id,size,md5Checksum)" });
  assertEquals(revisions.data.revisions?.map(({ size }) => size), ["3", "3", "5"]);
  assertEquals(revisions.data.revisions?.[0].id, first.id);
  const old = await caller(fake)(`/drive/v3/files/${fileId}/revisions/${first.id}?alt=media`);
  assertEquals([old.text, old.headers.get("content-type")], ["one", "text/plain"]);
  const head = await client.revisions.get({ fileId, revisionId: "head", fields: "*" });
  assertEquals(head.data.md5Checksum, createHash("md5").update("three").digest("hex"));
  await assertDriveError(() => client.revisions.get({ fileId, revisionId: "none" }), 404, "notFound");
});

Deno.test("metadata changes; properties merge; what is written elsewhere can't be written", async () => {
  await using fake = await startDrive();
  const { files } = connect(fake);
  const { id: fileId } = fake.store.add({
    name: "file",
    properties: { keep: "1", change: "1", drop: "1" },
    appProperties: { keep: "1", change: "1", drop: "1" },
    createdTime: "2001-01-01T00:00:00Z",
  });
  const changes = { change: "2", drop: null, add: "3" };
  // The client's types don't know that null takes away.
  const updated = await caller(fake)(`/drive/v3/files/${fileId}`, {
    method: "PATCH",
    query: { fields: "*" },
    json: { name: "renamed", properties: changes, appProperties: changes },
  });
  const merged = { keep: "1", change: "2", add: "3" };
  assertEquals([updated.at("properties"), updated.at("appProperties")], [merged, merged]);
  assertEquals([updated.at("name"), updated.at("version")], ["renamed", "2"]);
  assertEquals(updated.at("createdTime"), "2001-01-01T00:00:00.000Z");
  assert(String(updated.at("modifiedTime")) > "2020");
  // Nobody else's client sees private ones.
  const other = await connect(fake, { clientId: "other" }).files.get({
    fileId,
    fields: "properties,appProperties",
  });
  assertEquals(other.data, { properties: merged });
  const readOnly = [
    { size: "3" },
    { md5Checksum: "0" },
    { createdTime: "2001-01-01T00:00:00Z" },
    { id: fileId },
    { parents: ["root"] },
    { version: "7" },
  ];
  for (const requestBody of readOnly) {
    await assertDriveError(() => files.update({ fileId, requestBody }), 403, "fieldNotWritable");
  }
  assertEquals(fake.store.get(fileId).version, 2);
  await files.update({ fileId, requestBody: {} });
  assertEquals(fake.store.get(fileId).version, 2);
});

Deno.test("files move, and folders with what is in them", async () => {
  await using fake = await startDrive();
  const { files } = connect(fake);
  const a = fake.store.addFolder("a"), b = fake.store.addFolder("b", { parents: [a.id] });
  const file = fake.store.add({ name: "file", parents: [b.id] });
  const move = (fileId: string, addParents?: string, removeParents?: string) => () =>
    files.update({ fileId, addParents, removeParents, fields: "parents" });
  const moved = await move(file.id, "root", b.id)();
  assertEquals(moved.data.parents, [fake.store.rootId]);
  assertEquals(fake.store.pathOf(file.id), "file");
  // Where it is already, it may be put.
  await move(file.id, "root")();
  await assertDriveError(move(file.id, a.id), 403, "cannotAddParent");
  await assertDriveError(move(file.id, undefined, "root"), 400, "badRequest");
  await assertDriveError(move(b.id, file.id, a.id), 403, "parentNotAFolder");
  await assertDriveError(move(b.id, "nowhere", a.id), 404, "notFound");
  await assertDriveError(move(a.id, b.id, "root"), 400, "badRequest");
  await move(file.id, b.id, "root")();
  await move(b.id, "root", a.id)();
  assertEquals(fake.store.pathOf(file.id), "b/file");
  await files.delete({ fileId: b.id });
  await assertDriveError(() => files.get({ fileId: file.id }), 404, "notFound");
  assertEquals([...fake.store.files.keys()].sort(), [fake.store.rootId, a.id].sort());
  await assertDriveError(() => files.delete({ fileId: "root" }), 403, "insufficientFilePermissions");
});

Deno.test("copies are of the same bytes, with the metadata that are asked for", async () => {
  await using fake = await startDrive();
  const { files } = connect(fake);
  const folder = fake.store.addFolder("folder");
  const source = fake.store.add({
    name: "source",
    bytes: noise(1000),
    mimeType: "x/y",
    properties: { p: "1" },
    appProperties: { a: "1" },
    createdTime: "2001-01-01T00:00:00Z",
  });
  const same = await files.copy({ fileId: source.id, fields: "*" });
  assertEquals([same.data.name, same.data.mimeType, same.data.parents], ["Copy of source", "x/y", [
    fake.store.rootId,
  ]]);
  assertEquals([same.data.properties, same.data.appProperties], [{ p: "1" }, { a: "1" }]);
  assert((same.data.createdTime ?? "") > "2020");
  const { id: fileId = "" } = (await files.copy({
    fileId: source.id,
    requestBody: { name: "copy", parents: [folder.id], appProperties: { b: "2" } },
  })).data;
  const copy = fake.store.get(fileId ?? "");
  assertEquals(copy.bytes, source.bytes);
  assertEquals(fake.store.pathOf(copy.id), "folder/copy");
  assertEquals(Object.values(copy.appProperties), [{ a: "1", b: "2" }]);
  const other = await connect(fake, { clientId: "other" }).files.copy({
    fileId: source.id,
    fields: "properties,appProperties",
  });
  assertEquals(other.data, { properties: { p: "1" } });
  await assertDriveError(() => files.copy({ fileId: folder.id }), 403, "cannotCopyFile");
});

Deno.test("what is in a trashed folder is in the trash", async () => {
  await using fake = await startDrive();
  const { files } = connect(fake);
  const folder = fake.store.addFolder("folder");
  const file = fake.store.add({ name: "file", parents: [folder.id], text: "still there" });
  await files.update({ fileId: folder.id, requestBody: { trashed: true } });
  const fields = "trashed,explicitlyTrashed";
  assertEquals((await files.get({ fileId: folder.id, fields })).data, {
    trashed: true,
    explicitlyTrashed: true,
  });
  assertEquals((await files.get({ fileId: file.id, fields })).data, {
    trashed: true,
    explicitlyTrashed: false,
  });
  assertEquals(await download(files, { fileId: file.id }), new TextEncoder().encode("still there"));
  const names = async (q?: string) =>
    (await files.list({ q, orderBy: "name" })).data.files?.map(({ name }) => name);
  // Whoever does not ask is shown the trash too.
  assertEquals(await names(), ["file", "folder"]);
  assertEquals(await names("trashed = false"), []);
  assertEquals(await names("trashed=true"), ["file", "folder"]);
  assertEquals(await names(`'${folder.id}' in parents and trashed = false`), []);
  const inTrash = await files.create({ requestBody: { name: "late", parents: [folder.id] }, fields });
  assertEquals(inTrash.data, { trashed: true, explicitlyTrashed: false });
  await files.update({ fileId: folder.id, requestBody: { trashed: false } });
  assertEquals(await names("trashed = false"), ["file", "folder", "late"]);
});

Deno.test("ids are made beforehand, so that creating can be tried again", async () => {
  await using fake = await startDrive();
  const { files } = connect(fake);
  const { data } = await files.generateIds({ count: 3 });
  assertEquals([data.kind, data.space, data.ids?.length], ["drive#generatedIds", "drive", 3]);
  const [id, folderId, copyId] = data.ids ?? [];
  const create = (requestBody: Record<string, string>) => () =>
    files.create({ requestBody, media: requestBody.mimeType ? undefined : { body: "text" } }, upload(fake));
  assertEquals((await create({ id, name: "file" })()).data.id, id);
  await assertDriveError(create({ id, name: "file" }), 409, "fileIdInUse");
  await assertDriveError(create({ id: folderId.replace(/.$/, "!"), name: "file" }), 400, "invalid");
  const doc = { id: folderId, mimeType: "application/vnd.google-apps.document" };
  await assertDriveError(create(doc), 403, "insufficientFilePermissions");
  assertEquals((await create({ id: folderId, mimeType: FOLDER })()).data.id, folderId);
  const copy = { fileId: id, requestBody: { id: copyId } };
  assertEquals((await files.copy(copy)).data.id, copyId);
  await assertDriveError(() => files.copy(copy), 409, "fileIdInUse");
  await assertDriveError(() => files.generateIds({ count: 1001 }), 400, "invalidParameter");
});

Deno.test("only what has bytes can be downloaded, whole or in part", async () => {
  await using fake = await startDrive();
  const { files } = connect(fake);
  const call = caller(fake);
  const folder = fake.store.addFolder("folder");
  const doc = fake.store.add({ name: "doc", mimeType: "application/vnd.google-apps.document" });
  for (const { id: fileId } of [folder, doc]) {
    await assertDriveError(() => files.get({ fileId, alt: "media" }), 403, "fileNotDownloadable");
  }
  const bytes = noise(1000);
  const { id } = fake.store.add({ name: "file", bytes });
  const get = (range: string) => call(`/drive/v3/files/${id}?alt=media`, { headers: { range } });
  for (
    const [range, start, end] of [["0-0", 0, 1], ["5-9", 5, 10], ["990-", 990, 1000], ["-7", 993, 1000], [
      "900-5000",
      900,
      1000,
    ]]
  ) {
    const part = await get(`bytes=${range}`);
    assertEquals([part.status, part.headers.get("content-range")], [
      206,
      `bytes ${start}-${Number(end) - 1}/1000`,
    ]);
    assertEquals(part.bytes, bytes.subarray(Number(start), Number(end)));
    assertEquals(part.headers.get("content-length"), String(Number(end) - Number(start)));
  }
  const beyond = await get("bytes=1000-");
  assertEquals([beyond.status, beyond.headers.get("content-range")], [416, "bytes */1000"]);
  assertEquals((await get("bytes=0-1,3-4")).status, 200);
  assertEquals((await get("bytes=0-1")).headers.get("etag"), null);
});

Deno.test("lists come in pages", async () => {
  await using fake = await startDrive();
  const { files } = connect(fake);
  const folder = fake.store.addFolder("folder");
  for (let i = 0; i < 25; i++) fake.store.add({ name: `file${i}`, parents: [folder.id] });
  const q = `'${folder.id}' in parents`;
  const names: string[] = [];
  let pageToken: string | undefined, pages = 0;
  do {
    const { data } = await files.list({ q, pageSize: 10, pageToken, orderBy: "name_natural" });
    names.push(...data.files?.map(({ name }) => name ?? "") ?? []);
    pageToken = data.nextPageToken ?? undefined;
    pages++;
    // It is for this list alone.
    if (pageToken) {
      const other = { q: "trashed = false", pageSize: 10, pageToken };
      await assertDriveError(() => files.list(other), 400, "invalid");
    }
  } while (pageToken);
  assertEquals([names, pages], [Array.from({ length: 25 }, (_, i) => `file${i}`), 3]);
  await assertDriveError(() => files.list({ pageToken: "made up" }), 400, "invalid");
  for (const pageSize of [0, -1, 1001]) {
    await assertDriveError(() => files.list({ pageSize }), 400, "invalidParameter");
  }
  for (let i = 0; i < 100; i++) fake.store.add({ name: "more" });
  assertEquals((await files.list()).data.files?.length, 100);
});

Deno.test("Google's client gets, renews and loses tokens", async () => {
  await using fake = await startDrive();
  const { client_id: clientId, client_secret: clientSecret } = fake.clientSecrets.installed;
  const oauth = new auth.OAuth2({
    clientId,
    clientSecret,
    redirectUri: "http://127.0.0.1:9/done",
    endpoints: { oauth2AuthBaseUrl: fake.authUrl, oauth2TokenUrl: fake.tokenUrl },
  });
  const { codeVerifier, codeChallenge = "" } = await oauth.generateCodeVerifierAsync();
  const url = oauth.generateAuthUrl({
    access_type: "offline",
    scope: ["https://www.googleapis.com/auth/drive"],
    state: "state",
    code_challenge: codeChallenge,
    // The client's type is an enum that it doesn't export.
    ...Object.fromEntries([["code_challenge_method", "S256"]]),
  });
  const consent = await fetch(url, { redirect: "manual" });
  await consent.body?.cancel();
  const back = new URL(consent.headers.get("location") ?? "");
  assertEquals([consent.status, back.origin + back.pathname], [302, "http://127.0.0.1:9/done"]);
  assertEquals(back.searchParams.get("state"), "state");
  const { tokens } = await oauth.getToken({ code: back.searchParams.get("code") ?? "", codeVerifier });
  assertEquals(tokens.token_type, "Bearer");
  oauth.setCredentials(tokens);
  const client = drive({ version: "v3", rootUrl: fake.endpoint, auth: oauth, retry: false });
  const about = async () => (await client.about.get({ fields: "user" })).data.user;
  assertEquals((await about())?.emailAddress, "user@example.com");
  fake.revokeTokens();
  // It renews the token that is refused, by itself.
  oauth.setCredentials({ ...tokens, expiry_date: 1 });
  assertEquals((await about())?.me, true);
  assertEquals(fake.requests.filter(({ operation }) => operation === "token").length, 2);
});

Deno.test("shared drives are there for those who say that they know of them", async () => {
  await using fake = await startDrive({
    drives: [{ id: "0Aone", name: "one" }, { id: "0Atwo", name: "two" }],
  });
  const client = connect(fake);
  const { files } = client;
  const drives = await client.drives.list();
  assertEquals(drives.data.drives?.map(({ id, name }) => [id, name]), [["0Aone", "one"], ["0Atwo", "two"]]);
  assertEquals((await client.drives.get({ driveId: "0Atwo" })).data.name, "two");
  await assertDriveError(() => client.drives.get({ driveId: "none" }), 404, "notFound");

  const supportsAllDrives = true, includeItemsFromAllDrives = true;
  const requestBody = { name: "shared", parents: ["0Aone"] };
  await assertDriveError(() => files.create({ requestBody }), 404, "notFound");
  const { data } = await files.create(
    { requestBody, media: { body: "x" }, supportsAllDrives, fields: "*" },
    upload(fake),
  );
  assertEquals([data.driveId, data.parents, data.owners], ["0Aone", ["0Aone"], undefined]);
  const fileId = data.id ?? "";
  await assertDriveError(() => files.get({ fileId }), 404, "notFound");
  await assertDriveError(() => files.get({ fileId, alt: "media" }), 404, "notFound");
  await assertDriveError(() => files.update({ fileId, requestBody: { name: "x" } }), 404, "notFound");
  await assertDriveError(() => files.copy({ fileId }), 404, "notFound");
  await assertDriveError(() => files.delete({ fileId }), 404, "notFound");
  assertEquals(await download(files, { fileId, supportsAllDrives }), new Uint8Array([120]));

  fake.store.add({ name: "mine" });
  fake.store.add({ name: "in two", driveId: "0Atwo" });
  const list = async (more: drive_v3.Params$Resource$Files$List) =>
    (await files.list({ ...more, orderBy: "name" })).data.files?.map(({ name }) => name);
  assertEquals(await list({}), ["mine"]);
  assertEquals(await list({ supportsAllDrives }), ["mine"]);
  const all = { supportsAllDrives, includeItemsFromAllDrives };
  assertEquals(await list({ ...all, corpora: "allDrives" }), ["in two", "mine", "shared"]);
  assertEquals(await list({ ...all, corpora: "drive", driveId: "0Aone" }), ["shared"]);
  assertEquals(await list({ ...all, q: "'0Atwo' in parents" }), ["in two"]);
  const wrong = [
    { corpora: "drive", driveId: "0Aone" },
    { corpora: "drive", driveId: "0Aone", supportsAllDrives },
    { corpora: "drive", ...all },
    { driveId: "0Aone", ...all },
    { includeItemsFromAllDrives },
  ];
  for (const more of wrong) await assertDriveError(() => list(more), 400, "invalidParameter");
  await assertDriveError(() => list({ corpora: "everything" }), 400, "invalid");
  await assertDriveError(() => list({ ...all, corpora: "drive", driveId: "none" }), 404, "notFound");

  // Files move between drives, folders don't.
  const folder = fake.store.addFolder("folder");
  const move = (fileId: string, addParents: string, removeParents: string) =>
    files.update({ fileId, addParents, removeParents, supportsAllDrives, fields: "driveId,owners(me)" });
  assertEquals((await move(fileId, "0Atwo", "0Aone")).data, { driveId: "0Atwo" });
  assertEquals((await move(fileId, folder.id, "0Atwo")).data, { owners: [{ me: true }] });
  await assertDriveError(() => move(folder.id, "0Aone", "root"), 403, "teamDrivesFolderMoveInNotSupported");
  const two = fake.store.addFolder("a", { driveId: "0Aone" }),
    three = fake.store.addFolder("b", { driveId: "0Aone" });
  const twice = { name: "x", parents: [two.id, three.id] };
  await assertDriveError(
    () => files.create({ requestBody: twice, supportsAllDrives }),
    403,
    "teamDrivesParentLimit",
  );
});

Deno.test("roles in shared drives", async () => {
  const supportsAllDrives = true, drives = [{ id: "0Aone", name: "one" }];
  const allowed: Record<string, readonly [edit: boolean, trash: boolean, remove: boolean]> = {
    organizer: [true, true, true],
    fileOrganizer: [true, true, false],
    writer: [true, false, false],
    reader: [false, false, false],
  };
  for (const role of ["organizer", "fileOrganizer", "writer", "reader"] as const) {
    await using fake = await startDrive({ drives, role });
    const { files } = connect(fake);
    const { id: fileId } = fake.store.add({ name: "file", driveId: "0Aone", text: "x" });
    const tries = [
      () => files.update({ fileId, requestBody: { name: "renamed" }, supportsAllDrives }),
      () => files.update({ fileId, requestBody: { trashed: true }, supportsAllDrives }),
      () => files.delete({ fileId, supportsAllDrives }),
    ];
    const { capabilities } = (await files.get({ fileId, supportsAllDrives, fields: "capabilities" })).data;
    assertEquals([capabilities?.canEdit, capabilities?.canTrash, capabilities?.canDelete], [
      ...allowed[role],
    ]);
    assertEquals(await download(files, { fileId, supportsAllDrives }), new Uint8Array([120]));
    const create = () => files.create({ requestBody: { parents: ["0Aone"] }, supportsAllDrives });
    for (const [i, run] of [...tries, create].entries()) {
      if (allowed[role][i] ?? allowed[role][0]) await run();
      else await assertDriveError(run, 403, "insufficientFilePermissions");
    }
  }
});

Deno.test("service accounts have no storage; users have some", async () => {
  await using fake = await startDrive({ drives: [{ id: "0Aone", name: "one" }], quota: 10 });
  const { files } = connect(fake, { serviceAccount: true });
  const media = { body: "text" };
  await assertDriveError(
    () => files.create({ requestBody: {}, media }, upload(fake)),
    403,
    "storageQuotaExceeded",
  );
  await assertDriveError(() => files.create({ requestBody: { name: "empty" } }), 403, "storageQuotaExceeded");
  const folder = await files.create({
    requestBody: { mimeType: FOLDER },
    fields: "ownedByMe,owners(emailAddress)",
  });
  assertEquals(folder.data.owners?.[0].emailAddress, fake.serviceAccount.client_email);
  const inDrive = {
    requestBody: { parents: ["0Aone"] },
    media: { body: "x".repeat(100) },
    supportsAllDrives: true,
  };
  await files.create(inDrive, upload(fake));
  const users = connect(fake).files;
  const { data: { id } } = await users.create({ requestBody: {}, media: { body: "123456" } }, upload(fake));
  await assertDriveError(() => files.copy({ fileId: id ?? "" }), 403, "storageQuotaExceeded");
  await assertDriveError(() => users.copy({ fileId: id ?? "" }), 403, "storageQuotaExceeded");
  await assertDriveError(
    () => users.create({ media: { body: "12345" } }, upload(fake)),
    403,
    "storageQuotaExceeded",
  );
  await users.update({ fileId: id ?? "", media: { body: "1234567890" } }, upload(fake));
  const call = caller(fake);
  const start = {
    method: "POST",
    query: { uploadType: "resumable" },
    headers: { "x-upload-content-length": "1" },
  };
  assertEquals((await call("/upload/drive/v3/files", start)).reason, "storageQuotaExceeded");
  assertEquals((await connect(fake).about.get({ fields: "storageQuota(limit,usage)" })).data, {
    storageQuota: { limit: "10", usage: "10" },
  });
});

Deno.test("Google's client sees what came by a session", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const body = noise(300_000);
  const started = await call("/upload/drive/v3/files?uploadType=resumable", {
    method: "POST",
    json: { name: "big" },
  });
  const put = await call(sessionOf(started), { method: "PUT", body });
  assertEquals(await download(connect(fake).files, { fileId: String(put.at("id")) }), body);
});
