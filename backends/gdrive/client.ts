/**
 * Requests of Drive's API: with a token, again where that may help, and with the library's own errors.
 *
 * @module
 */
import { CottonCandyError } from "../../lib/errors.ts";
import {
  callStore,
  type HttpHandler,
  NetworkFailure,
  type RetryPolicy,
  sleep,
  type Timeouts,
  type WireRequest,
  type WireResponse,
  withCommitted,
} from "../transport/mod.ts";
import type { TokenSource } from "./auth/mod.ts";
import {
  type DriveCall,
  driveError,
  driveFailureOf,
  driveMayHaveActed,
  driveVerdict,
  isRateLimit,
  parseBody,
} from "./errors.ts";
import { type DriveFile, fileOf } from "./file.ts";

/**
 * Tokens that are refused before the credentials are taken to be bad. Not two: the second may be one that another request got some
 * time ago, and has ended since.
 */
const TOKENS = 4;

/** Milliseconds of quiet after a refusal that says nothing of how long. */
const QUIET = 500;
/** Milliseconds of quiet at most: whoever was refused keeps to what Drive said, the others may ask for themselves. */
const LONGEST_QUIET = 15_000;

/** A request to Drive. */
interface DriveRequest {
  /** GET, POST, … */
  readonly method: string;
  /** Below the endpoint, such as `"/drive/v3/files"`; or a whole URL, which is kept secret. */
  readonly path: string | SecretUrl;
  /** Not encoded. */
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** An address that lets whoever knows it write: it is shown by nothing. */
export class SecretUrl {
  readonly #url: URL;

  /** Hides an address. */
  constructor(url: URL) {
    this.#url = url;
  }

  /** The address, for the request. */
  reveal(): URL {
    return this.#url;
  }
}

/** How a call differs from others. */
export interface DriveCallOptions {
  /** Ends it with its reason. */
  readonly signal?: AbortSignal;
  /** Ends the request underway; by default `signal`. `null`: an abort waits for the answer. */
  readonly requestSignal?: AbortSignal | null;
  /** Give the body of a successful answer as a stream. */
  readonly streaming?: boolean;
  /** Other statuses that are an answer too, and no failure. */
  readonly accept?: readonly number[];
  /** The last byte of the request's body has left. */
  readonly onSent?: () => void;
  /** An attempt failed, and Drive has certainly not acted on any so far. */
  readonly onRefused?: () => void;
  /** Drive may have acted on an earlier request for the same. */
  readonly uncertain?: boolean;
  /** Drive may think for long before it answers: the idle time is multiplied by this. */
  readonly patience?: number;
  /** Try once: whoever calls tries again by itself. */
  readonly once?: boolean;
  /** An answer that is no JSON is none of Drive's. */
  readonly isJson?: boolean;
}

/** What a client is made from. */
interface ClientSettings {
  /** Where Drive is. */
  readonly endpoint: string;
  /** For messages: `"gdrive://"`. */
  readonly name: string;
  /** What gives access tokens. */
  readonly tokens: TokenSource;
  /** Makes the requests. */
  readonly http: HttpHandler;
  /** How failed requests are tried again. */
  readonly policy: RetryPolicy;
  /** Limits in milliseconds. */
  readonly timeouts: Timeouts;
  /** The keys of old links that are known from the beginning, by the file or folder. */
  readonly resourceKeys?: ReadonlyMap<string, string>;
}

/** Bytes of a body in which its resource names folders. */
const RESOURCE = 16 * 1024;
/** Keys of links that are remembered at most. */
const KEYS = 20_000;

/**
 * The file that an answer tells of.
 *
 * @param id The one that was asked for.
 * @throws {CottonCandyError} when it tells of none, or of another; of a write it is unknown then whether it took effect.
 */
export function answeredFile(
  answer: unknown,
  id: string,
  { operation, key, writes }: DriveCall,
  bucket: string,
): DriveFile {
  const where = { key, bucket };
  try {
    const file = fileOf(answer);
    if (file.id === id) return file;
    throw new CottonCandyError(`Drive's answer to ${operation} tells of another file than it was asked for`);
  } catch (error) {
    if (!(error instanceof CottonCandyError)) throw error;
    if (!writes) throw new CottonCandyError(error.message, where);
    throw withCommitted(error, writes === true ? "unknown" : "no", where);
  }
}

/** Makes requests of Drive: with a token, again where that may help, and with the library's own errors. */
export class DriveClient {
  /** For messages. */
  readonly name: string;
  /** How failed requests are tried again. */
  readonly policy: RetryPolicy;
  /** Limits in milliseconds. */
  readonly timeouts: Timeouts;
  readonly #endpoint: URL;
  readonly #tokens: TokenSource;
  readonly #http: HttpHandler;
  /** Drive said that it is asked too often: nobody asks before this time, of `performance.now()`. */
  #quietUntil = 0;
  /** Keys of old links, by the file or folder; Drive tells them where it lists. */
  readonly #resourceKeys: Map<string, string>;

  /** A client; nothing is sent yet. */
  constructor({ endpoint, name, tokens, http, policy, timeouts, resourceKeys }: ClientSettings) {
    this.#endpoint = new URL(endpoint);
    this.name = name;
    this.#tokens = tokens;
    this.#http = http;
    this.policy = policy;
    this.timeouts = timeouts;
    this.#resourceKeys = new Map(resourceKeys);
  }

