/** Who calls: users, clients, and the access tokens that stand for them. */
import { randomBytes } from "node:crypto";

/** The one user. */
export const USER = {
  email: "user@example.com",
  displayName: "Stand-in User",
  permissionId: "07428364826590831725",
} as const;

/** The client that tokens are for unless another is named. */
export const CLIENT_ID = "1234567890-standin.apps.googleusercontent.com";

/** What tokens allow unless something else is asked for: everything. */
export const FULL_SCOPE = "https://www.googleapis.com/auth/drive";

/** Who a request is made for. */
export interface Principal {
  /** The OAuth client: private properties are its own. */
  readonly clientId: string;
  readonly email: string;
  /** A service account on its own account: it has no storage. */
  readonly isServiceAccount: boolean;
  readonly scopes: readonly string[];
}

/** The access tokens. */
export class Tokens {
  readonly #tokens = new Map<string, { principal: Principal; expires: number }>();

  /** Makes one that is good for so many seconds. */
  issue(principal: Principal, expiresIn: number): string {
    const token = `ya29.${randomBytes(24).toString("base64url")}`;
    this.#tokens.set(token, { principal, expires: Date.now() + expiresIn * 1000 });
    return token;
  }

  /** Whose it is; `undefined` once it is worth nothing. */
  find(token: string): Principal | undefined {
    const found = this.#tokens.get(token);
    return found && found.expires > Date.now() ? found.principal : undefined;
  }

  /** Makes one worthless. */
  revoke(token: string): void {
    this.#tokens.delete(token);
  }

  /** Makes all worthless. */
  revokeAll(): void {
    this.#tokens.clear();
  }
}

/** A secret for an URL or a form. */
export function secret(prefix = ""): string {
  return prefix + randomBytes(32).toString("base64url");
}
