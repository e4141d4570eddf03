/** Authentication against the stand-in, which checks signatures, codes and tokens by code of its own. */
import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import {
  parseClientSecrets,
  parseDriveCredentials,
  tokenSourceOf,
} from "../../../backends/gdrive/auth/credentials.ts";
import { consentUrl, createPkce, exchangeCode, randomText } from "../../../backends/gdrive/auth/login.ts";
import { HttpHandler } from "../../../backends/transport/handler.ts";
import { AccessDeniedError } from "../../../lib/errors.ts";
import { type FakeDrive, startDrive } from "../../servers/gdrive.ts";
import { assertHides, SHORT } from "./auth_server.ts";

const SCOPES = ["https://www.googleapis.com/auth/drive"];

/** Whom a token is for, as Drive tells. */
async function whoseIs(drive: FakeDrive, token: string): Promise<string | undefined> {
  const response = await fetch(`${drive.endpoint}/drive/v3/about?fields=user`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { user } = await response.json();
  return user?.emailAddress;
}

async function withDrive(work: (drive: FakeDrive, http: HttpHandler) => Promise<void>): Promise<void> {
  await using drive = await startDrive();
  const http = new HttpHandler({ connect: 2_000, idle: 5_000 });
  try {
    await work(drive, http);
  } finally {
    http.destroy();
  }
}

Deno.test("a service account's signature is accepted, on its own account and a user's", () =>
  withDrive(async (drive, http) => {
    const key = parseDriveCredentials(drive.serviceAccount);
    const own = tokenSourceOf(key, http, SHORT);
    assertEquals(await whoseIs(drive, await own.get()), drive.serviceAccount.client_email);
    const delegated = parseDriveCredentials({ ...drive.serviceAccount, subject: "user@example.com" });
    const token = await tokenSourceOf(delegated, http, SHORT).get();
    assertEquals(await whoseIs(drive, token), "user@example.com");
    const nobody = parseDriveCredentials({ ...drive.serviceAccount, subject: "nobody@example.com" });
    const error = await assertRejects(
      () => tokenSourceOf(nobody, http, SHORT).get(),
      AccessDeniedError,
      "`subject` may be no user",
    );
    assertHides(error, [drive.serviceAccount.private_key]);
  }));

Deno.test("a clock that is wrong is no hindrance", () =>
  withDrive(async (drive, http) => {
    for (const wrong of [-7_200_000, 7_200_000]) {
      drive.requests.length = 0;
      const key = parseDriveCredentials(drive.serviceAccount);
      const token = await tokenSourceOf(key, http, SHORT, () => Date.now() + wrong).get();
      assertEquals(await whoseIs(drive, token), drive.serviceAccount.client_email);
      assertEquals(drive.requests.map(({ status }) => status), [400, 200, 200]);
    }
  }));

Deno.test("a refresh token gives access tokens, and a new one when they are refused", () =>
  withDrive(async (drive, http) => {
    const credentials = { refresh_token: drive.refreshToken };
    const source = tokenSourceOf(parseDriveCredentials(credentials, drive.clientSecrets), http, SHORT);
    const first = await source.get();
    assertEquals(await whoseIs(drive, first), "user@example.com");
    drive.revokeTokens();
    assertEquals(await whoseIs(drive, first), undefined);
    const [second, same] = await Promise.all([source.renew(first), source.renew(first)]);
    assertNotEquals(second, first);
    assertEquals(same, second);
    assertEquals(await whoseIs(drive, second), "user@example.com");
    assertEquals(drive.requests.filter(({ operation }) => operation === "token").length, 2);
  }));

Deno.test("a revoked refresh token, and secrets of another client, are told apart", () =>
  withDrive(async (drive, http) => {
    const { installed } = drive.clientSecrets;
    const get = (refresh_token: string, secrets: object) =>
      tokenSourceOf(parseDriveCredentials({ refresh_token }, { installed: secrets }), http, SHORT).get();
    const revoked = await assertRejects(
      () => get("1//0revoked", installed),
      AccessDeniedError,
      "expired or revoked: log in again with `deno task gdrive:login`",
    );
    assertHides(revoked, ["1//0revoked", installed.client_secret]);
    const wrong = await assertRejects(
      () => get(drive.refreshToken, { ...installed, client_secret: "GOCSPX-wrong" }),
      AccessDeniedError,
      "the client's secrets are wrong",
    );
    assertHides(wrong, [drive.refreshToken, "GOCSPX-wrong"]);
  }));

Deno.test("the endpoint's passing troubles are sat out", () =>
  withDrive(async (drive, http) => {
    drive.inject({ operation: "token", kind: "status", status: 503, reason: "backendError" });
    drive.inject({ operation: "token", kind: "reset", skip: 1 });
    const source = tokenSourceOf(parseDriveCredentials(drive.serviceAccount), http, SHORT);
    assertEquals(await whoseIs(drive, await source.get()), drive.serviceAccount.client_email);
  }));

Deno.test("a person's consent is exchanged once, by who asked for it", () =>
  withDrive(async (drive, http) => {
    const client = parseClientSecrets(drive.clientSecrets);
    const transport = { http, policy: SHORT, now: Date.now };
    const redirectUri = "http://127.0.0.1:4567";
    const ask = async () => {
      const { verifier, challenge } = await createPkce();
      assertMatch(verifier, /^[\w-]{43}$/);
      const state = randomText();
      const url = consentUrl({ client, scopes: SCOPES, redirectUri, state, challenge });
      assert(
        url.startsWith(`${drive.authUrl}?`) && !url.includes(client.client_secret) && !url.includes(verifier),
      );
      const response = await fetch(url, { redirect: "manual" });
      await response.body?.cancel();
      const back = new URL(response.headers.get("location") ?? "");
      assertEquals(back.searchParams.get("state"), state);
      return { client, scopes: SCOPES, redirectUri, code: back.searchParams.get("code") ?? "", verifier };
    };
    const consent = await ask();
    const key = await exchangeCode(consent, transport);
    assertEquals(Object.keys(key), [
      "type",
      "client_id",
      "client_secret",
      "refresh_token",
      "token_uri",
      "scopes",
    ]);
    assertEquals<unknown>(parseDriveCredentials(JSON.parse(JSON.stringify(key))), key);
    assertEquals(await whoseIs(drive, await tokenSourceOf(key, http, SHORT).get()), "user@example.com");
    const again = await assertRejects(
      () => exchangeCode(consent, transport),
      AccessDeniedError,
      "not accepted",
    );
    assertHides(again, [consent.code, consent.verifier, client.client_secret]);
    const stolen = { ...await ask(), verifier: (await createPkce()).verifier };
    await assertRejects(() => exchangeCode(stolen, transport), AccessDeniedError, "not accepted");
  }));
