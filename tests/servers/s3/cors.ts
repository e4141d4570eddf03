/** CORS for web pages of any origin, as a bucket's CORS configuration would allow. */
const EXPOSED = [
  "accept-ranges",
  "content-encoding",
  "content-length",
  "content-range",
  "date",
  "etag",
  "last-modified",
  "x-amz-bucket-region",
  "x-amz-checksum-crc32",
  "x-amz-checksum-crc32c",
  "x-amz-checksum-crc64nvme",
  "x-amz-checksum-sha1",
  "x-amz-checksum-sha256",
  "x-amz-checksum-type",
  "x-amz-mp-parts-count",
  "x-amz-request-id",
];

/** The headers of an answer to `origin`; metadata is exposed by name, since a wildcard does not count with credentials. */
export function corsHeaders(origin: string, answered: Iterable<string>): Record<string, string> {
  const metadata = [...answered].filter((name) => name.startsWith("x-amz-meta-"));
  return {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": [...EXPOSED, ...metadata].join(", "),
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
}

/** The headers of an answer to a preflight. */
export function preflightHeaders(origin: string, requestHeaders: string | undefined): Record<string, string> {
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-methods": "GET, HEAD, PUT, POST, DELETE",
    "access-control-allow-headers": requestHeaders ?? "*",
    "access-control-max-age": "3000",
  };
}
