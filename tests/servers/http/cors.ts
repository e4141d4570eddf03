/** CORS for web pages of any origin. */

/** The headers of an answer to `origin`; what is exposed is named, since a wildcard does not count with credentials. */
export function corsHeaders(origin: string, exposed: readonly string[]): Record<string, string> {
  return {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": exposed.join(", "),
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
}

/** The headers of an answer to a preflight. */
export function preflightHeaders(
  origin: string,
  methods: string,
  requestHeaders: string | undefined,
): Record<string, string> {
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-methods": methods,
    "access-control-allow-headers": requestHeaders ?? "*",
    "access-control-max-age": "3000",
  };
}
