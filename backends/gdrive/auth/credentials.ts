/**
 * Credentials for Drive: what of Google's and Python's files is understood, and how access tokens are got with it.
 *
 * @module
 */
import { fromBase64, toBase64Url } from "../../../lib/base64.ts";
import { CottonCandyError, InvalidArgumentError, UnsupportedError } from "../../../lib/errors.ts";
import type { HttpHandler, RetryPolicy } from "../../transport/mod.ts";
import {
  type AccessToken,
  AUTH_URI,
  DRIVE_SCOPE,
  LOGIN,
  requestToken,
  secretsEndpoint,
  TOKEN_URI,
  TokenRefusal,
  TokenSource,
  type TokenTransport,
} from "./token.ts";

/** A service account's key. Its fields have the names of the JSON file that Google gives. */
export interface ServiceAccountKey {
  /** Says what it is. */
  readonly type: "service_account";
  /** The account's address. */
  readonly client_email: string;
  /** An RSA key: PKCS #8 in PEM. */
  readonly private_key: string;
  /** Tells Google which of the account's keys it is. */
  readonly private_key_id?: string;
  /** Where tokens are issued; default Google's own. */
  readonly token_uri?: string;
  /** The user to act for, by domain-wide delegation; default the account itself, which owns no storage. */
  readonly subject?: string;
  /** What the tokens are to be good for; default all of Drive. */
  readonly scopes?: readonly string[];
}

/** What a person's login leaves behind. Its fields have the names of gcloud's and google-auth's files. */
export interface AuthorizedUserKey {
  /** Says what it is. */
  readonly type: "authorized_user";
  /** The client that the person has let in. */
  readonly client_id: string;
  /** The client's secret. */
  readonly client_secret: string;
  /** Good until it is revoked, or not used for half a year. */
  readonly refresh_token: string;
  /** Where tokens are issued; default Google's own. */
  readonly token_uri?: string;
  /** What the person has consented to, where that is known. */
  readonly scopes?: readonly string[];
  /** The project that requests count for, where it is not the client's own: gcloud's client has none for Drive. */
  readonly quota_project_id?: string;
}

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
  if (!isObject(json)) throw new InvalidArgumentError(`the credentials are no JSON object: ${EXPECTED}`);
  const { type }: { type?: unknown } = json;
  if (type === "service_account") return serviceAccount(new JsonFields(json, "the service account's key"));
  if (isUser(json)) return authorizedUser(new JsonFields(json, "the credentials' JSON"), secrets);
  if ("installed" in json || "web" in json) {
    throw new InvalidArgumentError(
      `these are a client's secrets, which open nothing by themselves: give them as \`secrets\`, and log in with ${LOGIN}`,
    );
  }
  if (typeof type === "string" && OTHERS.includes(type)) {
    throw new InvalidArgumentError(
      `credentials of the type "${type}" are not supported: ${EXPECTED}, or a function that gives access tokens`,
    );
  }
  const missing = type === undefined ? "have neither `type` nor `refresh_token`" : "are of an unknown `type`";
  throw new InvalidArgumentError(`the credentials ${missing}: ${EXPECTED}`);
}

const EXPECTED = `give a service account's key, what ${LOGIN} or gcloud wrote, or Python's credentials.txt`;

/** Google's other kinds of credentials. Source: google.auth._default. */
const OTHERS = [
  "external_account",
  "external_account_authorized_user",
  "impersonated_service_account",
  "gdch_service_account",
];

function serviceAccount(fields: JsonFields): ServiceAccountKey {
  const advice = "download its JSON key from Google Cloud's console";
  return {
    type: "service_account",
    client_email: fields.required("client_email", advice),
    private_key: fields.required("private_key", advice),
    ...fields.optional("private_key_id"),
    ...fields.endpoint("token_uri"),
    ...fields.optional("subject"),
    ...fields.scopes(),
  };
}

/** A person's credentials: google-auth's own files, and oauth2client's, have no type. */
function isUser(json: object): boolean {
  const { type }: { type?: unknown } = json;
  return type === "authorized_user" || type === undefined && "refresh_token" in json;
}

