/**
 * Google's addresses, and the names that its tools and this library's messages go by.
 *
 * @module
 */
import {
  AccessDeniedError,
  ConnectionError,
  CottonCandyError,
  InvalidArgumentError,
} from "../../../lib/errors.ts";
import { SingleFlight } from "../../../lib/async.ts";
import { type HttpHandler, NetworkFailure, type RetryPolicy, type Verdict } from "../../transport/mod.ts";

/** Where a person consents. Source: https://accounts.google.com/.well-known/openid-configuration */
export const AUTH_URI = "https://accounts.google.com/o/oauth2/v2/auth";

/** Where tokens are issued. */
export const TOKEN_URI = "https://oauth2.googleapis.com/token";

/** All of Drive: what Python's cottoncandy asks for. */
export const DRIVE_SCOPE = "https://www.googleapis.com/auth/drive";

/** What a person runs to log in. */
export const LOGIN =
  "`deno task gdrive:login` (elsewhere `deno run -A jsr:@cottoncandy/cottoncandy/gdrive/login`)";

/** This machine's own names: what is sent there leaves it by no network. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether an address is this machine's own, and of plain HTTP. */
export function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && LOOPBACK.test(hostname);
}

/**
 * An address that secrets are sent to.
 *
 * @param field Which field of a file it stands in, for messages; what it says is not shown.
 * @throws {InvalidArgumentError} unless it is `https:`, or `http:` on this machine.
 */
export function secretsEndpoint(address: string, field: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const { username = "", password = "" } = url ?? {};
  if (url && username === "" && password === "" && (url.protocol === "https:" || isLoopback(url))) return url;
  throw new InvalidArgumentError(
    `\`${field}\` must be an https: address, or http: on this machine: secrets are sent there. Google's own is used where the field is left out.`,
  );
}

/** What {@linkcode TokenRefusal} is made from. */
export interface RefusedAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The members of the answer's JSON. */
  readonly answer: Readonly<Record<string, unknown>>;
  /** What was sent, and must not be shown. */
  readonly secrets: readonly string[];
}

/** A run of so many characters may be a token, or a part of one. */
const MAY_BE_SECRET = /\S{24,}/g;

/**
 * A token endpoint's answer that brought no token. It holds nothing of what was sent, also where the server repeats it. Stays inside the backend: its callers see an error of the library.
 */
export class TokenRefusal extends Error {
  override readonly name = "TokenRefusal";
  /** The HTTP status. */
  readonly status: number;
  /** OAuth's code for what is wrong, such as `"invalid_grant"`; empty when the answer is none of OAuth's. */
  readonly error: string;
  /** The server's clock, in milliseconds since 1970; a browser does not see it. */
  readonly date?: number;
  /** Milliseconds after which the server wants to be asked again. */
  readonly retryAfter?: number;

  /** Reads what the answer tells. */
  constructor({ status, headers, answer, secrets }: RefusedAnswer) {
    const error = typeof answer.error === "string" && /^[a-z_]{1,40}$/.test(answer.error) ? answer.error : "";
    const description = typeof answer.error_description === "string"
      ? harmless(answer.error_description, secrets)
      : "";
    super([status, error, description].filter(Boolean).join(" "));
    this.status = status;
    this.error = error;
    const date = Date.parse(headers.date ?? "");
    if (!Number.isNaN(date)) this.date = date;
    const after = Number(headers["retry-after"] ?? NaN);
    if (after >= 0) this.retryAfter = after * 1000;
  }

  /** Whether the trouble may pass by itself. */
  get passing(): boolean {
    const { status, error } = this;
    if (status === 408 || status === 429 || status >= 500 && status !== 501) return true;
    // Google's own clients try these again as well.
    return /^(?:server_error|internal_failure|temporarily_unavailable)$/.test(error);
  }
}

function harmless(description: string, secrets: readonly string[]): string {
  let text = description.replace(/[^\x20-\x7e]+/g, " ");
  for (const secret of secrets) {
    if (secret !== "") text = text.replaceAll(secret, "…");
  }
  return text.replace(MAY_BE_SECRET, "…").slice(0, 200).trim();
}

/** What a token was asked for with. */
export type Grant =
  /** A service account's signature. */
  | "service_account"
  /** A refresh token. */
  | "refresh_token"
  /** The code of a person's consent. */
  | "code";

