import type { IncomingMessage, ServerResponse } from "node:http";
import { isGranted } from "../../../lib/environment.ts";
import { AccessDeniedError, InvalidArgumentError, UnsupportedError } from "../../../lib/errors.ts";
import { hasCode } from "../../../lib/files.ts";

/** Where an answer is waited for. */
export interface LoopbackOptions {
  /** The port on 127.0.0.1; 0 for any that is free. */
  readonly port: number;
  /** The path that the answer comes to. */
  readonly path: string;
  /** What the answer must bring back. */
  readonly state: string;
}

/** Milliseconds that a browser has to fetch its page, once all is done. */
const LINGER = 1000;

/** A server of this machine alone, which waits for the answer to one question. */
export interface Loopback {
  /** The port that it has. */
  readonly port: number;
  /**
   * The code of the person's consent.
   *
   * @throws {AccessDeniedError} when the answer is no.
   */
  readonly code: Promise<string>;
  /** Ends it, when what is being answered has been. */
  close(): Promise<void>;
}

/**
 * Waits on 127.0.0.1 for the browser to bring the answer.
 *
 * Source: RFC 8252, section 7.3; RFC 6749, section 4.1.2.
 *
 * @throws {InvalidArgumentError} when the port is in use.
 * @throws {AccessDeniedError} when Deno lacks the permission.
 * @throws {UnsupportedError} in a browser, which has no servers.
 */
export async function openLoopback({ port, path, state }: LoopbackOptions): Promise<Loopback> {
  const http: typeof import("node:http") | undefined = globalThis.process?.getBuiltinModule?.("node:http");
  if (!http) throw new UnsupportedError("a login needs a server, which a browser has not");
  let settle: (outcome: Outcome) => void = () => {};
  const code = new Promise<string>((resolve, reject) => {
    settle = (outcome) => {
      if (outcome.kind === "code") resolve(outcome.code);
      if (outcome.kind === "refused") reject(outcome.error);
    };
  });
  // Nobody may be listening any more.
  code.catch(() => {});
  const server = http.createServer((request, response) => {
    const outcome = outcomeOf(request, path, state);
    reply(response, outcome, () => settle(outcome));
  });
  // Asked for in advance: Deno tells of it where nobody can catch it.
  if (!isGranted({ name: "net", host: `127.0.0.1:${port}` })) {
    throw new AccessDeniedError(
      "Deno was not allowed to wait for the browser's answer: run it with --allow-net",
    );
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  }).catch((cause) => {
    if (!hasCode(cause, "EADDRINUSE", "EACCES")) throw cause;
    throw new InvalidArgumentError(
      `port ${port} is in use, or not for this user: give another with --port, or none, and a free one is taken`,
      { cause },
    );
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    code,
    close: () =>
      new Promise((resolve) => {
        // Browsers open connections in advance, and keep them.
        const timer = setTimeout(() => server.closeAllConnections(), LINGER);
        server.close(() => (clearTimeout(timer), resolve()));
      }),
  };
}

/** What a request is. */
type Outcome =
  /** Something else that a browser asks for, such as an icon. */
  | { readonly kind: "other" }
  /** The answer to another question: any page can send one here, which must not end this one. */
  | { readonly kind: "strange" }
  /** The answer. */
  | { readonly kind: "code"; readonly code: string }
  /** An answer that is no consent. */
  | { readonly kind: "refused"; readonly error: AccessDeniedError };

function outcomeOf({ method, url = "" }: IncomingMessage, path: string, state: string): Outcome {
  // A target that is no path, such as "*", would be taken for a part of the address.
  if (method !== "GET" || !url.startsWith("/")) return { kind: "other" };
  const { pathname, searchParams } = new URL(`http://127.0.0.1${url}`);
  const code = searchParams.get("code");
  const error = searchParams.get("error");
  if (pathname !== path || code === null && error === null) return { kind: "other" };
  if (searchParams.get("state") !== state) return { kind: "strange" };
  if (error === "access_denied") {
    return refused("consent was denied: without it nothing in Drive can be reached");
  }
  if (error !== null || !code) {
    const named = /^[a-z_]{1,40}$/.exec(error ?? "")?.[0] ?? "no code";
    return refused(`the question for consent failed (${named}): check the client's secrets and the scopes`);
  }
  return { kind: "code", code };
}

function refused(message: string): Outcome {
  return { kind: "refused", error: new AccessDeniedError(message) };
}

const PAGES: Readonly<Record<Outcome["kind"], readonly [status: number, text: string]>> = {
  other: [404, "There is nothing here."],
  strange: [
    400,
    "This belongs to another login: nothing was done with it. Consent at the address that the terminal shows.",
  ],
  code: [200, "The answer has arrived. You can close this window."],
  refused: [400, "Nothing was allowed. You can close this window; the terminal says more."],
};

/** Answers with a plain page, and calls `sent` when it is on its way, or nobody wants it. */
function reply(response: ServerResponse, { kind }: Outcome, sent: () => void): void {
  const [status, text] = PAGES[kind];
  response.on("close", sent);
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    // The address holds the code.
    "referrer-policy": "no-referrer",
    connection: "close",
  });
  response.end(`${text}\n`, sent);
}
