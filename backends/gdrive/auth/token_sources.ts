/**
 * Tokens of service accounts: a signed statement is exchanged for an access token.
 *
 * Source: RFC 7523; https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 *
 * @module
 */
import { fromBase64, toBase64Url } from "../../../lib/base64.ts";
import { InvalidArgumentError, UnsupportedError } from "../../../lib/errors.ts";
import {
  type AccessToken,
  DRIVE_SCOPE,
  requestToken,
  TOKEN_URI,
  tokenFailure,
  TokenRefusal,
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

/** Seconds for which a statement holds: the longest that Google takes. */
const LIFETIME = 3600;

/** Milliseconds by which clocks may differ without being the reason of a refusal. */
const SKEW = 60_000;

/** What signs a service account's statements. */
const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;

/**
 * What gets tokens of a service account.
 *
 * A clock that is more than a minute wrong is no hindrance, where the server's can be seen: the statement is signed once more with the server's time.
 */
export function serviceAccountTokens(
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
    return await requestToken(transport, token_uri, form, signal);
  };
  return async (signal) => {
    try {
      try {
        return await request(signal);
      } catch (error) {
        if (!(error instanceof TokenRefusal) || error.error !== "invalid_grant") throw error;
        if (error.date === undefined) throw error;
        const behind = error.date - transport.now();
        if (Math.abs(behind - skew) <= SKEW) throw error;
        skew = behind;
        return await request(signal);
      }
    } catch (error) {
      throw tokenFailure(error, token_uri, "service_account");
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

// Tokens of a person who has logged in: a refresh token is exchanged for an access token.
// Source: RFC 6749, section 6; https://developers.google.com/identity/protocols/oauth2/native-app#offline

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

/** What gets tokens by a refresh token. */
export function refreshTokens(
  user: AuthorizedUserKey,
  transport: TokenTransport,
): (signal?: AbortSignal) => Promise<AccessToken> {
  const { client_id, client_secret, refresh_token, token_uri = TOKEN_URI } = user;
  return async (signal) => {
    const form = { grant_type: "refresh_token", client_id, client_secret, refresh_token };
    try {
      return await requestToken(transport, token_uri, form, signal);
    } catch (error) {
      throw tokenFailure(error, token_uri, "refresh_token");
    }
  };
}
