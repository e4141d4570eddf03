/**
 * What connections to stores may be told, and what of it can't work.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../lib/options.ts";
import type { OnWarning } from "../lib/warnings.ts";
import type { ChecksumAlgorithm } from "./backend.ts";

/** How often and how long a failed request is tried again. */
export interface RetryOptions {
  /** Requests in all, the first included, which there always is; default 10. With `Infinity` only the budget ends it. */
  readonly attempts?: number;
  /** Milliseconds from the first failure after which no further attempt is made; default 180,000. */
  readonly budget?: number;
  /** Milliseconds of the first wait; those that follow grow at random, up to 15 seconds. Default 100. */
  readonly delay?: number;
}

/** What every store that is reached over a network may be told. */
export interface ConnectionOptions {
  /** URL of the server; default the store's own. */
  readonly endpoint?: string;
  /** How many requests may run at once for one object; default what suits the store. */
  readonly concurrency?: number;
  /** Bytes a part of an upload in parts: a number for equal parts, `"auto"`, the default, for what suits the store. */
  readonly partSize?: number | "auto";
  /** Which checksum guards bodies on their way; `false` for none. */
  readonly checksums?: ChecksumAlgorithm | false;
  /** How often and how long a failed request is tried again: a number of attempts, or more precisely; default 10 within three minutes. */
  readonly retries?: number | RetryOptions;
  /** Limits in milliseconds: until a connection stands (default 10,000), and without a byte moving (default 30,000). */
  readonly timeout?: { readonly connect?: number; readonly idle?: number };
  /**
   * The proxy that requests go through, such as `"http://user:password@proxy.example.org:3128"`, but for the hosts of `NO_PROXY`. Default what `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` say.
   * A browser has its own settings.
   */
  readonly proxy?: string;
  /**
   * Certificates, in PEM, of authorities that are trusted beside the usual ones: their text, or the path of a file of them. Default what Deno was started with (`--cert`, `DENO_CERT`); for S3
   * `AWS_CA_BUNDLE` as well. A browser has its own settings.
   */
  readonly ca?: string | readonly string[];
  /** Receives warnings; by default the first of each kind is printed. */
  readonly onWarning?: OnWarning;
}

/** What is asked of every store that is opened by a URL or name; stores have further options of their own. */
export interface StoreOptions extends ConnectionOptions {
  /** Create the bucket or directory if there is none. */
  readonly createBucket?: boolean;
  /** Who asks, in the store's own way: keys, the path of a file, or a function that gets either. */
  readonly credentials?: string | object | (() => Promise<unknown>);
}

/** The names of {@linkcode ConnectionOptions}. */
const CONNECTION_OPTIONS: OptionTable<ConnectionOptions> = {
  endpoint: true,
  concurrency: true,
  partSize: true,
  checksums: true,
  retries: true,
  timeout: true,
  proxy: true,
  ca: true,
  onWarning: true,
};
const RETRY_OPTIONS: OptionTable<RetryOptions> = { attempts: true, budget: true, delay: true };
const TIMEOUT_OPTIONS: OptionTable<NonNullable<ConnectionOptions["timeout"]>> = { connect: true, idle: true };

/**
 * Throws for options of a connection that are none.
 *
 * @param own The names of the store's own options.
 */
export function checkConnectionOptions(
  options: ConnectionOptions,
  own: Readonly<Record<string, true>>,
): void {
  checkOptions(options, CONNECTION_OPTIONS, own);
  checkRetriesAndTimeouts(options);
}

/** Throws for what `retries` and `timeout` are told and don't know. */
export function checkRetriesAndTimeouts(
  { retries, timeout }: Pick<ConnectionOptions, "retries" | "timeout">,
): void {
  if (typeof retries === "object") checkOptions(retries, RETRY_OPTIONS);
  if (timeout !== undefined) checkOptions(timeout, TIMEOUT_OPTIONS);
}

/** Whether credentials are a function that gets them. */
export function isCredentialProvider(
  credentials: StoreOptions["credentials"],
): credentials is () => Promise<unknown> {
  return typeof credentials === "function";
}

/** A URL for a message: without what may be secret in it, a user's name and password, and what stands behind the `?`. */
export function shownUrl(url: string): string {
  // A password may have a "/", "?" or "@" in it.
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1…@").replace(/[?#].*$/s, "");
}

/** What is wrong with the address of a server; `undefined` when it can be one. */
export function wrongEndpoint(endpoint: string): string | undefined {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const shown = JSON.stringify(shownUrl(endpoint));
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    return `${shown} is no endpoint: give an address such as "https://s3.example.org"`;
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return `the endpoint ${shown} has more than an address: leave out user name, password and what follows a "?" or "#"; who asks is said by \`credentials\``;
  }
  return undefined;
}

/** Whether a number can be the bytes of a part, within the limits of a store that has some. */
export function isPartSize(size: number, least = 1, most = Infinity): boolean {
  return Number.isSafeInteger(size) && size >= least && size <= most;
}

/** What is wrong with how many requests are made and how long they are waited for; `undefined` when it can work. */
export function wrongLimit({ concurrency, timeout, retries }: ConnectionOptions): string | undefined {
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency > 0)) {
    return `\`concurrency\` must be a positive whole number, not ${concurrency}`;
  }
  const limit = [timeout?.connect, timeout?.idle].find((limit) => limit !== undefined && !(limit > 0));
  if (limit !== undefined) return `a timeout must be a positive number of milliseconds, not ${limit}`;
  const { attempts = 1, budget = 0, delay = 0 }: RetryOptions = typeof retries === "number"
    ? { attempts: retries }
    : retries ?? {};
  if (!((Number.isSafeInteger(attempts) || attempts === Infinity) && attempts >= 0)) {
    return `\`retries\` must be a whole number of attempts, the first included, not ${attempts}`;
  }
  const wrong = [budget, delay].find((time) => !(time >= 0));
  return wrong === undefined
    ? undefined
    : `\`budget\` and \`delay\` of \`retries\` must be numbers of milliseconds, not ${wrong}`;
}