/** Turns what a token request threw into the library's own error. What is not about the request, such as an abort, passes. */
export function tokenFailure(error: unknown, address: string, grant: Grant): unknown {
  if (error instanceof NetworkFailure) {
    const what = error.kind === "unreachable" ? "could not reach" : "got no answer from";
    return new ConnectionError(
      `${what} ${placeOf(address)} for an access token (${error.message}). Check the network, and try again.`,
      { cause: error },
    );
  }
  if (!(error instanceof TokenRefusal)) return error;
  const said = `(${placeOf(address)}: ${error.message})`;
  const details = { cause: error };
  if (error.passing) {
    return new CottonCandyError(`no access token was to be had ${said}. Try again later.`, details);
  }
  if (error.status === 200) {
    return new CottonCandyError(
      `the answer to a request for an access token holds none ${said}. Check \`token_uri\`, and whether a proxy stands between.`,
      details,
    );
  }
  const advice = ADVICE[error.error]?.[grant];
  if (advice !== undefined) return new AccessDeniedError(`${advice} ${said}`, details);
  if (error.status === 400 || error.status === 401 || error.status === 403) {
    return new AccessDeniedError(
      `an access token was refused ${said}. Check the credentials, or log in again with ${LOGIN}.`,
      details,
    );
  }
  return new CottonCandyError(
    `the request for an access token failed ${said}. Check \`token_uri\`.`,
    details,
  );
}

/** The server alone: the rest of an address that was mistyped may hold anything. */
function placeOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : "the token endpoint";
}

const WRONG_SECRETS =
  "the client's secrets are wrong, or the client was deleted: download client_secrets.json again from Google Cloud's console, and log in " +
  `with ${LOGIN}`;

const DISABLED_CLIENT =
  `the client may not do this: log in with ${LOGIN} and secrets of a client of type "Desktop app"`;

/** What to do, by OAuth's code. Source: RFC 6749, section 5.2. */
const ADVICE: Readonly<Record<string, Readonly<Record<Grant, string>>>> = {
  invalid_grant: {
    refresh_token: `the refresh token is expired or revoked: log in again with ${LOGIN}`,
    code: `the code of the consent was not accepted: log in again with ${LOGIN}`,
    service_account:
      "the service account's signature was not accepted: its key may have been deleted or disabled, `subject` may be no user, or this machine's " +
      "clock may be wrong",
  },
  invalid_client: { refresh_token: WRONG_SECRETS, code: WRONG_SECRETS, service_account: WRONG_SECRETS },
  deleted_client: { refresh_token: WRONG_SECRETS, code: WRONG_SECRETS, service_account: WRONG_SECRETS },
  unauthorized_client: {
    refresh_token: DISABLED_CLIENT,
    code: DISABLED_CLIENT,
    service_account:
      "the service account may not act for `subject`: an administrator must grant it domain-wide delegation with these scopes",
  },
  invalid_scope: {
    refresh_token: `the refresh token is not good for Drive: log in again with ${LOGIN}`,
    code: "a scope that was asked for does not exist: check it",
    service_account: "the scopes are not granted to the service account, or don't exist: check them",
  },
};

// Requests to a token endpoint. Source: RFC 6749, sections 4.1.3, 5 and 6; RFC 7523, section 2.1.

