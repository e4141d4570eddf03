/**
 * A proxy before a server, which counts: what is measured doesn't go through it, only a round before, since it costs more than some of the clients.
 *
 * @module
 */
import http from "node:http";
import type { S3Address } from "./versitygw.ts";

/** What went through. */
export interface Traffic {
  readonly requests: number;
  /** Bytes of the requests' bodies. */
  readonly sent: number;
  /** Bytes of the answers' bodies. */
  readonly received: number;
}

/** A proxy, until it is disposed of. */
export interface Counter extends AsyncDisposable {
  /** The server, asked through the proxy. */
  readonly address: S3Address;
  /** What went through since the last call. */
  take(): Traffic;
}

/** Starts a proxy before a server that speaks HTTP without TLS. */
export async function startCounter(server: S3Address): Promise<Counter> {
  const { hostname, port } = new URL(server.endpoint);
  const agent = new http.Agent({ keepAlive: true });
  let traffic = { requests: 0, sent: 0, received: 0 };
  const proxy = http.createServer((incoming, outgoing) => {
    traffic.requests++;
    // The server checks the signature of the host that the client asked.
    const { expect: _, ...headers } = incoming.headers;
    const { method, url: path } = incoming;
    const asked = http.request({ agent, hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on("data", (piece: Uint8Array) => traffic.received += piece.length);
      answer.on("error", (error) => outgoing.destroy(error));
      answer.pipe(outgoing);
    });
    asked.on("error", (error) => outgoing.destroy(error));
    incoming.on("data", (piece: Uint8Array) => traffic.sent += piece.length);
    incoming.pipe(asked);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const at = proxy.address();
  if (at === null || typeof at === "string") throw new Error("the proxy does not listen");
  return {
    address: { ...server, endpoint: `http://127.0.0.1:${at.port}` },
    take() {
      const taken = traffic;
      traffic = { requests: 0, sent: 0, received: 0 };
      return taken;
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      proxy.closeAllConnections();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  };
}
