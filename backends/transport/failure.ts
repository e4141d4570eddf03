/**
 * From a request that failed to what its caller is told: how far the request came, whether it is tried again, whether a write may have taken
 * effect, and the typed error. What a store's own answers mean is the store's to say.
 *
 * @module
 */
import { hasPlatform, isNotGranted } from "../../lib/environment.ts";
import {
  AccessDeniedError,
  type Committed,
  ConnectionError,
  CottonCandyError,
  type ErrorDetails,
} from "../../lib/errors.ts";
import { shownUrl } from "../options.ts";
import type { RetryPolicy, Verdict } from "./retry.ts";

/**
 * What went wrong below HTTP. `unreachable`: no connection came about (name, address, refusal, certificate); nothing was sent. `broken`: a
 * connection ended or fell silent underway; what was sent may have been acted on.
 */
export type NetworkFailureKind = "unreachable" | "broken";

/** A request that got no answer. Stays inside the backend: its callers see a `ConnectionError`. */
export class NetworkFailure extends Error {
  override readonly name = "NetworkFailure";
  /** How far it came. */
  readonly kind: NetworkFailureKind;
  /** The server has answered before: its address is right, and what is wrong with the network may pass. */
  readonly known: boolean;

  /** Makes one from what was seen. */
  constructor(kind: NetworkFailureKind, message: string, cause?: unknown, known = false) {
    super(message, { cause });
    this.kind = kind;
    this.known = known;
  }
}

/** Error codes of Node's sockets, and words of Deno's and undici's messages, that mean that there was no connection. */
const UNREACHABLE =
  /ECONNREFUSED|ENOTFOUND|ERR_PROXY|EAI_|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ERR_TLS|CERT|SELF_SIGNED|UNABLE_TO_|UnknownIssuer|\(Connect\)|dns error|invalid peer certificate|refused|ports? \d+ (?:is|are) blocked/;

/** What Node's client, Deno and rustls say of a certificate whose signer nobody has told them to trust. */
const UNTRUSTED =
  /UnknownIssuer|CaUsedAsEndEntity|UNABLE_TO_VERIFY_LEAF|UNABLE_TO_GET_ISSUER|SELF_SIGNED|self[- ]signed certificate/;

/** Whether a server's certificate is signed by nobody that is trusted. */
export function isUntrusted(error: unknown): boolean {
  return error instanceof NetworkFailure && UNTRUSTED.test(error.message);
}

/** What a platform's own network error means. Where Deno lacks a permission, that is an `AccessDeniedError`: no network will mend it. */
export function networkFailure(error: unknown, browser = false): NetworkFailure | AccessDeniedError {
  if (error instanceof NetworkFailure) return error;
  const denied = permissionError(error);
  if (denied) return denied;
  const text = describe(error);
  // A browser tells nothing: most often the address, or CORS, is wrong, and trying for minutes would not help.
  const kind = browser || UNREACHABLE.test(text) ? "unreachable" : "broken";
  // Who prints an error prints its cause: one that has more of an address than may be shown is left out, all it says is in the text.
  return new NetworkFailure(kind, text, describe(error, String) === text ? error : undefined);
}

/**
 * The `AccessDeniedError` of a permission that Deno lacks; `undefined` when an error is none of that. Not only `--allow-net`: with `NODE_EXTRA_CA_CERTS` in the
 * environment a connection needs `--allow-sys=ca` as well.
 */
export function permissionError(error: unknown): AccessDeniedError | undefined {
  const missing = missingPermission(error);
  if (!missing) return undefined;
  const { kind, what } = missing;
  return new AccessDeniedError(
    `Deno was not allowed to connect${
      kind === "net" && what !== "" ? ` to ${what}` : ""
    }: run it with --allow-${kind}${what === "" ? "" : `=${what}`}`,
    { cause: error },
  );
}

function missingPermission(error: unknown): { kind: string; what: string } | undefined {
  if (isNotGranted(error)) {
    const [, kind = "net", what = ""] = /(\w+) access(?: to "([^"]+)")?/.exec(error.message) ?? [];
    return { kind, what };
  }
  // So Deno's node:http says that a host's name may not be looked up.
  const what = error instanceof Error && /^getaddrinfo EPERM (\S+)$/.exec(error.message)?.[1];
  return what ? { kind: "net", what } : undefined;
}

function describe(error: unknown, address: (url: string) => string = shownUrl): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? `${error.code}: ` : "";
  const inner = error.cause === undefined ? "" : ` (${describe(error.cause, address)})`;
  // Node gathers the failures of several addresses under an empty message.
  const several = error instanceof AggregateError
    ? error.errors.map((each) => describe(each, address)).join("; ")
    : "";
  // Some platforms' messages have the whole address, which may be a signed one.
  const message = error.message.replaceAll(/\bhttps?:\/\/[^\s)"']+/g, address);
  return `${code}${message || several}${inner}`;
}

