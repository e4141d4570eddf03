/**
 * Google's addresses, and the names that its tools and this library's messages go by.
 *
 * @module
 */

/** Where a person consents. Source: https://accounts.google.com/.well-known/openid-configuration */
export const AUTH_URI = "https://accounts.google.com/o/oauth2/v2/auth";

/** Where tokens are issued. */
export const TOKEN_URI = "https://oauth2.googleapis.com/token";

/** All of Drive: what Python's cottoncandy asks for. */
export const DRIVE_SCOPE = "https://www.googleapis.com/auth/drive";

/** What a person runs to log in. */
export const LOGIN =
  "`deno task gdrive:login` (elsewhere `deno run -A jsr:@cottoncandy/cottoncandy/gdrive/login`)";
