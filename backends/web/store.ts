import { abortable } from "../../lib/async.ts";
import { type OnWarning, warnOncePerKind } from "../../lib/warnings.ts";
import type { ObjectHead } from "../backend.ts";
import type { ObjectPlace } from "../conditions.ts";
import {
  callStore,
  HttpHandler,
  NetworkFailure,
  retryAfterOf,
  RetryPolicy,
  statusVerdict,
  type Timeouts,
  timeoutsOf,
} from "../transport/mod.ts";
import { type Place, placeAt, WebAddress } from "./address.ts";
import { HttpFailure, webError, webVerdict } from "./errors.ts";
import { checkedHeaders, checkHttpOptions, type HttpHeaders, type HttpOptions } from "./options.ts";

/** What is asked of the server. */
export interface WebRequest {
  /** HEAD asks for what GET would tell. */
  readonly method: "GET" | "HEAD";
  /** What is asked for, for errors. */
  readonly key: string;
  /** Where that is. */
  readonly place: Place;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer, whatever its status: only those that may pass are tried again, and then thrown. */
export interface WebAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** To be read or cancelled; empty where the answer is a refusal. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Redirections after one another that are followed: as many as by browsers. */
const REDIRECTIONS = 20;

/** Makes requests of one web server: again where that may help, along redirections, and with the library's own errors. */
export class WebStore {
  /** Where names are. */
  readonly address: WebAddress;
  /** What it was made from. */
  readonly options: HttpOptions;
  /** How failed requests are tried again. */
  readonly policy: RetryPolicy;
  /** Limits in milliseconds. */
  readonly timeouts: Timeouts;
  /** The server answers HEAD as it should, as far as is known. */
  knowsHead: boolean;
  /** The server answers requests for parts with them, as far as is known. */
  knowsRanges = true;
  /** Of objects whose ranges are hidden from a page: what was asked for instead. */
  readonly hidden: Map<string, ObjectHead> = new Map();
  readonly #http: HttpHandler;
  readonly #onWarning: OnWarning;

  /** A client for what is at or below a URL. */
  constructor(url: string | URL, options: HttpOptions) {
    checkHttpOptions(options);
    this.options = options;
    this.address = new WebAddress(url, options.oneObject);
    this.knowsHead = !this.address.isSigned;
    this.policy = new RetryPolicy(options.retries);
    this.timeouts = timeoutsOf(options.timeout);
    this.#http = new HttpHandler(this.timeouts, { proxy: options.proxy, ca: options.ca });
    this.#onWarning = options.onWarning ?? warnOncePerKind;
  }

  /** For messages. */
  get name(): string {
    return this.address.shown;
  }

  /** Whether this is a page: it sees only what CORS lets it, and can't be told of redirections. */
  get browser(): boolean {
    return this.#http.browser;
  }

  /** Whether what comes with a content encoding has been decoded by the platform. */
  get decodes(): boolean {
    return this.#http.decodes;
  }

  /** An object, for errors. */
  placeOf(key: string): ObjectPlace {
    return { key, place: this.name };
  }

  /** Says once that parts can't be had without what precedes them. */
  learnNoRanges(key: string): void {
    if (!this.knowsRanges) return;
    this.knowsRanges = false;
    this.#onWarning({
      kind: "read-whole",
      key,
      message:
        `${this.name} gives no parts of objects: to read some bytes of "${key}", all that precede them are transferred as well`,
    });
  }

  /**
   * Makes a request.
   *
   * @throws {ConnectionError} when the server can't be reached, or keeps answering that it can't just now.
   * @throws {AccessDeniedError} when Deno was not allowed to connect.
   */
  async send(request: WebRequest, signal: AbortSignal | undefined): Promise<WebAnswer> {
    return await this.receive(request, signal, (answer) => Promise.resolve(answer));
  }

  /** Makes a request, and reads its answer: one that breaks off is asked for again, as if there had been none. Else as {@linkcode send}. */
  async receive<T>(
    request: WebRequest,
    signal: AbortSignal | undefined,
    read: (answer: WebAnswer) => Promise<T>,
  ): Promise<T> {
    return await callStore(async () => await read(await this.#follow(request, signal)), {
      policy: this.policy,
      signal,
      verdict: (error) => webVerdict(error, this.browser),
      mayHaveTakenEffect: () => false,
      toError: (error) => webError(error, request.method, this.placeOf(request.key), this.browser),
    });
  }

  /** One attempt, along redirections. */
  async #follow(request: WebRequest, signal: AbortSignal | undefined): Promise<WebAnswer> {
    const { headers } = this.options;
    const own = checkedHeaders(typeof headers === "function" ? await given(headers, signal) : headers);
    // A page can't see where a redirection points to; its `fetch` keeps `authorization` from other origins, and nothing else.
    const follow = this.browser && Object.keys(own).every((name) => name === "authorization");
    let { place } = request;
    for (let count = 0;; count++) {
      const isOurs = originOf(place) === this.address.base.origin;
      const { response } = await this.#http.handle({
        method: request.method,
        ...place,
        headers: { ...request.headers, ...(isOurs ? own : {}) },
      }, { signal, streaming: true, follow });
      const { statusCode: status, headers: answered, body } = response;
      const next = status >= 300 && status < 400 ? redirected(place, answered.location) : undefined;
      if (next === undefined) {
        if (statusVerdict(status).again) throw new HttpFailure(status, retryAfterOf(answered["retry-after"]));
        return {
          status,
          headers: answered,
          body: body instanceof ReadableStream ? body : new Blob([body]).stream(),
        };
      }
      if (count === REDIRECTIONS) throw new NetworkFailure("unreachable", "redirections go on and on");
      place = next;
    }
  }

  /** Closes connections that wait for further requests. */
  close(): void {
    this.#http.destroy();
  }
}

async function given(
  headers: () => HttpHeaders | Promise<HttpHeaders>,
  signal: AbortSignal | undefined,
): Promise<HttpHeaders> {
  return await (signal ? abortable(headers(), signal) : headers());
}

function originOf({ protocol, hostname, port }: Place): string {
  return new URL(`${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`).origin;
}

/** Where a redirection points to; `undefined` where that can't be, or leads from https to http, where everybody can listen. */
function redirected(from: Place, location: string | undefined): Place | undefined {
  const base = `${originOf(from)}${from.path}`;
  if (location === undefined || !URL.canParse(location, base)) return undefined;
  const to = new URL(location, base);
  const isSafe = to.protocol === "https:" || to.protocol === from.protocol;
  return isSafe && /^https?:$/.test(to.protocol) ? placeAt(to) : undefined;
}
