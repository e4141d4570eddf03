/** Tokens, and what requests without good ones are told. */
import { assertEquals, assertMatch } from "@std/assert";
import { createHash, createSign, generateKeyPairSync, sign as signBytes } from "node:crypto";
import { type FakeDrive, startDrive } from "../gdrive.ts";
import { assertReason, caller, type RawAnswer, send } from "./client.ts";

const DRIVE = "https://www.googleapis.com/auth/drive";

function assertOAuthError(answer: RawAnswer, status: number, code: string): void {
  assertEquals([answer.status, answer.at("error")], [status, code], answer.text);
}

const ask = (fake: FakeDrive, form: Record<string, string>) =>
  send(fake.tokenUrl, { method: "POST", body: new URLSearchParams(form) });

const encode = (value: object) =>
  btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

function jwt(
  fake: FakeDrive,
  changes: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key?: string,
) {
  const { private_key, private_key_id: kid, client_email: iss, token_uri: aud } = fake.serviceAccount;
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss, aud, scope: DRIVE, iat: now, exp: now + 3600, ...changes };
  const text = `${encode({ alg: "RS256", typ: "JWT", kid, ...header })}.${encode(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key ?? private_key, "base64url")}`;
}

const grant = (fake: FakeDrive, assertion: string) =>
  ask(fake, { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });

Deno.test("requests need a token that is good for them", async () => {
  await using fake = await startDrive();
  const list = (authorization?: string) =>
    send(`${fake.endpoint}/drive/v3/files`, {
      headers: authorization === undefined ? {} : { authorization },
    });
  for (
    const authorization of [
      undefined,
      "",
      "Bearer",
      "Bearer x",
      "Basic eDp4",
      fake.token(),
      `Bearer ${fake.token({ expiresIn: 0 })}`,
    ]
  ) {
    const answer = await list(authorization);
    assertReason(answer, 401, "authError");
    assertMatch(answer.headers.get("www-authenticate") ?? "", /^Bearer realm=/);
  }
  const token = fake.token();
  assertEquals((await list(`Bearer ${token}`)).status, 200);
  fake.inject({ kind: "expireToken" });
  assertReason(await list(`Bearer ${token}`), 401, "authError");
  assertReason(await list(`Bearer ${token}`), 401, "authError");
  const another = fake.token();
  assertEquals((await list(`Bearer ${another}`)).status, 200);
  fake.revokeTokens();
  assertReason(await list(`Bearer ${another}`), 401, "authError");

  const { id } = fake.store.add({ name: "file", text: "x" });
  const reads = caller(fake, { scopes: [`${DRIVE}.readonly`] });
  assertEquals((await reads(`/drive/v3/files/${id}?alt=media`)).text, "x");
  assertReason(await reads("/drive/v3/files", { method: "POST", json: {} }), 403, "insufficientPermissions");
  const looks = caller(fake, { scopes: [`${DRIVE}.metadata.readonly`] });
  assertEquals((await looks(`/drive/v3/files/${id}`)).status, 200);
  assertReason(await looks(`/drive/v3/files/${id}?alt=media`), 403, "insufficientPermissions");
  assertReason(await caller(fake, { scopes: [] })("/drive/v3/files"), 403, "insufficientPermissions");
});

Deno.test("a service account signs what it claims", async () => {
  await using fake = await startDrive();
  const user = async (answer: RawAnswer) =>
    (await send(`${fake.endpoint}/drive/v3/about?fields=user`, {
      headers: { authorization: `Bearer ${String(answer.at("access_token"))}` },
    })).at("user", "emailAddress");
  const own = await grant(fake, jwt(fake));
  assertEquals([own.status, own.at("token_type"), own.at("expires_in")], [200, "Bearer", 3599]);
  assertEquals(await user(own), fake.serviceAccount.client_email);
  assertEquals(await user(await grant(fake, jwt(fake, { sub: "user@example.com" }))), "user@example.com");

  const now = Math.floor(Date.now() / 1000);
  const claims: Record<string, unknown>[] = [
    { iss: "someone@else" },
    { aud: "https://oauth2.googleapis.com/token" },
    { aud: undefined },
    { iat: now - 7200, exp: now - 3600 },
    { iat: now, exp: now + 3601 },
    { iat: now + 600, exp: now + 1200 },
    { iat: undefined },
    { exp: String(now + 3600) },
    { iat: now + 0.5 },
    { sub: "nobody@example.com" },
    { sub: 5 },
  ];
  for (const changes of claims) assertOAuthError(await grant(fake, jwt(fake, changes)), 400, "invalid_grant");
  for (const scope of ["", undefined]) {
    assertOAuthError(await grant(fake, jwt(fake, { scope })), 400, "invalid_scope");
  }
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
    type: "pkcs8",
    format: "pem",
  });
  const forged = [
    jwt(fake, {}, {}, String(other)),
    jwt(fake, {}, { alg: "none" }),
    jwt(fake, {}, { alg: "HS256" }),
  ];
  const good = jwt(fake), [header, , signature] = good.split(".");
  forged.push(
    jwt(fake, {}, { kid: "other" }),
    `${header}.${encode({ iss: "x" })}.${signature}`,
    good.slice(0, -9),
    "x.y",
    "",
  );
  for (const token of forged) assertOAuthError(await grant(fake, token), 400, "invalid_grant");
  // Another way of signing is another algorithm, whatever the header says.
  const { private_key } = fake.serviceAccount;
  const text = good.slice(0, good.lastIndexOf("."));
  const pss = signBytes("sha256", new TextEncoder().encode(text), { key: private_key, padding: 6 });
  assertOAuthError(await grant(fake, `${text}.${pss.toString("base64url")}`), 400, "invalid_grant");
});

