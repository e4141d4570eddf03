/** The HTTP side: a request is recorded, met by faults, authenticated, served and answered. */
import { corsHeaders, preflightHeaders } from "../http/cors.ts";
import { CLOSING, faultOf, Faults, type InjectedFault, transportFaults } from "../http/fault.ts";
import { type Arrival, Listener } from "../http/listener.ts";
import { ConnectionGone, readBody, splitUrl } from "../http/receive.ts";
import { beginRecord, type Mutable } from "../http/record.ts";
import { emptyReply, pageReply, type Reply } from "../http/reply.ts";
import { pause, send } from "../http/send.ts";
import { CLIENT_ID, FULL_SCOPE, type Principal, Tokens, USER } from "./account.ts";
import { authenticate, bearer, checkScopes } from "./authorize.ts";
import { type Call, jsonReply } from "./call.ts";
import { EXPOSED, METHODS } from "./cors.ts";
import { DriveError, driveError, errorReply, OAuthError } from "./error.ts";
import type { FakeDrive, RequestRecord, TokenOptions } from "./fake.ts";
import { type Fault, type FaultAction, type FaultRequest, matches } from "./fault.ts";
import {
  type ClientSecrets,
  type KeyPair,
  makeClientSecrets,
  makeServiceAccount,
  type ServiceAccount,
} from "./keys.ts";
import { nameOf } from "./names.ts";
import { OAuth } from "./oauth.ts";
import { OPERATIONS } from "./operations.ts";
import type { DriveOptions, Settings } from "./options.ts";
import { PageTokens } from "./pages.ts";
import { Parameters } from "./parameters.ts";
import { breakOff } from "./resumable.ts";
import { type Operation, route, type Target } from "./route.ts";
import { Sessions, type UploadSession } from "./sessions.ts";
import { DriveStore } from "./store.ts";

/** A request on its way. */
interface Exchange extends Arrival {
  readonly record: Mutable<RequestRecord>;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly query: URLSearchParams;
  readonly target: Target | undefined;
  /** More may come with the body. */
  readonly faults: FaultAction[];
}

/** Operations whose file is named in the body. */
const NAMED_IN_BODY: ReadonlySet<Operation | undefined> = new Set([
  "files.create",
  "upload.create",
  "upload.start",
]);

/** The server behind {@linkcode FakeDrive}. */
export class DriveServer implements FakeDrive {
  readonly store: DriveStore = new DriveStore();
  readonly requests: RequestRecord[] = [];
  readonly #settings: Settings;
  readonly #cors: boolean;
  readonly #keys: KeyPair;
  readonly #tokens = new Tokens();
  readonly #sessions = new Sessions();
  readonly #pages = new PageTokens();
  readonly #faults = new Faults<Fault, FaultRequest>(matches);
  readonly #listener: Listener;
  #setup:
    | { serviceAccount: ServiceAccount; clientSecrets: ClientSecrets; oauth: OAuth; refreshToken: string }
    | undefined;

