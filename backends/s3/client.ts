/**
 * The SDK's client, and the credentials that it signs with.
 *
 * @module
 */
import { S3Client } from "@aws-sdk/client-s3";
import type { HttpHandler } from "../transport/mod.ts";
import { credentialChain, withoutAsking } from "./credentials.ts";
import type { S3Credentials, S3Options } from "./options.ts";

/** Milliseconds before their end at which credentials are renewed. */
const EARLY = 5 * 60_000;

/** Credentials that a function gives: asked for once, and again when they end, or a store says that they have. */
export class RenewedCredentials {
  readonly #ask: () => Promise<S3Credentials>;
  #current?: Promise<S3Credentials>;
  #generation = 0;

  /** Asks nothing yet. */
  constructor(ask: () => Promise<S3Credentials>) {
    this.#ask = ask;
  }

  /** Tells credentials apart: with which of them a request was signed. */
  get generation(): number {
    return this.#generation;
  }

  /** Those that hold now. */
  async get(): Promise<S3Credentials> {
    const credentials = await (this.#current ??= this.#asked());
    const { expiration } = credentials;
    if (expiration === undefined || expiration.getTime() - Date.now() >= EARLY) return credentials;
    this.drop(this.#generation);
    return await (this.#current ??= this.#asked());
  }

  /** Has others asked for, when those of this generation were refused; they may have been replaced since. */
  drop(generation: number): void {
    if (generation !== this.#generation) return;
    this.#generation++;
    this.#current = undefined;
  }

  async #asked(): Promise<S3Credentials> {
    const generation = this.#generation;
    try {
      return await this.#ask();
    } catch (error) {
      this.drop(generation);
      throw error;
    }
  }
}

/** The credentials of a store's options, where a function gives them. */
export function renewedCredentials({ client, credentials }: S3Options): RenewedCredentials | undefined {
  if (client || (credentials !== undefined && typeof credentials !== "function")) return undefined;
  return new RenewedCredentials(credentials ?? credentialChain());
}

/** What a client is made of, beside the options. */
export interface ClientParts {
  /** Makes the requests. */
  readonly handler: HttpHandler;
  /** The region to sign for, at this moment. */
  readonly region: () => string;
  /** Who signs, where a function tells. */
  readonly renewed?: RenewedCredentials;
}

/** Makes a client that leaves tries, checksums, and waiting for "100 Continue" to this backend. */
export function makeClient(options: S3Options, { handler, region, renewed }: ClientParts): S3Client {
  const { endpoint, credentials, forcePathStyle = endpoint !== undefined } = options;
  const anonymous = credentials === "anonymous";
  return new S3Client({
    ...withoutAsking(),
    endpoint,
    forcePathStyle,
    region: () => Promise.resolve(region()),
    // `memoized` has the SDK ask for each request: it would keep what has no expiration for good.
    credentials: renewed
      ? Object.assign(() => renewed.get(), { memoized: true })
      : typeof credentials === "object"
      ? credentials
      : { accessKeyId: "anonymous", secretAccessKey: "anonymous" },
    ...(anonymous ? { signer: { sign: (request) => Promise.resolve(request) } } : {}),
    requestHandler: handler,
    maxAttempts: 1,
    retryMode: "standard",
    defaultsMode: "standard",
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    expectContinueHeader: false,
  });
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
