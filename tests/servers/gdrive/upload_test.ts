/** Uploads in one request. */
import { assertEquals } from "@std/assert";
import { startDrive } from "../gdrive.ts";
import { noise } from "../http/noise.ts";
import { assertReason, caller } from "./client.ts";

const MIB = 1024 * 1024;

/** A body of text and bytes. */
function join(...parts: (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const all = parts.map((part) => typeof part === "string" ? encoder.encode(part) : part);
  const out = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function multipart(metadata: string, media: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return join(
    "--b\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n",
    metadata,
    "\r\n--b\r\nContent-Type: x/y\r\n\r\n",
    media,
    "\r\n--b--\r\n",
  );
}

Deno.test("multipart bodies have two parts", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const post = (body: Uint8Array<ArrayBuffer>, type = "multipart/related; boundary=b") =>
    call("/upload/drive/v3/files?uploadType=multipart&fields=*", {
      method: "POST",
      body,
      headers: { "content-type": type },
    });
  // The media may hold what looks like a boundary, where no line begins with it.
  for (
    const media of [
      new Uint8Array(),
      noise(1000),
      join("x--b\r\nx--b--\r\n"),
      join("\r\n--\r\n"),
      join("\r\n\r\n"),
    ]
  ) {
    const made = await post(multipart('{"name":"ü"}', media));
    assertEquals([made.status, made.at("name"), made.at("mimeType")], [200, "ü", "x/y"], made.text);
    assertEquals(fake.store.get(String(made.at("id"))).bytes, media);
  }
  const good = multipart("{}", "x");
  assertEquals((await post(join("preamble\r\n", good))).status, 200);
  assertEquals((await post(good, 'Multipart/Related; type="application/json"; boundary="b"')).status, 200);
  for (
    const type of [
      "multipart/form-data; boundary=b",
      "multipart/related",
      "multipart/related; boundary=c",
      "text/plain",
    ]
  ) {
    assertReason(await post(good, type), 400, "badRequest");
  }
  const json = "--b\r\ncontent-type: application/json\r\n\r\n{}\r\n";
  const wrong = [
    "",
    json + "--b--",
    json + json + json + "--b--",
    "--b\r\n\r\n{}\r\n--b\r\n\r\nx\r\n--b--",
    "--b\r\ncontent-type: text/plain\r\n\r\n{}\r\n--b\r\n\r\nx\r\n--b--",
    json + "--b\r\n\r\nx",
    json + "--b\r\nno header\r\n\r\nx\r\n--b--",
    json + "--bxx\r\n\r\nx\r\n--b--",
    json + "--b\r\ncontent-transfer-encoding: base64\r\n\r\neA==\r\n--b--",
    (json + "--b\r\n\r\nx\r\n--b--").replaceAll("\r\n", "\n"),
  ];
  for (const body of wrong) assertReason(await post(join(body)), 400, "badRequest");
  assertReason(await post(multipart("{", "x")), 400, "parseError");
  assertReason(await post(multipart('{"size":"3"}', "x")), 403, "fieldNotWritable");
  assertReason(
    await post(multipart('{"mimeType":"application/vnd.google-apps.folder"}', "x")),
    400,
    "badRequest",
  );
});

Deno.test("media of more than five megabytes take a session", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const most = noise(5 * MIB), more = noise(5 * MIB + 1);
  const headers = { "content-type": "multipart/related; boundary=b" };
  for (const [media, status] of [[most, 200], [more, 413]] as const) {
    const body = multipart("{}", media);
    const posted = await call("/upload/drive/v3/files?uploadType=multipart", {
      method: "POST",
      body,
      headers,
    });
    assertEquals(posted.status, status);
    const simple = await call("/upload/drive/v3/files?uploadType=media", {
      method: "POST",
      body: media,
      headers: { "content-type": "x/y" },
    });
    assertEquals(simple.status, status);
    if (status === 200) assertEquals(fake.store.get(String(simple.at("id"))).bytes, media);
  }
  assertEquals(fake.store.files.size, 3);
});

Deno.test("updates and what isn't an upload", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const { id } = fake.store.add({ name: "file", text: "old" });
  const patch = (query: string, body: Uint8Array<ArrayBuffer>, fileId = id) =>
    call(`/upload/drive/v3/files/${fileId}?${query}`, {
      method: "PATCH",
      body,
      headers: { "content-type": "multipart/related; boundary=b" },
    });
  const folder = fake.store.addFolder("folder");
  const updated = await patch(
    `uploadType=multipart&addParents=${folder.id}&removeParents=root&fields=size,name`,
    multipart('{"name":"new"}', "longer"),
  );
  assertEquals(updated.json(), { name: "new", size: "6" });
  assertEquals(fake.store.pathOf(id), "folder/new");
  assertReason(await patch("uploadType=multipart", multipart("{}", "x"), "none"), 404, "notFound");
  assertReason(await patch("uploadType=multipart", multipart("{}", "x"), folder.id), 400, "badRequest");
  assertReason(await patch("uploadType=other", multipart("{}", "x")), 400, "badRequest");
  assertReason(await patch("fields=id", multipart("{}", "x")), 400, "badRequest");
  assertReason(
    await patch("uploadType=multipart&fields=nome", multipart("{}", "x")),
    400,
    "invalidParameter",
  );
  assertReason(await call(`/upload/drive/v3/files?uploadType=media`), 404, "notFound");
});
