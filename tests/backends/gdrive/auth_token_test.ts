import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { tokenSourceOf } from "../../../backends/gdrive/auth/credentials.ts";
import { TokenSource } from "../../../backends/gdrive/auth/token.ts";
import { HttpHandler } from "../../../backends/transport/handler.ts";
import { AccessDeniedError, ConnectionError } from "../../../lib/errors.ts";
import { assertHides, SHORT } from "./auth_server.ts";

/** A source whose tokens are "token-1", "token-2"…, each for an hour, and whose requests the test answers. */
function madeUp({ lifetime = 3_600_000 }: { lifetime?: number } = {}) {
  const state = { now: 1_000_000, asked: 0, aborted: 0 };
  const waiting: { give(): void; fail(error: Error): void }[] = [];
  const source = new TokenSource((signal) => {
    const nth = ++state.asked;
    return new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => (state.aborted++, reject(signal.reason)));
      waiting.push({
        give: () => resolve({ token: `token-${nth}`, expires: state.now + lifetime }),
        fail: reject,
      });
    });
  }, { now: () => state.now });
  return { state, waiting, source };
}

Deno.test("all who ask at once share one request, and later ones the token", async () => {
  const { state, waiting, source } = madeUp();
  const asking = [source.get(), source.get(), source.renew("older"), source.get()];
  waiting[0].give();
  assertEquals(await Promise.all(asking), Array(4).fill("token-1"));
  assertEquals(await source.get(), "token-1");
  assertEquals(state.asked, 1);
});

Deno.test("a token is renewed a minute before its end", async () => {
  const { state, waiting, source } = madeUp();
  const first = source.get();
  waiting[0].give();
  await first;
  state.now += 3_600_000 - 60_001;
  assertEquals(await source.get(), "token-1");
  state.now += 1;
  const second = source.get();
  waiting[1].give();
  assertEquals(await second, "token-2");
});

Deno.test("a token whose end nobody told is kept until it is refused", async () => {
  let asked = 0;
  const source = new TokenSource(() => Promise.resolve({ token: `token-${++asked}` }), { now: () => 1e15 });
  assertEquals([await source.get(), await source.get()], ["token-1", "token-1"]);
  assertEquals(await source.renew("token-1"), "token-2");
});

Deno.test("after a refusal one new token is got, however many were refused", async () => {
  const { state, waiting, source } = madeUp();
  const first = source.get();
  waiting[0].give();
  await first;
  const renewing = [source.renew("token-1"), source.renew("token-1"), source.get()];
  waiting[1].give();
  assertEquals(await Promise.all(renewing), Array(3).fill("token-2"));
  // A request that was on its way with the old one all the while.
  assertEquals(await source.renew("token-1"), "token-2");
  assertEquals(state.asked, 2);
});

Deno.test("a token that was asked for before another one was refused, and is the same, is not taken for a new one", async () => {
  const given = ["old", "old", "new"];
  const waiting: (() => void)[] = [];
  const source = TokenSource.of(() =>
    new Promise((resolve) => waiting.push(() => resolve(given.shift() ?? "none")))
  );
  const first = source.get();
  waiting[0]();
  assertEquals(await first, "old");
  const another = source.get();
  const renewing = [source.renew("old"), source.renew("old")];
  waiting[1]();
  assertEquals(await another, "old");
  while (waiting.length < 3) await new Promise((resolve) => setTimeout(resolve));
  waiting[2]();
  assertEquals(await Promise.all(renewing), ["new", "new"]);
  assertEquals(given, []);
});

Deno.test("who aborts leaves the others waiting", async () => {
  const { state, waiting, source } = madeUp();
  const control = new AbortController();
  const leaving = source.get(control.signal);
  const staying = source.get();
  control.abort(new Error("enough"));
  await assertRejects(() => leaving, Error, "enough");
  waiting[0].give();
  assertEquals(await staying, "token-1");
  assertEquals(state, { now: 1_000_000, asked: 1, aborted: 0 });
});

Deno.test("when all have left the request is aborted, and the next begins anew", async () => {
  const { state, waiting, source } = madeUp();
  const control = new AbortController();
  const leaving = [source.get(control.signal), source.get(control.signal)];
  control.abort(new Error("enough"));
  for (const one of leaving) await assertRejects(() => one, Error, "enough");
  assertEquals(state.aborted, 1);
  const next = source.get();
  waiting[1].give();
  assertEquals(await next, "token-2");
  await assertRejects(() => source.get(AbortSignal.abort(new Error("before"))), Error, "before");
  assertEquals(state.asked, 2);
});

Deno.test("a failure reaches all who wait, and is not kept", async () => {
  const { waiting, source } = madeUp();
  const failing = [source.get(), source.get()];
  const failure = new ConnectionError("no network");
  waiting[0].fail(failure);
  for (const one of await Promise.allSettled(failing)) {
    assert(one.status === "rejected");
    assertStrictEquals(one.reason, failure);
  }
  const next = source.get();
  waiting[1].give();
  assertEquals(await next, "token-2");
});

Deno.test("a function is asked each time, but once for all who ask at the same time", async () => {
  let asked = 0;
  const source = TokenSource.of(() => Promise.resolve(`token-${++asked}`));
  assertEquals(await Promise.all([source.get(), source.get(), source.get()]), Array(3).fill("token-1"));
  assertEquals([await source.get(), await source.renew("token-2")], ["token-2", "token-3"]);
});

Deno.test("a function that gives no token, or fails, is said to have done so", async () => {
  const gives = (value: unknown) => TokenSource.of(() => Promise.resolve(value) as Promise<string>).get();
  await assertRejects(() => gives(""), AccessDeniedError, "an empty string");
  await assertRejects(() => gives(undefined), AccessDeniedError, "of type undefined");
  await assertRejects(() => gives(null), AccessDeniedError, "null");
  for (const secret of ["Bearer ya29.secret", "ya29.secret\n", "ya29.sécret"]) {
    const error = await assertRejects(() => gives(secret), AccessDeniedError, "the token alone");
    assertHides(error, [secret, "ya29"]);
  }
  const cause = new Error("signed out");
  const fails = TokenSource.of(() => Promise.reject(cause));
  const error = await assertRejects(() => fails.get(), AccessDeniedError);
  assertStrictEquals(error.cause, cause);
  const throws = TokenSource.of(() => {
    throw cause;
  });
  assertStrictEquals((await assertRejects(() => throws.get(), AccessDeniedError)).cause, cause);
});

Deno.test("a source shows its token in no way", async () => {
  const token = "ya29.the-secret-token";
  const http = new HttpHandler({ connect: 1, idle: 1 });
  const sources = [
    tokenSourceOf(() => Promise.resolve(token), http, SHORT),
    new TokenSource(() => Promise.resolve({ token })),
    tokenSourceOf(
      { type: "authorized_user", client_id: "i", client_secret: token, refresh_token: token },
      http,
      SHORT,
    ),
    tokenSourceOf({ type: "service_account", client_email: "e", private_key: token }, http, SHORT),
  ];
  await Promise.all(sources.slice(0, 2).map((source) => source.get()));
  for (const source of sources) {
    assertHides(source, [token]);
    assertMatch(Deno.inspect(source), /^TokenSource \{ project: undefined \}$/);
  }
});
