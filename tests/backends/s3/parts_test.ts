import { assert, assertEquals, assertThrows } from "@std/assert";
import { S3Backend, type S3Options } from "../../../backends/s3/mod.ts";
import { MAX_OBJECT, MAX_PARTS, PartPlan } from "../../../backends/s3/writing/parts.ts";
import { sectionsOf } from "../../../backends/transport/reader.ts";
import { RetryPolicy } from "../../../backends/transport/retry.ts";
import { InvalidArgumentError } from "../../../lib/errors.ts";

const MiB = 1024 * 1024;

Deno.test("parts of a stream of unknown length begin at 8 MiB and hold 5 TiB in all", () => {
  const plan = new PartPlan();
  let sum = 0;
  for (let i = 0; i < MAX_PARTS; i++) {
    assert(i === 0 || plan.size(i) >= plan.size(i - 1));
    sum += plan.size(i);
  }
  assert(sum >= MAX_OBJECT, `${sum}`);
  assert(plan.size(MAX_PARTS - 1) <= 5 * 1024 * MiB);
  assertEquals([plan.size(0), plan.size(999)], [8 * MiB, 8 * MiB]);
  assertThrows(() => plan.size(MAX_PARTS), InvalidArgumentError, "partSize");
});

Deno.test("parts are equal where the size is known, or a length was asked for", () => {
  for (const total of [1, 8 * MiB, 100 * 1024 * MiB, 1024 * 1024 * MiB + 1, MAX_OBJECT]) {
    const plan = new PartPlan("auto", total);
    assertEquals(plan.size(0), plan.size(MAX_PARTS - 1));
    assert(plan.size(0) * MAX_PARTS >= total);
  }
  assertEquals(new PartPlan(5 * MiB).size(9999), 5 * MiB);
  assertEquals(new PartPlan("auto", 100).room(0, 0), 100);
  assertThrows(() => new PartPlan("auto", MAX_OBJECT + 1), InvalidArgumentError, "5 TiB");
  assertThrows(() => new PartPlan(5 * MiB, 5 * MiB * MAX_PARTS + 1), InvalidArgumentError, "5242881");
});

Deno.test("sections tile what is read, whatever has come first", () => {
  for (const length of [0, 1, 9, 10, 11, 35]) {
    for (
      const first of [undefined, { start: 0, end: 10 }, { start: 0, end: 3 }, {
        start: 100 + length - 1,
        end: 100 + length,
      }]
    ) {
      if (first && first.start > 100 && length === 0) continue;
      const shifted = first && first.start === 0 ? { start: 90, end: 100 + first.end } : first;
      let at = 100;
      for (const section of sectionsOf({ offset: 100, length }, shifted, 10)) {
        assertEquals(section.offset, at);
        assert(section.length > 0 && section.length <= 10);
        at += section.length;
      }
      assertEquals(at, 100 + length);
    }
  }
});

Deno.test("retries end with the attempts, with the budget, and with an abort", async () => {
  let calls = 0;
  const fail = () => Promise.reject(new Error(`${++calls}`));
  const message = (policy: RetryPolicy, signal?: AbortSignal) =>
    policy.run(fail, () => ({ again: true }), signal).catch((error) =>
      error instanceof Error ? error.message : error
    );
  assertEquals(await message(new RetryPolicy(3)), "3");
  calls = 0;
  assertEquals(await message(new RetryPolicy({ budget: 50 })), "1");
  const control = new AbortController();
  setTimeout(() => control.abort("enough"), 150);
  assertEquals(await message(new RetryPolicy(), control.signal), "enough");
});

Deno.test("options that can't work are refused at once", () => {
  const wrong: Partial<S3Options>[] = [
    { bucket: "" },
    { bucket: "a/b" },
    { endpoint: "nonsense" },
    { endpoint: "ftp://host" },
    { concurrency: 0 },
    { partSize: 1 },
    { partSize: NaN },
    { timeout: { idle: -1 } },
    { credentials: { accessKeyId: "", secretAccessKey: "x" } },
  ];
  for (const options of wrong) {
    assertThrows(
      () => new S3Backend({ bucket: "bucket", ...options }),
      InvalidArgumentError,
      "",
      JSON.stringify(options),
    );
  }
});
