import { assertFalse } from "@std/assert";
import { HttpHandler } from "../../../backends/transport/handler.ts";
import { RetryPolicy } from "../../../backends/transport/retry.ts";

/** A request that a token endpoint was sent. */
export interface TokenCall {
  readonly method: string;
  readonly headers: Headers;
  readonly form: URLSearchParams;
}

/** A token endpoint that answers what a test wants, also what Google's, and the stand-in, never would. */
export interface TokenServer extends AsyncDisposable {
  readonly uri: string;
  readonly calls: readonly TokenCall[];
  readonly http: HttpHandler;
}

/** Starts one; `answer` is told which request it is, from 0 on. */
export function tokenServer(
  answer: (call: TokenCall, index: number) => Response | Promise<Response>,
): TokenServer {
  const calls: TokenCall[] = [];
  const ending = Promise.withResolvers<Response>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const form = new URLSearchParams(await request.text());
    const call = { method: request.method, headers: request.headers, form };
    calls.push(call);
    return await Promise.race([answer(call, calls.length - 1), ending.promise]);
  });
  const http = new HttpHandler({ connect: 2_000, idle: 5_000 });
  return {
    uri: `http://127.0.0.1:${server.addr.port}/token?tenant=lab`,
    calls,
    http,
    async [Symbol.asyncDispose]() {
      http.destroy();
      // Also to requests that a test leaves without an answer.
      ending.resolve(new Response(null, { status: 410 }));
      await server.shutdown();
    },
  };
}

/** A policy that gives up soon. */
export const SHORT: RetryPolicy = new RetryPolicy({ attempts: 3, budget: 5_000 });

/** An endpoint's refusal. */
export function refusal(
  error: string,
  { status = 400, headers = {}, description }: {
    status?: number;
    headers?: Record<string, string>;
    description?: string;
  } = {},
): Response {
  return Response.json({ error, ...(description === undefined ? {} : { error_description: description }) }, {
    status,
    headers,
  });
}

/** A token for an hour. */
export function granted(token: string, more: Record<string, unknown> = {}): Response {
  return Response.json({ access_token: token, expires_in: 3599, token_type: "Bearer", ...more });
}

/** Fails when a value shows a secret, however it is looked at: printed, as JSON, or in an error's causes. */
export function assertHides(value: unknown, secrets: readonly string[]): void {
  const seen: string[] = [Deno.inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value) ?? ""];
  for (let error = value; error instanceof Error; error = error.cause) {
    seen.push(String(error), error.stack ?? "", JSON.stringify(error), JSON.stringify({ ...error }));
  }
  for (const secret of secrets) {
    const encoded = encodeURIComponent(secret);
    assertFalse(seen.some((text) => text.includes(secret) || text.includes(encoded)), `${secret} is shown`);
  }
}
