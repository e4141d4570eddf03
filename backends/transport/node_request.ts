import { GrowingBuffer } from "../../lib/bytes.ts";
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { byteStreamFrom } from "./body.ts";
import type { Network } from "./network.ts";
import { NetworkFailure, networkFailure, permissionError } from "./failure.ts";
import {
  type HandleOptions,
  mostOf,
  requestBody,
  requestTarget,
  type Timeouts,
  type WireRequest,
  type WireResponse,
} from "./wire.ts";

/** Bytes handed to the socket at a time, at least: each slice that it takes is a sign of life. */
const SLICE = 64 * 1024;
/** And at most, while slices are taken at once: a fifth less CPU time than with the least. */
const LARGE_SLICE = 1024 * 1024;
/** Milliseconds within which a slice is taken that may be followed by a larger one. */
const TAKEN_AT_ONCE = 100;

/**
 * From so many bytes on, a body waits until the server has seen the head: a refusal then arrives whole, and nothing is sent in vain. A server that
 * refuses in mid-body closes the connection, which takes the refusal with it.
 */
const EXPECT_FROM = 1024 * 1024;
/** Milliseconds that such a body waits: some servers never say "100 Continue". */
const EXPECT_FOR = 1000;

/** One of Node's HTTP modules, with connections that are kept. */
export interface NodeTransport {
  /** Starts a request. */
  readonly request: (options: RequestOptions) => ClientRequest;
  /** Keeps the connections. */
  readonly agent: Agent;
  /** The server says "100 Continue", as far as is known. */
  continues: boolean;
}

/** Node's `http` and `https`, reaching servers as `network` has it. */
export async function nodeTransports(
  network: Network,
): Promise<{ http: NodeTransport; https: NodeTransport }> {
  const builtin = globalThis.process.getBuiltinModule;
  const http = builtin("node:http");
  const https = builtin("node:https");
  const extra = await network.certificates();
  const proxied = network.proxies ? { proxyEnv: { ...network.proxies } } : {};
  return {
    http: {
      request: (options) => http.request(options),
      agent: new http.Agent({ keepAlive: true, ...proxied }),
      continues: true,
    },
    https: {
      request: (options) => https.request(options),
      agent: new https.Agent({
        keepAlive: true,
        ...proxied,
        // An agent's certificates stand in place of the usual ones.
        ...(extra.length > 0 ? { ca: [...builtin("node:tls").rootCertificates, ...extra] } : {}),
      }),
      continues: true,
    },
  };
}

/** Starts a request, which asks for permissions of its own at once. */
function start(transport: NodeTransport, options: RequestOptions): ClientRequest {
  try {
    return transport.request(options);
  } catch (error) {
    throw permissionError(error) ?? error;
  }
}

/** The status of a server, or a proxy, that will not say "100 Continue". */
const EXPECTATION_FAILED = 417;

/**
 * Makes a request with Node's client: unlike `fetch` it sends Content-Length, does not copy the body, and leaves dots in a path alone.
 */
export async function nodeRequest(
  transport: NodeTransport,
  request: WireRequest,
  timeouts: Timeouts,
  options: HandleOptions,
): Promise<WireResponse> {
  const waits = transport.continues && (requestBody(request)?.byteLength ?? 0) >= EXPECT_FROM;
  const response = await makeRequest(transport, request, timeouts, options, waits);
  if (!waits || response.statusCode !== EXPECTATION_FAILED) return response;
  transport.continues = false;
  return await makeRequest(transport, request, timeouts, options, false);
}

