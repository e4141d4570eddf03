/**
 * One bucket: requests to it with this library's retries and errors, and what has been learned of the store.
 *
 * @module
 */
import type { S3Client, ServiceInputTypes, ServiceOutputTypes } from "@aws-sdk/client-s3";
import { environmentVariable } from "../../lib/environment.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { type OnWarning, warnOncePerKind } from "../../lib/warnings.ts";
import {
  callStore,
  HttpHandler,
  RetryPolicy,
  type Timeouts,
  timeoutsOf,
  type WireCallOptions,
} from "../transport/mod.ts";
import type { ObjectPlace } from "../conditions.ts";
import { type RenewedCredentials, renewedCredentials } from "./credentials.ts";
import { adjust, checkAnswer, type RawAnswer, type S3Command, watchAnswer } from "./command.ts";
import { mayHaveTakenEffect, refusesToken, s3Error, type S3Operation, s3Verdict } from "./errors.ts";
import { type S3Failure, s3FailureOf } from "./failure.ts";
import { requestHeaders, wrongKeeping } from "./keeping.ts";
import { checkS3Options, type S3Checksums, type S3Options } from "./options.ts";
import { type ObjectAnswer, type ObjectInput, type ObjectOperation, Route } from "./requests/mod.ts";
import { ServerClock } from "./server_clock.ts";

/**
 * What has been learned of a store that speaks S3 in its own way. Begins with what Amazon's does; a refusal that names a feature takes the feature
 * back, for good.
 */
export class Dialect {
  /** Sent with every body. */
  checksums: S3Checksums;
  /** Reads and heads ask for the checksum. */
  checksumMode: boolean;
  /** Uploads in parts have a checksum of the whole object (`FULL_OBJECT`). */
  fullObject = true;
  /** The store decides on If-None-Match and If-Match when writing. */
  conditions = true;
  /** Writes take If-Match in quotes, as it should be; Ceph compares the quotes as well. */
  quotedIfMatch = true;
  /** The store deletes many objects at a time. */
  batchDelete = true;
  /** Batches of deletes need Content-MD5. */
  batchDeleteMd5: boolean;
  readonly #onWarning: OnWarning;
  #warned = false;

  /** A dialect to begin with. */
  constructor(checksums: S3Checksums, onWarning: OnWarning) {
    this.checksums = checksums;
    this.checksumMode = checksums !== false;
    this.batchDeleteMd5 = checksums === false || checksums === "MD5";
    this.#onWarning = onWarning;
  }

  /** Says once that conditions of writes are no more than looked up. */
  warnOfConditions(why: string, key: string): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#onWarning({
      kind: "conditions",
      key,
      message:
        `${why}: what is written under a condition is looked up before and after instead, which two writers at the same moment can get past. Set \`conditionalWrites\` where it is known.`,
    });
  }

  /** Takes note that a store which refused one checksum took another, or none. */
  takesChecksum(taken: S3Checksums, refused: S3Checksums, key: string, why: string): void {
    // Another request may have learned it in the meantime.
    if (this.checksums !== refused) return;
    this.checksums = taken;
    this.#warn(
      key,
      `the store refuses ${refused} checksums (${why}); bodies are sent with ${
        taken === "MD5" ? "Content-MD5" : "no checksum"
      } from now on. Set \`checksums\` accordingly to save this round.`,
    );
  }

  /** Takes note that a store refuses to be asked for checksums. */
  tellsNoChecksums(key: string, why: string): void {
    if (!this.checksumMode) return;
    this.checksumMode = false;
    this.#warn(
      key,
      `the store refuses to be asked for checksums (${why}); what is read is not held against any from now on`,
    );
  }

  /** Takes note that a store knows checksums of parts, and none of whole objects in parts. */
  knowsNoFullObject(key: string, why: string): void {
    if (!this.fullObject) return;
    this.fullObject = false;
    this.#warn(
      key,
      `the store refuses checksums of whole objects in parts (${why}); their parts are guarded one by one from now on`,
    );
  }

  #warn(key: string, message: string): void {
    this.#onWarning({ kind: "checksum", key, message });
  }
}

/** Statuses of requests that were signed for the wrong region. */
const WRONG_REGION: ReadonlySet<number> = new Set([301, 307, 400, 403]);

/** One bucket's client: it makes requests, tries again, and turns failures into the library's errors. */
export class S3Store {
  /** What it was made from. */
  readonly options: S3Options;
  /** The bucket. */
  readonly bucket: string;
  /** For messages: where the store is. */
  readonly endpoint: string;
  /** What has been learned of the store. */
  readonly dialect: Dialect;
  /** How failed requests are tried again. */
  readonly policy: RetryPolicy;
  /** Limits in milliseconds. */
  readonly timeouts: Timeouts;
  /** The bucket has answered: what is missing in it is an object. */
  seen = false;
  /** The server's clock. */
  readonly clock: ServerClock;
  readonly #handler: HttpHandler;
  readonly #renewed?: RenewedCredentials;
  readonly #route: Route;
  /** By their endpoints, the ways to where redirections have sent. */
  readonly #redirected = new Map<string, Route>();
  #region: string;

