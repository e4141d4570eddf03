import { S3Client } from "@aws-sdk/client-s3";
import { CottonCandyError } from "../../lib/errors.ts";
import { warnOncePerKind } from "../../lib/warnings.ts";
import { encodeBase64 } from "../checksum/base64.ts";
import { credentialChain } from "./credentials.ts";
import { Dialect } from "./dialect.ts";
import { type About, type Failure, failureOf, judge, mayHaveTakenEffect, translate } from "./errors.ts";
import { HttpHandler } from "../http/handler.ts";
import { checkOptions, type S3Options } from "./options.ts";
import { timeoutsOf } from "../http/limits.ts";
import { RetryPolicy } from "../http/retry.ts";
import { withoutAsking } from "./sdk_settings.ts";
import type { CallOptions, Timeouts } from "../http/wire.ts";

/** The digests that the SDK has for every platform. */
export type DigestName = "md5" | "sha1" | "sha256";

/** One bucket's client: it makes requests, tries again, and turns failures into the library's errors. */
export class S3Store {
  /** What it was made from. */
  readonly options: S3Options;
  /** The bucket. */
  readonly bucket: string;
  /** The SDK's client. */
  readonly client: S3Client;
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
  readonly #handler: HttpHandler;
  #region: string;

  /** A client for a bucket; connections and what was learned of the store are shared with `sibling`. */
  constructor(options: S3Options, sibling?: S3Store) {
    checkOptions(options);
    this.options = options;
    this.bucket = options.bucket;
    this.timeouts = timeoutsOf(options.timeout);
    this.policy = sibling?.policy ?? new RetryPolicy(options.retries);
    this.dialect = sibling?.dialect ??
      new Dialect(options.checksums ?? "CRC32", options.onWarning ?? warnOncePerKind);
    this.#handler = sibling ? sibling.#handler : new HttpHandler(this.timeouts);
    this.#region = options.region ?? "us-east-1";
    this.endpoint = options.endpoint ?? (options.client ? "the store" : `Amazon S3 (${this.#region})`);
    this.client = options.client ?? this.#makeClient();
  }

  /** Whether HTTP unpacks bodies that have a content encoding. */
  get browser(): boolean {
    return this.#handler.browser;
  }

  /** The region that requests are signed for. */
  get region(): string {
    return this.#region;
  }

  /** Whether what is sent is protected by TLS, so that signing the body as well adds nothing to its checksum. */
  get encrypted(): boolean {
    return !this.options.client && !this.options.endpoint?.toLowerCase().startsWith("http:");
  }

  #makeClient(): S3Client {
    const { endpoint, credentials, forcePathStyle = endpoint !== undefined } = this.options;
    const anonymous = credentials === "anonymous";
    return new S3Client({
      ...withoutAsking(),
      endpoint,
      forcePathStyle,
      region: () => Promise.resolve(this.#region),
      credentials: anonymous
        ? { accessKeyId: "anonymous", secretAccessKey: "anonymous" }
        : credentials ?? credentialChain(),
      ...(anonymous ? { signer: { sign: (request) => Promise.resolve(request) } } : {}),
      requestHandler: this.#handler,
      // Tries, checksums and waiting for "100 Continue" are this backend's own.
      maxAttempts: 1,
      retryMode: "standard",
      defaultsMode: "standard",
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      expectContinueHeader: false,
    });
  }

  /**
   * Makes a request, again where that may help.
   *
   * @param about What is being done, for messages.
   * @param signal Ends it with its reason.
   * @param request Makes one attempt; must pass `options` to `client.send`.
   * @param extra How this call differs from others; without a signal of its own, `signal` ends it between attempts only.
   */
  async call<T>(
    about: About,
    signal: AbortSignal | undefined,
    request: (client: S3Client, options: CallOptions) => Promise<T>,
    extra: CallOptions = {},
  ): Promise<T> {
    signal?.throwIfAborted();
    const options: CallOptions = { abortSignal: signal, signal, ...extra };
    let uncertain = false;
    try {
      return await this.policy.run(
        () => request(this.client, options),
        (error, attempt) => {
          if (error instanceof CottonCandyError) return { again: false };
          const failure = failureOf(error);
          uncertain ||= mayHaveTakenEffect(failure);
          if (!uncertain) options.onRefused?.();
          return this.#learnRegion(failure) ? { again: "now" } : judge(failure, attempt, about);
        },
        signal,
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw translate(error, { bucket: this.bucket, ...about }, this.endpoint, uncertain);
    }
  }

  /** Takes the region that a refusal names, where it is another one. */
  #learnRegion({ region, status }: Failure): boolean {
    if (this.options.client || region === undefined || region === this.#region) return false;
    if (status !== 301 && status !== 307 && status !== 400 && status !== 403) return false;
    this.#region = region;
    return true;
  }

  /** A digest of bytes in memory, in base64. */
  async digest(name: DigestName, bytes: Uint8Array): Promise<string> {
    return encodeBase64(await this.digestBytes(name, bytes));
  }

  /** A digest of bytes in memory. */
  async digestBytes(name: DigestName, bytes: Uint8Array): Promise<Uint8Array> {
    const hash = new this.client.config[name]();
    hash.update(bytes);
    return await hash.digest();
  }

  /** Closes connections that wait for further requests. */
  close(): void {
    this.#handler.destroy();
  }
}
