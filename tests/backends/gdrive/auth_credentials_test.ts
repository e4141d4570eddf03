import { assertEquals, assertThrows } from "@std/assert";
import { parseClientSecrets, parseDriveCredentials } from "../../../backends/gdrive/auth/credentials.ts";
import { GDriveBackend } from "../../../backends/gdrive/mod.ts";
import { InvalidArgumentError } from "../../../lib/errors.ts";
import { assertHides } from "./auth_server.ts";

const SCOPE = "https://www.googleapis.com/auth/drive";
const TOKEN_URI = "https://oauth2.googleapis.com/token";

/** As Google Cloud's console gives it. */
const serviceAccount = {
  type: "service_account",
  project_id: "lab",
  private_key_id: "9f8e",
  private_key: "-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----\n",
  client_email: "robot@lab.iam.gserviceaccount.com",
  client_id: "1142",
  auth_uri: "https://accounts.google.com/o/oauth2/auth",
  token_uri: TOKEN_URI,
  auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
  client_x509_cert_url:
    "https://www.googleapis.com/robot/v1/metadata/x509/robot%40lab.iam.gserviceaccount.com",
  universe_domain: "googleapis.com",
};

/** As gcloud 400 writes `application_default_credentials.json`. */
const gcloud = {
  account: "",
  client_id: "1234.apps.googleusercontent.com",
  client_secret: "GOCSPX-secret",
  quota_project_id: "lab",
  refresh_token: "1//refresh",
  type: "authorized_user",
  universe_domain: "googleapis.com",
};

/** What oauth2client 4.1.3, which PyDrive 1.3.1 stands on, wrote as `credentials.txt` (its `Storage.put`), with made up secrets. */
const oauth2client = JSON.parse(
  '{"access_token": "ya29.access", "client_id": "1234.apps.googleusercontent.com", "client_secret": "GOCSPX-secret", "refresh_token": ' +
    '"1//refresh", "token_expiry": "2024-05-06T07:08:09Z", "token_uri": "https://oauth2.googleapis.com/token", "user_agent": null, ' +
    '"revoke_uri": "https://oauth2.googleapis.com/revoke", "id_token": null, "id_token_jwt": null, "token_response": {"access_token": ' +
    '"ya29.access", "expires_in": 3599, "refresh_token": "1//refresh", "scope": "https://www.googleapis.com/auth/drive", "token_type": ' +
    '"Bearer"}, "scopes": ["https://www.googleapis.com/auth/drive"], "token_info_uri": "https://oauth2.googleapis.com/tokeninfo", ' +
    '"invalid": false, "_class": "OAuth2Credentials", "_module": "oauth2client.client"}',
);

/** What google-auth 2.63.0 writes by `Credentials.to_json()`: the `token.json` of Google's Python examples. */
const googleAuth = {
  token: "ya29.access",
  refresh_token: "1//refresh",
  token_uri: TOKEN_URI,
  client_id: "1234.apps.googleusercontent.com",
  client_secret: "GOCSPX-secret",
  scopes: [SCOPE],
  universe_domain: "googleapis.com",
  account: "",
  expiry: "2024-05-06T07:08:09Z",
};

const client = {
  client_id: "1234.apps.googleusercontent.com",
  project_id: "lab",
  auth_uri: "https://accounts.google.com/o/oauth2/auth",
  token_uri: "https://tokens.example.org/token",
  auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
  client_secret: "GOCSPX-other",
  redirect_uris: ["http://localhost"],
};

const person = {
  type: "authorized_user",
  client_id: "1234.apps.googleusercontent.com",
  client_secret: "GOCSPX-secret",
  refresh_token: "1//refresh",
};
/** As gcloud's file has it. */
const quota = { quota_project_id: "lab" };

Deno.test("every kind of file is understood, and what comes of it too", () => {
  const robot = {
    type: "service_account",
    client_email: "robot@lab.iam.gserviceaccount.com",
    private_key: serviceAccount.private_key,
    private_key_id: "9f8e",
    token_uri: TOKEN_URI,
  };
  const more = { subject: "ada@lab.example.org", scopes: [SCOPE] };
  const expected: [file: unknown, key: unknown][] = [
    [serviceAccount, robot],
    [{ ...serviceAccount, ...more }, { ...robot, ...more }],
    [gcloud, { ...person, ...quota }],
    [oauth2client, { ...person, token_uri: TOKEN_URI, scopes: [SCOPE] }],
    [googleAuth, { ...person, token_uri: TOKEN_URI, scopes: [SCOPE] }],
    [{ ...googleAuth, scopes: `openid ${SCOPE}` }, {
      ...person,
      token_uri: TOKEN_URI,
      scopes: ["openid", SCOPE],
    }],
    [{ ...gcloud, scopes: null, token_uri: null, quota_project_id: "" }, person],
  ];
  for (const [file, key] of expected) {
    assertEquals<unknown>(parseDriveCredentials(file), key);
    assertEquals<unknown>(parseDriveCredentials(parseDriveCredentials(file)), key);
  }
});

