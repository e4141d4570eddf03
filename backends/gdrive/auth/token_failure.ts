import { AccessDeniedError, ConnectionError, CottonCandyError } from "../../../lib/errors.ts";
import { NetworkFailure } from "../../http/failure.ts";
import { LOGIN } from "./google.ts";
import { TokenRefusal } from "./token_refusal.ts";

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
