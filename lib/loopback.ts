/**
 * Servers that only this machine reaches.
 *
 * @module
 */
import { isGranted } from "./environment.ts";
import { AccessDeniedError, InvalidArgumentError } from "./errors.ts";
import { hasCode } from "./file_access.ts";

/** What a failure to listen is told as. */
export interface ListenAdvice {
  /** What Deno was not allowed to do: `"to serve the explorer"`. */
  readonly purpose: string;
  /** What to do about a port that is taken: `"give another with --port"`. */
  readonly another: string;
}

/**
 * Has a server listen on 127.0.0.1.
 *
 * @param port 0 for any that is free.
 * @returns The port that it has.
 * @throws {InvalidArgumentError} when the port is in use.
 * @throws {AccessDeniedError} when Deno lacks the permission.
 */
export async function listenOnLoopback(
  server: import("node:http").Server,
  port: number,
  { purpose, another }: ListenAdvice,
): Promise<number> {
  // Asked for in advance: Deno tells of it where nobody can catch it.
  if (!isGranted({ name: "net", host: `127.0.0.1:${port}` })) {
    throw new AccessDeniedError(`Deno was not allowed ${purpose}: run it with --allow-net`);
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  }).catch((cause) => {
    if (!hasCode(cause, "EADDRINUSE", "EACCES")) throw cause;
    throw new InvalidArgumentError(
      `port ${port} is in use, or not for this user: ${another}, or none, and a free one is taken`,
      { cause },
    );
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}
