/**
 * The explorer on this machine: its page, and a store to read, for the page alone. Credentials stay in this process.
 *
 * - It listens on 127.0.0.1 only, and answers requests that name this machine as their host: no other name that leads here (DNS rebinding).
 * - The store is read by GET and HEAD, with a random token that stands in the page's fragment, which is never sent, and comes as a header, which
 *   pages of other origins can't send unasked.
 * - What is stored is never shown as a page of this origin.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Backend, ByteRange, ObjectHead } from "../../backends/backend.ts";
import { abortable } from "../../lib/async.ts";
import { toBase64Url } from "../../lib/base64.ts";
import { CottonCandyError, type ErrorCode, NotFoundError, UnsupportedError } from "../../lib/errors.ts";
import { listenOnLoopback } from "../../lib/loopback.ts";
import { Listings } from "./listing.ts";

/** The header that has the token. */
export const TOKEN_HEADER = "x-cottoncandy-token";

/** What is explored, and where the page is. */
export interface ServeOptions {
  /** The store. */
  readonly backend: Backend;
  /** What keys begin with that the page may read; default all. */
  readonly prefix?: string;
  /** What the page calls the store. */
  readonly title: string;
  /** How `getInterface` opens the store, without secrets: for lines of code. */
  readonly target?: string;
  /** A file of the built page by its name; `undefined` where there is none. */
  readonly page: (name: string) => Promise<Uint8Array | undefined>;
  /** Default one that is free. */
  readonly port?: number;
}

/** An explorer that is being served. */
export interface ServedExplorer {
  /** The page's address, with the token. */
  readonly url: string;
  /** Ends it, and what is being answered. */
  close(): Promise<void>;
}

/** What the page is told of the store. */
export interface StoreAnswer {
  /** What to call it. */
  readonly title: string;
  /** What keys begin with. */
  readonly prefix: string;
  /** How `getInterface` opens it. */
  readonly target?: string;
  /** Where the store's root is: what names of encrypted objects are bound to. */
  readonly rootPath: string;
}

/** Statuses of errors: none that clients try again, since the store's own client has done that. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  NotFound: 404,
  AccessDenied: 403,
  InvalidArgument: 400,
  PreconditionFailed: 412,
  Unsupported: 422,
};
const STORE_FAILED = 424;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
  wasm: "application/wasm",
};

/** Content types by which a browser would run what is stored. */
const ACTIVE = /html|xml|svg|script|pdf/i;

/** An answer that is no object, with the reason in words. */
class Refusal extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/**
 * Serves the explorer until `close` is called.
 *
 * @throws {InvalidArgumentError} when the port is in use.
 * @throws {AccessDeniedError} when Deno lacks the permission to listen.
 * @throws {UnsupportedError} in a browser.
 */
