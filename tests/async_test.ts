import { assertEquals, assertStrictEquals } from "@std/assert";
import { abortable, loadOnce } from "../lib/async.ts";
import { caught, silent, turns } from "./streams/helpers.ts";

Deno.test("abortable gives what the promise gives, or throws what it throws", async () => {
  const { signal } = new AbortController();
  const failure = new Error("no");
  assertEquals(await abortable(Promise.resolve(1), signal), 1);
  assertEquals(await abortable(2, signal), 2);
  assertStrictEquals(await caught(abortable(Promise.reject(failure), signal)), failure);
});

Deno.test("abortable rejects with the signal's reason at once, before and during the wait, and drops what comes later", async () => {
  await silent(async () => {
    const reason = new Error("user left");
    assertStrictEquals(await caught(abortable(new Promise(() => {}), AbortSignal.abort(reason))), reason);
    assertStrictEquals(
      await caught(abortable(Promise.reject(new Error("late")), AbortSignal.abort(reason))),
      reason,
    );
    const abort = new AbortController();
    const late = Promise.withResolvers<void>();
    const waiting = caught(abortable(late.promise, abort.signal));
    abort.abort(reason);
    assertStrictEquals(await waiting, reason);
    late.reject(new Error("late"));
    await turns();
  });
});

Deno.test("abortable leaves no listener on the signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  await abortable(Promise.resolve(), signal);
  await caught(abortable(Promise.reject(new Error("no")), signal));
  await turns();
  assertEquals(listeners, 0);
});

Deno.test("loadOnce loads when it is asked, keeps what came, and tries again after a failure", async () => {
  let loads = 0;
  const load = loadOnce(() =>
    ++loads === 1 ? Promise.reject(new Error("no line")) : Promise.resolve({ loads })
  );
  assertEquals(loads, 0);
  const [first, beside] = await Promise.all([caught(load()), caught(load())]);
  assertStrictEquals(first, beside);
  const loaded = await load();
  assertStrictEquals(await load(), loaded);
  assertEquals(loads, 2);
});
