/**
 * Where a bucket is: the host and the path that its objects' requests go to.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html, https://docs.aws.amazon.com/general/latest/gr/s3.html
 *
 * @module
 */
import type { S3Options } from "../options.ts";

/** Where a bucket's requests go. */
export interface BucketAddress {
  /** `"http:"` or `"https:"`. */
  readonly protocol: string;
  /** IPv6 addresses in brackets. */
  readonly hostname: string;
  /** Where not the protocol's own. */
  readonly port?: number;
  /** Before `/key`; percent-encoded. */
  readonly path: string;
}

/** Regions whose endpoints are named as in all the world, and in China. Those of governments have domains of their own. */
const COMMON_REGION = /^(?!us-iso|eu-iso|eusc-)[a-z]{2,}(-gov)?-[a-z]+-\d+$/;

/** Buckets that have addresses, or signatures, of their own kind: access points by their ARN, Express, Outposts. */
const SPECIAL_BUCKET = /^arn:|--(x-s3|xa-s3|op-s3)$/;

/** A name that can be part of a host's; for one with dots there is no certificate. */
const HOST_LABEL = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/** A host that is an IP address has no names below it. */
const IP_ADDRESS = /^\[|^\d+\.\d+\.\d+\.\d+$/;

/**
 * Where a bucket's requests go; `undefined` where only the SDK's rules tell: access points, Express and Outposts, and regions of governments.
 */
export function addressOf(
  { bucket, endpoint, forcePathStyle = endpoint !== undefined }: S3Options,
  region: string,
): BucketAddress | undefined {
  if (SPECIAL_BUCKET.test(bucket)) return undefined;
  if (endpoint === undefined && !COMMON_REGION.test(region)) return undefined;
  const url = new URL(
    endpoint ?? `https://s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`,
  );
  const { protocol, hostname } = url;
  const port = url.port === "" ? undefined : Number(url.port);
  const base = url.pathname.replace(/\/+$/, "");
  const inHost = !forcePathStyle && !IP_ADDRESS.test(hostname) && HOST_LABEL.test(bucket);
  return inHost
    ? { protocol, hostname: `${bucket}.${hostname}`, port, path: base }
    : { protocol, hostname, port, path: `${base}/${encodeURIComponent(bucket)}` };
}
