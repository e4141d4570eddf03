/** CORS for web pages of any origin, as a bucket's CORS configuration would allow. */
import { corsHeaders } from "../http/cors.ts";

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

/** The methods that web pages may use. */
export const METHODS = "GET, HEAD, PUT, POST, DELETE";

/** The headers of an answer to `origin`; metadata is exposed by name. */
export function bucketCorsHeaders(origin: string, answered: Iterable<string>): Record<string, string> {
  const metadata = [...answered].filter((name) => name.startsWith("x-amz-meta-"));
  return corsHeaders(origin, [...EXPOSED, ...metadata]);
}
