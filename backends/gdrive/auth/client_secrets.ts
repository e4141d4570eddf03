import { InvalidArgumentError } from "../../../lib/errors.ts";
import { secretsEndpoint } from "./endpoint.ts";
import { type Fields, fieldsOf, optional, required } from "./fields.ts";
import { AUTH_URI, TOKEN_URI } from "./google.ts";

/** A client of Google's: the program that a person lets in. */
export interface ClientSecrets {
  /** What kind of client it is: an `"installed"` one takes any port of this machine, a `"web"` one only the addresses that it lists. */
  readonly kind: "installed" | "web";
  /** Names the client. */
  readonly client_id: string;
  /** Proves that it is the client, as far as a program on everybody's disk can. */
  readonly client_secret: string;
  /** Where a person consents. */
  readonly auth_uri: string;
  /** Where tokens are issued. */
  readonly token_uri: string;
  /** Where a person may be sent to after consenting. */
  readonly redirect_uris: readonly string[];
}

const WHAT = "the client's secrets file";
const ADVICE =
  "download it again from Google Cloud's console, under Credentials, as the JSON of an OAuth client";

/**
 * Reads what Google Cloud's console gives as `client_secret_….json`, and Python's tools call `client_secrets.json`.
 *
 * Source: https://github.com/googleapis/google-api-python-client/blob/main/docs/client-secrets.md
 *
 * @throws {InvalidArgumentError} when it is something else. What stands in it is not shown.
 */
export function parseClientSecrets(json: unknown): ClientSecrets {
  const file: Fields = fieldsOf(json) ?? {};
  const kind = file.installed !== undefined ? "installed" : "web";
  const fields = fieldsOf(file[kind]);
  if (!fields) {
    const other = file.type === "service_account"
      ? "; this is a service account's key, which needs no login: pass it as `credentials`"
      : `: ${ADVICE}`;
    throw new InvalidArgumentError(`${WHAT} has neither \`installed\` nor \`web\`${other}`);
  }
  const address = (name: "auth_uri" | "token_uri", otherwise: string) => {
    const { [name]: given = otherwise } = optional(fields, name, WHAT);
    secretsEndpoint(given, name);
    return given;
  };
  const uris: readonly unknown[] = Array.isArray(fields.redirect_uris) ? fields.redirect_uris : [];
  return {
    kind,
    client_id: required(fields, "client_id", WHAT, ADVICE),
    client_secret: required(fields, "client_secret", WHAT, ADVICE),
    auth_uri: address("auth_uri", AUTH_URI),
    token_uri: address("token_uri", TOKEN_URI),
    redirect_uris: uris.filter((uri) => typeof uri === "string"),
  };
}
