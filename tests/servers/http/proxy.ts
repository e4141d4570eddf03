/** A forward proxy of 127.0.0.1, and TLS in front of a stand-in: how networks are that stores are reached through. */
import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** A server that stands between. */
export interface Between {
  /** Its port. */
  readonly port: number;
  /** The requests that it has seen: `"PUT store.invalid:80"`, `"CONNECT store.invalid:443"`. */
  readonly seen: string[];
  /** Ends it. */
  shutdown(): Promise<void>;
}

/**
 * Takes requests for whatever host to `target`, also those that come by CONNECT.
 *
 * @param password `"user:password"` that it wants to be told, else it answers 407.
 */
export async function startProxy(target: number, password?: string): Promise<Between> {
  const seen: string[] = [];
  const refuses = (header: string | undefined) =>
    password !== undefined && header !== `Basic ${btoa(password)}`;
  const http = createServer((request, response) => {
    const { host, hostname, port, pathname, search } = new URL(request.url ?? "", "http://not-a-proxy");
    seen.push(`${request.method} ${hostname}:${port || 80}`);
    if (refuses(request.headers["proxy-authorization"])) {
      request.resume();
      return response.writeHead(407, { "proxy-authenticate": "Basic" }).end();
    }
    const forwarded = httpRequest({
      host: "127.0.0.1",
      port: target,
      method: request.method,
      path: pathname + search,
      headers: { ...request.headers, host },
    }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", () => response.destroy());
    request.pipe(forwarded);
  });
  http.on("connect", (request, client: Socket, head) => {
    seen.push(`CONNECT ${request.url}`);
    if (refuses(request.headers["proxy-authorization"])) {
      return client.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    }
    const server = connect(target, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      server.write(head);
      joined(client, server);
    });
    server.on("error", () => client.destroy());
  });
  return await listening(http, seen);
}

/** Takes what comes by TLS to `target`, as it is. */
export async function startTls(
  target: number,
  certificate: { readonly key: string; readonly cert: string },
): Promise<Between> {
  const tls = createTlsServer(certificate, (client) => {
    const server = connect(target, "127.0.0.1", () => joined(client, server));
    server.on("error", () => client.destroy());
  });
  return await listening(tls, []);
}

function joined(client: Socket, server: Socket): void {
  for (const [one, other] of [[client, server], [server, client]] as const) {
    one.pipe(other);
    one.on("error", () => other.destroy()).on("close", () => other.destroy());
  }
}

async function listening(server: Server, seen: string[]): Promise<Between> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    seen,
    shutdown: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
