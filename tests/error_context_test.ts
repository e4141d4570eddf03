import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { IntegrityError, NotFoundError, PartialFailureError } from "../lib/errors.ts";
import { withErrorKey } from "../lib/error_context.ts";

const failing = (error: unknown) => () => withErrorKey("a/b", () => Promise.reject(error));

Deno.test("an error from below comes out as the same kind, with the object's key", async () => {
  const cause = new IntegrityError("too short", { committed: "no" });
  const error = await assertRejects(failing(cause), IntegrityError, '"a/b": too short');
  assertEquals([error.key, error.committed, error.cause], ["a/b", "no", cause]);
});

Deno.test("errors that name their objects, and those of others, stay what they are", async () => {
  const failed = [{ key: "c", error: new NotFoundError("there is no c") }];
  for (
    const thrown of [
      new NotFoundError("there is no c", { key: "c" }),
      new PartialFailureError("deleted", ["d"], failed),
      new TypeError("not ours"),
      new DOMException("stop", "AbortError"),
    ]
  ) {
    assertStrictEquals(await assertRejects(failing(thrown)), thrown);
  }
});

Deno.test("a partial failure tells how many, and of the first few why", () => {
  const failed = Array.from({ length: 5 }, (_, i) => ({ key: `k${i}`, error: new Error(`why${i}`) }));
  const error = new PartialFailureError("copied", ["a", "b"], failed, { bucket: "bucket" });
  assertEquals(error.message, 'copied 2 and failed for 5: "k0": why0; "k1": why1; "k2": why2; and 2 more');
  assertEquals([error.code, error.name, error.bucket, error.cause], [
    "Partial",
    "PartialFailureError",
    "bucket",
    failed[0].error,
  ]);
  assertInstanceOf(error, Error);
});