function authorizedUser(fields: JsonFields, secrets: unknown): AuthorizedUserKey {
  const client = secrets === undefined ? undefined : parseClientSecrets(secrets);
  const id = fields.get("client_id");
  if (client && id !== undefined && client.client_id !== id) {
    throw new InvalidArgumentError(
      `these credentials are a login of another OAuth client than that of the secrets: leave the secrets out; or log in as their client, with ${LOGIN} ` +
        "and its --secrets and --token, and give the file of the token as credentials",
    );
  }
  const advice = "give the client's secrets (client_secrets.json) as well";
  // Not one of each: an id and a secret are a pair.
  const isComplete = id !== undefined && fields.get("client_secret") !== undefined;
  const other = isComplete ? undefined : client;
  const { quota_project_id } = fields.optional("quota_project_id");
  // It becomes a header. Source: https://cloud.google.com/docs/quotas/set-quota-project
  if (quota_project_id !== undefined && !/^[\w.:-]+$/.test(quota_project_id)) {
    throw new InvalidArgumentError(
      "`quota_project_id` of the credentials' JSON is no project's id: correct it",
    );
  }
  return {
    type: "authorized_user",
    client_id: other?.client_id ?? fields.required("client_id", advice),
    client_secret: other?.client_secret ?? fields.required("client_secret", advice),
    refresh_token: fields.required("refresh_token", `log in with ${LOGIN}`),
    ...(other && { token_uri: other.token_uri }),
    ...fields.endpoint("token_uri"),
    ...fields.scopes(),
    ...(quota_project_id === undefined ? {} : { quota_project_id }),
  };
}

/**
 * Credentials as they are said to be: a key may be parsed JSON, which the compiler takes for whatever is wanted.
 *
 * @throws {InvalidArgumentError} when a key is none.
 */