  /** A client for a bucket; connections and what was learned of the store are shared with `sibling`. */
  constructor(options: S3Options, sibling?: S3Store) {
    checkS3Options(options);
    const wrong = wrongKeeping(options);
    if (wrong !== undefined) {
      throw new InvalidArgumentError(`S3Backend: ${wrong}`, { bucket: options.bucket });
    }
    this.options = options;
    this.bucket = options.bucket;
    this.timeouts = timeoutsOf(options.timeout);
    this.policy = sibling?.policy ?? new RetryPolicy(options.retries);
    this.dialect = sibling?.dialect ??
      new Dialect(options.checksums ?? "CRC32", options.onWarning ?? warnOncePerKind);
    this.#handler = sibling ? sibling.#handler : new HttpHandler(this.timeouts, {
      proxy: options.proxy,
      ca: options.ca ?? environmentVariable("AWS_CA_BUNDLE"),
    });
    this.#region = options.region ?? "us-east-1";
    this.endpoint = options.endpoint ?? (options.client ? "the store" : `Amazon S3 (${this.#region})`);
    this.#renewed = sibling ? sibling.#renewed : renewedCredentials(options);
    this.clock = sibling?.clock ?? new ServerClock();
    this.#route = this.#routeOf(options);
  }

  /** Whether what comes with a content encoding has been decoded by the platform; in Node a client that was passed in doesn't. */
  get decodes(): boolean {
    return this.options.client ? this.#handler.browser : this.#handler.decodes;
  }

  /** The region that requests are signed for. */
  get region(): string {
    return this.#region;
  }

  /** Whether what is sent is protected by TLS, so that signing the body as well adds nothing to its checksum. */
  get encrypted(): boolean {
    return !this.options.client && !this.options.endpoint?.toLowerCase().startsWith("http:");
  }

  /** The store is known to decide on conditions of writes by itself. */
  get keepsConditions(): boolean {
    const { conditionalWrites, client } = this.options;
    if (!this.dialect.conditions) return false;
    return conditionalWrites ?? (!client && this.#isAmazon);
  }

  /** Tells the bucket from those of its name on other servers. Amazon has one of each name, whatever the endpoint; `undefined` where a client was given, whose endpoint is not known. */
  get identity(): string | undefined {
    const { client, endpoint } = this.options;
    if (client) return undefined;
    if (endpoint === undefined || this.#isAmazon) return `s3://${this.bucket}`;
    const { protocol, host, pathname } = new URL(endpoint);
    return `s3://${this.bucket} of ${protocol}//${host}${pathname.replace(/\/$/, "")}`;
  }

  get #isAmazon(): boolean {
    const { endpoint } = this.options;
    return endpoint === undefined || /(^|\.)amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
  }

  /** An object of the bucket, for errors. */
  placeOf(key: string): ObjectPlace {
    return { key, bucket: this.bucket, place: `bucket "${this.bucket}"` };
  }

  /**
   * The SDK's client. The SDK is loaded when it is first asked for.
   *
   * @throws {AccessDeniedError} when Deno was not allowed to load it.
   */
  client(): Promise<S3Client> {
    return this.#route.client();
  }

  /**
   * Sends a command, again where that may help.
   *
   * @param about What is being done, for messages.
   * @param extra How this call differs from others; without a signal of its own, `signal` ends it between attempts only.
   */
  async send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    about: S3Operation,
    command: S3Command<Input, Output>,
    signal: AbortSignal | undefined,
    extra?: WireCallOptions,
  ): Promise<Output> {
    this.prepare(about.operation, command);
    const check = (answer: RawAnswer) =>
      checkAnswer({ bucket: this.bucket, ...about }, answer, this.endpoint);
    const answer = watchAnswer(about.operation, command, check);
    return await this.call(about, signal, async (route, options) => {
      const client = await route.client();
      // The SDK would wait for them whatever the signal says.
      await this.#renewed?.get(signal);
      try {
        const output = await client.send(command, options);
        check(answer);
        return output;
      } finally {
        this.clock.note(answer.date);
      }
    }, extra);
  }

  /**
   * Makes a request for an object or a listing, again where that may help.
   *
   * @param headers Headers that are no fields of the input.
   * @param extra As for `send`.
   */
  async request(
    about: S3Operation & { readonly operation: ObjectOperation },
    input: ObjectInput,
    signal: AbortSignal | undefined,
    { headers = {}, ...extra }: WireCallOptions & { readonly headers?: Readonly<Record<string, string>> } =
      {},
  ): Promise<ObjectAnswer> {
    return await this.call(
      about,
      signal,
      async (route, options) => await this.requestBy(route, about.operation, input, headers, options),
      extra,
    );
  }

  /** Makes one such request, once; for `call`. */
  async requestBy(
    route: Route,
    operation: ObjectOperation,
    input: ObjectInput,
    headers: Readonly<Record<string, string>>,
    options: WireCallOptions,
  ): Promise<ObjectAnswer> {
    const own = await requestHeaders(this.options, operation);
    return await route.request(operation, input, { ...own, ...headers }, options);
  }

  /** Gives a command what this store's options say of all requests: who pays, and the customer's key. `send` does it by itself. */
  prepare<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    operation: string,
    command: S3Command<Input, Output>,
  ): void {
    adjust(command, async ({ headers }) => {
      Object.assign(headers, await requestHeaders(this.options, operation));
    });
  }

  /** Makes a request, again where that may help: `attempt` must pass `options` on. For what is more than sending a request. */
  async call<T>(
    about: S3Operation,
    signal: AbortSignal | undefined,
    attempt: (route: Route, options: WireCallOptions) => Promise<T>,
    extra: WireCallOptions = {},
  ): Promise<T> {
    const options: WireCallOptions = { abortSignal: signal, signal, ...extra };
    const region = this.#region;
    let route = this.#route;
    let generation: number | undefined;
    let [renewed, learned] = [false, false];
    return await callStore(async () => {
      generation = this.#renewed?.generation;
      return await attempt(route, options);
    }, {
      policy: this.policy,
      signal,
      verdict: (error, count) => {
        const failure = s3FailureOf(error);
        if (this.#learnRegion(failure)) {
          learned = true;
          return { again: "now" };
        }
        const elsewhere = this.#routeElsewhere(failure);
        if (elsewhere) {
          route = elsewhere;
          return { again: "now" };
        }
        if (!renewed && generation !== undefined && refusesToken(failure, about)) {
          renewed = true;
          this.#renewed?.drop(generation);
          return { again: "now" };
        }
        return s3Verdict(failure, count, about);
      },
      mayHaveTakenEffect: (error) => mayHaveTakenEffect(s3FailureOf(error)),
      onRefused: options.onRefused,
      toError: (error, uncertain) => {
        // A region that did not lead to the bucket is not believed any longer.
        const { status } = s3FailureOf(error);
        if (learned && (status === undefined || WRONG_REGION.has(status))) this.#region = region;
        return s3Error(error, { bucket: this.bucket, ...about }, this.endpoint, uncertain);
      },
    });
  }

  /** Takes the region that a refusal names, where it is another one. */
  #learnRegion({ region, status = 0 }: S3Failure): boolean {
    if (this.options.client || region === undefined || region === this.#region) return false;
    if (!WRONG_REGION.has(status)) return false;
    this.#region = region;
    return true;
  }

  /** The way to where a redirection sends, where requests are signed anew; `undefined` where it is not to be followed. */
  #routeElsewhere({ status, location }: S3Failure): Route | undefined {
    if (!location || (status !== 307 && status !== 308) || this.options.client) return undefined;
    const here = new URL(this.options.endpoint ?? "https://s3.amazonaws.com");
    // Another protocol on the same host, or one that others can listen to, is for the user to choose.
    if (location.hostname === here.hostname && location.protocol !== here.protocol) return undefined;
    if (location.protocol !== "https:" && location.protocol !== here.protocol) return undefined;
    const options = redirectedOptions(this.options, location);
    // A customer's key must not travel unencrypted, wherever a server of this machine sends.
    if (wrongKeeping(options) !== undefined) return undefined;
    const key = `${options.endpoint}`;
    const route = this.#redirected.get(key) ?? this.#routeOf(options);
    this.#redirected.set(key, route);
    return route;
  }

  #routeOf(options: S3Options): Route {
    return new Route(options, {
      handler: this.#handler,
      region: () => this.#region,
      renewed: this.#renewed,
      clock: this.clock,
    });
  }

  /** Closes connections that wait for further requests. */
  close(): void {
    this.#handler.destroy();
  }
}

/** Where a redirection sends a request for a bucket, as options of a client: with the bucket in the host's name, or in the path. */
export function redirectedOptions(options: S3Options, { protocol, host }: URL): S3Options {
  const inName = host.startsWith(`${options.bucket}.`);
  return {
    ...options,
    endpoint: `${protocol}//${inName ? host.slice(options.bucket.length + 1) : host}`,
    forcePathStyle: !inName,
  };
}
