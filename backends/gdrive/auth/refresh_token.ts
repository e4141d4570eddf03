/**
 * Tokens of a person who has logged in: a refresh token is exchanged for an access token.
 *
 * Source: RFC 6749, section 6; https://developers.google.com/identity/protocols/oauth2/native-app#offline
 *
 * @module
 */
import { TOKEN_URI } from "./google.ts";
import type { AccessToken } from "./token.ts";
import { tokenFailure } from "./token_failure.ts";
import { requestToken, type TokenTransport } from "./token_request.ts";

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
