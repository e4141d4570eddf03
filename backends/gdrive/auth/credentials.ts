import { InvalidArgumentError } from "../../../lib/errors.ts";
import type { HttpHandler, RetryPolicy } from "../../transport/mod.ts";
import { AUTH_URI, LOGIN, secretsEndpoint, TOKEN_URI, TokenSource } from "./token.ts";
import {
  type AuthorizedUserKey,
  refreshTokens,
  type ServiceAccountKey,
  serviceAccountTokens,
} from "./token_sources.ts";

/** An object of a parsed JSON file. */
export type Fields = Readonly<Record<string, unknown>>;

/** The members of a value that is an object, but no array. */
export function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value));
}

/** Whether a field says something: Python writes `null` for what it doesn't know. */
export function has(fields: Fields, name: string): boolean {
  const value = fields[name];
  return value !== undefined && value !== null && value !== "";
}

/**
 * A field that must be there.
 *
 * @param what What the file is, for messages; what stands in it is not shown.
 * @param advice What to do when the field is missing.
 * @throws {InvalidArgumentError} when it is missing, or no text.
 */
export function required(fields: Fields, name: string, what: string, advice: string): string {
  if (!has(fields, name)) throw new InvalidArgumentError(`${what} has no \`${name}\`: ${advice}`);
  return text(fields[name], name, what);
}

/** A field that may be missing, as it can be spread into an object. */
export function optional<Name extends string>(
  fields: Fields,
  name: Name,
  what: string,
): { readonly [name in Name]?: string } {
  const found: { [name in Name]?: string } = {};
  if (has(fields, name)) found[name] = text(fields[name], name, what);
  return found;
}

/** Scopes: a list, or one text with spaces between them. */
export function scopesOf(fields: Fields, what: string): { readonly scopes?: readonly string[] } {
  if (!has(fields, "scopes")) return {};
  const { scopes } = fields;
  const list: readonly unknown[] = typeof scopes === "string"
    ? scopes.split(" ").filter(Boolean)
    : Array.isArray(scopes)
    ? scopes
    : [undefined];
  return { scopes: list.map((scope) => text(scope, "scopes", what)) };
}

function text(value: unknown, name: string, what: string): string {
  if (typeof value === "string") return value;
  throw new InvalidArgumentError(`\`${name}\` of ${what} is no text`);
}

/** A client of Google's: the program that a person lets in. */
export interface ClientSecrets {
  /** What kind of client it is: an `"installed"` one takes any port of this machine, a `"web"` one only the addresses that it lists. */
  readonly kind: "installed" | "web";
  /** Names the client. */
  readonly client_id: string;
  /** Proves that it is the client, as far as a program on everybody's disk can. */
  readonly client_secret: string;
  /** Where a person consents. */
  readonly auth_uri: string;
  /** Where tokens are issued. */
  readonly token_uri: string;
  /** Where a person may be sent to after consenting. */
  readonly redirect_uris: readonly string[];
}

const WHAT = "the client's secrets file";
const ADVICE =
  "download it again from Google Cloud's console, under Credentials, as the JSON of an OAuth client";

/**
 * Reads what Google Cloud's console gives as `client_secret_….json`, and Python's tools call `client_secrets.json`.
 *
 * Source: https://github.com/googleapis/google-api-python-client/blob/main/docs/client-secrets.md
 *
 * @throws {InvalidArgumentError} when it is something else. What stands in it is not shown.
 */
export function parseClientSecrets(json: unknown): ClientSecrets {
  const file: Fields = fieldsOf(json) ?? {};
  const kind = file.installed !== undefined ? "installed" : "web";
  const fields = fieldsOf(file[kind]);
  if (!fields) {
    const other = file.type === "service_account"
      ? "; this is a service account's key, which needs no login: pass it as `credentials`"
      : `: ${ADVICE}`;
    throw new InvalidArgumentError(`${WHAT} has neither \`installed\` nor \`web\`${other}`);
  }
  const address = (name: "auth_uri" | "token_uri", otherwise: string) => {
    const { [name]: given = otherwise } = optional(fields, name, WHAT);
    secretsEndpoint(given, name);
    return given;
  };
  const uris: readonly unknown[] = Array.isArray(fields.redirect_uris) ? fields.redirect_uris : [];
  return {
    kind,
    client_id: required(fields, "client_id", WHAT, ADVICE),
    client_secret: required(fields, "client_secret", WHAT, ADVICE),
    auth_uri: address("auth_uri", AUTH_URI),
    token_uri: address("token_uri", TOKEN_URI),
    redirect_uris: uris.filter((uri) => typeof uri === "string"),
  };
}

// Who asks Drive: what of Google's and Python's files is understood, and where their tokens come from.

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
