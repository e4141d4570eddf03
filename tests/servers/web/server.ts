/** The HTTP side: a request is recorded, met by faults, served and answered. */
import { gzipSync } from "node:zlib";
import { preflightHeaders } from "../http/cors.ts";
import {
  CLOSING,
  faultOf,
  Faults,
  type FaultTimes,
  type InjectedFault,
  type TransportFault,
  transportFaults,
} from "../http/fault.ts";
import { type Arrival, Listener } from "../http/listener.ts";
import { parseRange } from "../http/range.ts";
import { splitUrl } from "../http/receive.ts";
import { beginRecord, type HttpRecord, type Mutable } from "../http/record.ts";
import { emptyReply, type Reply } from "../http/reply.ts";
import { pause, send } from "../http/send.ts";
import type { WebFile, WebFiles } from "./files.ts";
import { type IndexEntries, type IndexKind, indexReply } from "./index_page.ts";

/** What kind of server it is; by default a good one, without indexes and CORS. */
export interface WebServerOptions {
  readonly files: WebFiles;
  /** Whether it gives parts: all, none, or none that are counted from the end. */
  readonly ranges?: boolean | "forward";
  /** What HEAD is answered with; default as GET, without the body. */
  readonly head?: 403 | 405 | 501;
  /** What names a version; default both. */
  readonly validators?: "both" | "weak" | "modified" | "none";
  /** Whether it says how long a body is; default true. */
  readonly lengths?: boolean;
  /** How names of metadata begin; default `"x-amz-meta-"`. `null`: it keeps none. */
  readonly metadata?: string | null;
  /** What directories look like; default 403. */
  readonly index?: IndexKind;
  /** A page with status 200 in place of whatever is missing. */
  readonly fallback?: boolean;
  /** Compress whatever is asked for without a range. `"always"`: also for who wants none. */
  readonly gzip?: "asked" | "always";
  /** Let pages read: with all headers exposed, or none. */
  readonly cors?: "exposed" | "bare";
  /** Without the CORS headers on what is missing, as many servers are. */
  readonly corsOnSuccess?: boolean;
  /** What requests must carry. */
  readonly authorization?: string;
  /** Other places, by path: `{ "/old": "http://elsewhere/new" }`. Answered with 302. */
  readonly redirects?: Readonly<Record<string, string>>;
}

/** What goes wrong, for which requests. */
export type WebFault =
  & FaultTimes
  & { readonly method?: string; readonly path?: RegExp; readonly when?: () => boolean }
  & (
    | TransportFault
    | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
    | { readonly kind: "run"; readonly run: () => unknown }
  );

/** The root, so that there is something above it. */
const ROOT = "/data/";

