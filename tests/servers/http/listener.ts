/** A port of 127.0.0.1 that requests come in at, and their life until they are served. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A request that has come. */
export interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  /** Aborts when the connection is gone or the server shuts down. */
  readonly signal: AbortSignal;
  /** How many requests are being served, this one included. */
  readonly concurrent: number;
}

/** What a listener needs to know of a request. */
interface Progress {
  readonly method: string;
  readonly url: string;
  readonly done: boolean;
}

/** Milliseconds after which a request that is still being served counts as forgotten. */
const PATIENCE = 30_000;

/** The HTTP server of a stand-in. */
export class Listener {
  readonly #http: Server;
  readonly #records: Iterable<Progress>;
  readonly #sockets = new Set<Socket>();
  readonly #closing = new AbortController();
  readonly #active = new Set<Promise<void>>();
  #closed: Promise<void> | undefined;
  #port = 0;

  /** `serve` serves a request; what it records of it is to be found in `records`. */
  constructor(serve: (arrival: Arrival) => Promise<void>, records: Iterable<Progress>) {
    this.#records = records;
    // Room for metadata that is too large, so that the service's own error is the answer.
    this.#http = createServer({ maxHeaderSize: 64 * 1024, keepAliveTimeout: 60_000, requestTimeout: 0 });
    const accept = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => {
      const gone = new AbortController();
      const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
      const concurrent = this.#active.size + 1;
      const served = serve({ request, response, expectsContinue, signal, concurrent })
        .finally(() => this.#active.delete(served));
      this.#active.add(served);
      // After those of `serve`, which want to know whether it was the client that left.
      response.on("close", () => gone.abort());
      response.on("error", () => {});
    };
    this.#http.on("request", (request, response) => accept(request, response, false));
    this.#http.on("checkContinue", (request, response) => accept(request, response, true));
    this.#http.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
    });
  }

  /** 0 before it listens. */
  get port(): number {
    return this.#port;
  }

  /** It is being shut down, or was. */
  get isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Opens the port; 0 for a free one. */
  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#http.on("error", reject);
      this.#http.listen(port, "127.0.0.1", () => {
        const address = this.#http.address();
        if (address !== null && typeof address === "object") this.#port = address.port;
        resolve();
      });
    });
  }

  /** Resolves when no request is being served; rejects when some still is after half a minute: whoever sent it has forgotten it. */
  async idle(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const names = [...this.#records].filter(({ done }) => !done).map(({ method, url }) =>
          `${method} ${url}`
        );
        reject(new Error(`${this.#active.size} requests are still being served: ${names.join(", ")}`));
      }, PATIENCE);
    });
    try {
      while (this.#active.size > 0) await Promise.race([late, Promise.all(this.#active)]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the port and all connections. */
  shutdown(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await this.idle();
    await closed;
  }
}
