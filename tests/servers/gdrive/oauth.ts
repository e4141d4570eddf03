/** The token endpoint and the consent page: OAuth 2.0 for installed apps (RFC 8252, PKCE of RFC 7636) and for service accounts. */
import { createHash } from "node:crypto";
import { emptyReply, type Reply } from "../http/reply.ts";
import { FULL_SCOPE, type Principal, secret, type Tokens, USER } from "./account.ts";
import { OAuthError } from "./error.ts";
import type { Json } from "./json.ts";
import { verifyClaims } from "./jwt.ts";
import type { ClientSecrets, ServiceAccount } from "./keys.ts";

/** Seconds that access tokens are good for. */
const LIFETIME = 3599;
/** Milliseconds that codes are good for. */
const CODE_LIFETIME = 600_000;

const GRANTS = {
  code: "authorization_code",
  refresh: "refresh_token",
  jwt: "urn:ietf:params:oauth:grant-type:jwt-bearer",
} as const;

/** What the consent page takes. */
const CONSENT = [
  "access_type",
  "client_id",
  "code_challenge",
  "code_challenge_method",
  "include_granted_scopes",
  "login_hint",
  "prompt",
  "redirect_uri",
  "response_type",
  "scope",
  "state",
];

interface Code {
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly challenge: string;
  readonly expires: number;
}

const badRequest = (why: string) => new OAuthError(400, "invalid_request", why);
const badGrant = (why = "Bad Request") => new OAuthError(400, "invalid_grant", why);

/** Gives out tokens. */
export class OAuth {
  readonly #tokens: Tokens;
  readonly #clientSecrets: ClientSecrets;
  readonly #serviceAccount: ServiceAccount;
  readonly #publicKey: string;
  readonly #codes = new Map<string, Code>();
  readonly #refreshTokens = new Map<string, readonly string[]>();

  constructor(
    tokens: Tokens,
    clientSecrets: ClientSecrets,
    serviceAccount: ServiceAccount,
    publicKey: string,
  ) {
    this.#tokens = tokens;
    this.#clientSecrets = clientSecrets;
    this.#serviceAccount = serviceAccount;
    this.#publicKey = publicKey;
  }

  /** Makes a refresh token. */
  issueRefreshToken(scopes: readonly string[] = [FULL_SCOPE]): string {
    const token = secret("1//0");
    this.#refreshTokens.set(token, scopes);
    return token;
  }