  constructor(options: DriveOptions, keys: KeyPair) {
    this.#settings = {
      role: options.role ?? "organizer",
      quota: options.quota ?? Infinity,
      chunkMultiple: options.chunkMultiple ?? 256 * 1024,
      rangeMd5: options.rangeMd5 ?? true,
      declines: options.declines ?? false,
    };
    this.#cors = options.cors ?? false;
    this.#keys = keys;
    this.lag = options.lag ?? 0;
    for (const drive of options.drives ?? []) this.store.addDrive(drive);
    this.#listener = new Listener((arrival) => this.#accept(arrival), this.requests);
  }

  get port(): number {
    return this.#listener.port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get tokenUrl(): string {
    return `${this.endpoint}/token`;
  }

  get authUrl(): string {
    return `${this.endpoint}/o/oauth2/v2/auth`;
  }

  get sessions(): ReadonlyMap<string, UploadSession> {
    return this.#sessions.open;
  }

  get lag(): number {
    return this.store.lag;
  }

  set lag(ms: number) {
    this.store.lag = ms;
  }

  get serviceAccount(): ServiceAccount {
    return this.#accounts.serviceAccount;
  }

  get clientSecrets(): ClientSecrets {
    return this.#accounts.clientSecrets;
  }

  get refreshToken(): string {
    return this.#accounts.refreshToken;
  }

  /** What names the port. */
  get #accounts() {
    if (!this.#setup) throw new Error("the stand-in does not listen yet");
    return this.#setup;
  }

  async listen(port: number): Promise<void> {
    await this.#listener.listen(port);
    const serviceAccount = makeServiceAccount(this.#keys.privateKey, this.authUrl, this.tokenUrl);
    const clientSecrets = makeClientSecrets(this.authUrl, this.tokenUrl);
    const oauth = new OAuth(this.#tokens, clientSecrets, serviceAccount, this.#keys.publicKey);
    this.#setup = { serviceAccount, clientSecrets, oauth, refreshToken: oauth.issueRefreshToken() };
  }

  token(
    { clientId, expiresIn = 3599, serviceAccount = false, scopes = [FULL_SCOPE] }: TokenOptions = {},
  ): string {
    return this.#tokens.issue({
      clientId: clientId ?? (serviceAccount ? this.serviceAccount.client_id : CLIENT_ID),
      email: serviceAccount ? this.serviceAccount.client_email : USER.email,
      isServiceAccount: serviceAccount,
      scopes,
    }, expiresIn);
  }

  revokeTokens(): void {
    this.#tokens.revokeAll();
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
    const [path, rawQuery] = splitUrl(record.url);
    const query = new URLSearchParams(rawQuery);
    record.query = Object.fromEntries(query);
    let target: Target | undefined, problem: unknown;
    try {
      if (record.method !== "OPTIONS") {
        target = route(record.method, path, query, headers.get("content-range")?.join(","));
      }
    } catch (error) {
      problem = error;
    }
    const session = this.#sessions.about(target?.uploadId);
    const fileId = target?.fileId === undefined ? session?.fileId : this.store.resolve(target.fileId);
    record.operation = target?.operation;
    record.fileId = fileId;
    record.name = session?.name ?? this.store.files.get(fileId ?? "")?.name;
    this.requests.push(record);
    const faults: FaultAction[] = this.#faults.meet({ ...record });
    record.faults = faults.map((fault) => fault.kind);
    const exchange: Exchange = { ...arrival, record, headers, query, target, faults };
    response.on("close", () => {
      if (!record.done && !response.writableFinished) this.#left(exchange);
    });
    try {
      await this.#serve(exchange, problem);
    } finally {
      record.done = true;
    }
  }

  async #serve(exchange: Exchange, problem: unknown): Promise<void> {
    const { request, response, record, faults, signal } = exchange;
    try {
      let reply: Reply;
      try {
        if (problem) throw problem;
        reply = await this.#answer(exchange);
      } catch (error) {
        if (error instanceof ConnectionGone) throw error;
        const { reason, ...refusal } = errorReply(error);
        record.reason = reason;
        reply = refusal;
        if (!request.complete) {
          // The body that nobody wants is let run out, so that the client can read the answer.
          reply.headers.connection = "close";
          request.resume();
        }
      }
      Object.assign(reply.headers, {
        date: new Date().toUTCString(),
        server: record.operation?.startsWith("upload.") ? "UploadServer" : "ESF",
        ...(this.#cors && record.headers.origin !== undefined
          ? corsHeaders(record.headers.origin, EXPOSED)
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

  async #answer(exchange: Exchange): Promise<Reply> {
    const { record, headers, target, faults, query } = exchange;
    const header = (name: string): string | undefined => headers.get(name)?.join(",");
    if (this.#cors && record.method === "OPTIONS") {
      return emptyReply(
        200,
        preflightHeaders(header("origin") ?? "*", METHODS, header("access-control-request-headers")),
      );
    }
    if (!target) throw driveError("notFound", "Not Found");
    await this.#happen(faults, exchange.signal);
    const status = faultOf(faults, "status");
    if (status?.early) throw statusError(status, target.operation);

    // What is wrong with the head is answered after the body has come, except to a client that waits to be asked for it.
    let principal: Principal | undefined, refused: unknown;
    try {
      principal = this.#authenticate(target, header("authorization"), faults);
    } catch (error) {
      if (exchange.expectsContinue) throw error;
      refused = error;
    }
    if (exchange.expectsContinue) exchange.response.writeContinue();
    const body = await this.#receive(exchange, header);
    if (record.name === undefined && NAMED_IN_BODY.has(target.operation)) {
      await this.#meetName(exchange, body, header("content-type"));
    }
    const failing = faultOf(faults, "status");
    if (failing) throw statusError(failing, target.operation);
    if (refused) throw refused;
    const page = faultOf(faults, "answer");
    if (page && !page.applied) return pageReply(page.body);
    const reply = this.#perform(exchange, target, principal, body, header, query);
    return page ? pageReply(page.body) : reply;
  }

  #perform(
    { record, faults }: Exchange,
    target: Target,
    principal: Principal | undefined,
    body: Uint8Array,
    header: (name: string) => string | undefined,
    query: URLSearchParams,
  ): Reply {
    const now = new Date();
    const { operation } = target;
    const { oauth } = this.#accounts;
    if (operation === "auth") {
      return oauth.consent(query, this.#settings.declines || faultOf(faults, "decline") !== undefined);
    }
    if (operation === "token") {
      const reply = jsonReply(oauth.token(body, header("content-type"), now));
      reply.headers["cache-control"] = "no-store";
      return reply;
    }
    const expired = faultOf(faults, "expireSession");
    if (expired && target.uploadId !== undefined) {
      this.#sessions.expire(target.uploadId, expired.status ?? 404);
    }
    const call: Call = {
      ...target,
      parameters: new Parameters(operation, query),
      header,
      body,
      // Who has a session's secret address need not say who they are: it is the session that knows.
      principal: principal ?? NOBODY,
      store: this.store,
      sessions: this.#sessions,
      pages: this.#pages,
      settings: this.#settings,
      origin: `http://${record.headers.host ?? `127.0.0.1:${this.port}`}`,
      faults,
      now,
    };
    return OPERATIONS[operation](call);
  }

  /** What faults do before a request is served. */
  async #happen(faults: readonly FaultAction[], signal: AbortSignal): Promise<void> {
    for (const fault of faults) {
      if (fault.kind === "delay" && (fault.at ?? "request") === "request") await pause(fault.ms, signal);
      if (fault.kind === "run") await fault.run(this.store);
    }
    if (signal.aborted) throw new ConnectionGone();
  }

  /** Faults that are meant for a name in the body. */
  async #meetName(exchange: Exchange, body: Uint8Array, contentType: string | undefined): Promise<void> {
    const { record, faults, signal } = exchange;
    record.name = nameOf(body, contentType);
    const met: FaultAction[] = this.#faults.meet({ ...record }, ({ name }) => name !== undefined);
    faults.push(...met);
    record.faults = faults.map((fault) => fault.kind);
    await this.#happen(met, signal);
    if (faultOf(met, "reset")) throw new ConnectionGone();
  }

  #authenticate(
    { operation, uploadId }: Target,
    authorization: string | undefined,
    faults: readonly FaultAction[],
  ): Principal | undefined {
    if (operation === "token" || operation === "auth") return undefined;
    if (faultOf(faults, "expireToken")) this.#tokens.revoke(bearer(authorization) ?? "");
    if (uploadId !== undefined && authorization === undefined) return undefined;
    const principal = authenticate(this.#tokens, authorization);
    checkScopes(principal, operation);
    return principal;
  }

  /** The body. What a session's PUT that breaks off has brought is kept. */
  async #receive(exchange: Exchange, header: (name: string) => string | undefined): Promise<Uint8Array> {
    const { request, record, target, faults } = exchange;
    const length = header("content-length");
    const reset = faultOf(faults, "reset");
    const session = this.#sessions.open.get(target?.uploadId ?? "");
    const turn = session ? ++session.latest : 0;
    try {
      const body = await readBody(
        request,
        length === undefined ? undefined : Number(length),
        reset ? reset.afterRequestBytes ?? 0 : Infinity,
        (bytes) => record.bytesIn += bytes,
      );
      if (reset) throw new ConnectionGone(body);
      return body;
    } catch (error) {
      if (
        error instanceof ConnectionGone && session && target?.operation === "upload.put" &&
        session.latest === turn
      ) {
        const kept = error.received.subarray(0, reset?.afterRequestBytes ?? Infinity);
        breakOff(session, kept, header("content-range"), length, this.#settings.chunkMultiple);
      }
      throw error;
    }
  }
}

const NOBODY: Principal = { clientId: "", email: "", isServiceAccount: false, scopes: [] };

function statusError(
  { status, reason, message = "An injected fault.", headers }: Extract<FaultAction, { kind: "status" }>,
  operation: Operation,
): Error {
  return operation === "token" || operation === "auth"
    ? new OAuthError(status, reason, message, headers)
    : new DriveError(status, reason, message, {}, headers);
}
