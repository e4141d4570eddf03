import { checkOptions, type OptionTable } from "../../lib/options.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import {
  checkRetriesAndTimeouts,
  type ConnectionOptions,
  type StoreOptions,
  wrongLimit,
} from "../options.ts";

/** Headers of requests, by their names. */
export type HttpHeaders = Readonly<Record<string, string>>;

/**
 * Where a web server says what it has. HTTP itself knows no listings:
 *
 * - `"s3"`: the bucket that the base URL is in, where everybody may list it (S3, GCS, MinIO, …); `{ s3: url }` where the base URL does not show which that is, such as behind a domain of one's own.
 * - `"autoindex"`: pages that servers make of directories: nginx (also its JSON), Apache, Caddy, lighttpd, `python -m http.server`. What they hide, as nginx does names that begin
 *   with a dot, is not listed.
 * - `{ json: url }`: a JSON file, at a URL that is relative to the base: an array of names, or of objects with `key` (or `name`), and `size`, `lastModified` and `etag` where they are known.
 */
export type HttpListing = "s3" | "autoindex" | { readonly s3: string } | { readonly json: string };

/** Options of {@linkcode HttpBackend}. */
export interface HttpOptions
  extends Pick<ConnectionOptions, "concurrency" | "retries" | "timeout" | "proxy" | "ca" | "onWarning"> {
  /**
   * Headers of every request, such as `{ authorization: "Bearer …" }`; a function is asked before each, so let it keep what it gives for as long as that holds. They go to the
   * base URL's origin only: never along a redirection to another.
   */
  readonly headers?: HttpHeaders | (() => HttpHeaders | Promise<HttpHeaders>);
  /** Where the server says what it has; without it nothing can be listed. */
  readonly listing?: HttpListing;
  /**
   * Whether the URL is that of one object, whose name is the last part of its path, instead of what names are below. Default: whether its query is a signature that holds
   * for one object only, as those of S3 and GCS do (`X-Amz-Signature`, `X-Goog-Signature`, …).
   */
  readonly oneObject?: boolean;
}

/** What opening a URL may be told. */
export interface HttpOpenOptions
  extends StoreOptions, Pick<HttpOptions, "headers" | "listing" | "oneObject"> {}

const HTTP_OPTIONS: OptionTable<HttpOptions> = {
  concurrency: true,
  retries: true,
  timeout: true,
  proxy: true,
  ca: true,
  onWarning: true,
  headers: true,
  listing: true,
  oneObject: true,
};

/** Throws {@linkcode InvalidArgumentError} on options that can't work. */
export function checkHttpOptions(options: HttpOptions): void {
  checkOptions(options, HTTP_OPTIONS);
  checkRetriesAndTimeouts(options);
  const wrong = wrongLimit(options) ?? wrongListing(options.listing);
  if (wrong !== undefined) throw new InvalidArgumentError(`HttpBackend: ${wrong}`);
  if (typeof options.headers !== "function") checkedHeaders(options.headers);
}

function wrongListing(listing: HttpListing | undefined): string | undefined {
  if (listing === undefined || listing === "s3" || listing === "autoindex") return undefined;
  if (typeof listing === "object" && listing !== null) {
    const url = "s3" in listing ? listing.s3 : listing.json;
    if (typeof url === "string" && Object.keys(listing).length === 1) return undefined;
  }
  return '`listing` is "s3", "autoindex", { s3: url } or { json: url }';
}

/** Headers that say what the request is, and are not for others to say. */
const OWN = /^(range|if-.*|accept|accept-encoding|host|content-length|connection|transfer-encoding)$/;

/**
 * Headers with their names in lower case.
 *
 * @throws {InvalidArgumentError} for one that is none, or says what the request itself has to say. No value is shown.
 */
export function checkedHeaders(headers: HttpHeaders | undefined): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const lower = name.toLowerCase();
    if (OWN.test(lower)) {
      throw new InvalidArgumentError(`\`headers\` can't have "${lower}": that is said by what is asked for`);
    }
    try {
      new Headers({ [lower]: value });
    } catch {
      // Without the cause, whose message has the value.
      throw new InvalidArgumentError(
        `the header ${JSON.stringify(name)} of \`headers\` has a name or value that none can have`,
      );
    }
    checked[lower] = String(value);
  }
  return checked;
}
