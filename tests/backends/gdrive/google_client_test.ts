/** Google's own client beside the backend: each reads what the other one wrote. */
import { assert, assertEquals } from "@std/assert";
import { Readable } from "node:stream";
import { ndarray } from "../../../lib/array/mod.ts";
import { readRaw, writeRaw } from "../../../lib/stored_arrays/raw.ts";
import { collect } from "../../../lib/async.ts";
import { decode, encode, get, names } from "../../../testing/case.ts";
import { connect, download, upload } from "../../servers/gdrive/client.ts";
import { onDrive } from "./setup.ts";

Deno.test("Google's client finds and downloads what the backend wrote, by path and by property", () =>
  onDrive(async ({ backend, drive }) => {
    const array = ndarray(Float64Array.from({ length: 1000 }, (_, i) => i / 7), [10, 100]);
    await writeRaw(backend, "lab/sub01/betas", array, { compression: false });
    const { files } = connect(drive);
    const q = "properties has { key='dtype' and value='<f8' } and trashed=false";
    const { data } = await files.list({ q, fields: "files(id,name,mimeType,size,properties,parents)" });
    const [file] = data.files ?? [];
    assertEquals([data.files?.length, file.name, file.size], [1, "betas", "8000"]);
    assertEquals(file.properties?.shape, "10,100");
    assertEquals(await download(files, { fileId: file.id ?? "" }), array.toBytes());
    const { data: folder } = await files.get({ fileId: file.parents?.[0] ?? "", fields: "name" });
    assertEquals(folder.name, "sub01");
  }));

Deno.test("the backend reads what Google's client wrote, and writes it anew in its place", () =>
  onDrive(async ({ backend, drive }) => {
    const { files } = connect(drive);
    const folder = await files.create({
      requestBody: { name: "notes", mimeType: "application/vnd.google-apps.folder" },
    });
    const { data: { id } } = await files.create({
      requestBody: { name: "it's.txt", parents: [folder.data.id ?? ""], properties: { Subject: "S01" } },
      media: { mimeType: "text/plain", body: Readable.from([encode("by Google")]) },
    }, upload(drive));
    assertEquals(await names(backend.list(), ""), ["notes/it's.txt"]);
    const head = await backend.head("notes/it's.txt");
    assertEquals([head?.metadata, head?.contentType], [{ subject: "S01" }, "text/plain"]);
    assertEquals(decode(await get(backend, "notes/it's.txt")), "by Google");
    await backend.put("notes/it's.txt", encode("by us"), { metadata: { run: "2" } });
    assertEquals(new TextDecoder().decode(await download(files, { fileId: id ?? "" })), "by us");
    // What others wrote beside it stays theirs.
    const { data } = await files.get({ fileId: id ?? "", fields: "properties" });
    assertEquals(data.properties?.Subject, "S01");
    assertEquals((await backend.head("notes/it's.txt"))?.metadata, { run: "2" });
    await collect(backend.delete(["notes/it's.txt"], { trash: true }));
    const trashed = await files.get({ fileId: id ?? "", fields: "trashed" });
    assertEquals(trashed.data.trashed, true);
    await files.update({ fileId: id ?? "", requestBody: { trashed: false } });
    assert(await backend.head("notes/it's.txt"), "and comes back from there");
  }));

Deno.test("an array that was copied in Drive's own way is still one", () =>
  onDrive(async ({ backend, drive }) => {
    const array = ndarray(Int16Array.of(1, 2, 3, 4), [2, 2]);
    await writeRaw(backend, "a", array, { metadata: { subject: "S01" } });
    const { files } = connect(drive);
    const [{ id }] = (await files.list({ q: "name='a'" })).data.files ?? [];
    await files.copy({ fileId: id ?? "", requestBody: { name: "Kopie von a" } });
    assertEquals((await readRaw(backend, "Kopie von a")).toNested(), [[1, 2], [3, 4]]);
    assertEquals((await backend.head("Kopie von a"))?.metadata.subject, "S01");
  }));
