import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ObjectVersion } from "../../../backends/backend.ts";
import { InvalidArgumentError, NotFoundError, PreconditionFailedError } from "../../../lib/errors.ts";
import { MiB, onS3, pattern, same, streamed } from "./setup.ts";

const VERSIONED = { buckets: [{ name: "bucket", versioning: true }] };
const shown = (version: ObjectVersion) =>
  `${version.key} ${version.size}${version.isDeleteMarker ? " marker" : ""}${
    version.isLatest ? " latest" : ""
  }`;

Deno.test("versions are told by writes, listed, and read by their ids", () =>
  onS3(
    async ({ backend }) => {
      const first = await backend.put("a", pattern(10));
      const second = await backend.put("a", streamed(pattern(20 * MiB)));
      await backend.put("a/b", pattern(3));
      await Array.fromAsync(backend.delete(["a"]));
      assert(first.versionId && second.versionId && first.versionId !== second.versionId);
      assertEquals((await Array.fromAsync(backend.listVersions())).map(shown), [
        "a 0 marker latest",
        `a ${20 * MiB}`,
        "a 10",
        "a/b 3 latest",
      ]);
      assertEquals((await Array.fromAsync(backend.listVersions({ prefix: "a/" }))).map(shown), [
        "a/b 3 latest",
      ]);
      assertEquals(await backend.head("a"), undefined);
      const head = await backend.head("a", { versionId: first.versionId });
      assertEquals([head?.size, head?.versionId], [10, first.versionId]);
      assert(same(await (await backend.open("a", { versionId: first.versionId })).read(), pattern(10)));
      const reader = await backend.open("a", { versionId: second.versionId, parallel: true });
      assert(same(await reader.read(), pattern(20 * MiB)));
      // Further ranges are of the same version.
      assertEquals((await reader.read({ offset: 5, length: 7 })).length, 7);
      assertEquals(
        (await backend.open("a", { versionId: first.versionId, range: { offset: 50 } })).info.size,
        10,
      );
    },
    {},
    VERSIONED,
  ));

Deno.test("a version that is not, a delete marker, and an id that is none", () =>
  onS3(
    async ({ backend }) => {
      const { versionId } = await backend.put("a", pattern(10));
      await Array.fromAsync(backend.delete(["a"]));
      const [marker] = await Array.fromAsync(backend.listVersions());
      assert(marker.isDeleteMarker);
      await assertRejects(() => backend.open("a", { versionId: marker.versionId }), NotFoundError);
      assertEquals(await backend.head("a", { versionId: marker.versionId }), undefined);
      const [removed] = await Array.fromAsync(backend.delete([{ key: "a", versionId }]));
      assertEquals(removed, { key: "a" });
      await assertRejects(() => backend.open("a", { versionId }), NotFoundError);
      assertEquals(await backend.head("a", { versionId }), undefined);
      await assertRejects(() => backend.open("a", { versionId: "no id" }), InvalidArgumentError);
      const [both] = await Array.fromAsync(backend.delete([{ key: "a", versionId, ifMatch: "x" }]));
      assert(both.error instanceof InvalidArgumentError);
    },
    {},
    VERSIONED,
  ));

Deno.test("an object comes back from under several delete markers, and another is left alone", () =>
  onS3(
    async ({ backend, operations }) => {
      await backend.put("a", pattern(10));
      const { versionId } = await backend.put("a", pattern(11));
      await backend.put("a2", pattern(3));
      for (let i = 0; i < 3; i++) await Array.fromAsync(backend.delete(["a"]));
      await Array.fromAsync(backend.delete(["a2"]));
      const back = await backend.undelete("a");
      assertEquals([back.versionId, back.isLatest, back.size], [versionId, true, 11]);
      assert(same(await (await backend.open("a")).read(), pattern(11)));
      assertEquals(await backend.head("a2"), undefined);
      // What is not deleted is not touched.
      operations();
      assertEquals((await backend.undelete("a")).versionId, versionId);
      assertEquals(operations(), ["ListObjectVersions"]);
      await assertRejects(() => backend.undelete("missing"), NotFoundError, "versioning");
    },
    {},
    VERSIONED,
  ));

