/**
 * Access tokens: how a token endpoint is asked, what its refusals mean, and how long a token is kept.
 *
 * Source: RFC 6749, sections 4.1.3, 5 and 6; RFC 7523, section 2.1.
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
import {
  type HttpHandler,
  NetworkFailure,
  networkVerdict,
  retryAfterOf,
  type RetryPolicy,
  statusVerdict,
  type Verdict,
} from "../../transport/mod.ts";

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

  /**
   * Reads what an answer tells.
   *
   * @param secrets What was sent, and must not be shown.
   */
  constructor(
    status: number,
    headers: Readonly<Record<string, string>>,
    { error, error_description }: Readonly<Record<string, unknown>>,
    secrets: readonly string[],
  ) {
    const code = typeof error === "string" && /^[a-z_]{1,40}$/.test(error) ? error : "";
    const description = typeof error_description === "string" ? harmless(error_description, secrets) : "";
    super([status, code, description].filter(Boolean).join(" "));
    this.status = status;
    this.error = code;
    this.date = Date.parse(headers.date ?? "") || undefined;
    this.retryAfter = retryAfterOf(headers["retry-after"]);
  }

  /** Whether the trouble may pass by itself. Google's own clients try some codes again, too. */
  get verdict(): Verdict {
    const isPassing = /^(?:server_error|internal_failure|temporarily_unavailable)$/.test(this.error);
    return isPassing ? { again: true, after: this.retryAfter } : statusVerdict(this.status, this.retryAfter);
  }
}

function harmless(description: string, secrets: readonly string[]): string {
  let text = description.replace(/[^\x20-\x7e]+/g, " ");
  for (const secret of secrets) {
    if (secret !== "") text = text.replaceAll(secret, "…");
  }
  return text.replace(MAY_BE_SECRET, "…").slice(0, 200).trim();
}

/** What a token was asked for with: a service account's signature, a refresh token, or the code of a person's consent. */
export type Grant = "service_account" | "refresh_token" | "code";

/** Turns what a token request threw into the library's own error. What is not about the request, such as an abort, passes. */
function tokenError(error: unknown, { host }: URL, grant: Grant): unknown {
  if (error instanceof NetworkFailure) {
    const what = error.kind === "unreachable" ? "could not reach" : "got no answer from";
    return new ConnectionError(
      `${what} ${host} for an access token (${error.message}). Check the network, and try again.`,
      { cause: error },
    );
  }
  if (!(error instanceof TokenRefusal)) return error;
  const said = `(${host}: ${error.message})`;
  const details = { cause: error };
  if (error.verdict.again) {
    return new CottonCandyError(`no access token was to be had ${said}. Try again later.`, details);
  }
  if (error.status === 200) {
    return new CottonCandyError(
      `the answer to a request for an access token holds none ${said}. Check \`token_uri\`, and whether a proxy stands between.`,
      details,
    );
  }
  const advice = adviceOn(error.error, grant);
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

/** What to do, by OAuth's code. Source: RFC 6749, section 5.2. */
function adviceOn(error: string, grant: Grant): string | undefined {
  const isAccount = grant === "service_account";
  switch (error) {
    case "invalid_grant":
      if (grant === "code") return `the code of the consent was not accepted: log in again with ${LOGIN}`;
      return isAccount
        ? "the service account's signature was not accepted: its key may have been deleted or disabled, `subject` may be no user, or this machine's " +
          "clock may be wrong"
        : `the refresh token is expired or revoked: log in again with ${LOGIN}`;
    case "invalid_client":
    case "deleted_client":
      return "the client's secrets are wrong, or the client was deleted: download client_secrets.json again from Google Cloud's console, and log in " +
        `with ${LOGIN}`;
    case "unauthorized_client":
      return isAccount
        ? "the service account may not act for `subject`: an administrator must grant it domain-wide delegation with these scopes"
        : `the client may not do this: log in with ${LOGIN} and secrets of a client of type "Desktop app"`;
    case "invalid_scope":
      if (grant === "code") return "a scope that was asked for does not exist: check it";
      return isAccount
        ? "the scopes are not granted to the service account, or don't exist: check them"
        : `the refresh token is not good for Drive: log in again with ${LOGIN}`;
  }
}

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
interface TokenAnswer extends AccessToken {
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
 * @throws {AccessDeniedError} when the endpoint refuses. Its cause is a {@linkcode TokenRefusal}.
 * @throws {CottonCandyError} when it answers with no token.
 * @throws {ConnectionError} when there is no answer.
 * @throws {InvalidArgumentError} when the address is none that secrets may be sent to.
 */
export async function requestToken(
  { http, policy, now }: TokenTransport,
  address: string,
  form: Readonly<Record<string, string>>,
  grant: Grant,
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
    throw new TokenRefusal(statusCode, headers, answer, Object.values(secrets));
  };
  try {
    return await policy.run(attempt, tokenVerdict, signal);
  } catch (error) {
    throw tokenError(error, url, grant);
  }
}

function tokenVerdict(error: unknown): Verdict {
  if (error instanceof NetworkFailure) return networkVerdict(error);
  return error instanceof TokenRefusal ? error.verdict : { again: false };
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

/** Milliseconds before its end at which a token is renewed: a request that is on its way then still gets through. */
const EARLY = 60_000;

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
   * @param options The clock, in milliseconds since 1970; the project that requests with its tokens count for.
   */
  constructor(
    fetch: (signal?: AbortSignal) => Promise<AccessToken>,
    { now = Date.now, project }: { readonly now?: () => number; readonly project?: string } = {},
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
    return new TokenSource(async () => ({ token: await provided(provider), expires: 0 }));
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
function isSendable(token: unknown): token is string {
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
  const given = typeof token === "string"
    ? (token === "" ? "an empty string" : "a string with spaces or other characters that no token has")
    : (token === null ? "null" : `a value of type ${typeof token}`);
  throw new AccessDeniedError(
    `the function that was to give an access token for Google Drive gave ${given}: it must give the token alone`,
  );
}
