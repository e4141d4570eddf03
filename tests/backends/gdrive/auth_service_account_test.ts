import { assertAlmostEquals, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { type DriveKey, tokenSourceOf } from "../../../backends/gdrive/auth/credentials.ts";
import { AccessDeniedError, InvalidArgumentError } from "../../../lib/errors.ts";
import { assertHides, granted, refusal, SHORT, type TokenCall, tokenServer } from "./auth_server.ts";

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const publicKey = createPublicKey(pair.privateKey);

function account(token_uri: string, more: Partial<DriveKey> = {}): DriveKey {
  return {
    type: "service_account",
    client_email: "robot@lab.iam.gserviceaccount.com",
    private_key: pem,
    private_key_id: "key-1",
    token_uri,
    ...more,
  } as DriveKey;
}

/** A statement's header and claims; its signature is checked by Node's own code. */
function statement({ form }: TokenCall): { header: unknown; claims: Record<string, unknown> } {
  assertEquals(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const [header, claims, signature, ...rest] = (form.get("assertion") ?? "").split(".");
  assertEquals(rest, []);
  for (const part of [header, claims, signature]) assertMatch(part, /^[A-Za-z0-9_-]+$/);
  const bytes = new TextEncoder().encode(`${header}.${claims}`);
  assertEquals(verify("RSA-SHA256", bytes, publicKey, Buffer.from(signature, "base64url")), true);
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  return { header: read(header), claims: read(claims) };
}

Deno.test("a signed statement is exchanged for a token", async () => {
  await using server = tokenServer((_call, index) => granted(`token-${index}`));
  const source = tokenSourceOf(account(server.uri), server.http, SHORT, () => 1_700_000_000_900);
  assertEquals(await source.get(), "token-0");
  const [call] = server.calls;
  assertEquals([call.method, call.headers.get("content-type")], [
    "POST",
    "application/x-www-form-urlencoded",
  ]);
  assertEquals(statement(call), {
    header: { alg: "RS256", typ: "JWT", kid: "key-1" },
    claims: {
      iss: "robot@lab.iam.gserviceaccount.com",
      scope: "https://www.googleapis.com/auth/drive",
      aud: server.uri,
      iat: 1_700_000_000,
      exp: 1_700_003_600,
    },
  });
  assertEquals(await source.renew("token-0"), "token-1");
});

Deno.test("a service account acts for a user, and asks for what it is told to", async () => {
  await using server = tokenServer(() => granted("token"));
  const key = account(server.uri, {
    subject: "ada@lab.example.org",
    scopes: ["https://www.googleapis.com/auth/drive.readonly", "https://www.googleapis.com/auth/drive.file"],
    private_key_id: undefined,
    // As keys come through variables of the environment.
    private_key: pem.replaceAll("\n", "\\n"),
  });
  await tokenSourceOf(key, server.http, SHORT).get();
  const { header, claims } = statement(server.calls[0]);
  assertEquals(header, { alg: "RS256", typ: "JWT" });
  assertEquals(claims.sub, "ada@lab.example.org");
  assertEquals(
    claims.scope,
    "https://www.googleapis.com/auth/drive.readonly https://www.googleapis.com/auth/drive.file",
  );
});

/** An endpoint whose clock is ahead by so many milliseconds, and that takes statements of its own time only. */
function strict(ahead: number) {
  return tokenServer((call) => {
    const now = Date.now() + ahead;
    const { iat } = statement(call).claims;
    const headers = { date: new Date(now).toUTCString() };
    if (Math.abs(Number(iat) - now / 1000) < 30) return granted("token");
    return refusal("invalid_grant", {
      headers,
      description: "Invalid JWT: Token must be a short-lived token",
    });
  });
}

Deno.test("with a clock that is wrong the statement is signed once more with the server's time, and from then on", async () => {
  for (const ahead of [-7_200_000, 7_200_000]) {
    await using server = strict(ahead);
    const source = tokenSourceOf(account(server.uri), server.http, SHORT);
    assertEquals(await source.get(), "token");
    assertEquals(server.calls.length, 2);
    assertAlmostEquals(
      Number(statement(server.calls[1]).claims.iat) - Number(statement(server.calls[0]).claims.iat),
      ahead / 1000,
      5,
    );
    await source.renew("token");
    assertEquals(server.calls.length, 3);
  }
});

Deno.test("a refusal that is not the clock's is not asked again", async () => {
  const description = "Invalid JWT Signature.";
  const dates = [new Date().toUTCString(), "", new Date(Date.now() - 40_000).toUTCString()];
  for (const date of dates) {
    await using server = tokenServer(() => refusal("invalid_grant", { headers: { date }, description }));
    const source = tokenSourceOf(account(server.uri), server.http, SHORT);
    const error = await assertRejects(() => source.get(), AccessDeniedError, "signature was not accepted");
    assertMatch(error.message, /its key may have been deleted.*400 invalid_grant Invalid JWT Signature/);
    assertEquals(server.calls.length, 1);
    assertHides(error, [server.calls[0].form.get("assertion") ?? "", pem]);
  }
  // The clock is wrong, and something else too.
  await using server = tokenServer(() => {
    return refusal("invalid_grant", { headers: { date: "Mon, 01 Jan 2001 00:00:00 GMT" } });
  });
  await assertRejects(() => tokenSourceOf(account(server.uri), server.http, SHORT).get(), AccessDeniedError);
  assertEquals(server.calls.length, 2);
});

Deno.test("who may not act for a user is told who can change that", async () => {
  await using server = tokenServer(() => refusal("unauthorized_client", { status: 401 }));
  const key = account(server.uri, { subject: "ada@lab.example.org" });
  await assertRejects(
    () => tokenSourceOf(key, server.http, SHORT).get(),
    AccessDeniedError,
    "an administrator must grant",
  );
});

Deno.test("a key that is none is an error that does not show it, and nothing is sent", async () => {
  await using server = tokenServer(() => granted("token"));
  const pkcs1 = pair.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
    .export({ type: "pkcs8", format: "pem" }).toString();
  for (const private_key of ["the secret", pkcs1, ec, pem.replace("M", "!"), pem.slice(0, 900)]) {
    const source = tokenSourceOf(account(server.uri, { private_key }), server.http, SHORT);
    const error = await assertRejects(() => source.get(), InvalidArgumentError, "no RSA key in PEM");
    assertHides(error, [private_key, private_key.split("\n")[1] ?? private_key]);
  }
  assertEquals(server.calls.length, 0);
});
