import { UnsupportedError } from "../../lib/errors.ts";
import { NetworkFailure, networkFailure } from "./failure.ts";
import { fetchRequest, type Probe } from "./fetch_request.ts";
import { nodeRequest, nodeTransports } from "./node_request.ts";
import type { HandleOptions, Timeouts, WireRequest, WireResponse } from "./wire.ts";

/**
 * Tries whether a connection to a request's server comes about within so many milliseconds; `undefined` in a browser, which has no sockets. A
 * connection is all that is made: nothing is sent.
 */
export function probeOf(request: WireRequest, milliseconds: number): Probe | undefined {
  const net: typeof import("node:net") | undefined = globalThis.process?.getBuiltinModule?.("node:net");
  if (!net) return undefined;
  return (signal) =>
    new Promise((resolve) => {
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

/** A path that every URL parser would change: `a/../b` is another object than `b`. */
const DOTS = /(^|\/)\.{1,2}(\/|$)/;

/**
 * The HTTP below the backends, and below the AWS SDK. What reads goes by `fetch`, whose bodies are Web Streams; what carries a body goes by Node's client where there is one,
 * because Deno's `fetch` copies bodies; a browser has `fetch` alone. Every request ends within its timeouts.
 */
export class HttpHandler {
  readonly #timeouts: Timeouts;
  readonly #node = nodeTransports();
  /** Servers from which an answer has come: who of them does not answer now is slow, not out of reach. */
  readonly #reached = new Set<string>();

  /** A handler with limits of its own. */
  constructor(timeouts: Timeouts) {
    this.#timeouts = timeouts;
  }

  /** Whether there is nothing but `fetch`, which unpacks bodies that have a content encoding. */
  get browser(): boolean {
    return this.#node === undefined;
  }

  /** Makes one request. */
  async handle(request: WireRequest, options: HandleOptions = {}): Promise<{ response: WireResponse }> {
    try {
      const response = await this.#respond(request, options);
      this.#reached.add(serverOf(request));
      return { response };
    } catch (error) {
      if (!this.#reached.has(serverOf(request)) || !(error instanceof NetworkFailure)) throw error;
      throw new NetworkFailure(error.kind, error.message, error.cause, true);
    }
  }

  async #respond(request: WireRequest, options: HandleOptions): Promise<WireResponse> {
    const dots = DOTS.test(request.path);
    const reads = request.method === "GET" || request.method === "HEAD";
    if (this.#node && (!reads || dots)) {
      const transport = request.protocol === "http:" ? this.#node.http : this.#node.https;
      return await nodeRequest(transport, request, this.#timeouts, options);
    }
    if (dots) {
      throw new UnsupportedError(
        `a browser can't ask for the path ${request.path}: it would resolve the dots. Use a key without "." and ".." between slashes.`,
      );
    }
    const probe = this.#reached.has(serverOf(request)) ? undefined : probeOf(request, this.#timeouts.connect);
    return await fetchRequest(request, this.#timeouts, options, this.browser, probe);
  }

  /** Closes connections that wait for further requests. */
  destroy(): void {
    this.#node?.http.agent.destroy();
    this.#node?.https.agent.destroy();
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
