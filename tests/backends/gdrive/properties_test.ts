import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  descriptionOf,
  DRIVE_METADATA_LIMIT,
  type DriveFile,
  fileOf,
  isDescribed,
  metadataOf,
  replacementOf,
} from "../../../backends/gdrive/file.ts";
import { IntegrityError, InvalidArgumentError } from "../../../lib/errors.ts";
import { pattern } from "../s3/setup.ts";
import { onDrive } from "./setup.ts";
import { assertFailure, filesOf, reasonOf } from "./writing.ts";

type Metadata = Readonly<Record<string, string>>;

/** What Drive tells of every file. */
const FILE = {
  id: "1",
  name: "key",
  mimeType: "application/octet-stream",
  createdTime: "2026-01-01T00:00:00Z",
  modifiedTime: "2026-01-01T00:00:00Z",
};

/** A file that was written so. */
function written(metadata: Metadata, contentType?: string): DriveFile {
  return fileOf({ ...FILE, ...descriptionOf(metadata, contentType) });
}

/** What is read of what was written. */
function back(metadata: Metadata, contentType?: string) {
  const file = written(metadata, contentType);
  const entries = Object.entries(file.properties);
  assert(entries.length <= 30, `${entries.length} properties`);
  for (const [name, value] of entries) {
    assert(new TextEncoder().encode(name + value).length <= 124, name);
    assert(value !== "", name);
  }
  return metadataOf("key", file);
}

const RSA = "A".repeat(344);

Deno.test("metadata come back as they were", () => {
  const cases: Metadata[] = [
    {},
    { shape: "", empty: "" },
    { dtype: "<f4", shape: "10,20", compression: "Zstd", order: "C", gzip: "False" },
    { key: RSA, iv: "x".repeat(24) },
    { a: RSA, b: RSA, c: RSA, d: RSA, e: RSA },
    { shape: "1,".repeat(200) + "1" },
    { "a.b": "c=d", "%": "%41", quote: `"'\\` },
    Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`name${i}`, `${i}`])),
    JSON.parse('{"__proto__":"1","constructor":"2"}'),
    { x: "~".repeat(DRIVE_METADATA_LIMIT - 1) },
    { dtype: "<f4", shape: "1", compression: "gz", order: "F", x: "~".repeat(DRIVE_METADATA_LIMIT - 40) },
  ];
  for (let length = 50; length < 200; length++) cases.push({ x: "y".repeat(length) });
  for (const metadata of cases) {
    assertEquals(Object.entries(back(metadata).metadata).sort(), Object.entries(metadata).sort());
  }
});

Deno.test("whatever a name and a value may have takes no more room than it has", () => {
  for (const character of "\\~= ") {
    const metadata = { p: `x${character.repeat(DRIVE_METADATA_LIMIT - 3)}x` };
    assertEquals<unknown>(back(metadata).metadata, metadata);
  }
  const odd = { "a=b\n\x7fc": "\x7fn\n\x7f\x7fe=\x7f", "\x7f": "\n" };
  assertEquals<unknown>(back(odd).metadata, odd);
});

Deno.test("more entries than there is room for", () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [i.toString(36), ""]));
  assertThrows(() => descriptionOf(many, undefined), InvalidArgumentError, "no room");
});

Deno.test("content types: as Drive's own where it would keep them, else beside the metadata", () => {
  for (const type of ["text/csv", "application/x-npy", "image/svg+xml"]) {
    assertEquals(descriptionOf({}, type).mimeType, type);
    assertEquals(back({ a: "b" }, type).contentType, type);
  }
  const odd = [
    "text/plain; charset=utf-8",
    "Text/CSV",
    "application/vnd.google-apps.document",
    "application/VND.google-apps.folder",
    "none",
    `multipart/mixed; boundary="a=b"`,
  ];
  for (const type of odd) {
    assertEquals(descriptionOf({}, type).mimeType, "application/octet-stream");
    assertEquals(back({ a: "b" }, type), { metadata: { a: "b" }, contentType: type });
  }
  for (const type of ["", "text/plain\nb=c", "text/plain; name=日本", "text/plain; name=é"]) {
    assertThrows(() => descriptionOf({}, type), InvalidArgumentError, "content type");
  }
});

Deno.test("what Python reads, and people search by, stands beside it", () => {
  const { properties } = descriptionOf({ dtype: "<f4", shape: "", order: "C", other: "x" }, undefined);
  assertEquals([properties.dtype, properties.order], ["<f4", "C"]);
  assertEquals(["shape", "other"].filter((name) => name in properties), []);
  assertEquals(descriptionOf({ shape: "1".repeat(119) }, undefined).properties.shape?.length, 119);
  assertEquals(descriptionOf({ shape: "1".repeat(120) }, undefined).properties.shape, undefined);
});

