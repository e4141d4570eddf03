/**
 * Requests to a token endpoint. Source: RFC 6749, sections 4.1.3, 5 and 6; RFC 7523, section 2.1.
 *
 * @module
 */
import { NetworkFailure } from "../../http/failure.ts";
import type { HttpHandler } from "../../http/handler.ts";
import type { RetryPolicy, Verdict } from "../../http/retry.ts";
import { secretsEndpoint } from "./endpoint.ts";
import { type AccessToken, isSendable } from "./token.ts";
import { TokenRefusal } from "./token_refusal.ts";

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
