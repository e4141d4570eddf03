/** The HTTP side: a request is recorded, met by faults, verified, served and answered. */
import { corsHeaders, preflightHeaders } from "../http/cors.ts";
import { CLOSING, faultOf, Faults, type InjectedFault, transportFaults } from "../http/fault.ts";
import { type Arrival, Listener } from "../http/listener.ts";
import { ConnectionGone, readBody, splitUrl } from "../http/receive.ts";
import { beginRecord, type HttpRecord, type Mutable } from "../http/record.ts";
import { emptyReply, type Reply } from "../http/reply.ts";
import { pause, send } from "../http/send.ts";
import { type Call, xmlReply } from "./call.ts";
import { bucketCorsHeaders, METHODS } from "./cors.ts";
import { errorXml, S3Error, s3Error } from "./error.ts";
import { type Fault, type FaultAction, type FaultRequest, matches } from "./fault.ts";
import { OPERATIONS } from "./operations.ts";
import { DIALECTS, type Features, type S3Options } from "./options.ts";
import { checkBodyHeaders, checkPayload } from "./payload.ts";
import { type Operation, parseAddress, parseQuery, route } from "./route.ts";
import { type Credentials, type Verified, verifySignature } from "./signature.ts";
import { Store } from "./store.ts";

/** What is remembered of a request. */
export interface RequestRecord extends HttpRecord {
  /** `undefined` when the request makes no sense. */
  readonly operation?: Operation;
  readonly bucket?: string;
  readonly key?: string;
  /** The code of the S3 error answered. */
  readonly code?: string;
  readonly faults: readonly FaultAction["kind"][];
}

/** A running stand-in. */
export interface FakeS3 extends AsyncDisposable {
  /** `http://127.0.0.1:port`: path-style. `http://localhost:port` serves `bucket.localhost` virtual hosts too. */
  readonly endpoint: string;
  readonly port: number;
  readonly region: string;
  readonly credentials: Credentials;
  readonly features: Features;
  /** All requests so far, in order of arrival; may be emptied. */
  readonly requests: RequestRecord[];
  readonly store: Store;
  /** How far the server's clock is ahead, in milliseconds; may be changed. */
  clockSkew: number;
  /** Lets something go wrong. */
  inject(fault: Fault): InjectedFault;
  /** Ends all faults. */
  clearFaults(): void;
  /** Resolves when no request is being served; rejects when some still is after half a minute: whoever sent it has forgotten it. */
  idle(): Promise<void>;
  /** Closes the port and all connections. */
  shutdown(): Promise<void>;
}

/** A request on its way. */
interface Exchange extends Arrival {
  readonly record: Mutable<RequestRecord>;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly faults: readonly FaultAction[];
}

/** The server behind {@linkcode FakeS3}. */
export class S3Server implements FakeS3 {
  readonly store: Store = new Store();
  readonly requests: RequestRecord[] = [];
  readonly credentials: Credentials;
  readonly region: string;
  readonly features: Features;
  clockSkew = 0;
  readonly #cors: boolean | readonly string[];
  readonly #faults = new Faults<Fault, FaultRequest>(matches);
  readonly #listener: Listener;
  #count = 0;

  constructor(options: S3Options) {
    this.credentials = {
      accessKeyId: options.accessKeyId ?? "AKIDEXAMPLE",
      secretAccessKey: options.secretAccessKey ?? "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
      ...(options.sessionToken === undefined ? {} : { sessionToken: options.sessionToken }),
    };
    this.region = options.region ?? "us-east-1";
    this.features = { ...DIALECTS[options.dialect ?? "aws"], ...options.features };
    this.#cors = options.cors ?? false;
    for (const bucket of options.buckets ?? []) {
      this.store.createBucket(typeof bucket === "string" ? { name: bucket } : bucket);
    }
    this.#listener = new Listener((arrival) => this.#accept(arrival), this.requests);
  }

  get port(): number {
    return this.#listener.port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  listen(port: number): Promise<void> {
    return this.#listener.listen(port);
  }

  inject(fault: Fault): InjectedFault {
    return this.#faults.inject(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  idle(): Promise<void> {
    return this.#listener.idle();
  }

