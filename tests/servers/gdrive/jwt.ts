/** Signed claims (RFC 7519) of a service account that asks for a token (RFC 7523). */
import { Buffer } from "node:buffer";
import { verify } from "node:crypto";
import { OAuthError } from "./error.ts";
import { isObject, type JsonObject, parseJson } from "./json.ts";

/** What a service account claims. */
export interface Claims {
  readonly scopes: readonly string[];
  /** The user that it acts for. */
  readonly sub?: string;
}

/** What the claims must be. */
export interface Expected {
  readonly publicKey: string;
  readonly keyId: string;
  readonly issuer: string;
  readonly audience: string;
}

/** Clocks may differ by so many seconds. */
const SKEW = 300;
/** Claims are good for an hour at most. */
const LONGEST = 3600;

const invalid = (why: string) => new OAuthError(400, "invalid_grant", `Invalid JWT: ${why}`);

function decodePart(part: string): JsonObject {
  let value;
  try {
    value = parseJson(Buffer.from(part, "base64url").toString("utf8"));
  } catch { /* said below */ }
  if (!isObject(value)) throw invalid("Failed to decode.");
  return value;
}

function timeOf(claims: JsonObject, name: string): number {
  const value = claims[name];
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw invalid(`${name} must be a whole number of seconds.`);
}

/** The claims of a token, whose signature and times hold. */
export function verifyClaims(token: string, expected: Expected, now: Date): Claims {
  const parts = token.split(".");
  if (parts.length !== 3 || parts.some((part) => !/^[\w-]+$/.test(part))) throw invalid("Malformed.");
  const header = decodePart(parts[0]), claims = decodePart(parts[1]);
  if (header.alg !== "RS256") throw invalid("The algorithm must be RS256.");
  if (header.kid !== undefined && header.kid !== expected.keyId) throw invalid("The key is unknown.");
  if (claims.iss !== expected.issuer) {
    throw new OAuthError(400, "invalid_grant", "Invalid grant: account not found");
  }
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
  if (!verify("RSA-SHA256", signed, expected.publicKey, Buffer.from(parts[2], "base64url"))) {
    throw new OAuthError(400, "invalid_grant", "Invalid JWT Signature.");
  }
  if (claims.aud !== expected.audience) throw invalid("The audience is not this token endpoint.");
  const issued = timeOf(claims, "iat"), expires = timeOf(claims, "exp");
  const seconds = now.getTime() / 1000;
  if (expires - issued > LONGEST || expires <= seconds || issued > seconds + SKEW || expires <= issued) {
    throw invalid(
      "Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.",
    );
  }
  const { scope, sub } = claims;
  if (typeof scope !== "string" || scope.trim() === "") {
    throw new OAuthError(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
  }
  if (sub !== undefined && typeof sub !== "string") throw invalid("sub must be a string.");
  return { scopes: scope.trim().split(/\s+/), sub };
}