/** Whether and how a request that got no answer is tried again. A server that has answered before is there, and a network that is away comes back. */
export function networkVerdict({ kind, known }: NetworkFailure): Verdict {
  return { again: true, quick: kind === "unreachable" && !known };
}

/**
 * Whether a request that was refused is tried again, by the answer's status.
 *
 * @param after Milliseconds after which the store wants to be asked again.
 */
export function statusVerdict(status: number, after?: number): Verdict {
  const passing = status === 408 || status === 429 || (status >= 500 && ![501, 505, 507].includes(status));
  return passing ? { again: true, after } : { again: false };
}

/**
 * Milliseconds after which a store wants to be asked again, by its `Retry-After`: seconds, or a date. Source: RFC 9110, section 10.2.3.
 */
export function retryAfterOf(header: unknown): number | undefined {
  if (header === undefined || header === null || header === "") return undefined;
  const seconds = Number(header);
  if (!Number.isNaN(seconds)) return seconds >= 0 ? seconds * 1000 : undefined;
  const date = typeof header === "string" ? Date.parse(header) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** Whether a write whose connection failed may have taken effect. */
export function mayHaveArrived({ kind }: NetworkFailure): boolean {
  return kind === "broken";
}

/**
 * The error when a store could not be reached, or stopped answering.
 *
 * @param store What was asked, such as `"Google Drive"`.
 * @param operation What was asked for, in the store's own term.
 */
export function connectionError(
  failure: NetworkFailure,
  store: string,
  operation: string,
  details: ErrorDetails,
): ConnectionError {
  const said = `(${operation}: ${failure.message})`;
  return new ConnectionError(
    failure.kind === "broken"
      ? `${store} stopped answering ${said}. Try again; on a slow line raise \`timeout.idle\`.`
      : `could not reach ${store} ${said}. ${reachingAdvice(failure)}`,
    details,
  );
}

function reachingAdvice(failure: NetworkFailure): string {
  if (isUntrusted(failure)) {
    return "The server's certificate is signed by nobody that is trusted here: if a CA of your own signed it, give its certificate as `ca` (for S3 AWS_CA_BUNDLE as well), or to Deno, by --cert FILE or DENO_CERT=FILE.";
  }
  if (/\b407\b/.test(failure.message)) {
    return "The proxy wants to know who asks: put both into its address, http://USER:PASSWORD@PROXY:PORT, as `proxy` or in HTTPS_PROXY and HTTP_PROXY.";
  }
  return `Check the endpoint's address, that the server runs, and the network and its proxies${
    hasPlatform() ? "" : "; in a browser also the store's CORS rules"
  }.`;
}

/** Whether it is unknown of a write that failed whether it took effect. */
export function isUncertain(error: unknown): error is CottonCandyError {
  return error instanceof CottonCandyError && error.committed === "unknown";
}

/** The same error, when more is known of what became of the write; `note` is added to its message. */
export function withCommitted(
  error: CottonCandyError,
  committed: Committed,
  { key = error.key, bucket = error.bucket, cause = error.cause, note }:
    & Omit<ErrorDetails, "committed">
    & { readonly note?: string } = {},
): CottonCandyError {
  const details: ErrorDetails = { key, bucket, cause, committed };
  const message = note === undefined ? error.message : `${error.message} ${note}`;
  const same: unknown = Reflect.construct(error.constructor, [message, details]);
  return same instanceof CottonCandyError ? same : error;
}

/** How a store's failures are understood, and one call's. */
export interface CallPolicy {
  /** How failed attempts are tried again. */
  readonly policy: RetryPolicy;
  /** Ends the call between attempts, with its reason. */
  readonly signal?: AbortSignal;
  /** The store may have acted on an earlier request for the same. */
  readonly uncertain?: boolean;
  /** Whether and how to try again. */
  readonly verdict: (error: unknown, attempt: number) => Verdict;
  /** Whether a failed attempt may have taken effect. */
  readonly mayHaveTakenEffect: (error: unknown) => boolean;
  /** An attempt failed, and the store has certainly not acted on any so far. */
  readonly onRefused?: () => void;
  /** The library's own error. `uncertain`: an attempt may have taken effect. */
  readonly toError: (error: unknown, uncertain: boolean) => unknown;
}

/**
 * Makes a request, again where that may help.
 *
 * @param attempt Makes it once; calls `refused` when a request of its own was refused.
 */
export async function callStore<T>(
  attempt: (refused: () => void) => Promise<T>,
  how: CallPolicy,
): Promise<T> {
  const { policy, signal } = how;
  signal?.throwIfAborted();
  let { uncertain = false } = how;
  const refused = () => {
    if (!uncertain) how.onRefused?.();
  };
  try {
    return await policy.run(() => attempt(refused), (error, count) => {
      // What has been understood already is final.
      if (error instanceof CottonCandyError) return { again: false };
      uncertain ||= how.mayHaveTakenEffect(error);
      refused();
      return how.verdict(error, count);
    }, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw how.toError(error, uncertain);
  }
}
