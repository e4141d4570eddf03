/**
 * A person's consent to an installed program: the address where it is given, and what its code is exchanged for.
 *
 * Source: RFC 8252; RFC 7636; https://developers.google.com/identity/protocols/oauth2/native-app
 *
 * @module
 */
import { AccessDeniedError } from "../../../lib/errors.ts";
import { encodeBase64Url } from "../../checksum/base64.ts";
import type { ClientSecrets } from "./client_secrets.ts";
import type { AuthorizedUserKey } from "./refresh_token.ts";
import { tokenFailure } from "./token_failure.ts";
import { requestToken, type TokenTransport } from "./token_request.ts";

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
  return { verifier, challenge: encodeBase64Url(new Uint8Array(digest)) };
}

/** Text of 256 random bits, such as the state that ties an answer to its question. */
export function randomText(): string {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)));
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
