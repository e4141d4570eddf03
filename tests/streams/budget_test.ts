import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { ByteBudget } from "../../lib/streams/mod.ts";
import { caught, randomNumbers, turns } from "./helpers.ts";

Deno.test("ByteBudget never gives out more than its limit, and everybody gets a turn", async () => {
  const below = randomNumbers(3);
  const budget = new ByteBudget(100);
  let held = 0;
  let served = 0;
  await Promise.all(Array.from({ length: 200 }, async () => {
    const bytes = below(101);
    const release = await budget.acquire(bytes);
    held += bytes;
    served++;
    assert(held <= 100, `${held} bytes are held`);
    assert(budget.used <= 100);
    for (let i = below(4); i > 0; i--) await Promise.resolve();
    held -= bytes;
    release();
  }));
  assertEquals(served, 200);
  assertEquals(budget.used, 0);
});

Deno.test("ByteBudget serves in turn: a large request isn't overtaken for ever", async () => {
  const budget = new ByteBudget(10);
  const order: string[] = [];
  const first = await budget.acquire(6);
  const large = budget.acquire(8).then((release) => (order.push("large"), release));
  const small = budget.acquire(2).then((release) => (order.push("small"), release));
  await turns();
  assertEquals(order, []);
  first();
  (await large)();
  (await small)();
  assertEquals(order, ["large", "small"]);
  assertEquals(budget.used, 0);
});

Deno.test("ByteBudget serves what is larger than all of it alone", async () => {
  const budget = new ByteBudget(10);
  const small = await budget.acquire(1);
  let served = false;
  const huge = budget.acquire(1000).finally(() => served = true);
  const after = budget.acquire(1);
  await turns();
  assertEquals(served, false);
  small();
  const release = await huge;
  assertEquals(budget.used, 1000);
  release();
  (await after)();
  assertEquals(budget.used, 0);
});

Deno.test("ByteBudget: giving back twice counts once", async () => {
  const budget = new ByteBudget(10);
  const one = await budget.acquire(4);
  const two = await budget.acquire(4);
  one();
  one();
  assertEquals(budget.used, 4);
  two();
  assertEquals(budget.used, 0);
});

Deno.test("ByteBudget: an abort gives up the wait with its reason, holds nothing, and lets the next ones on", async () => {
  const budget = new ByteBudget(10);
  const first = await budget.acquire(6);
  const abort = new AbortController();
  const reason = new Error("never mind");
  const waiting = caught(budget.acquire(8, abort.signal));
  const behind = budget.acquire(4);
  await turns();
  abort.abort(reason);
  assertStrictEquals(await waiting, reason);
  const release = await behind;
  assertEquals(budget.used, 10);
  first();
  release();
  assertEquals(budget.used, 0);
  assertStrictEquals(await caught(budget.acquire(1, abort.signal)), reason);
  assertEquals(budget.used, 0);
});

Deno.test("ByteBudget: an abort after the turn came changes nothing", async () => {
  const budget = new ByteBudget(10);
  const first = await budget.acquire(10);
  const abort = new AbortController();
  const waiting = budget.acquire(5, abort.signal);
  first();
  abort.abort();
  const release = await waiting;
  assertEquals(budget.used, 5);
  release();
  assertEquals(budget.used, 0);
});

Deno.test("ByteBudget refuses what is no number of bytes, and stays usable", async () => {
  for (const wrong of [NaN, -1]) assertThrows(() => new ByteBudget(wrong), InvalidArgumentError, `${wrong}`);
  const budget = new ByteBudget(Infinity);
  for (const wrong of [NaN, -1, Infinity]) {
    await assertRejects(() => budget.acquire(wrong), InvalidArgumentError, `${wrong}`);
  }
  (await budget.acquire(2 ** 40))();
  assertEquals(budget.used, 0);
});
