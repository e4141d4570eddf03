import { loadOnce } from "../../lib/async.ts";
import { hasPlatform } from "../../lib/environment.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { isUntrusted, NetworkFailure, networkFailure } from "./failure.ts";
import { fetchRequest, type Probe } from "./fetch_request.ts";
import { Network, type NetworkOptions } from "./network.ts";
import type { NodeTransport } from "./node_request.ts";
import type { HandleOptions, Timeouts, WireRequest, WireResponse } from "./wire.ts";

/**
 * Tries whether a connection to a request's server comes about within so many milliseconds: nothing is sent. Not for a browser, which has no sockets.
 */
export function probeOf(request: WireRequest, milliseconds: number): Probe {
  return (signal) =>
    new Promise((resolve) => {
      const net = globalThis.process.getBuiltinModule("node:net");
      const host = request.hostname.replace(/^\[|\]$/g, "");
      const socket = net.connect({ host, port: request.port ?? (request.protocol === "http:" ? 80 : 443) });
      const end = (failure?: Error) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        socket.destroy();
        resolve(failure);
      };
      const onAbort = () => end();
      const timer = setTimeout(
        () => end(new NetworkFailure("unreachable", `no connection within ${milliseconds} ms`)),
        milliseconds,
      );
      signal.addEventListener("abort", onAbort);
      socket.on("connect", () => end());
      socket.on("error", (error) => end(networkFailure(error)));
    });
}

/** Pages have no such client, and need not carry what drives it. */
const nodeClient = loadOnce(() => import("./node_request.ts"));

/** The status of a proxy that wants to know who asks. */
const PROXY_AUTHENTICATION = 407;

/** A path that every URL parser would change: `a/../b` is another object than `b`. */
const DOTS = /(^|\/)\.{1,2}(\/|$)/;

/**
 * The HTTP below the backends, and below the AWS SDK. What reads goes by `fetch`, whose bodies are Web Streams; what carries a body goes by Node's client where there is one,
 * because Deno's `fetch` copies bodies; a browser has `fetch` alone. Both go the same way: what only one of them knows of proxies and certificates, that one is asked for everything.
 * Every request ends within its timeouts.
 */
export class HttpHandler {
  /** Whether there is nothing but `fetch`, which unpacks bodies that have a content encoding. */
  readonly browser: boolean = !hasPlatform();
  /** Whether `fetch` decodes bodies that come with a content encoding, whatever was asked for: all but Deno's do. */
  readonly decodes: boolean = typeof Deno === "undefined";
  readonly #timeouts: Timeouts;
  readonly #network: Network;
  #node?: Promise<{ readonly http: NodeTransport; readonly https: NodeTransport }>;
  /** Servers from which an answer has come: who of them does not answer now is slow, not out of reach. */
  readonly #reached = new Set<string>();
  /** Servers whose certificates Node's client does not trust: Deno's `--cert` and its like hold for `fetch` alone. */
  readonly #untrusted = new Set<string>();

  /**
   * A handler with limits and a way of its own.
   *
   * @throws {InvalidArgumentError} when a proxy's address is none.
   * @throws {UnsupportedError} when a browser is given a proxy or certificates.
   */
  constructor(timeouts: Timeouts, network: NetworkOptions = {}) {
    this.#timeouts = timeouts;
    this.#network = new Network(network);
  }

  /** Makes one request. */
  async handle(request: WireRequest, options: HandleOptions = {}): Promise<{ response: WireResponse }> {
    try {
      const response = await this.#respond(request, options);
      if (response.statusCode === PROXY_AUTHENTICATION) {
        throw new NetworkFailure("unreachable", "the proxy refused with status 407");
      }
      this.#reached.add(serverOf(request));
      return { response };
    } catch (error) {
      if (!this.#reached.has(serverOf(request)) || !(error instanceof NetworkFailure)) throw error;
      // A browser does not tell how far a request came. To a server that has answered before, it may have come.
      throw new NetworkFailure(this.browser ? "broken" : error.kind, error.message, error.cause, true);
    }
  }

  async #respond(request: WireRequest, options: HandleOptions): Promise<WireResponse> {
    const dots = DOTS.test(request.path);
    if (this.browser && dots) {
      throw new UnsupportedError(
        `a browser can't ask for the path ${request.path}: it would resolve the dots. Use a key without "." and ".." between slashes.`,
      );
    }
    if (!this.#goesByNode(request, dots)) return await this.#fetch(request, options);
    const { nodeRequest, nodeTransports } = await nodeClient();
    try {
      const { http, https } = await (this.#node ??= nodeTransports(this.#network));
      const transport = request.protocol === "http:" ? http : https;
      return await nodeRequest(transport, request, this.#timeouts, options);
    } catch (error) {
      // No connection came about, so nothing was sent. A proxy that `fetch` doesn't know is not gone around.
      if (!isUntrusted(error) || dots || this.#network.ownProxy) throw error;
      this.#untrusted.add(serverOf(request));
      return await this.#fetch(request, options);
    }
  }

  #goesByNode(request: WireRequest, dots: boolean): boolean {
    if (this.browser) return false;
    if (dots) return true;
    if (this.#untrusted.has(serverOf(request))) return false;
    const reads = request.method === "GET" || request.method === "HEAD";
    return this.#network.needsNode(request.protocol) || (!reads && !this.#network.fetchOnly);
  }

  async #fetch(request: WireRequest, options: HandleOptions): Promise<WireResponse> {
    const probe = this.browser || this.#network.proxied || this.#reached.has(serverOf(request))
      ? undefined
      : probeOf(request, this.#timeouts.connect);
    return await fetchRequest(request, this.#timeouts, options, this.browser, probe);
  }

  /** Closes connections that wait for further requests. */
  destroy(): void {
    this.#node?.then(({ http, https }) => {
      http.agent.destroy();
      https.agent.destroy();
    }, () => {});
  }

  /** The SDK may offer settings of its own; the handler's are fixed. */
  updateHttpClientConfig(): void {}

  /** The SDK may ask for settings; there are none that it knows. */
  httpHandlerConfigs(): Record<string, never> {
    return {};
  }
}

function serverOf({ protocol, hostname, port }: WireRequest): string {
  return `${protocol}//${hostname}:${port ?? ""}`;
}
