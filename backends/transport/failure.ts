import { isNotGranted } from "../../lib/environment.ts";
import { AccessDeniedError } from "../../lib/errors.ts";

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
  /ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ERR_TLS|CERT|SELF_SIGNED|UNABLE_TO_|UnknownIssuer|\(Connect\)|dns error|invalid peer certificate|refused|ports? \d+ (?:is|are) blocked/;

/** What a platform's own network error means. Where Deno lacks a permission, that is an `AccessDeniedError`: no network will mend it. */
export function networkFailure(error: unknown, browser = false): NetworkFailure | AccessDeniedError {
  if (error instanceof NetworkFailure) return error;
  const denied = notAllowed(error);
  if (denied) return denied;
  const text = describe(error);
  // A browser tells nothing: most often the address, or CORS, is wrong, and trying for minutes would not help.
  const kind = browser || UNREACHABLE.test(text) ? "unreachable" : "broken";
  return new NetworkFailure(kind, text, error);
}

/**
 * The `AccessDeniedError` of a permission that Deno lacks; `undefined` when an error is none of that. Not only `--allow-net`: with `NODE_EXTRA_CA_CERTS` in the
 * environment a connection needs `--allow-sys=ca` as well.
 */
export function notAllowed(error: unknown): AccessDeniedError | undefined {
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

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? `${error.code}: ` : "";
  const inner = error.cause === undefined ? "" : ` (${describe(error.cause)})`;
  // Node gathers the failures of several addresses under an empty message.
  const several = error instanceof AggregateError ? error.errors.map(describe).join("; ") : "";
  return `${code}${error.message || several}${inner}`;
}