Deno.test("refresh tokens give access tokens to their client", async () => {
  await using fake = await startDrive();
  const { client_id, client_secret } = fake.clientSecrets.installed;
  const form = { grant_type: "refresh_token", refresh_token: fake.refreshToken, client_id, client_secret };
  const answer = await ask(fake, form);
  assertEquals([answer.status, answer.at("scope"), answer.at("refresh_token")], [200, DRIVE, undefined]);
  assertEquals(answer.headers.get("cache-control"), "no-store");
  assertOAuthError(await ask(fake, { ...form, refresh_token: "x" }), 400, "invalid_grant");
  assertOAuthError(await ask(fake, { ...form, client_id: "x" }), 401, "invalid_client");
  assertOAuthError(await ask(fake, { ...form, client_secret: "x" }), 401, "invalid_client");
  const { client_secret: _, ...secretless } = form;
  assertOAuthError(await ask(fake, secretless), 400, "invalid_request");
  assertOAuthError(await ask(fake, { ...form, grant_type: "password" }), 400, "unsupported_grant_type");
  assertOAuthError(await ask(fake, {}), 400, "invalid_request");
  const json = await send(fake.tokenUrl, { method: "POST", json: form });
  assertOAuthError(json, 400, "invalid_request");
  fake.inject({ operation: "token", kind: "status", status: 503, reason: "temporarily_unavailable" });
  assertOAuthError(await ask(fake, form), 503, "temporarily_unavailable");
});

Deno.test("codes come from the consent page, for whoever holds their verifier, once", async () => {
  await using fake = await startDrive();
  const { client_id, client_secret } = fake.clientSecrets.installed;
  const verifier = "v".repeat(43), redirect_uri = "http://127.0.0.1:1234/";
  const query: Record<string, string> = {
    response_type: "code",
    client_id,
    redirect_uri,
    scope: `${DRIVE} openid`,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    state: "s&t",
  };
  const consent = (changes: Record<string, string> = {}) =>
    send(fake.authUrl, { query: { ...query, ...changes } });
  const code = async () => {
    const answer = await consent();
    const back = new URL(answer.headers.get("location") ?? "");
    assertEquals([answer.status, back.origin, back.searchParams.get("state")], [
      302,
      "http://127.0.0.1:1234",
      "s&t",
    ]);
    return back.searchParams.get("code") ?? "";
  };
  const exchange = (code: string, changes: Record<string, string> = {}) =>
    ask(fake, {
      grant_type: "authorization_code",
      client_id,
      client_secret,
      redirect_uri,
      code_verifier: verifier,
      code,
      ...changes,
    });
  const used = await code();
  const answer = await exchange(used);
  assertEquals([answer.status, answer.at("scope")], [200, `${DRIVE} openid`]);
  const refreshed = await ask(fake, {
    grant_type: "refresh_token",
    refresh_token: String(answer.at("refresh_token")),
    client_id,
    client_secret,
  });
  assertEquals(refreshed.status, 200);
  assertOAuthError(await exchange(used), 400, "invalid_grant");
  assertOAuthError(await exchange(await code(), { code_verifier: "w".repeat(43) }), 400, "invalid_grant");
  assertOAuthError(
    await exchange(await code(), { redirect_uri: "http://127.0.0.1:1235/" }),
    400,
    "redirect_uri_mismatch",
  );
  assertOAuthError(await exchange(await code(), { client_secret: "x" }), 401, "invalid_client");

  const wrong: [Record<string, string>, string][] = [
    [{ client_id: "x" }, "invalid_client"],
    [{ redirect_uri: "https://example.com/" }, "redirect_uri_mismatch"],
    [{ redirect_uri: "http://example.com/" }, "redirect_uri_mismatch"],
    [{ redirect_uri: "http://127.0.0.1.example.com/" }, "redirect_uri_mismatch"],
    [{ response_type: "token" }, "invalid_request"],
    [{ scope: "drive" }, "invalid_scope"],
    [{ code_challenge: "" }, "invalid_request"],
    [{ code_challenge: verifier, code_challenge_method: "plain" }, "invalid_request"],
    [{ nonsense: "1" }, "invalid_request"],
  ];
  for (const [changes, code] of wrong) assertEquals((await consent(changes)).at("error"), code);
  fake.inject({ operation: "auth", kind: "decline" });
  const declined = new URL((await consent()).headers.get("location") ?? "");
  assertEquals(Object.fromEntries(declined.searchParams), { state: "s&t", error: "access_denied" });
  await using strict = await startDrive({ declines: true });
  const never = await send(strict.authUrl, { query });
  assertEquals(new URL(never.headers.get("location") ?? "").searchParams.get("error"), "access_denied");
});