Deno.test("properties that somebody has changed are told of, and are no metadata", () => {
  const file = written({ a: "b".repeat(300) });
  const { "cc-1": _, ...fewer } = file.properties;
  const changed = [
    { ...file.properties, "cc-1": "x" },
    fewer,
    { ...file.properties, "cc-0": "something" },
    { ...file.properties, "cc-0": "" },
  ];
  for (const properties of changed) {
    assertThrows(() => metadataOf("key", { ...file, properties }), IntegrityError, "damaged");
  }
  // What others add does no harm.
  const more = { ...file.properties, "cc-30": "x", note: "y", shape: "z" };
  assertEquals(metadataOf("key", { ...file, properties: more }).metadata, { a: "b".repeat(300) });
});

Deno.test("files of others: all properties that are shown, in lower case", () => {
  const file = fileOf({
    ...FILE,
    mimeType: "a/b",
    properties: { Shape: "3" },
    appProperties: { dtype: "<f4" },
  });
  const { metadata, contentType, metadataNote } = metadataOf("key", file);
  assertEquals([metadata, contentType], [{ shape: "3", dtype: "<f4" }, "a/b"]);
  assert(metadataNote);
});

Deno.test("new properties take the place of all old ones, and leave those of others alone", () => {
  const before = fileOf({
    ...FILE,
    properties: { ...descriptionOf({ dtype: "<f4", a: "b".repeat(500) }, undefined).properties, note: "x" },
    appProperties: { dtype: "<i4", Gzip: "True", theirs: "y" },
  });
  const described = descriptionOf({ order: "C" }, undefined);
  const { properties, appProperties } = replacementOf(described, before);
  const after = Object.fromEntries(
    Object.entries({ ...before.properties, ...properties }).filter(([, value]) => value !== null),
  );
  assertEquals(after, { ...described.properties, note: "x" });
  assertEquals(appProperties, { dtype: null, Gzip: null });
  assert(isDescribed({ ...before, ...described }, described));
  assert(!isDescribed({ ...before, mimeType: described.mimeType }, described));
});

Deno.test("in Drive: long metadata, then short ones, and the limits that it has", () =>
  onDrive(async ({ drive, backend }) => {
    const long = { a: RSA, b: RSA, c: RSA, d: RSA, e: RSA, dtype: "<f4", shape: "1", order: "C" };
    const short = { compression: "gz", empty: "" };
    for (const metadata of [long, short, long, {}]) {
      for (const size of [10, 6_000_000]) {
        await backend.put("key", pattern(size), { metadata, contentType: "text/plain; charset=utf-8" });
        const head = await backend.head("key");
        assertEquals([head?.metadata, head?.contentType], [metadata, "text/plain; charset=utf-8"]);
      }
    }
    assertEquals(Object.keys(filesOf(drive, "key")[0].properties), ["cc-0"]);
    const tooLong = backend.put("key", pattern(1), { metadata: { a: "x".repeat(DRIVE_METADATA_LIMIT) } });
    assert(await reasonOf(tooLong) instanceof InvalidArgumentError);
    // Somebody else's properties, of which there may be thirty in all.
    const full = Object.fromEntries(Array.from({ length: 29 }, (_, i) => [`p${i}`, "x"]));
    drive.store.add({ name: "full", bytes: pattern(3), properties: full });
    await backend.put("full", pattern(4));
    assertFailure(
      await reasonOf(backend.put("full", pattern(5), { metadata: long })),
      InvalidArgumentError,
      "no",
    );
    assertEquals((await backend.head("full"))?.size, 4);
  }));

Deno.test("in Drive: whatever others have put there is copied as it is", () =>
  onDrive(async ({ drive, backend }) => {
    const properties = {
      note: "naïve 雪",
      two: "line 1\nline 2\\n",
      "k=v": "w=x",
      "back\\slash": "\\",
      dtype: "é".repeat(40),
    };
    drive.store.add({ name: "theirs", text: "x", properties });
    await backend.copy("theirs", "ours");
    assertEquals<unknown>((await backend.head("ours"))?.metadata, properties);
    await backend.copy("ours", "again");
    assertEquals<unknown>((await backend.head("again"))?.metadata, properties);
    const many = Object.fromEntries(Array.from({ length: 29 }, (_, i) => [`p${i}`, "v".repeat(120)]));
    drive.store.add({ name: "many", text: "x", properties: many });
    const error = await assertRejects(() => backend.copy("many", "more"), InvalidArgumentError, "no room");
    assertEquals(error.committed, "no");
  }));

Deno.test("in Drive: a type of Google's makes no document", () =>
  onDrive(async ({ drive, backend }) => {
    const contentType = "application/vnd.google-apps.document";
    await backend.put("key", pattern(10), { contentType });
    assertEquals((await backend.head("key"))?.contentType, contentType);
    assertEquals(drive.store.find("key")?.mimeType, "application/octet-stream");
  }));
