import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type DriveKey, tokenSourceOf } from "../../../backends/gdrive/auth/credentials.ts";
import { GDriveBackend } from "../../../backends/gdrive/mod.ts";
import { HttpHandler } from "../../../backends/transport/handler.ts";
import {
  AccessDeniedError,
  ConnectionError,
  CottonCandyError,
  InvalidArgumentError,
} from "../../../lib/errors.ts";
import { assertHides, granted, refusal, SHORT, tokenServer } from "./auth_server.ts";

const secrets = ["GOCSPX-client-secret", "1//0g-refresh-token+/="];

function user(token_uri: string): DriveKey {
  return {
    type: "authorized_user",
    client_id: "1234.apps.googleusercontent.com",
    client_secret: secrets[0],
    refresh_token: secrets[1],
    token_uri,
  };
}

Deno.test("a refresh token is exchanged for access tokens, each kept for its time", async () => {
  await using server = tokenServer((_call, index) => granted(`token-${index}`));
  let now = 1_700_000_000_000;
  const source = tokenSourceOf(user(server.uri), server.http, SHORT, () => now);
  assertEquals([await source.get(), await source.get()], ["token-0", "token-0"]);
  assertEquals(Object.fromEntries(server.calls[0].form), {
    grant_type: "refresh_token",
    client_id: "1234.apps.googleusercontent.com",
    client_secret: secrets[0],
    refresh_token: secrets[1],
  });
  now += 3_540_000;
  assertEquals(await source.get(), "token-1");
});

Deno.test("a refusal says what to do, and shows nothing of what was sent, even where the server repeats it", async () => {
  const expected: [error: string, status: number, message: RegExp][] = [
    [
      "invalid_grant",
      400,
      /^the refresh token is expired or revoked: log in again with `deno task gdrive:login`/,
    ],
    ["invalid_client", 401, /^the client's secrets are wrong/],
    ["deleted_client", 401, /^the client's secrets are wrong/],
    ["unauthorized_client", 401, /"Desktop app"/],
    ["invalid_scope", 400, /^the refresh token is not good for Drive/],
    ["something_new", 400, /^an access token was refused .*something_new/],
    ["constructor", 400, /^an access token was refused/],
  ];
  for (const [error, status, message] of expected) {
    await using server = tokenServer(({ form }) => {
      const said = [...form.values()].join(" ");
      return refusal(error, { status, description: `No ${said} ${encodeURIComponent(said)}` });
    });
    const thrown = await assertRejects(
      () => tokenSourceOf(user(server.uri), server.http, SHORT).get(),
      AccessDeniedError,
    );
    assertMatch(thrown.message, message);
    assertMatch(thrown.message, new RegExp(`127\\.0\\.0\\.1:\\d+: ${status} ${error} No .*…`));
    assertHides(thrown, secrets);
    assertEquals(server.calls.length, 1);
  }
});

Deno.test("what passes by itself is tried again", async () => {
  const troubles: (() => Response)[] = [
    () => new Response("<html>busy</html>", { status: 503 }),
    () => refusal("rate_limit_exceeded", { status: 429, headers: { "retry-after": "0" } }),
    () => refusal("server_error"),
  ];
  for (const trouble of troubles) {
    await using server = tokenServer((_call, index) => index < 2 ? trouble() : granted("token"));
    assertEquals(await tokenSourceOf(user(server.uri), server.http, SHORT).get(), "token");
    assertEquals(server.calls.length, 3);
  }
});

Deno.test("what does not pass is an error of its kind", async () => {
  await using busy = tokenServer(() => new Response("<html>busy</html>", { status: 503 }));
  const error = await assertRejects(
    () => tokenSourceOf(user(busy.uri), busy.http, SHORT).get(),
    CottonCandyError,
    "Try again later",
  );
  assertEquals([error.code, busy.calls.length], ["Storage", 3]);
  assertHides(error, secrets);

  const gone = tokenServer(() => granted("token"));
  await gone[Symbol.asyncDispose]();
  const http = new HttpHandler({ connect: 500, idle: 500 });
  const unreachable = await assertRejects(
    () => tokenSourceOf(user(gone.uri), http, SHORT).get(),
    ConnectionError,
    "could not reach 127.0.0.1",
  );
  assertHides(unreachable, secrets);

  await using silent = tokenServer(() => new Promise(() => {}));
  const waiting = await assertRejects(
    () => tokenSourceOf(user(silent.uri), http, SHORT).get(),
    ConnectionError,
    "got no answer",
  );
  assertHides(waiting, secrets);
  assertEquals(silent.calls.length, 3);
  http.destroy();
});

Deno.test("an answer without a token is no answer", async () => {
  const answers: (() => Response)[] = [
    () => new Response("<html>Log in to the hotel's network</html>"),
    () => Response.json({ access_token: "" }),
    () => Response.json({ access_token: "with space" }),
    () => Response.json(null),
    () => Response.json({ id_token: "x" }),
  ];
  for (const answer of answers) {
    await using server = tokenServer(answer);
    const error = await assertRejects(
      () => tokenSourceOf(user(server.uri), server.http, SHORT).get(),
      CottonCandyError,
      "holds none",
    );
    assertHides(error, [...secrets, "hotel", "with space"]);
    assertEquals(server.calls.length, 1);
  }
});

Deno.test("a redirect is not followed with secrets", async () => {
  await using other = tokenServer(() => granted("token"));
  await using server = tokenServer(() =>
    new Response(null, { status: 307, headers: { location: other.uri } })
  );
  await assertRejects(
    () => tokenSourceOf(user(server.uri), server.http, SHORT).get(),
    CottonCandyError,
    "307",
  );
  assertEquals(other.calls.length, 0);
});

Deno.test("secrets go nowhere but to https and this machine", async () => {
  const http = new HttpHandler({ connect: 500, idle: 500 });
  for (
    const uri of ["http://tokens.example.org/token", "ftp://127.0.0.1/", "nowhere", "https://u:p@a.org/"]
  ) {
    const error = await assertRejects(
      () => tokenSourceOf(user(uri), http, SHORT).get(),
      InvalidArgumentError,
      "`token_uri` must be an https: address",
    );
    assertHides(error, [...secrets, uri]);
  }
});

Deno.test("requests count for the project that the credentials name", async () => {
  const asked: (string | null)[] = [];
  await using drive = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, ({ headers }) => {
    asked.push(headers.get("x-goog-user-project"));
    return Response.json({ error: { code: 403, message: "no" } }, { status: 403 });
  });
  await using server = tokenServer(() => granted("ya29.t"));
  const endpoint = `http://127.0.0.1:${drive.addr.port}`;
  const other = { ...user(server.uri), refresh_token: "1//other" };
  for (const credentials of [{ ...user(server.uri), quota_project_id: "lab-1" }, other]) {
    await assertRejects(() => new GDriveBackend({ credentials, endpoint }).head("a"), AccessDeniedError);
  }
  assertEquals([...new Set(asked)], ["lab-1", null]);
});

Deno.test("an abort ends a request that nobody else waits for", async () => {
  let ended = false;
  await using server = tokenServer(() => new Promise(() => {}));
  const source = tokenSourceOf(user(server.uri), server.http, SHORT);
  const control = new AbortController();
  const asking = source.get(control.signal).catch((error) => (ended = true, error));
  while (server.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  control.abort(new Error("enough"));
  assertEquals((await asking).message, "enough");
  assert(ended);
});
