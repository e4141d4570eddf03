import { assert, assertEquals, assertRejects } from "@std/assert";
import { UnsupportedError } from "../../../lib/errors.ts";
import { onDrive } from "./setup.ts";

Deno.test("storage classes, tags and versions' ids, which Drive does not have, are refused, and nothing is changed", () =>
  onDrive(async ({ backend }) => {
    await backend.put("key", new Uint8Array(3));
    for (const options of [{ storageClass: "GLACIER" }, { tags: { a: "b" } }]) {
      const error = await assertRejects(
        () => backend.put("key", new Uint8Array(1), options),
        UnsupportedError,
        "S3",
      );
      assertEquals(error.committed, "no");
      await assertRejects(() => backend.copy("key", "other", options), UnsupportedError, "S3");
    }
    await assertRejects(() => backend.copy("key", "other", { fromVersionId: "1" }), UnsupportedError, "S3");
    await assertRejects(() => backend.head("key", { versionId: "1" }), UnsupportedError, "S3");
    await assertRejects(() => backend.open("key", { versionId: "1" }), UnsupportedError, "S3");
    const [deleted] = await Array.fromAsync(backend.delete([{ key: "key", versionId: "1" }]));
    assert(deleted.error instanceof UnsupportedError);
    assertEquals((await backend.head("key"))?.size, 3);
    assertEquals(await backend.head("other"), undefined);
  }));
