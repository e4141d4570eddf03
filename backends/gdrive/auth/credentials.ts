/**
 * Who asks Drive: what of Google's and Python's files is understood, and where their tokens come from.
 *
 * @module
 */
import { InvalidArgumentError } from "../../../lib/errors.ts";
import type { HttpHandler } from "../../http/handler.ts";
import type { RetryPolicy } from "../../http/retry.ts";
import { parseClientSecrets } from "./client_secrets.ts";
import { secretsEndpoint } from "./endpoint.ts";
import { type Fields, fieldsOf, has, optional, required, scopesOf } from "./fields.ts";
import { LOGIN } from "./google.ts";
import { type AuthorizedUserKey, refreshTokens } from "./refresh_token.ts";
import { type ServiceAccountKey, serviceAccountTokens } from "./service_account.ts";
import { TokenSource } from "./token.ts";

/** Keys that access tokens are got with. They are plain data and hold secrets: mind where they are printed. */
export type DriveKey = ServiceAccountKey | AuthorizedUserKey;

/**
 * Who asks Drive: a key, or a function that gives access tokens, as a page has it from Google's sign-in. The function is asked before every request, and keeps
 * its tokens itself.
 */
export type DriveCredentials = (() => Promise<string>) | DriveKey;

/**
 * Reads credentials for Drive from a file's parsed JSON: a service account's key; what gcloud, google-auth and `deno task gdrive:login` write; Python's
 * `credentials.txt`, which is oauth2client's. What this function gave, it takes as well.
 *
 * @param json The parsed JSON. For a service account it may also have `subject` and `scopes`.
 * @param secrets The parsed `client_secrets.json`, for a person's credentials that name no client of their own. Those of another client than they name are refused, since
 * they would change nothing.
 * @throws {InvalidArgumentError} when it is something else, or a field is missing. What stands in it is not shown.
 *
 * @example
 * ```ts
 * import { parseDriveCredentials } from "@cottoncandy/cottoncandy/backends/gdrive";
 *
 * const file = '{"type": "authorized_user", "client_id": "id", "client_secret": "secret", "refresh_token": "token"}';
 * const key = parseDriveCredentials(JSON.parse(file));
 * console.assert(key.type === "authorized_user" && key.client_id === "id");
 * ```
 */
export function parseDriveCredentials(json: unknown, secrets?: unknown): DriveKey {
  const fields = fieldsOf(json);
  if (!fields) throw new InvalidArgumentError(`the credentials are no JSON object: ${EXPECTED}`);
  if (fields.type === "service_account") return serviceAccount(fields);
  if (isUser(fields)) return authorizedUser(fields, secrets);
  throw new InvalidArgumentError(whyNot(fields));
}

/**
 * Credentials as they are said to be: a key may be parsed JSON, which the compiler takes for whatever is wanted.
 *
 * @throws {InvalidArgumentError} when a key is none.
 */
export function normalCredentials(credentials: DriveCredentials): DriveCredentials {
  return typeof credentials === "function" ? credentials : parseDriveCredentials(credentials);
}

/** What gives tokens for credentials. Nothing is sent before the first is asked for. */
export function tokenSourceOf(
  credentials: DriveCredentials,
  http: HttpHandler,
  policy: RetryPolicy,
  now: () => number = Date.now,
): TokenSource {
  if (typeof credentials === "function") return TokenSource.of(credentials);
  const transport = { http, policy, now };
  if (credentials.type === "service_account") {
    return new TokenSource(serviceAccountTokens(credentials, transport), { now });
  }
  const project = credentials.quota_project_id;
  return new TokenSource(refreshTokens(credentials, transport), { now, project });
}

const EXPECTED = `give a service account's key, what ${LOGIN} or gcloud wrote, or Python's credentials.txt`;

function serviceAccount(fields: Fields): ServiceAccountKey {
  const what = "the service account's key";
  const advice = "download its JSON key from Google Cloud's console";
  return {
    type: "service_account",
    client_email: required(fields, "client_email", what, advice),
    private_key: required(fields, "private_key", what, advice),
    ...optional(fields, "private_key_id", what),
    ...tokenUri(fields, what),
    ...optional(fields, "subject", what),
    ...scopesOf(fields, what),
  };
}

/** google-auth's own files, and oauth2client's, have no type. */
function isUser(fields: Fields): boolean {
  return fields.type === "authorized_user" || fields.type === undefined && "refresh_token" in fields;
}

/** Not one of each: an id and a secret are a pair. */
function namesClient(fields: Fields): boolean {
  return has(fields, "client_id") && has(fields, "client_secret");
}

function authorizedUser(fields: Fields, secrets: unknown): AuthorizedUserKey {
  const what = "the credentials' JSON";
  const given = secrets === undefined ? undefined : parseClientSecrets(secrets);
  const client: Fields = namesClient(fields) || !given ? fields : { ...given };
  if (given && has(fields, "client_id") && given.client_id !== fields.client_id) {
    throw new InvalidArgumentError(
      `these credentials are a login of another OAuth client than that of the secrets: leave the secrets out; or log in as their client, with ${LOGIN} ` +
        "and its --secrets and --token, and give the file of the token as credentials",
    );
  }
  const advice = "give the client's secrets (client_secrets.json) as well";
  return {
    type: "authorized_user",
    client_id: required(client, "client_id", what, advice),
    client_secret: required(client, "client_secret", what, advice),
    refresh_token: required(fields, "refresh_token", what, `log in with ${LOGIN}`),
    ...tokenUri(has(fields, "token_uri") ? fields : client, what),
    ...scopesOf(fields, what),
    ...quotaProject(fields, what),
  };
}

/** It becomes a header. Source: https://cloud.google.com/docs/quotas/set-quota-project */
function quotaProject(fields: Fields, what: string): { readonly quota_project_id?: string } {
  const found = optional(fields, "quota_project_id", what);
  if (found.quota_project_id !== undefined && !/^[\w.:-]+$/.test(found.quota_project_id)) {
    throw new InvalidArgumentError(`\`quota_project_id\` of ${what} is no project's id: correct it`);
  }
  return found;
}

function tokenUri(fields: Fields, what: string): { readonly token_uri?: string } {
  const found = optional(fields, "token_uri", what);
  if (found.token_uri !== undefined) secretsEndpoint(found.token_uri, "token_uri");
  return found;
}

/** Google's other kinds of credentials. Source: google.auth._default. */
const OTHERS = [
  "external_account",
  "external_account_authorized_user",
  "impersonated_service_account",
  "gdch_service_account",
];

function whyNot(fields: Fields): string {
  if (fields.installed !== undefined || fields.web !== undefined) {
    return `these are a client's secrets, which open nothing by themselves: give them as \`secrets\`, and log in with ${LOGIN}`;
  }
  const { type } = fields;
  if (typeof type === "string" && OTHERS.includes(type)) {
    return `credentials of the type "${type}" are not supported: ${EXPECTED}, or a function that gives access tokens`;
  }
  const missing = type === undefined ? "have neither `type` nor `refresh_token`" : "are of an unknown `type`";
  return `the credentials ${missing}: ${EXPECTED}`;
}
