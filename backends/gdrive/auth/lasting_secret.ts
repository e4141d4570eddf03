import type { DriveCredentials } from "./credentials.ts";

/**
 * A secret of the credentials that is the same in every process and on every day, from which keys may be derived: a service account's private key, a person's
 * refresh token. `undefined` where there is none: a function gives access tokens, which end within the hour.
 */
export function lastingSecretOf(credentials: DriveCredentials): string | undefined {
  if (typeof credentials === "function") return undefined;
  if (credentials.type === "authorized_user") return credentials.refresh_token;
  // The same key, however its lines are broken: variables of the environment often have \n in two characters.
  return credentials.private_key.replaceAll("\\n", "").replace(/\s/g, "");
}
