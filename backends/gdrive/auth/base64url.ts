import { encodeBase64 } from "../../checksum/base64.ts";

/** Base64 for URLs and JWTs, without padding. Source: RFC 4648, section 5; RFC 7515, section 2. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
