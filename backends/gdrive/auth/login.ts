/**
 * A person's login in the browser.
 *
 * @module
 */
import { AccessDeniedError, InvalidArgumentError } from "../../../lib/errors.ts";
import { abortable } from "../../../lib/streams/abortable.ts";
import { consentUrl, createPkce, exchangeCode, randomText } from "./authorize.ts";
import type { ClientSecrets } from "./client_secrets.ts";
import { isLoopback } from "./endpoint.ts";
import { openLoopback } from "./loopback.ts";
import type { AuthorizedUserKey } from "./refresh_token.ts";
import type { TokenTransport } from "./token_request.ts";

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