export async function serveExplorer(options: ServeOptions): Promise<ServedExplorer> {
  const http: typeof import("node:http") | undefined = globalThis.process?.getBuiltinModule?.("node:http");
  if (!http) {
    throw new UnsupportedError("an explorer is served by Deno, Node or Bun: a browser has no servers");
  }
  const { port = 0 } = options;
  const token = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
  const explorer = new ExplorerServer(options, token);
  const server = http.createServer((request, response) => {
    explorer.answer(request, response).catch(() => response.destroy());
  });
  const bound = await listenOnLoopback(server, port, {
    purpose: "to serve the explorer",
    another: "give another",
  });
  explorer.hosts = [`127.0.0.1:${bound}`, `localhost:${bound}`];
  return {
    url: `http://127.0.0.1:${bound}/#t=${token}`,
    close: () =>
      new Promise((resolve) => {
        explorer.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers the page's requests. */
class ExplorerServer {
  /** Names of this server that a request may be for. */
  hosts: readonly string[] = [];
  readonly #options: ServeOptions;
  readonly #token: string;
  readonly #listings: Listings;
  readonly #ending = new AbortController();
  /** Why the store failed last: for the page, whose client sees no more than a status. */
  #failure = "";

  constructor(options: ServeOptions, token: string) {
    this.#options = options;
    this.#token = token;
    this.#listings = new Listings(options.backend, options.prefix ?? "");
  }

  close(): void {
    this.#ending.abort();
    this.#listings.close();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#ending.signal]);
    try {
      this.#check(request);
      // A target that is no path, such as "*", would be taken for a part of the address.
      const target = request.url ?? "";
      const url = new URL(`http://127.0.0.1${target.startsWith("/") ? target : "/"}`);
      if (!url.pathname.startsWith("/api/")) return await this.#page(url.pathname, response);
      if (!isSame(request.headers[TOKEN_HEADER], this.#token)) {
        throw new Refusal(403, "the page's address has another token: take the one that was printed");
      }
      if (url.pathname === "/api/store") return await this.#listing(url.searchParams, response, signal);
      if (url.pathname.startsWith("/api/store/")) {
        const key = decodedKey(url.pathname.slice("/api/store/".length));
        return await this.#object(key, request, response, signal);
      }
      if (url.pathname === "/api/about") return await this.#about(response, signal);
      if (url.pathname === "/api/failure") {
        send(response, 200, TYPES.json, { failure: this.#failure });
        this.#failure = "";
        return;
      }
      throw new Refusal(404, "there is no such thing");
    } catch (error) {
      this.#fail(error, response);
    }
  }

  /** Refuses what other pages, and other names of this machine, may have brought about. */
  #check({ headers, method }: IncomingMessage): void {
    const { host = "", origin } = headers;
    if (!this.hosts.includes(host)) {
      throw new Refusal(421, "this server is 127.0.0.1 alone");
    }
    if (origin !== undefined && origin !== `http://${host}`) {
      throw new Refusal(403, "only the explorer's own page may ask");
    }
    const site = headers["sec-fetch-site"];
    if (
      site !== undefined && site !== "same-origin" && site !== "none" &&
      headers["sec-fetch-mode"] !== "navigate"
    ) {
      throw new Refusal(403, "only the explorer's own page may ask");
    }
    if (method !== "GET" && method !== "HEAD") throw new Refusal(405, "the store is only read: GET and HEAD");
  }

  async #page(path: string, response: ServerResponse): Promise<void> {
    const name = path === "/" ? "index.html" : path.slice(1);
    // Files of one folder, and none whose name leads elsewhere.
    const file = /^(?:[\w-]+\/)?[\w-][\w.-]*$/.test(name) ? await this.#options.page(name) : undefined;
    if (file === undefined) throw new Refusal(404, "there is no such file");
    send(response, 200, TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream", file);
  }

  async #about(response: ServerResponse, signal: AbortSignal): Promise<void> {
    const { backend, title, prefix = "", target } = this.#options;
    const rootPath = await backend.rootPath?.({ signal }) ?? "";
    const about: StoreAnswer = { title, prefix, rootPath, ...(target === undefined ? {} : { target }) };
    send(response, 200, TYPES.json, { ...about });
  }

  async #listing(query: URLSearchParams, response: ServerResponse, signal: AbortSignal): Promise<void> {
    send(
      response,
      200,
      "application/xml",
      new TextEncoder().encode(await this.#listings.answer(query, signal)),
    );
  }

  async #object(
    key: string,
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const { backend, prefix = "" } = this.#options;
    if (!key.startsWith(prefix)) throw new Refusal(404, `only what begins with "${prefix}" is shown`);
    if (request.method === "HEAD") {
      const head = await abortable(backend.head(key, { signal }), signal);
      if (!head) throw new Refusal(404, "there is no such object");
      response.writeHead(200, headersOf(head, head.size));
      response.end();
      return;
    }
    const range = rangeOf(request.headers.range);
    const reader = await backend.open(key, { range, signal });
    try {
      const { size } = reader.info;
      const { start, end } = extentOf(range, size);
      if (start >= end && size > 0) {
        response.writeHead(416, { ...GUARDS, "content-range": `bytes */${size}` });
        response.end();
        return;
      }
      const isPart = range !== undefined && size > 0;
      response.writeHead(isPart ? 206 : 200, {
        ...headersOf(reader.info, end - start),
        ...(isPart ? { "content-range": `bytes ${start}-${end - 1}/${size}` } : {}),
      });
      for await (const piece of reader.stream(undefined, { signal })) {
        // A copy, since a piece may be memory that the next one comes in.
        if (!response.write(piece.slice())) await drained(response, signal);
      }
      response.end();
    } finally {
      await reader.close();
    }
  }

  #fail(error: unknown, response: ServerResponse): void {
    // Nothing can be said any more: the page sees a body that breaks off.
    if (response.headersSent || this.#ending.signal.aborted) {
      response.destroy();
      return;
    }
    const status = error instanceof Refusal
      ? error.status
      : error instanceof CottonCandyError
      ? STATUS[error.code] ?? STORE_FAILED
      : 500;
    const failure = error instanceof Error ? error.message : String(error);
    if (!(error instanceof Refusal || error instanceof NotFoundError)) this.#failure = failure;
    send(response, status, TYPES.json, { failure });
  }
}

/** What every answer says: it is nobody else's, and not kept; what the page may do. */
const GUARDS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
} as const;

function send(
  response: ServerResponse,
  status: number,
  type: string,
  content: Uint8Array | Readonly<Record<string, unknown>>,
): void {
  const body = content instanceof Uint8Array ? content : new TextEncoder().encode(JSON.stringify(content));
  response.writeHead(status, { ...GUARDS, "content-type": type, "content-length": body.byteLength });
  response.end(body);
}

function headersOf(head: ObjectHead, length: number): Record<string, string | number> {
  const metadata = Object.entries(head.metadata).filter(([name, value]) =>
    /^[\w.-]+$/.test(name) && /^[\x20-\x7e]*$/.test(value)
  );
  const { contentType = "application/octet-stream", etag } = head;
  return {
    ...GUARDS,
    "content-type": ACTIVE.test(contentType) || !/^[\x20-\x7e]+$/.test(contentType)
      ? "application/octet-stream"
      : contentType,
    "content-length": length,
    "content-disposition": "attachment",
    "accept-ranges": "bytes",
    "last-modified": head.lastModified.toUTCString(),
    ...(etag !== undefined && /^[\x21\x23-\x7e]+$/.test(etag) ? { etag: `"${etag}"` } : {}),
    ...Object.fromEntries(metadata.map(([name, value]) => [`x-amz-meta-${name}`, value])),
  };
}

/** The range that is asked for; a header of several, or of another unit, asks for all. */
function rangeOf(header: string | undefined): ByteRange | undefined {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === "") return last === "" ? undefined : { suffix: Number(last) };
  const offset = Number(first);
  if (last === "") return { offset };
  return Number(last) < offset ? undefined : { offset, length: Number(last) - offset + 1 };
}

function extentOf(range: ByteRange | undefined, size: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size };
  if ("suffix" in range) return { start: Math.max(0, size - range.suffix), end: size };
  const { offset, length = Infinity } = range;
  return { start: Math.min(offset, size), end: Math.min(offset + length, size) };
}

function decodedKey(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal(400, "the path has a % that encodes nothing");
  }
}

/** Whether two texts are the same, in a time that tells nothing of where they differ. */
function isSame(given: string | string[] | undefined, token: string): boolean {
  if (typeof given !== "string" || given.length !== token.length) return false;
  let different = 0;
  for (let i = 0; i < token.length; i++) different |= given.charCodeAt(i) ^ token.charCodeAt(i);
  return different === 0;
}

/** Waits until the socket takes more. */
async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  await abortable(new Promise<void>((resolve) => response.once("drain", resolve)), signal);
}