export function normalCredentials(credentials: DriveCredentials): DriveCredentials {
  return typeof credentials === "function" ? credentials : parseDriveCredentials(credentials);
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

/**
 * Reads what Google Cloud's console gives as `client_secret_….json`, and Python's tools call `client_secrets.json`.
 *
 * Source: https://github.com/googleapis/google-api-python-client/blob/main/docs/client-secrets.md
 *
 * @throws {InvalidArgumentError} when it is something else. What stands in it is not shown.
 */
export function parseClientSecrets(json: unknown): ClientSecrets {
  const what = "the client's secrets file";
  const advice =
    "download it again from Google Cloud's console, under Credentials, as the JSON of an OAuth client";
  const { type, installed, web }: Readonly<Record<string, unknown>> = Object(json);
  const inner = installed ?? web;
  if (!isObject(inner)) {
    const other = type === "service_account"
      ? "; this is a service account's key, which needs no login: pass it as `credentials`"
      : `: ${advice}`;
    throw new InvalidArgumentError(`${what} has neither \`installed\` nor \`web\`${other}`);
  }
  const fields = new JsonFields(inner, what);
  const uris = fields.get("redirect_uris");
  return {
    kind: installed === undefined ? "web" : "installed",
    client_id: fields.required("client_id", advice),
    client_secret: fields.required("client_secret", advice),
    auth_uri: fields.endpoint("auth_uri").auth_uri ?? AUTH_URI,
    token_uri: fields.endpoint("token_uri").token_uri ?? TOKEN_URI,
    redirect_uris: Array.isArray(uris) ? uris.filter((uri) => typeof uri === "string") : [],
  };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object of a parsed JSON file of Google's or Python's. What stands in it is not shown. */
class JsonFields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #what: string;

  /** `what`: what the file is, for messages. */
  constructor(fields: object, what: string) {
    this.#fields = Object.fromEntries(Object.entries(fields));
    this.#what = what;
  }

  /** A field; Python writes `null` for what it doesn't know. */
  get(name: string): unknown {
    const value = this.#fields[name];
    return value === null || value === "" ? undefined : value;
  }

  /** A field's text. `advice`: what to do when it is missing. */
  required(name: string, advice: string): string {
    const value = this.get(name);
    if (value === undefined) throw new InvalidArgumentError(`${this.#what} has no \`${name}\`: ${advice}`);
    return this.#text(value, name);
  }

  /** A text that may be missing, as it can be spread into an object. */
  optional<Name extends string>(name: Name): { readonly [name in Name]?: string } {
    const found: { [name in Name]?: string } = {};
    const value = this.get(name);
    if (value !== undefined) found[name] = this.#text(value, name);
    return found;
  }

  /** Scopes: a list, or one text with spaces between them. */
  scopes(): { readonly scopes?: readonly string[] } {
    const scopes = this.get("scopes");
    if (scopes === undefined) return {};
    const list = typeof scopes === "string" ? scopes.split(" ").filter(Boolean) : scopes;
    if (!Array.isArray(list)) return { scopes: [this.#text(list, "scopes")] };
    return { scopes: list.map((scope) => this.#text(scope, "scopes")) };
  }

  /** An address that secrets are sent to. */
  endpoint<Name extends string>(name: Name): { readonly [name in Name]?: string } {
    const found = this.optional(name);
    if (found[name] !== undefined) secretsEndpoint(found[name], name);
    return found;
  }

  #text(value: unknown, name: string): string {
    if (typeof value === "string") return value;
    throw new InvalidArgumentError(`\`${name}\` of ${this.#what} is no text`);
  }
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
  // Source: RFC 6749, section 6; https://developers.google.com/identity/protocols/oauth2/native-app#offline
  const { client_id, client_secret, refresh_token, token_uri = TOKEN_URI, quota_project_id } = credentials;
  const form = { grant_type: "refresh_token", client_id, client_secret, refresh_token };
  return new TokenSource(
    (signal) => requestToken(transport, token_uri, form, "refresh_token", signal),
    { now, project: quota_project_id },
  );
}

/** Seconds for which a statement holds: the longest that Google takes. */
const LIFETIME = 3600;

/** Milliseconds by which clocks may differ without being the reason of a refusal. */
const SKEW = 60_000;

/** What signs a service account's statements. */
const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;

/**
 * What gets tokens of a service account: a signed statement is exchanged for an access token. A clock that is more than a minute wrong is no hindrance, where the server's can be seen: the statement is signed once more with the server's time.
 *
 * Source: RFC 7523; https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
function serviceAccountTokens(
  account: ServiceAccountKey,
  transport: TokenTransport,
): (signal?: AbortSignal) => Promise<AccessToken> {
  const { token_uri = TOKEN_URI } = account;
  let key: Promise<CryptoKey> | undefined;
  let skew = 0;
  const request = async (signal?: AbortSignal) => {
    const claims = claimsOf(account, token_uri, transport.now() + skew);
    const assertion = await sign(
      await (key ??= importKey(account.private_key)),
      account.private_key_id,
      claims,
    );
    const form = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion };
    return await requestToken(transport, token_uri, form, "service_account", signal);
  };
  return async (signal) => {
    try {
      return await request(signal);
    } catch (error) {
      const refusal = error instanceof CottonCandyError ? error.cause : undefined;
      if (!(refusal instanceof TokenRefusal) || refusal.error !== "invalid_grant") throw error;
      const behind = refusal.date === undefined ? skew : refusal.date - transport.now();
      if (Math.abs(behind - skew) <= SKEW) throw error;
      skew = behind;
      return await request(signal);
    }
  };
}

function claimsOf(account: ServiceAccountKey, audience: string, now: number): Record<string, unknown> {
  const issued = Math.floor(now / 1000);
  return {
    iss: account.client_email,
    scope: (account.scopes ?? [DRIVE_SCOPE]).join(" "),
    aud: audience,
    iat: issued,
    exp: issued + LIFETIME,
    ...(account.subject === undefined ? {} : { sub: account.subject }),
  };
}

/** A JSON Web Token. Source: RFC 7515, section 3.1. */
async function sign(
  key: CryptoKey,
  kid: string | undefined,
  claims: Record<string, unknown>,
): Promise<string> {
  const encoder = new TextEncoder();
  const part = (value: unknown) => toBase64Url(encoder.encode(JSON.stringify(value)));
  const signed = `${part({ alg: "RS256", typ: "JWT", kid })}.${part(claims)}`;
  const signature = await crypto.subtle.sign(RS256.name, key, encoder.encode(signed));
  return `${signed}.${toBase64Url(new Uint8Array(signature))}`;
}

/** A key that signs, and that nothing can be read from. */
async function importKey(pem: string): Promise<CryptoKey> {
  if (!globalThis.crypto.subtle) {
    throw new UnsupportedError(
      "a service account needs WebCrypto, which a page has only when it was loaded over https or from localhost",
    );
  }
  try {
    return await crypto.subtle.importKey("pkcs8", bytesOf(pem), RS256, false, ["sign"]);
  } catch {
    // Without a cause: what a parser says of a key may show some of it.
    throw new InvalidArgumentError(
      "the service account's `private_key` is no RSA key in PEM that begins with -----BEGIN PRIVATE KEY-----: download its JSON key again from " +
        "Google Cloud's console",
    );
  }
}

function bytesOf(pem: string): Uint8Array<ArrayBuffer> {
  // Keys that came through a variable of the environment often have \n in two characters.
  const text = pem.replaceAll("\\n", "\n");
  const base64 = /-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----/.exec(text)?.[1];
  return fromBase64(base64 ?? "") ?? new Uint8Array();
}
