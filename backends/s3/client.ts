/**
 * The SDK's client. It is loaded when the first request is made, and the SDK with it.
 *
 * @module
 */
import { S3Client } from "@aws-sdk/client-s3";
import type { HttpHandler } from "../transport/mod.ts";
import { type RenewedCredentials, withoutAsking } from "./credentials.ts";
import type { S3Options } from "./options.ts";

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
