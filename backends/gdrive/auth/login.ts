/**
 * A person's consent to an installed program: the address where it is given, and what its code is exchanged for.
 *
 * Source: RFC 8252; RFC 7636; https://developers.google.com/identity/protocols/oauth2/native-app
 *
 * @module
 */
import { abortable, withResolvers } from "../../../lib/async.ts";
import { toBase64Url } from "../../../lib/base64.ts";
import { AccessDeniedError, InvalidArgumentError, UnsupportedError } from "../../../lib/errors.ts";
import { listenOnLoopback } from "../../../lib/loopback.ts";
import type { AuthorizedUserKey, ClientSecrets } from "./credentials.ts";
import { isLoopback, requestToken, type TokenTransport } from "./token.ts";

/** A proof, by the method S256, that who exchanges a code is who asked for it: the verifier is kept until then, its SHA-256 goes with the question. */
export async function createPkce(): Promise<{ readonly verifier: string; readonly challenge: string }> {
  const verifier = randomText();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier, challenge: toBase64Url(new Uint8Array(digest)) };
}

/** Text of 256 random bits, such as the state that ties an answer to its question. */
export function randomText(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/** Who asks a person for consent, and what for. */
interface ConsentRequest {
  /** The client to let in. */
  readonly client: ClientSecrets;
  /** What it is to be allowed. */
  readonly scopes: readonly string[];
  /** Where the answer is sent. */
  readonly redirectUri: string;
}

/** The address where a person is asked. It holds no secret. */
export function consentUrl(
  { client, scopes, redirectUri, state, challenge }: ConsentRequest & {
    /** Comes back with the answer. */
    readonly state: string;
    /** Of {@linkcode createPkce}. */
    readonly challenge: string;
  },
): string {
  const url = new URL(client.auth_uri);
  const parameters = {
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: scopes.join(" "),
    state,
    code_challenge: challenge,
    code_challenge_method: "S256",
    // A refresh token comes only with these: the second asks again a person who has consented before.
    access_type: "offline",
    prompt: "consent",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/**
 * What a consent is good for.
 *
 * @throws {AccessDeniedError} when the code is not accepted, the person did not consent to all of it, or there is no refresh token.
 */
export async function exchangeCode(
  { client, scopes, redirectUri, code, verifier }: ConsentRequest & {
    /** The answer: it can be exchanged once. */
    readonly code: string;
    /** Of {@linkcode createPkce}. */
    readonly verifier: string;
  },
  transport: TokenTransport,
  signal?: AbortSignal,
): Promise<AuthorizedUserKey> {
  const { client_id, client_secret, token_uri } = client;
  const answer = await requestToken(
    transport,
    token_uri,
    {
      grant_type: "authorization_code",
      client_id,
      client_secret,
      code,
      code_verifier: verifier,
      redirect_uri: redirectUri,
    },
    "code",
    signal,
  );
  // Google answers its short names, such as "email", with others.
  const withheld = scopes.filter((scope) =>
    scope.startsWith("https:") && answer.scopes && !answer.scopes.includes(scope)
  );
  if (withheld.length > 0) {
    throw new AccessDeniedError(
      `consent was not given to ${withheld.join(" and ")}: log in again, and tick every box`,
    );
  }
  if (answer.refreshToken === undefined) {
    throw new AccessDeniedError(
      "the answer holds no refresh token, without which access would end within the hour: remove the program's access at " +
        "https://myaccount.google.com/connections, and log in again",
    );
  }
  return {
    type: "authorized_user",
    client_id,
    client_secret,
    refresh_token: answer.refreshToken,
    token_uri,
    scopes: answer.scopes ?? scopes,
  };
}

/** A server of this machine alone, which waits for the answer to one question. */
interface Loopback {
  /** The port that it has. */
  readonly port: number;
  /**
   * The code of the person's consent.
   *
   * @throws {AccessDeniedError} when the answer is no.
   */
  readonly code: Promise<string>;
  /** Ends it, when what is being answered has been. */
  close(): Promise<void>;
}

/** Milliseconds that a browser has to fetch its page, once all is done. */
const LINGER = 1000;

/**
 * Waits on 127.0.0.1 for the browser to bring the answer.
 *
 * Source: RFC 8252, section 7.3; RFC 6749, section 4.1.2.
 *
 * @param options The port, 0 for any that is free; the path that the answer comes to; what it must bring back.
 * @throws {InvalidArgumentError} when the port is in use.
 * @throws {AccessDeniedError} when Deno lacks the permission.
 * @throws {UnsupportedError} in a browser, which has no servers.
 */
export async function openLoopback(
  { port, path, state }: { readonly port: number; readonly path: string; readonly state: string },
): Promise<Loopback> {
  const http: typeof import("node:http") | undefined = globalThis.process?.getBuiltinModule?.("node:http");
  if (!http) throw new UnsupportedError("a login needs a server, which a browser has not");
  const consent = withResolvers<string>();
  // Nobody may be listening any more.
  consent.promise.catch(() => {});
  const server = http.createServer(({ method, url = "" }, response) => {
    // A target that is no path, such as "*", would be taken for a part of the address.
    const target = method === "GET" && url.startsWith("/") ? new URL(`http://127.0.0.1${url}`) : undefined;
    const answer = target?.pathname === path ? answerOf(target.searchParams, state) : OTHER;
    // Told when the page is on its way, or nobody wants it.
    const sent = () => {
      if (answer.code !== undefined) consent.resolve(answer.code);
      if (answer.refusal !== undefined) consent.reject(new AccessDeniedError(answer.refusal));
    };
    response.on("close", sent);
    response.writeHead(answer.status, {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      // The address holds the code.
      "referrer-policy": "no-referrer",
      connection: "close",
    });
    response.end(`${answer.page}\n`, sent);
  });
  const bound = await listenOnLoopback(server, port, {
    purpose: "to wait for the browser's answer",
    another: "give another with --port",
  });
  return {
    port: bound,
    code: consent.promise,
    close: () =>
      new Promise((resolve) => {
        // Browsers open connections in advance, and keep them.
        const timer = setTimeout(() => server.closeAllConnections(), LINGER);
        server.close(() => (clearTimeout(timer), resolve()));
      }),
  };
}

/** What a browser is shown for a request, and what the request says: the code of a consent, or why there is none; neither where it is about something else. */
interface Answer {
  readonly status: number;
  readonly page: string;
  readonly code?: string;
  readonly refusal?: string;
}

/** Something else that a browser asks for, such as an icon. */
const OTHER: Answer = { status: 404, page: "There is nothing here." };

function answerOf(parameters: URLSearchParams, state: string): Answer {
  const code = parameters.get("code");
  const error = parameters.get("error");
  if (code === null && error === null) return OTHER;
  if (parameters.get("state") !== state) {
    // Any page can send an answer here, which must not end this login.
    const page =
      "This belongs to another login: nothing was done with it. Consent at the address that the terminal shows.";
    return { status: 400, page };
  }
  if (error === null && code) {
    return { status: 200, page: "The answer has arrived. You can close this window.", code };
  }
  const named = /^[a-z_]{1,40}$/.exec(error ?? "")?.[0] ?? "no code";
  return {
    status: 400,
    page: "Nothing was allowed. You can close this window; the terminal says more.",
    refusal: error === "access_denied"
      ? "consent was denied: without it nothing in Drive can be reached"
      : `the question for consent failed (${named}): check the client's secrets and the scopes`,
  };
}

/** What a login is made of. */
interface LoginRequest extends Omit<ConsentRequest, "redirectUri"> {
  /** The port to wait on; default any that is free. */
  readonly port?: number;
  /** Milliseconds that the person has. */
  readonly patience: number;
  /** Shows the person where to consent. */
  readonly show: (url: string) => void;
}

/**
 * Asks a person for consent, waits for the answer on this machine, and gets what it is good for.
 *
 * @throws {AccessDeniedError} when there is no consent in time, or it is not enough.
 * @throws {InvalidArgumentError} when the port is in use, or the client can't be answered here.
 */
export async function loginByBrowser(
  { client, scopes, port, patience, show }: LoginRequest,
  transport: TokenTransport,
): Promise<AuthorizedUserKey> {
  const place = redirectOf(client, port);
  const state = randomText();
  const { verifier, challenge } = await createPkce();
  const loopback = await openLoopback({ port: place.port, path: place.path, state });
  const late = new AbortController();
  const timer = setTimeout(() => {
    const minutes = Math.round(patience / 60_000);
    late.abort(new AccessDeniedError(`nobody consented within ${minutes} minutes: log in again`));
  }, patience);
  try {
    const redirectUri = place.redirectUri ?? `http://127.0.0.1:${loopback.port}`;
    show(consentUrl({ client, scopes, redirectUri, state, challenge }));
    const code = await abortable(loopback.code, late.signal);
    return await exchangeCode({ client, scopes, redirectUri, code, verifier }, transport);
  } finally {
    clearTimeout(timer);
    await loopback.close();
  }
}

/** Where the answer is to come to; at the address that the client lists, where not any port will do. */
function redirectOf(
  { kind, redirect_uris }: ClientSecrets,
  port: number | undefined,
): { port: number; path: string; redirectUri?: string } {
  if (kind === "installed") return { port: port ?? 0, path: "/" };
  for (const redirectUri of redirect_uris) {
    const url = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined;
    // The server is at 127.0.0.1, where browsers find "localhost" as well.
    if (!url || !isLoopback(url) || url.hostname === "[::1]") continue;
    const listed = Number(url.port || "80");
    if (port === undefined || port === listed) return { port: listed, path: url.pathname, redirectUri };
  }
  throw new InvalidArgumentError(
    `the secrets are of a web client, which lists no redirect to ${
      port === undefined ? "this machine" : `port ${port} of this machine`
    }: make an OAuth client of type "Desktop app", or add http://localhost:${
      port ?? 8080
    }/ to its redirect URIs`,
  );
}