/** How requests are made. */
export interface TokenTransport {
  /** Makes them. */
  readonly http: HttpHandler;
  /** How often, and for how long, failed ones are made again. */
  readonly policy: RetryPolicy;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** What a token endpoint gives. */
export interface TokenAnswer extends AccessToken {
  /** Gets further access tokens; only for a code of a person's consent. */
  readonly refreshToken?: string;
  /** What the tokens are good for, where it was said. */
  readonly scopes?: readonly string[];
}

/**
 * Asks for a token, again where that may help.
 *
 * @param address The token endpoint.
 * @param form What is sent: it holds secrets, and none of it comes into an error.
 * @throws {TokenRefusal} when the endpoint refuses, or answers with no token.
 * @throws {NetworkFailure} when there is no answer.
 * @throws {InvalidArgumentError} when the address is none that secrets may be sent to.
 */
export async function requestToken(
  { http, policy, now }: TokenTransport,
  address: string,
  form: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<TokenAnswer> {
  const url = secretsEndpoint(address, "token_uri");
  const request = {
    method: "POST",
    protocol: url.protocol,
    hostname: url.hostname,
    port: url.port === "" ? undefined : Number(url.port),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: {
      host: url.host,
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
    },
    body: new URLSearchParams(form).toString(),
  };
  const attempt = async () => {
    // The token's time may begin when the request arrives.
    const asked = now();
    const { response: { statusCode, headers, body } } = await http.handle(request, { signal });
    const answer = body instanceof Uint8Array ? parse(body) : {};
    const token = statusCode === 200 ? accepted(answer, asked) : undefined;
    if (token) return token;
    const { grant_type: _, ...secrets } = form;
    throw new TokenRefusal({ status: statusCode, headers, answer, secrets: Object.values(secrets) });
  };
  return await policy.run(attempt, judge, signal);
}

function judge(error: unknown): Verdict {
  if (error instanceof NetworkFailure) {
    return { again: true, quick: error.kind === "unreachable" && !error.known };
  }
  if (!(error instanceof TokenRefusal)) return { again: false };
  return error.passing ? { again: true, after: error.retryAfter } : { again: false };
}

/** The members of an answer in JSON; none of anything else, such as a proxy's page. */
function parse(body: Uint8Array): Record<string, unknown> {
  try {
    const answer: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof answer === "object" && answer !== null ? { ...answer } : {};
  } catch {
    // The parser's message would show some of the text.
    return {};
  }
}

function accepted(answer: Record<string, unknown>, asked: number): TokenAnswer | undefined {
  const { access_token: token, expires_in: seconds, refresh_token: refreshToken, scope } = answer;
  if (!isSendable(token)) return undefined;
  return {
    token,
    ...(isDuration(seconds) ? { expires: asked + Number(seconds) * 1000 } : {}),
    ...(typeof refreshToken === "string" && refreshToken !== "" ? { refreshToken } : {}),
    ...(typeof scope === "string" ? { scopes: scope.split(" ").filter(Boolean) } : {}),
  };
}

/** Seconds, which some servers write as text. */
function isDuration(value: unknown): boolean {
  return (typeof value === "number" || typeof value === "string" && value !== "") && Number(value) >= 0;
}

/** What lets requests through, for a while. */
export interface AccessToken {
  /** The token itself. */
  readonly token: string;
  /** When it ends, in milliseconds since 1970; `undefined` when nobody said. */
  readonly expires?: number;
}

/** What else there is to know of a source. */
export interface TokenSourceOptions {
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
  /** The project that requests with its tokens count for. */
  readonly project?: string;
}

/** Milliseconds before its end at which a token is renewed: a request that is on its way then still gets through. */
const EARLY = 60_000;

/** Of a token that is never kept. */
const AT_ONCE = 0;

/**
 * Access tokens, each kept until shortly before its end. However many ask at once, one request is made for them all.
 *
 * The token is held in a private field: printing the source, or making JSON of it, shows nothing.
 */
export class TokenSource {
  /** The project that requests count for, where it is to be named. */
  readonly project: string | undefined;
  readonly #flight: SingleFlight<string>;
  readonly #now: () => number;
  #kept?: AccessToken;

  /**
   * A source of tokens.
   *
   * @param fetch Gets a new token; `signal` aborts when nobody waits for it any more.
   */
  constructor(
    fetch: (signal?: AbortSignal) => Promise<AccessToken>,
    { now = Date.now, project }: TokenSourceOptions = {},
  ) {
    this.#now = now;
    this.project = project;
    this.#flight = new SingleFlight(async (signal) => {
      const fresh = await fetch(signal);
      this.#kept = fresh;
      return fresh.token;
    });
  }

  /** Tokens of a function that keeps them itself: it is asked each time, but once for all who ask at the same time. */
  static of(provider: () => Promise<string>): TokenSource {
    return new TokenSource(async () => ({ token: await provided(provider), expires: AT_ONCE }));
  }

  /** A token that is good for a minute at least. */
  async get(signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    return this.#fresh ?? await this.#flight.run(signal);
  }

  /**
   * A token to try with once more after `stale` was refused: a new one, unless somebody else has got a newer one since.
   */
  async renew(stale: string, signal?: AbortSignal): Promise<string> {
    const underway = this.#flight.isUnderway;
    const token = await this.#other(stale, signal);
    // What was asked for before the refusal may be what was refused.
    return underway && token === stale ? await this.#other(stale, signal) : token;
  }

  async #other(stale: string, signal?: AbortSignal): Promise<string> {
    // Nobody else shall be given it.
    if (this.#kept?.token === stale) this.#kept = undefined;
    return await this.get(signal);
  }

  get #fresh(): string | undefined {
    const { token, expires = Infinity } = this.#kept ?? {};
    return expires - this.#now() > EARLY ? token : undefined;
  }
}

/** Whether something can be sent as a token: anything else would be refused by HTTP clients, whose errors would show it. */
export function isSendable(token: unknown): token is string {
  return typeof token === "string" && /^[\x21-\x7e]+$/.test(token);
}

async function provided(provider: () => Promise<string>): Promise<string> {
  let token: unknown;
  try {
    token = await provider();
  } catch (cause) {
    if (cause instanceof InvalidArgumentError) throw cause;
    throw new AccessDeniedError(
      "the function that was to give an access token for Google Drive failed: see this error's cause",
      { cause },
    );
  }
  if (isSendable(token)) return token;
  throw new AccessDeniedError(
    `the function that was to give an access token for Google Drive gave ${
      named(token)
    }: it must give the token alone`,
  );
}

function named(token: unknown): string {
  if (typeof token !== "string") return token === null ? "null" : `a value of type ${typeof token}`;
  return token === "" ? "an empty string" : "a string with spaces or other characters that no token has";
}
