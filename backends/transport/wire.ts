/**
 * Requests and answers as the AWS SDK and this library hand them to the HTTP handler.
 *
 * @module
 */
/** A request that is signed and ready, as the AWS SDK hands it to its HTTP handler. */
export interface WireRequest {
  /** GET, PUT, … */
  readonly method: string;
  /** `"http:"` or `"https:"`. */
  readonly protocol: string;
  /** Without the port; IPv6 addresses in brackets. */
  readonly hostname: string;
  /** Where not the protocol's own. */
  readonly port?: number;
  /** Percent-encoded. */
  readonly path: string;
  /** Not encoded. */
  readonly query?: Record<string, string | string[] | null>;
  /** Names in lower case. */
  readonly headers: Record<string, string>;
  /** Text or bytes; streams are never sent. */
  readonly body?: unknown;
}

/** An answer, as the AWS SDK takes it from its HTTP handler. */
export interface WireResponse {
  /** The HTTP status. */
  readonly statusCode: number;
  /** Names in lower case. */
  readonly headers: Record<string, string>;
  /** All of the body, or a stream where one was asked for. */
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Bytes of an answer's body that are kept: of a refusal, which may have no end, what tells why. */
export function mostOf(ok: boolean): number {
  return ok ? Infinity : 1024 * 1024;
}

/** What the handler is told of one call. */
export interface HandleOptions {
  /** The SDK's name for the signal; its type admits more than `AbortSignal`. */
  readonly abortSignal?: object;
  /** Ends the request until its answer is there; the body of a streamed answer is the caller's to cancel. */
  readonly signal?: AbortSignal;
  /** Give the body of a successful answer as a stream. */
  readonly streaming?: boolean;
  /** Go where a redirection of `fetch` points; by default it is the answer. A browser shows answers of status 308 that point nowhere only so. */
  readonly follow?: boolean;
  /** The store may think for long before it answers: the idle time is multiplied by this. */
  readonly patience?: number;
  /** The last byte of the request's body has left: the store may act on it from now on. */
  readonly onSent?: () => void;
}

/** What is handed to `client.send`, and comes to the handler untouched. */
export interface WireCallOptions extends HandleOptions {
  /** An attempt failed, and the store has certainly not acted on any so far. */
  readonly onRefused?: () => void;
  /** The same as `signal`, for a client with another handler. */
  readonly abortSignal?: AbortSignal;
}

/** Limits in milliseconds. */
export interface Timeouts {
  /** Until a connection stands. */
  readonly connect: number;
  /** Without a byte moving, either way. */
  readonly idle: number;
}

/** Path and query as they stand on the request line. */
export function requestTarget(request: WireRequest): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(request.query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      pairs.push(one === null ? percentEncode(name) : `${percentEncode(name)}=${percentEncode(one)}`);
    }
  }
  return pairs.length > 0 ? `${request.path}?${pairs.join("&")}` : request.path;
}

/** The request's address. */
export function requestUrl(request: WireRequest): string {
  const port = request.port === undefined ? "" : `:${request.port}`;
  return `${request.protocol}//${request.hostname}${port}${requestTarget(request)}`;
}

/** Percent-encoding as SigV4 wants it: everything but letters, digits and `-._~`. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The body's bytes. */
export function requestBody(request: WireRequest): Uint8Array<ArrayBuffer> | undefined {
  const { body } = request;
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body instanceof Uint8Array && body.buffer instanceof ArrayBuffer) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  }
  throw new TypeError("bodies of requests are text and bytes only");
}

/** The timeouts that hold where a user says nothing else. */
export function timeoutsOf({ connect = 10_000, idle = 30_000 }: Partial<Timeouts> = {}): Timeouts {
  return { connect, idle };
}

/** Which bytes an answer holds, and of how many. */
export interface AnsweredExtent {
  /** Where in the object they begin. */
  readonly start: number;
  /** Where in the object they end, exclusive. */
  readonly end: number;
  /** The object's bytes. */
  readonly size: number;
}

/**
 * What a `Content-Range` says; `undefined` when it is none of bytes whose number is known. Source: RFC 9110, section 14.4; it has no way to say "none", for which some stores write `bytes 0--1/0`.
 */
export function parseContentRange(header: string): AnsweredExtent | undefined {
  const [, first, last, size] = /^bytes (\d+)-(\d+|-1)\/(\d+)$/.exec(header) ?? [];
  return first === undefined
    ? undefined
    : { start: Number(first), end: Number(last) + 1, size: Number(size) };
}