/** A running stand-in. */
export class WebStandIn implements AsyncDisposable {
  /** All requests so far, in order of arrival; may be emptied. */
  readonly requests: HttpRecord[] = [];
  readonly options: WebServerOptions;
  readonly #faults = new Faults<WebFault, HttpRecord>((fault, { method, url }) =>
    (fault.method === undefined || fault.method === method) && (fault.path?.test(url) ?? true) &&
    (fault.when?.() ?? true)
  );
  readonly #listener: Listener;

  constructor(options: WebServerOptions) {
    this.options = options;
    this.#listener = new Listener((arrival) => this.#accept(arrival), this.requests);
  }

  /** Where it listens. */
  get origin(): string {
    return `http://127.0.0.1:${this.#listener.port}`;
  }

  /** The root of the files. */
  get url(): string {
    return `${this.origin}${ROOT.slice(0, -1)}`;
  }

  listen(): Promise<void> {
    return this.#listener.listen(0);
  }

  /** Lets something go wrong. */
  inject(fault: WebFault): InjectedFault {
    return this.#faults.inject(fault);
  }

  /** Ends all faults. */
  clearFaults(): void {
    this.#faults.clear();
  }

  /** Resolves when no request is being served. */
  idle(): Promise<void> {
    return this.#listener.idle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.shutdown();
  }

  async #accept(arrival: Arrival): Promise<void> {
    const { request, response, signal, concurrent } = arrival;
    const { record: begun } = beginRecord(request, concurrent);
    const record: Mutable<HttpRecord> = { ...begun, faults: [] };
    this.requests.push(record);
    const faults = this.#faults.meet(record);
    record.faults = faults.map(({ kind }) => kind);
    response.on("close", () => {
      if (!record.done && !response.writableFinished && !faults.some(({ kind }) => CLOSING.has(kind))) {
        record.aborted = !this.#listener.isClosing;
      }
    });
    try {
      const delay = faultOf(faults, "delay");
      if (delay && (delay.at ?? "request") === "request") await pause(delay.ms, signal);
      if (faultOf(faults, "reset") || signal.aborted) return void request.socket.destroy();
      await faultOf(faults, "run")?.run();
      const status = faultOf(faults, "status");
      const reply = status ? emptyReply(status.status, { ...status.headers }) : await this.#reply(record);
      record.status = reply.status;
      const body = record.method === "HEAD" ? [] : reply.body;
      const headers = { ...reply.headers, ...this.#corsHeaders(record, reply) };
      await send(response, { ...reply, headers, body }, transportFaults(faults), signal, (bytes) => {
        record.bytesOut += bytes;
      });
    } finally {
      record.done = true;
    }
  }

  #corsHeaders({ headers: { origin } }: HttpRecord, { status, headers }: Reply): Record<string, string> {
    const { cors, corsOnSuccess } = this.options;
    if (!cors || origin === undefined || (corsOnSuccess && status >= 400)) return {};
    return {
      "access-control-allow-origin": "*",
      ...(cors === "exposed" ? { "access-control-expose-headers": Object.keys(headers).join(", ") } : {}),
    };
  }

  async #reply(record: HttpRecord): Promise<Reply> {
    const { method, headers } = record;
    const { head, authorization, redirects, files, index, fallback, cors } = this.options;
    const [path] = splitUrl(record.url);
    if (method === "OPTIONS") {
      if (!cors) return emptyReply(405);
      // As buckets are set up, as a rule: nothing but Range may be sent.
      const asked = headers["access-control-request-headers"]?.toLowerCase();
      if (asked !== undefined && asked !== "range") return emptyReply(403);
      return emptyReply(204, preflightHeaders(headers.origin ?? "*", "GET, HEAD", asked));
    }
    if (method !== "GET" && method !== "HEAD") return emptyReply(405);
    if (head !== undefined && method === "HEAD") return emptyReply(head);
    const location = redirects?.[path];
    if (location !== undefined) return emptyReply(302, { location });
    if (authorization !== undefined && headers.authorization !== authorization) return emptyReply(401);
    if (!path.startsWith(ROOT)) return emptyReply(404);
    const name = decodeURIComponent(path.slice(ROOT.length));
    const file = await files.get(name);
    if (file) return this.#fileReply(record, file);
    if (index && (name === "" || name.endsWith("/"))) {
      const entries = await this.#entries(name);
      if (entries.size > 0 || name === "") {
        return ofLength(indexReply(index, path, entries, headers.accept ?? ""));
      }
    }
    const page = (status: number) =>
      ofLength({
        status,
        headers: { "content-type": "text/html" },
        body: [new TextEncoder().encode("<!doctype html><title>App</title>")],
      });
    return page(fallback ? 200 : 404);
  }

  async #entries(directory: string): Promise<IndexEntries> {
    const entries = new Map<string, WebFile | undefined>();
    for (const name of await this.options.files.names()) {
      if (!name.startsWith(directory)) continue;
      const rest = name.slice(directory.length);
      const slash = rest.indexOf("/");
      // A name that ends in a slash, or has two in a row, is no file's.
      if (slash < 0 && rest !== "") entries.set(rest, await this.options.files.get(name));
      else if (slash > 0) entries.set(rest.slice(0, slash + 1), undefined);
    }
    return entries;
  }

  #fileReply({ headers }: HttpRecord, file: WebFile): Reply {
    const { ranges = true, lengths = true, gzip } = this.options;
    const accepted = headers["accept-encoding"] ?? "";
    if (gzip === "always" || (gzip && headers.range === undefined && /gzip/.test(accepted))) {
      const body = new Uint8Array(gzipSync(file.bytes));
      const told = { ...this.#told(file), "content-encoding": "gzip" };
      return {
        status: 200,
        headers: { ...told, ...(lengths ? { "content-length": `${body.length}` } : {}) },
        body: [body],
      };
    }
    const size = file.bytes.length;
    const isOk = ranges === true || (ranges === "forward" && !/=-/.test(headers.range ?? ""));
    const range = isOk ? parseRange(headers.range, size) : undefined;
    const told = { ...this.#told(file), ...(ranges ? { "accept-ranges": "bytes" } : {}) };
    if (range === "beyond") return emptyReply(416, { ...told, "content-range": `bytes */${size}` });
    const { start, end } = range ?? { start: 0, end: size };
    return {
      status: range ? 206 : 200,
      headers: {
        ...told,
        ...(lengths ? { "content-length": `${end - start}` } : { "transfer-encoding": "chunked" }),
        ...(range ? { "content-range": `bytes ${start}-${end - 1}/${size}` } : {}),
      },
      body: [file.bytes.subarray(start, end)],
    };
  }

  #told({ etag, modified, contentType, metadata }: WebFile): Record<string, string> {
    const { validators = "both", metadata: prefix = "x-amz-meta-" } = this.options;
    return {
      ...(validators === "both"
        ? { etag: `"${etag}"` }
        : validators === "weak"
        ? { etag: `W/"${etag}"` }
        : {}),
      ...(validators === "both" || validators === "modified"
        ? { "last-modified": modified.toUTCString() }
        : {}),
      "content-type": contentType ?? "application/octet-stream",
      ...(prefix === null ? {} : Object.fromEntries(
        Object.entries(metadata ?? {}).map(([name, value]) => [`${prefix}${name}`, value]),
      )),
    };
  }
}

function ofLength(reply: Reply): Reply {
  const size = reply.body.reduce((sum, { length }) => sum + length, 0);
  return { ...reply, headers: { ...reply.headers, "content-length": `${size}` } };
}