  shutdown(): Promise<void> {
    return this.#listener.shutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #accept(arrival: Arrival): Promise<void> {
    const { request, response, concurrent } = arrival;
    const { record: begun, headers } = beginRecord(request, concurrent);
    const record: Mutable<RequestRecord> = { ...begun, faults: [] };
    const [rawPath, rawQuery] = splitUrl(record.url);
    let problem: unknown;
    try {
      const address = parseAddress(rawPath, record.headers.host ?? "");
      const query = parseQuery(rawQuery);
      Object.assign(record, address, { query: Object.fromEntries(query) });
      record.operation = record.method === "OPTIONS"
        ? undefined
        : route(record.method, address, new URLSearchParams(query), "x-amz-copy-source" in record.headers);
    } catch (error) {
      problem = error;
    }
    this.requests.push(record);
    const met: FaultRequest = { ...record };
    const faults = this.#faults.meet(met);
    record.faults = faults.map((fault) => fault.kind);
    const exchange: Exchange = { ...arrival, record, headers, faults };
    response.on("close", () => {
      if (!record.done && !response.writableFinished) this.#left(exchange);
    });
    try {
      await this.#serve(exchange, rawPath, rawQuery, problem);
    } finally {
      record.done = true;
    }
  }

  async #serve(exchange: Exchange, rawPath: string, rawQuery: string, problem: unknown): Promise<void> {
    const { request, response, record, faults, signal } = exchange;
    const requestId = (++this.#count).toString(16).toUpperCase().padStart(16, "0");
    const skew = this.clockSkew + (faultOf(faults, "skewClock")?.ms ?? 0);
    const now = new Date(Date.now() + skew);
    try {
      let reply: Reply;
      try {
        if (problem) throw problem;
        reply = await this.#answer(exchange, rawPath, rawQuery, now);
      } catch (error) {
        if (error instanceof ConnectionGone) throw error;
        const known = error instanceof S3Error ? error : s3Error("InternalError", String(error));
        record.code = known.code;
        reply = {
          ...xmlReply(`<?xml version="1.0" encoding="UTF-8"?>\n${errorXml(known, rawPath, requestId)}`),
          status: known.status,
        };
        Object.assign(reply.headers, known.headers);
        if (!request.complete) {
          // The body that nobody wants is let run out, so that the client can read the answer.
          reply.headers.connection = "close";
          request.resume();
        }
      }
      if (record.method === "HEAD" && reply.status >= 400) reply = { ...reply, body: [] };
      Object.assign(reply.headers, {
        date: now.toUTCString(),
        server: "AmazonS3",
        // What others answer has no name of ours.
        ...(faultOf(faults, "answer") ? {} : { "x-amz-request-id": requestId }),
        ...(this.#cors && record.headers.origin !== undefined
          ? typeof this.#cors === "object"
            ? corsHeaders(record.headers.origin, this.#cors)
            : bucketCorsHeaders(record.headers.origin, Object.keys(reply.headers))
          : {}),
      });
      for (const fault of faults) {
        if (fault.kind === "delay" && fault.at === "answer") await pause(fault.ms, signal);
      }
      if (signal.aborted) return;
      if (faultOf(faults, "loseAnswer")) throw new ConnectionGone();
      record.status = reply.status;
      await send(response, reply, transportFaults(faults), signal, (bytes) => record.bytesOut += bytes);
    } catch (error) {
      request.socket.destroy();
      if (!(error instanceof ConnectionGone)) throw error;
      this.#left(exchange);
    }
  }

  /** The connection is gone; whose doing was it? */
  #left({ record, faults }: Exchange): void {
    if (!this.#listener.isClosing && !faults.some(({ kind }) => CLOSING.has(kind))) record.aborted = true;
  }

  async #answer(exchange: Exchange, rawPath: string, rawQuery: string, now: Date): Promise<Reply> {
    const { request, response, record, headers, faults, signal } = exchange;
    const hoisted = hoistedHeaders(rawQuery);
    const header = (name: string): string | undefined => headers.get(name)?.join(",") ?? hoisted.get(name);
    if (this.#cors && record.method === "OPTIONS") {
      return emptyReply(
        200,
        preflightHeaders(header("origin") ?? "*", METHODS, header("access-control-request-headers")),
      );
    }
    const { operation } = record;
    if (!operation) {
      throw s3Error("MethodNotAllowed", "The specified method is not allowed against this resource.");
    }

    for (const fault of faults) {
      if (fault.kind === "delay" && (fault.at ?? "request") === "request") await pause(fault.ms, signal);
      if (fault.kind === "run") await fault.run(this.store);
    }
    if (signal.aborted) throw new ConnectionGone();
    const status = faultOf(faults, "status");
    if (status?.early) throw faultError(status);

    // What is wrong with the head is answered after the body has come, except to a client that waits to be asked for it.
    let verified: Verified | undefined, refused: unknown;
    try {
      verified = verifySignature(
        { method: record.method, rawPath, rawQuery, headers },
        this.credentials,
        this.region,
        now.getTime(),
      );
      this.#authorize(operation, record.bucket, verified !== undefined);
    } catch (error) {
      if (exchange.expectsContinue) throw error;
      refused = error;
    }
    checkBodyHeaders(operation, header, this.features);
    if (exchange.expectsContinue) response.writeContinue();
    const length = header("content-length");
    const reset = faultOf(faults, "reset");
    const body = await readBody(
      request,
      length === undefined ? undefined : Number(length),
      reset ? reset.afterRequestBytes ?? 0 : Infinity,
      (bytes) => record.bytesIn += bytes,
    );
    if (reset) throw new ConnectionGone();
    if (status) throw faultError(status);
    if (refused) throw refused;
    const payload = checkPayload(operation, body, header, verified, this.features);
    const key = record.key ?? "";
    if (new TextEncoder().encode(key).length > 1024) {
      throw s3Error("KeyTooLongError", "Your key is too long", { MaxSizeAllowed: "1024" });
    }

    const failing = faultOf(faults, "errorIn200");
    const call: Call = {
      operation,
      bucketName: record.bucket ?? "",
      key,
      query: new URLSearchParams(parseQuery(rawQuery)),
      header,
      headerNames: [...headers.keys(), ...hoisted.keys()],
      body: payload.bytes,
      checksum: payload.checksum,
      store: this.store,
      features: this.features,
      region: this.region,
      now,
      may: (other) => this.#allows(other, record.bucket, verified !== undefined),
    };
    if (failing && !failing.applied) return errorIn200(failing);
    const other = faultOf(faults, "answer");
    if (other && !other.applied) return otherAnswer(other);
    const reply = OPERATIONS[operation](call);
    if (other) return otherAnswer(other);
    return failing ? errorIn200(failing) : reply;
  }