function makeRequest(
  transport: NodeTransport,
  request: WireRequest,
  timeouts: Timeouts,
  options: HandleOptions,
  waits: boolean,
): Promise<WireResponse> {
  const { signal, patience = 1 } = options;
  const idle = timeouts.idle * patience;
  const body = requestBody(request);
  return new Promise<WireResponse>((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const sending = start(transport, {
      method: request.method,
      protocol: request.protocol,
      hostname: request.hostname.replace(/^\[|\]$/g, ""),
      port: request.port,
      path: requestTarget(request),
      headers: {
        ...request.headers,
        ...(body ? { "content-length": String(body.byteLength) } : {}),
        ...(waits ? { expect: "100-continue" } : {}),
      },
      agent: transport.agent,
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waiting: ReturnType<typeof setTimeout> | undefined;
    let answered = false;
    let began = false;
    let continued = false;
    let settled = false;
    let forget = () => {};
    const expect = (milliseconds: number, failure: () => NetworkFailure) => {
      if (settled) return;
      clearTimeout(timer);
      timer = setTimeout(() => finish(() => reject(failure())), milliseconds);
    };
    const alive = () =>
      expect(idle, () => new NetworkFailure("broken", `the store was silent for ${idle} ms`));
    // An answer that comes before the whole body was sent is the last word: the connection is of no use then.
    const finish = (settle: () => void, keep = false) => {
      if (settled) return;
      settled = true;
      forget();
      clearTimeout(timer);
      clearTimeout(waiting);
      signal?.removeEventListener("abort", onAbort);
      if (!keep) {
        sending.reusedSocket = false;
        sending.destroy();
      }
      settle();
    };
    const onAbort = () => finish(() => reject(signal?.reason));
    signal?.addEventListener("abort", onAbort, { once: true });

    expect(timeouts.connect + idle, () => new NetworkFailure("unreachable", "no connection was to be had"));
    sending.on("socket", (socket) => {
      if (!socket.connecting) return alive();
      expect(
        timeouts.connect,
        () => new NetworkFailure("unreachable", `no connection within ${timeouts.connect} ms`),
      );
      socket.once("connect", alive);
    });
    sending.on("error", (error) => finish(() => reject(networkFailure(error))));
    // Deno's client keeps quiet when the server closes the connection before it has answered.
    const onClosed = () => {
      if (!answered) finish(() => reject(new NetworkFailure("broken", "the connection was closed")));
    };
    sending.on("close", onClosed);
    sending.on("socket", (socket) => {
      // Deno's client sends a request that fails on a kept connection again by itself, even one that was destroyed (denoland/deno#36786): behind
      // the back of an abort, and of what is known of a write whose answer was lost.
      sending.reusedSocket = false;
      socket.on("end", onClosed).on("close", onClosed);
      forget = () => socket.off("end", onClosed).off("close", onClosed);
    });
    sending.on("response", (response) => {
      answered = true;
      if (waits && began && !continued) transport.continues = false;
      const answer = { statusCode: response.statusCode ?? 0, headers: plainHeaders(response) };
      const ok = answer.statusCode >= 200 && answer.statusCode < 300;
      if (options.streaming && ok) {
        // Cancelling closes the connection, also while a piece is waited for that may never come.
        const body = byteStreamFrom(chunks(response), () => response.destroy());
        return finish(() => resolve({ ...answer, body }), true);
      }
      alive();
      const bytes = new GrowingBuffer();
      const most = mostOf(ok);
      response.on("data", (piece: Uint8Array<ArrayBuffer>) => {
        if (settled) return;
        alive();
        bytes.append(piece.subarray(0, most - bytes.length));
        if (bytes.length >= most) finish(() => resolve({ ...answer, body: bytes.take() }));
      });
      response.on("error", (error) => finish(() => reject(networkFailure(error))));
      response.on("close", () => {
        if (!response.complete) {
          finish(() => reject(new NetworkFailure("broken", "the answer was cut off")));
        }
      });
      response.on("end", () => {
        finish(() => resolve({ ...answer, body: bytes.take() }), sending.writableFinished);
      });
    });

    const send = (offset: number, length: number) => {
      if (!body || offset >= body.byteLength) return sending.end(() => options.onSent?.());
      const given = performance.now();
      sending.write(body.subarray(offset, offset + length), (error) => {
        // Whatever ended the request has said so already.
        if (error || settled || answered) return;
        alive();
        const quick = performance.now() - given < TAKEN_AT_ONCE;
        send(offset + length, quick ? Math.min(2 * length, LARGE_SLICE) : SLICE);
      });
    };
    const begin = () => {
      clearTimeout(waiting);
      if (began || answered || settled) return;
      began = true;
      send(0, SLICE);
    };
    if (!waits) return begin();
    sending.on("continue", () => {
      continued = true;
      begin();
    });
    sending.on("socket", (socket) => {
      const patient = () => {
        if (!settled) waiting = setTimeout(begin, EXPECT_FOR);
      };
      if (socket.connecting) socket.once("connect", patient);
      else patient();
    });
    sending.flushHeaders();
  });
}

async function* chunks(response: IncomingMessage): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  for await (const piece of response) yield piece;
  if (!response.complete) throw new NetworkFailure("broken", "the answer was cut off");
}

function plainHeaders(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}