Deno.test("where only delete markers are left, nothing is touched", () =>
  onS3(
    async ({ backend }) => {
      await Array.fromAsync(backend.delete(["a", "a"]));
      await assertRejects(() => backend.undelete("a"), NotFoundError);
      assertEquals((await Array.fromAsync(backend.listVersions())).length, 2);
    },
    {},
    VERSIONED,
  ));

Deno.test("an old version is brought back by a copy, onto itself too", () =>
  onS3(
    async ({ backend }) => {
      const old = await backend.put("a b", pattern(10), { metadata: { n: "1" } });
      await backend.put("a b", pattern(20), { metadata: { n: "2" } });
      await backend.copy("a b", "other", { fromVersionId: old.versionId });
      await backend.copy("a b", "a b", { fromVersionId: old.versionId });
      for (const key of ["a b", "other"]) {
        const reader = await backend.open(key);
        assertEquals(reader.info.metadata.n, "1");
        assert(same(await reader.read(), pattern(10)));
      }
      assertEquals((await Array.fromAsync(backend.listVersions({ prefix: "a b" }))).length, 3);
      // What is the latest already is none of the others.
      const fromVersionId = (await backend.head("a b"))?.versionId;
      await assertRejects(
        () => backend.copy("a b", "a b", { fromVersionId }),
        InvalidArgumentError,
        "itself",
      );
    },
    {},
    VERSIONED,
  ));

Deno.test("versions over many pages, of keys that XML can't write", () =>
  onS3(
    async ({ backend, operations }) => {
      const keys = ["a", "a b+c%", "a\u0001", "ü/🍬"];
      for (const key of keys) {
        for (let i = 0; i < 3; i++) await backend.put(key, pattern(i));
      }
      operations();
      const listed = await Array.fromAsync(backend.listVersions());
      assertEquals(
        listed.map(({ key, size }) => `${key} ${size}`).sort(),
        keys.flatMap((key) => [0, 1, 2].map((i) => `${key} ${i}`)).sort(),
      );
      assertEquals(operations().length, 6);
      await Array.fromAsync(backend.delete(["a"]));
      assertEquals((await backend.undelete("a")).size, 2);
    },
    {},
    { ...VERSIONED, features: { maxKeys: 2 } },
  ));

Deno.test("tags belong to a version", () =>
  onS3(
    async ({ backend }) => {
      const { versionId } = await backend.put("a", pattern(1), { tags: { v: "1" } });
      await backend.put("a", pattern(1), { tags: { v: "2" } });
      await backend.setTags("a", { v: "one" }, { versionId });
      assertEquals(await backend.getTags("a"), { v: "2" });
      assertEquals(await backend.getTags("a", { versionId }), { v: "one" });
    },
    {},
    VERSIONED,
  ));

Deno.test("a bucket without versioning lists each object once, and can't bring any back", () =>
  onS3(async ({ backend }) => {
    await backend.put("a", pattern(1));
    const [only] = await Array.fromAsync(backend.listVersions());
    assertEquals([only.versionId, only.isLatest, only.size], ["null", true, 1]);
    assertEquals((await backend.head("a", { versionId: "null" }))?.size, 1);
    await Array.fromAsync(backend.delete(["a"]));
    await assertRejects(() => backend.undelete("a"), NotFoundError, "versioning");
  }));

Deno.test("with a version and an ETag that is another's, a read fails", () =>
  onS3(
    async ({ backend }) => {
      const { versionId } = await backend.put("a", pattern(1));
      await assertRejects(
        () => backend.open("a", { versionId, ifMatch: "0".repeat(32) }),
        PreconditionFailedError,
      );
    },
    {},
    VERSIONED,
  ));
