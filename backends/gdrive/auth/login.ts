/**
 * A person's consent to an installed program: the address where it is given, and what its code is exchanged for.
 *
 * Source: RFC 8252; RFC 7636; https://developers.google.com/identity/protocols/oauth2/native-app
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { toBase64Url } from "../../../lib/base64.ts";
import { environmentVariable, isGranted, operatingSystem } from "../../../lib/environment.ts";
import { AccessDeniedError, InvalidArgumentError, UnsupportedError } from "../../../lib/errors.ts";
import { hasCode } from "../../../lib/file_access.ts";
import { abortable } from "../../../lib/async.ts";
import type { ClientSecrets } from "./credentials.ts";
import { isLoopback, requestToken, tokenFailure, type TokenTransport } from "./token.ts";
import type { AuthorizedUserKey } from "./token_sources.ts";

/** Proof that who exchanges a code is who asked for it. */
export interface Pkce {
  /** Kept until the code is exchanged. */
  readonly verifier: string;
  /** The verifier's SHA-256, which goes with the question. */
  readonly challenge: string;
}

/** A new pair, by the method S256. */
export async function createPkce(): Promise<Pkce> {
  const verifier = randomText();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier, challenge: toBase64Url(new Uint8Array(digest)) };
}

/** Text of 256 random bits, such as the state that ties an answer to its question. */
export function randomText(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/** A question for consent. */
export interface ConsentRequest {
  /** Who asks. */
  readonly client: ClientSecrets;
  /** What for. */
  readonly scopes: readonly string[];
  /** Where the answer is sent. */
  readonly redirectUri: string;
  /** Comes back with the answer. */
  readonly state: string;
  /** Of {@linkcode createPkce}. */
  readonly challenge: string;
}

/** The address where a person is asked. It holds no secret. */
export function consentUrl({ client, scopes, redirectUri, state, challenge }: ConsentRequest): string {
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

/** A person's answer. */
export interface Consent {
  /** Who asked. */
  readonly client: ClientSecrets;
  /** What was asked for. */
  readonly scopes: readonly string[];
  /** Where the answer was sent. */
  readonly redirectUri: string;
  /** The answer: it can be exchanged once. */
  readonly code: string;
  /** Of {@linkcode createPkce}. */
  readonly verifier: string;
}

/**
 * What a consent is good for.
 *
 * @throws {AccessDeniedError} when the code is not accepted, the person did not consent to all of it, or there is no refresh token.
 */
export async function exchangeCode(
  { client, scopes, redirectUri, code, verifier }: Consent,
  transport: TokenTransport,
  signal?: AbortSignal,
): Promise<AuthorizedUserKey> {
  const { client_id, client_secret, token_uri } = client;
  const answer = await requestToken(transport, token_uri, {
    grant_type: "authorization_code",
    client_id,
    client_secret,
    code,
    code_verifier: verifier,
    redirect_uri: redirectUri,
  }, signal).catch((error) => {
    throw tokenFailure(error, token_uri, "code");
  });
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

/** Where an answer is waited for. */
export interface LoopbackOptions {
  /** The port on 127.0.0.1; 0 for any that is free. */
  readonly port: number;
  /** The path that the answer comes to. */
  readonly path: string;
  /** What the answer must bring back. */
  readonly state: string;
}

/** Milliseconds that a browser has to fetch its page, once all is done. */
const LINGER = 1000;

/** A server of this machine alone, which waits for the answer to one question. */
export interface Loopback {
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

/**
 * Waits on 127.0.0.1 for the browser to bring the answer.
 *
 * Source: RFC 8252, section 7.3; RFC 6749, section 4.1.2.
 *
 * @throws {InvalidArgumentError} when the port is in use.
 * @throws {AccessDeniedError} when Deno lacks the permission.
 * @throws {UnsupportedError} in a browser, which has no servers.
 */
export async function openLoopback({ port, path, state }: LoopbackOptions): Promise<Loopback> {
  const http: typeof import("node:http") | undefined = globalThis.process?.getBuiltinModule?.("node:http");
  if (!http) throw new UnsupportedError("a login needs a server, which a browser has not");
  let settle: (outcome: Outcome) => void = () => {};
  const code = new Promise<string>((resolve, reject) => {
    settle = (outcome) => {
      if (outcome.kind === "code") resolve(outcome.code);
      if (outcome.kind === "refused") reject(outcome.error);
    };
  });
  // Nobody may be listening any more.
  code.catch(() => {});
  const server = http.createServer((request, response) => {
    const outcome = outcomeOf(request, path, state);
    reply(response, outcome, () => settle(outcome));
  });
  // Asked for in advance: Deno tells of it where nobody can catch it.
  if (!isGranted({ name: "net", host: `127.0.0.1:${port}` })) {
    throw new AccessDeniedError(
      "Deno was not allowed to wait for the browser's answer: run it with --allow-net",
    );
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  }).catch((cause) => {
    if (!hasCode(cause, "EADDRINUSE", "EACCES")) throw cause;
    throw new InvalidArgumentError(
      `port ${port} is in use, or not for this user: give another with --port, or none, and a free one is taken`,
      { cause },
    );
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    code,
    close: () =>
      new Promise((resolve) => {
        // Browsers open connections in advance, and keep them.
        const timer = setTimeout(() => server.closeAllConnections(), LINGER);
        server.close(() => (clearTimeout(timer), resolve()));
      }),
  };
}

/** What a request is. */
type Outcome =
  /** Something else that a browser asks for, such as an icon. */
  | { readonly kind: "other" }
  /** The answer to another question: any page can send one here, which must not end this one. */
  | { readonly kind: "strange" }
  /** The answer. */
  | { readonly kind: "code"; readonly code: string }
  /** An answer that is no consent. */
  | { readonly kind: "refused"; readonly error: AccessDeniedError };

function outcomeOf({ method, url = "" }: IncomingMessage, path: string, state: string): Outcome {
  // A target that is no path, such as "*", would be taken for a part of the address.
  if (method !== "GET" || !url.startsWith("/")) return { kind: "other" };
  const { pathname, searchParams } = new URL(`http://127.0.0.1${url}`);
  const code = searchParams.get("code");
  const error = searchParams.get("error");
  if (pathname !== path || code === null && error === null) return { kind: "other" };
  if (searchParams.get("state") !== state) return { kind: "strange" };
  if (error === "access_denied") {
    return refused("consent was denied: without it nothing in Drive can be reached");
  }
  if (error !== null || !code) {
    const named = /^[a-z_]{1,40}$/.exec(error ?? "")?.[0] ?? "no code";
    return refused(`the question for consent failed (${named}): check the client's secrets and the scopes`);
  }
  return { kind: "code", code };
}

function refused(message: string): Outcome {
  return { kind: "refused", error: new AccessDeniedError(message) };
}

const PAGES: Readonly<Record<Outcome["kind"], readonly [status: number, text: string]>> = {
  other: [404, "There is nothing here."],
  strange: [
    400,
    "This belongs to another login: nothing was done with it. Consent at the address that the terminal shows.",
  ],
  code: [200, "The answer has arrived. You can close this window."],
  refused: [400, "Nothing was allowed. You can close this window; the terminal says more."],
};

/** Answers with a plain page, and calls `sent` when it is on its way, or nobody wants it. */
function reply(response: ServerResponse, { kind }: Outcome, sent: () => void): void {
  const [status, text] = PAGES[kind];
  response.on("close", sent);
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    // The address holds the code.
    "referrer-policy": "no-referrer",
    connection: "close",
  });
  response.end(`${text}\n`, sent);
}

/** Opens an address in the person's browser, where there is one. Whether it came about is not known. */
export function openBrowser(url: string): void {
  const [command, ...args] = launcher();
  if (command === undefined || !isGranted({ name: "run", command })) return;
  const children: typeof import("node:child_process") | undefined = globalThis.process?.getBuiltinModule?.(
    "node:child_process",
  );
  const child = children?.spawn(command, [...args, url], { stdio: "ignore", detached: true });
  // The address is on the terminal as well.
  child?.on("error", () => {});
  // Deno fails to let go of a process that did not come about.
  if (child?.pid !== undefined) child.unref();
}

/** What opens addresses here: no shell, to which an `&` would mean something. */
function launcher(): string[] {
  switch (operatingSystem()) {
    case "darwin":
      return ["open"];
    case "win32":
      return ["rundll32", "url.dll,FileProtocolHandler"];
    default: {
      const screen = environmentVariable("DISPLAY") ?? environmentVariable("WAYLAND_DISPLAY");
      return screen === undefined ? [] : ["xdg-open"];
    }
  }
}

// A person's login in the browser.

/** What a login is made of. */
export interface LoginRequest {
  /** The client to let in. */
  readonly client: ClientSecrets;
  /** What it is to be allowed. */
  readonly scopes: readonly string[];
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
  const place = placeOf(client, port);
  const state = randomText();
  const { verifier, challenge } = await createPkce();
  const loopback = await openLoopback({ port: place.port, path: place.path, state });
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(tooLate(patience)), patience);
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

function tooLate(patience: number): AccessDeniedError {
  return new AccessDeniedError(
    `nobody consented within ${Math.round(patience / 60_000)} minutes: log in again`,
  );
}

/** Where the answer is to come to. */
interface Place {
  readonly port: number;
  readonly path: string;
  /** As the client lists it; absent where any port will do. */
  readonly redirectUri?: string;
}

function placeOf({ kind, redirect_uris }: ClientSecrets, port: number | undefined): Place {
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
