/** A server between a backend and the stand-in, which may answer in its stead: with what no Drive should. */

/** What answers a request; `pass` gives the stand-in's own answer. */
export type Answer = (request: Request, pass: () => Promise<Response>) => Response | Promise<Response>;

/** The server. */
export interface Between extends AsyncDisposable {
  readonly endpoint: string;
  /** Requests that have come. */
  readonly requests: string[];
}

/** Starts one before a stand-in. */
export function between(target: string, answer: Answer): Between {
  const requests: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname, search, host, origin } = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    requests.push(`${request.method} ${pathname}`);
    const pass = async () => {
      const headers = new Headers(request.headers);
      for (const name of ["content-length", "expect"]) headers.delete(name);
      // The stand-in names itself by what it is asked as.
      headers.set("host", host);
      const passed = await fetch(`${target}${pathname}${search}`, {
        method: request.method,
        headers,
        body: request.method === "GET" ? undefined : body,
        redirect: "manual",
      });
      const bytes = new Uint8Array(await passed.arrayBuffer());
      const answered = new Headers(passed.headers);
      for (const name of ["content-length", "transfer-encoding"]) answered.delete(name);
      const location = answered.get("location");
      if (location !== null) answered.set("location", location.replace(/^http:\/\/[^/]+/, origin));
      return new Response(passed.status === 204 ? null : bytes, {
        status: passed.status,
        headers: answered,
      });
    };
    return await answer(request, pass);
  });
  return {
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