  /** Makes a request whose answer is JSON. */
  async json(call: DriveCall, request: DriveRequest, options: DriveCallOptions = {}): Promise<unknown> {
    const { body } = await this.call(call, request, { ...options, isJson: true });
    return parseBody(body);
  }

  /** Makes a request whose answer tells of a file. */
  async file(
    id: string,
    call: DriveCall,
    request: DriveRequest,
    options: DriveCallOptions = {},
  ): Promise<DriveFile> {
    return answeredFile(await this.json(call, request, options), id, call, this.name);
  }

  /** Remembers the key of a file's old link, which requests for it have to show. */
  learnResourceKey({ id, resourceKey }: DriveFile): void {
    if (resourceKey === undefined || this.#resourceKeys.size >= KEYS) return;
    this.#resourceKeys.set(id, resourceKey);
  }

  /** Makes a request, again where that may help. */
  async call(call: DriveCall, request: DriveRequest, options: DriveCallOptions = {}): Promise<WireResponse> {
    return await callStore((onRefused) => this.#attempt(request, { ...options, onRefused }), {
      policy: this.policy,
      signal: options.signal,
      uncertain: options.uncertain,
      verdict: options.once ? () => ({ again: false }) : driveVerdict,
      mayHaveTakenEffect: driveMayHaveActed,
      onRefused: options.onRefused,
      toError: (error, uncertain) => driveError(error, call, this.name, uncertain),
    });
  }

  /** One attempt, and some more with new tokens where Drive refuses the one that it was given. */
  async #attempt(request: DriveRequest, options: DriveCallOptions): Promise<WireResponse> {
    const { signal } = options;
    const quiet = this.#quietUntil - performance.now();
    if (quiet > 0) await sleep(quiet, signal);
    let token = await this.#tokens.get(signal);
    let response = await this.#send(request, token, options);
    for (let refused = 1; response.statusCode === 401 && refused < TOKENS; refused++) {
      options.onRefused?.();
      const next = await this.#tokens.renew(token, signal);
      // Whoever gives tokens knows no other. Drive refuses a good one now and then, but not twice.
      if (next === token && refused > 1) break;
      token = next;
      response = await this.#send(request, token, options);
    }
    const { statusCode: status, headers } = response;
    if (options.accept?.includes(status)) return response;
    const isDone = status >= 200 && status < 300;
    if (isDone && !(options.isJson && !isObject(parseBody(response.body)))) return response;
    const failure = driveFailureOf(status, headers, response.body);
    if (isRateLimit(failure)) {
      this.#quietUntil = Math.max(
        this.#quietUntil,
        performance.now() + Math.min(failure.retryAfter ?? QUIET, LONGEST_QUIET),
      );
    }
    throw failure;
  }

  async #send(request: DriveRequest, token: string, options: DriveCallOptions): Promise<WireResponse> {
    const { signal, requestSignal = signal, streaming, onSent, patience } = options;
    const url = request.path instanceof SecretUrl
      ? request.path.reveal()
      : new URL(`${this.#endpoint.pathname.replace(/\/$/, "")}${request.path}`, this.#endpoint);
    // A token is shown to Drive alone, wherever an answer may point to.
    const authorized = url.origin === this.#endpoint.origin;
    const query = request.path instanceof SecretUrl ? Object.fromEntries(url.searchParams) : request.query;
    const wire: WireRequest = {
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      port: url.port === "" ? undefined : Number(url.port),
      path: url.pathname,
      query: { ...query },
      headers: {
        ...request.headers,
        ...(authorized ? { ...this.#credentials(token), ...this.#keysFor(request) } : {}),
      },
      body: request.body,
    };
    try {
      const how = { signal: requestSignal ?? undefined, streaming, onSent, patience, follow: true };
      return (await this.#http.handle(wire, how)).response;
    } catch (error) {
      if (!(request.path instanceof SecretUrl) || !(error instanceof NetworkFailure)) throw error;
      // Some platforms' errors name the address.
      const message = error.message.replaceAll(/\bhttps?:\/\/\S+/g, "the session");
      throw new NetworkFailure(error.kind, message, undefined, error.known);
    }
  }

  #credentials(token: string): Record<string, string> {
    const { project } = this.#tokens;
    return {
      authorization: `Bearer ${token}`,
      ...(project === undefined ? {} : { "x-goog-user-project": project }),
    };
  }

  /**
   * The keys of the files and folders that a request names.
   *
   * Source: https://developers.google.com/workspace/drive/api/guides/resource-keys
   */
  #keysFor({ path, query, body }: DriveRequest): Record<string, string> {
    if (this.#resourceKeys.size === 0 || path instanceof SecretUrl) return {};
    // A body with bytes begins with the resource, which names the folder.
    const head = typeof body === "string" ? body : new TextDecoder().decode(body?.subarray(0, RESOURCE));
    const named = [path, ...Object.values(query ?? {}), head].join(" ");
    const keys = (named.match(/[\w-]{10,}/g) ?? []).flatMap((id) => {
      const key = this.#resourceKeys.get(id);
      return key === undefined ? [] : [`${id}/${key}`];
    });
    return keys.length === 0 ? {} : { "x-goog-drive-resource-keys": [...new Set(keys)].join(",") };
  }

  /** Closes connections that wait for further requests. */
  close(): void {
    this.#http.destroy();
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