  #allows(operation: Operation, bucketName: string | undefined, isSigned: boolean): boolean {
    const bucket = this.store.buckets.get(bucketName ?? "");
    if (bucket?.denied?.includes(operation)) return false;
    return isSigned || (bucket?.anonymous?.includes(operation) ?? false);
  }

  #authorize(operation: Operation, bucket: string | undefined, isSigned: boolean): void {
    if (!this.#allows(operation, bucket, isSigned)) throw s3Error("AccessDenied", "Access Denied");
  }
}

/** Headers that a presigned URL carries in its query: of `x-amz-`, but for what belongs to the signature. */
function hoistedHeaders(rawQuery: string): Map<string, string> {
  const query = parseQuery(rawQuery).map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  if (!query.some(([name]) => name === "x-amz-signature")) return new Map();
  const own =
    /^x-amz-(algorithm|content-sha256|credential|date|expires|security-token|signature|signedheaders|user-agent)$/;
  return new Map(query.filter(([name]) => name.startsWith("x-amz-") && !own.test(name)));
}

function faultError(fault: Extract<FaultAction, { kind: "status" }>): S3Error {
  return new S3Error(fault.code, fault.message ?? "An injected fault.", {}, fault.status, {
    ...fault.headers,
  });
}

function otherAnswer({ status = 200, headers, body }: Extract<FaultAction, { kind: "answer" }>): Reply {
  return {
    status,
    headers: { "content-type": "text/html", ...headers },
    body: [new TextEncoder().encode(body)],
  };
}

function errorIn200(fault: Extract<FaultAction, { kind: "errorIn200" }>): Reply {
  const error = new S3Error(fault.code, fault.message ?? "An injected fault.");
  return xmlReply(`<?xml version="1.0" encoding="UTF-8"?>\n${errorXml(error, "", "")}`);
}
