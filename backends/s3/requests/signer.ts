/**
 * Signatures of requests: AWS Signature Version 4, as S3 takes it in the `authorization` header, with the body's digest in `x-amz-content-sha256`. Of paths S3 signs what stands on the
 * request line, where other services normalise and encode it once more.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html ("Signature Version 4 for S3"); what is left unsigned, and white space beyond blanks, as in the AWS SDK.
 *
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "../../../lib/base64.ts";
import { CottonCandyError } from "../../../lib/errors.ts";
import { messageOf } from "../../../lib/error_context.ts";
import { percentEncode, type WireRequest } from "../../transport/mod.ts";
import type { S3Credentials } from "../options.ts";

const ALGORITHM = "AWS4-HMAC-SHA256";

/** Headers of ours that proxies may write anew on the way. */
const UNSIGNED: ReadonlySet<string> = new Set(["cache-control", "user-agent"]);

/** A request of which all is there but the signature. */
export interface RequestToSign extends WireRequest {
  /** Not encoded. */
  readonly query: Record<string, string>;
  /** Names in lower case; with `host` and `x-amz-content-sha256`. */
  readonly headers: Record<string, string>;
}

/** What signs requests. */
export interface RequestSigner {
  /** Signs a request for a region and as of a time: the same request with three more headers. An abort ends the waiting for credentials. */
  sign(request: RequestToSign, region: string, date: Date, signal?: AbortSignal): Promise<WireRequest>;
}

/** Something that could not be had before anything was sent. Its name is what the SDK calls it. */
class CredentialsProviderError extends Error {
  override readonly name = "CredentialsProviderError";
}

/**
 * Makes a signer with credentials as they are at the time.
 *
 * HMAC is that of `@noble/hashes`: of so little text it takes half the time of WebCrypto, and pages that did not come by https have none.
 */
export function requestSigner(
  credentials: (signal?: AbortSignal) => Promise<S3Credentials>,
): RequestSigner {
  let keyed: { readonly scope: string; readonly secret: string; readonly key: Uint8Array } | undefined;
  return {
    async sign(request, region, date, signal) {
      const { accessKeyId, secretAccessKey: secret, sessionToken } = await asked(credentials, signal);
      const time = date.toISOString().replace(/[-:]|\.\d+/g, "");
      const parts = [time.slice(0, 8), region, "s3", "aws4_request"];
      const scope = parts.join("/");
      // It holds for a day, and takes four of the five HMACs.
      if (keyed?.scope !== scope || keyed.secret !== secret) {
        keyed = { scope, secret, key: keyOf(secret, parts) };
      }
      const headers: Record<string, string> = { ...request.headers, "x-amz-date": time };
      if (sessionToken) headers["x-amz-security-token"] = sessionToken;
      const names = Object.keys(headers).filter((name) => !UNSIGNED.has(name)).sort();
      const signedHeaders = names.join(";");
      const canonical = [
        request.method,
        request.path,
        canonicalQuery(request.query),
        ...names.map((name) => `${name}:${canonicalValue(headers[name])}`),
        "",
        signedHeaders,
        headers["x-amz-content-sha256"],
      ].join("\n");
      const toSign = [ALGORITHM, time, scope, toHex(sha256(utf8(canonical)))].join("\n");
      const signature = toHex(hmac(sha256, keyed.key, utf8(toSign)));
      headers["authorization"] =
        `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
      return { ...request, headers };
    },
  };
}

async function asked(
  credentials: (signal?: AbortSignal) => Promise<S3Credentials>,
  signal: AbortSignal | undefined,
): Promise<S3Credentials> {
  try {
    return await credentials(signal);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof CottonCandyError) throw cause;
    throw new CredentialsProviderError(messageOf(cause), { cause });
  }
}

/** The key that signs within a scope: day, region, service and `aws4_request`, each the text of an HMAC whose key is the one before. */
function keyOf(secret: string, scope: readonly string[]): Uint8Array {
  return scope.reduce((key, part) => hmac(sha256, key, utf8(part)), utf8(`AWS4${secret}`));
}

/** Sorted by names, which may begin with one another. */
function canonicalQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map((pair) => pair.map(percentEncode));
  return pairs.sort(([a], [b]) => a < b ? -1 : 1).map((pair) => pair.join("=")).join("&");
}

/** A header's value without white space around it, and with one blank for any within. */
function canonicalValue(value: string): string {
  return value.replace(/[ \t\r\n]+/g, " ").replace(/^ | $/g, "");
}

const encoder = new TextEncoder();

function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}
