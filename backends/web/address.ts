/**
 * From a URL to where names are below it, and from a name to the address of its object.
 *
 * @module
 */
import { InvalidArgumentError } from "../../lib/errors.ts";
import { shownUrl } from "../options.ts";
import { percentEncode, type WireRequest } from "../transport/mod.ts";

/** What of a request says where it goes: the path with its query. */
export type Place = Pick<WireRequest, "protocol" | "hostname" | "port" | "path">;

/** Parameters that are a signature for one object. Sources: SigV4 and SigV2 of S3, and the same of Google's store, in URLs. */
const SIGNATURES = ["X-Amz-Signature", "X-Goog-Signature", "AWSAccessKeyId", "GoogleAccessId"];

/** Where names are: below a base URL, whose query goes along with each of them, or at the one object that a URL is of. */
export class WebAddress {
  /** Without what may be secret in it: for messages. */
  readonly shown: string;
  /** The name of the one object that there is; `undefined` where names are below the base. */
  readonly only?: string;
  /** The query is a signature, which holds for GET. */
  readonly isSigned: boolean;
  /** What relative URLs are relative to: the base, with a slash at its end. */
  readonly base: URL;

  /**
   * Reads a URL.
   *
   * @param oneObject Whether it is that of one object; default whether its query is a signature for one.
   * @throws {InvalidArgumentError} when it is none of `http:` or `https:`, has a user name, a password or a fragment, or names no object and should.
   */
  constructor(url: string | URL, oneObject?: boolean) {
    const text = String(url);
    const given = shownUrl(text);
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:") {
      throw new InvalidArgumentError(`"${given}" is no URL of a web server: write https://host/path`);
    }
    if (parsed.username !== "" || parsed.password !== "") {
      throw new InvalidArgumentError(
        `"${given}" has a user name or password before the "@": leave them out, and give \`headers\`: { authorization: … }`,
      );
    }
    if (parsed.hash !== "") {
      throw new InvalidArgumentError(
        `"${given}" has a "#": what follows it is never sent. Leave it out, or write %23`,
      );
    }
    this.shown = `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, "");
    this.isSigned = SIGNATURES.some((name) => parsed.searchParams.has(name));
    if (oneObject ?? this.isSigned) {
      this.only = nameOf(parsed.pathname.slice(parsed.pathname.lastIndexOf("/") + 1));
      if (this.only === "") {
        throw new InvalidArgumentError(`"${this.shown}" names no object: its path ends with a "/"`);
      }
    } else if (!parsed.pathname.endsWith("/")) parsed.pathname += "/";
    this.base = parsed;
  }

  /**
   * Where an object is, or, for a key that is empty or ends in a slash, a directory.
   *
   * @throws {InvalidArgumentError} when the URL is of one object, and that has another name.
   */
  placeOf(key: string): Place {
    const { base, only, shown } = this;
    if (only !== undefined && key !== only) {
      throw new InvalidArgumentError(
        `the URL ${shown} is that of one object, "${only}": there is no "${key}" below it`,
        { key },
      );
    }
    const place = placeAt(base);
    if (only !== undefined) return place;
    // By hand, since URL parsers would resolve the dots of `a/../b`.
    const path = base.pathname + key.split("/").map(percentEncode).join("/");
    return { ...place, path: path + base.search };
  }
}

/** Where a URL points to. */
export function placeAt({ protocol, hostname, port, pathname, search }: URL): Place {
  return { protocol, hostname, port: port === "" ? undefined : Number(port), path: pathname + search };
}

/** What a part of a URL's path stands for; the part itself where it is no UTF-8. */
export function nameOf(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
