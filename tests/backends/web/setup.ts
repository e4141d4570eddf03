/** What tests over plain HTTP begin with. */
import type { CottonCandyWarning } from "../../../backends/mod.ts";
import { HttpBackend, type HttpOptions } from "../../../backends/web/mod.ts";
import { filesOf, startWeb, type WebServerOptions, type WebStandIn } from "../../servers/web.ts";

/** A server, and a store that reads it. */
export interface Served extends AsyncDisposable {
  readonly web: WebStandIn;
  readonly files: ReturnType<typeof filesOf>;
  readonly backend: HttpBackend;
  /** What was warned of. */
  readonly warnings: CottonCandyWarning[];
}

/** Serves some files. Retries don't wait. */
export async function served(
  contents: Parameters<typeof filesOf>[0],
  server: Omit<WebServerOptions, "files"> = {},
  options: HttpOptions = {},
): Promise<Served> {
  const files = filesOf(contents);
  const web = await startWeb({ ...server, files });
  const warnings: CottonCandyWarning[] = [];
  const backend = new HttpBackend(web.url, {
    retries: { delay: 1 },
    onWarning: (warning) => warnings.push(warning),
    ...options,
  });
  return {
    web,
    files,
    backend,
    warnings,
    async [Symbol.asyncDispose]() {
      backend.close();
      await web[Symbol.asyncDispose]();
    },
  };
}

/** The methods, ranges and statuses of all requests so far. */
export function asked({ web }: Served): string[] {
  return web.requests.map(({ method, headers, status }) =>
    `${method}${headers.range === undefined ? "" : ` ${headers.range}`} ${status}`
  );
}