Deno.test("credentials that name no client take it from the client's secrets", () => {
  const { client_secret: _, ...half } = gcloud;
  const theirs = { ...person, client_secret: "GOCSPX-other", token_uri: "https://tokens.example.org/token" };
  const other = { ...theirs, ...quota };
  assertEquals<unknown>(parseDriveCredentials(half, { installed: client }), other);
  assertEquals<unknown>(parseDriveCredentials(half, { web: client }), other);
  assertEquals<unknown>(
    parseDriveCredentials({ ...oauth2client, client_id: null }, { installed: client }),
    { ...theirs, token_uri: TOKEN_URI, scopes: [SCOPE] },
  );
  // Those that do have no use for them; of another client they are refused.
  const own = { ...client, client_id: person.client_id };
  assertEquals<unknown>(parseDriveCredentials(gcloud, { installed: own }), { ...person, ...quota });
  assertThrows(
    () => parseDriveCredentials(gcloud, { installed: { ...client, client_id: "other" } }),
    InvalidArgumentError,
    "a login of another OAuth client than that of the secrets",
  );
  // Half a client is one.
  assertThrows(
    () => parseDriveCredentials(half, { installed: { ...client, client_id: "other" } }),
    InvalidArgumentError,
    "a login of another OAuth client than that of the secrets",
  );
  assertThrows(() => parseDriveCredentials(gcloud, "nonsense"), InvalidArgumentError, "secrets file");
});

Deno.test("parsed JSON that is no key is refused when a backend is made, before anything is sent", () => {
  const forms = [
    '{"installed": {"client_id": "id", "client_secret": "GOCSPX-secret"}}',
    '{"type": "external_account"}',
    '{"type": "authorized_user", "client_id": "id", "client_secret": "GOCSPX-secret"}',
    '{"accessKeyId": "a", "secretAccessKey": "s"}',
    "[]",
  ];
  for (const form of forms) {
    const error = assertThrows(
      () => new GDriveBackend({ credentials: JSON.parse(form) }),
      InvalidArgumentError,
    );
    assertHides(error, ["GOCSPX"]);
  }
  // As Python writes it, without a type.
  new GDriveBackend({ credentials: JSON.parse(JSON.stringify(oauth2client)) });
});

Deno.test("what is missing is named, and nothing is shown", () => {
  const without = (file: object, name: string) => ({ ...file, [name]: undefined });
  const wrong: [json: unknown, says: string, secrets?: unknown][] = [
    [without(serviceAccount, "client_email"), "the service account's key has no `client_email`"],
    [without(serviceAccount, "private_key"), "the service account's key has no `private_key`"],
    [
      { ...serviceAccount, private_key: ["MIIsecret"] },
      "`private_key` of the service account's key is no text",
    ],
    [{ ...serviceAccount, scopes: [1] }, "`scopes` of the service account's key is no text"],
    [{ ...serviceAccount, token_uri: "http://tokens.example.org" }, "`token_uri` must be an https: address"],
    [without(gcloud, "client_id"), "the credentials' JSON has no `client_id`: give the client's secrets"],
    [without(gcloud, "client_secret"), "no `client_secret`: give the client's secrets"],
    [
      { ...gcloud, quota_project_id: "a\r\nx: 1" },
      "`quota_project_id` of the credentials' JSON is no project's id",
    ],
    [{ ...gcloud, refresh_token: "" }, "no `refresh_token`: log in with `deno task gdrive:login`"],
    [{ ...oauth2client, refresh_token: null }, "no `refresh_token`: log in with"],
    [without(gcloud, "client_id"), "secrets file has neither `installed` nor `web`", {}],
    [without(gcloud, "client_id"), "secrets file has no `client_secret`", {
      web: without(client, "client_secret"),
    }],
    [{ installed: client }, "these are a client's secrets"],
    [{ web: client }, "these are a client's secrets"],
    [{ type: "external_account", audience: "GOCSPX-secret" }, '"external_account" are not supported'],
    [{ type: "GOCSPX-secret" }, "an unknown `type`"],
    [{ GOCSPX: "GOCSPX-secret" }, "neither `type` nor `refresh_token`"],
    [null, "no JSON object"],
    ["GOCSPX-secret", "no JSON object"],
    [[gcloud], "no JSON object"],
  ];
  for (const [json, says, secrets] of wrong) {
    const error = assertThrows(() => parseDriveCredentials(json, secrets), InvalidArgumentError, says);
    assertHides(error, ['secret"', "GOCSPX", "1//refresh", "MII", "tokens.example.org"]);
  }
});

Deno.test("names of JavaScript's own in a file change nothing", () => {
  const file = JSON.parse('{"__proto__": {"type": "authorized_user", "refresh_token": "1//refresh"}}');
  assertThrows(() => parseDriveCredentials(file), InvalidArgumentError, "neither `type`");
});

Deno.test("a client's secrets are read as Google Cloud's console gives them", () => {
  const { client_id, client_secret, auth_uri, token_uri, redirect_uris } = client;
  const expected = { client_id, client_secret, auth_uri, token_uri, redirect_uris };
  assertEquals<unknown>(parseClientSecrets({ installed: client }), { kind: "installed", ...expected });
  assertEquals<unknown>(parseClientSecrets({ web: client }), { kind: "web", ...expected });
  assertEquals<unknown>(parseClientSecrets({ installed: { client_id, client_secret } }), {
    kind: "installed",
    client_id,
    client_secret,
    auth_uri: "https://accounts.google.com/o/oauth2/v2/auth",
    token_uri: TOKEN_URI,
    redirect_uris: [],
  });
  const wrong: [json: unknown, says: string][] = [
    [{}, "neither `installed` nor `web`: download it again"],
    [serviceAccount, "a service account's key, which needs no login"],
    [{ installed: "GOCSPX-other" }, "neither"],
    [{ installed: { client_id } }, "no `client_secret`"],
    [{ installed: { ...client, client_id: 7 } }, "`client_id` of the client's secrets file is no text"],
    [
      { installed: { ...client, auth_uri: "http://phish.example.org" } },
      "`auth_uri` must be an https: address",
    ],
  ];
  for (const [json, says] of wrong) {
    const error = assertThrows(() => parseClientSecrets(json), InvalidArgumentError, says);
    assertHides(error, ["GOCSPX-other", "phish"]);
  }
});
