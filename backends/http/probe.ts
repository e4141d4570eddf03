import { NetworkFailure, networkFailure } from "./failure.ts";
import type { Probe } from "./fetch_request.ts";
import type { WireRequest } from "./wire.ts";

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
