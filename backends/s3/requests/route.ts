import type { S3Client } from "@aws-sdk/client-s3";
import { loadOnce } from "../../../lib/async.ts";
import { isNotGranted } from "../../../lib/environment.ts";
import { AccessDeniedError } from "../../../lib/errors.ts";
import type { HttpHandler, WireCallOptions } from "../../transport/mod.ts";
import { type RenewedCredentials, usesEndpointVariant } from "../credentials.ts";
import type { S3Options } from "../options.ts";
import type { ServerClock } from "../server_clock.ts";
import { addressOf, type BucketAddress } from "./address.ts";
import type { ObjectAnswer, ObjectInput, ObjectOperation } from "./fields.ts";
import type { RequestSigner } from "./signer.ts";

/** What the ways to a store's buckets share. */
export interface RouteParts {
  /** Makes the requests. */
  readonly handler: HttpHandler;
  /** The region to sign for, at this moment. */
  readonly region: () => string;
  /** Who signs, where a function tells. */
  readonly renewed?: RenewedCredentials;
  /** The store's clock. */
  readonly clock: ServerClock;
}

const ownRequests = loadOnce(() => import("./own.ts"));

/** The way to a bucket: requests for objects and their listing are made here where that can be, and all else by the SDK, which is loaded when it is first needed. */
export class Route {
  readonly #options: S3Options;
  readonly #parts: RouteParts;
  #client?: Promise<S3Client>;
  #signer?: RequestSigner;
  #usesVariant?: boolean;
  /** The bucket's address, for the region that was asked for last. */
  #addressed?: { readonly region: string; readonly address: BucketAddress | undefined };

  /** Loads nothing yet. */
  constructor(options: S3Options, parts: RouteParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /**
   * The SDK's client.
   *
   * @throws {AccessDeniedError} when Deno was not allowed to load it.
   */
  client(): Promise<S3Client> {
    return this.#client ??= this.#options.client
      ? Promise.resolve(this.#options.client)
      : this.#makeClient().catch((error) => {
        this.#client = undefined;
        throw error;
      });
  }

  async #makeClient(): Promise<S3Client> {
    const { makeClient } = await withSdk(() => import("../client.ts"));
    return makeClient(this.#options, this.#parts);
  }

  /**
   * Makes one request, once.
   *
   * @param extra Headers that are no fields of the input.
   */
  async request(
    operation: ObjectOperation,
    input: ObjectInput,
    extra: Readonly<Record<string, string>>,
    options: WireCallOptions,
  ): Promise<ObjectAnswer> {
    const { handler, clock } = this.#parts;
    const region = this.#parts.region();
    // Endpoints that the environment or a profile names or asks for (FIPS, dual-stack) are the SDK's to find.
    const address = this.#options.client ||
        (this.#usesVariant ??= await usesEndpointVariant(this.#options.endpoint))
      ? undefined
      : this.#addressIn(region);
    if (!address) {
      const { requestObjectBySdk } = await withSdk(() => import("./by_sdk.ts"));
      const client = await this.client();
      await this.#parts.renewed?.get(options.signal);
      return await requestObjectBySdk(operation, input, extra, {
        client,
        clock,
        bucket: this.#options.bucket,
      }, options);
    }
    // A page loads both at the same time.
    const [{ requestObject }, signer] = await Promise.all([
      ownRequests(),
      this.#signer ?? this.#makeSigner(),
    ]);
    this.#signer = signer;
    return await requestObject(operation, address, input, extra, { handler, clock, region, signer }, options);
  }

  #addressIn(region: string): BucketAddress | undefined {
    if (this.#addressed?.region !== region) {
      this.#addressed = { region, address: addressOf(this.#options, region) };
    }
    return this.#addressed.address;
  }

  async #makeSigner(): Promise<RequestSigner | undefined> {
    const { credentials } = this.#options;
    const { renewed } = this.#parts;
    if (credentials === "anonymous") return undefined;
    const { requestSigner } = await import("./signer.ts");
    if (renewed) return requestSigner((signal) => renewed.get(signal));
    return requestSigner(() =>
      typeof credentials === "object"
        ? Promise.resolve(credentials)
        : Promise.reject(new Error("none were given"))
    );
  }
}

/**
 * Loads what imports the SDK, which reads variables of the environment while it is loaded, whatever it is then told.
 *
 * @throws {AccessDeniedError} when Deno does not let it.
 */
export async function withSdk<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!isNotGranted(cause)) throw cause;
    throw new AccessDeniedError(
      "the AWS SDK can't be loaded, which all but listing, and reading, writing and looking up single objects, needs: it looks into the environment. Run Deno with --allow-env, or with --ignore-env to show it none",
      { cause },
    );
  }
}