  /** The user at the consent page: sent back at once, with a code or without. */
  consent(query: URLSearchParams, declines: boolean): Reply {
    const value = (name: string): string => {
      const values = query.getAll(name);
      if (values.length !== 1 || values[0] === "") throw badRequest(`Required parameter is missing: ${name}`);
      return values[0];
    };
    for (const name of query.keys()) {
      if (!CONSENT.includes(name)) throw badRequest(`Unknown parameter: ${name}`);
    }
    if (value("client_id") !== this.#clientSecrets.installed.client_id) {
      throw new OAuthError(401, "invalid_client", "The OAuth client was not found.");
    }
    const redirectUri = value("redirect_uri");
    if (!/^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(\/[^?#]*)?$/.test(redirectUri)) {
      throw new OAuthError(400, "redirect_uri_mismatch", "The redirect URI is not one of this client's.");
    }
    if (value("response_type") !== "code") throw badRequest("Invalid response_type");
    const scopes = value("scope").split(" ").filter((scope) => scope !== "");
    if (scopes.length === 0 || scopes.some((scope) => !/^https:\/\/|^(openid|email|profile)$/.test(scope))) {
      throw new OAuthError(400, "invalid_scope", "Some requested scopes were invalid.");
    }
    const challenge = value("code_challenge");
    if (query.get("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(challenge)) {
      throw badRequest("The code challenge must be made by S256.");
    }
    const target = new URL(redirectUri);
    const state = query.get("state");
    if (state !== null) target.searchParams.set("state", state);
    if (declines) target.searchParams.set("error", "access_denied");
    else {
      const code = secret("4/0");
      this.#codes.set(code, { scopes, redirectUri, challenge, expires: Date.now() + CODE_LIFETIME });
      target.searchParams.set("code", code);
      target.searchParams.set("scope", scopes.join(" "));
    }
    return emptyReply(302, { location: target.href });
  }

  /** A token for a grant. */
  token(body: Uint8Array, contentType: string | undefined, now: Date): Json {
    if (!/^application\/x-www-form-urlencoded\s*(;.*)?$/i.test(contentType ?? "")) {
      throw badRequest("The request must be a form: application/x-www-form-urlencoded.");
    }
    const form = new URLSearchParams(new TextDecoder().decode(body));
    switch (form.get("grant_type")) {
      case GRANTS.jwt:
        return this.#fromClaims(form, now);
      case GRANTS.refresh:
        return this.#fromRefreshToken(form);
      case GRANTS.code:
        return this.#fromCode(form, now);
      case null:
        throw badRequest("Missing required parameter: grant_type");
      default:
        throw new OAuthError(400, "unsupported_grant_type", `Invalid grant_type: ${form.get("grant_type")}`);
    }
  }

  #fromClaims(form: URLSearchParams, now: Date): Json {
    const { client_email, client_id, private_key_id, token_uri } = this.#serviceAccount;
    const { scopes, sub } = verifyClaims(form.get("assertion") ?? "", {
      publicKey: this.#publicKey,
      keyId: private_key_id,
      issuer: client_email,
      audience: token_uri,
    }, now);
    const isDelegated = sub !== undefined && sub !== client_email;
    if (isDelegated && sub !== USER.email) throw badGrant("Invalid email or User ID");
    return this.#answer({
      clientId: client_id,
      email: isDelegated ? USER.email : client_email,
      isServiceAccount: !isDelegated,
      scopes,
    });
  }

  #fromRefreshToken(form: URLSearchParams): Json {
    this.#checkClient(form);
    const scopes = this.#refreshTokens.get(form.get("refresh_token") ?? "");
    if (!scopes) throw badGrant();
    return this.#answer(this.#user(scopes), { scope: scopes.join(" ") });
  }

  #fromCode(form: URLSearchParams, now: Date): Json {
    this.#checkClient(form);
    const given = form.get("code") ?? "";
    const code = this.#codes.get(given);
    // Used up, whether it succeeds or not.
    this.#codes.delete(given);
    if (!code || code.expires < now.getTime()) throw badGrant("Malformed auth code.");
    if (form.get("redirect_uri") !== code.redirectUri) {
      throw new OAuthError(
        400,
        "redirect_uri_mismatch",
        "The redirect URI is not the one that the code was sent to.",
      );
    }
    const verifier = form.get("code_verifier");
    if (verifier === null) throw badGrant("Missing code verifier.");
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    if (!/^[\w.~-]{43,128}$/.test(verifier) || challenge !== code.challenge) {
      throw badGrant("Invalid code verifier.");
    }
    return this.#answer(this.#user(code.scopes), {
      scope: code.scopes.join(" "),
      refresh_token: this.issueRefreshToken(code.scopes),
    });
  }

  #checkClient(form: URLSearchParams): void {
    const { client_id, client_secret } = this.#clientSecrets.installed;
    if (form.get("client_id") !== client_id) {
      throw new OAuthError(401, "invalid_client", "The OAuth client was not found.");
    }
    if (form.get("client_secret") !== client_secret) {
      throw form.has("client_secret")
        ? new OAuthError(401, "invalid_client", "Unauthorized")
        : badRequest("client_secret is missing.");
    }
  }

  #user(scopes: readonly string[]): Principal {
    const { client_id: clientId } = this.#clientSecrets.installed;
    return { clientId, email: USER.email, isServiceAccount: false, scopes };
  }

  #answer(principal: Principal, more: Record<string, string> = {}): Json {
    return {
      access_token: this.#tokens.issue(principal, LIFETIME),
      expires_in: LIFETIME,
      token_type: "Bearer",
      ...more,
    };
  }
}
