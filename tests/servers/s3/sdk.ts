/** The AWS SDK as a client of the stand-in, for its own tests: the SDK is the oracle. */
import { S3Client, type S3ClientConfig, S3ServiceException } from "@aws-sdk/client-s3";
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import type { FakeS3 } from "./server.ts";

export { noise } from "../http/noise.ts";

/** A client that tries once, and that closes its connections when it goes out of scope. */
export function connect(s3: FakeS3, config: S3ClientConfig = {}): S3Client & Disposable {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3.credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    ...config,
  });
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}

/** A request to sign: headers and query as they shall be, the path encoded. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

/** Signs a request with the SDK's own signer; answers what `fetch` needs. */
export async function sign(
  client: S3Client,
  request: RawRequest,
  presignFor?: number,
): Promise<{ url: string; headers: Record<string, string> }> {
  const signer = await client.config.signer();
  const endpoint = await client.config.endpoint?.();
  if (!endpoint || !("presign" in signer) || typeof signer.presign !== "function") {
    throw new Error("the SDK has changed");
  }
  const { hostname, port } = endpoint;
  const plain = {
    protocol: "http:",
    hostname,
    port,
    method: request.method,
    path: request.path,
    query: { ...request.query },
    headers: {
      host: `${hostname}:${port}`,
      ...(presignFor === undefined ? {} : { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }),
      ...request.headers,
    },
  };
  const signed: typeof plain = presignFor === undefined
    ? await signer.sign(plain)
    : await signer.presign(plain, { expiresIn: presignFor });
  const query = Object.entries(signed.query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
  const { host: _, ...headers } = signed.headers;
  return { url: `http://${hostname}:${port}${signed.path}${query && "?" + query}`, headers };
}

/** Asserts that a command fails with this code and status. */
export async function assertS3Error(
  run: () => PromiseLike<unknown>,
  code: string,
  status: number,
): Promise<S3ServiceException> {
  const error = await assertRejects(run);
  assertInstanceOf(error, S3ServiceException);
  assertEquals([error.name, error.$metadata.httpStatusCode], [code, status], error.message);
  return error;
}

/** Keys that clients get wrong. */
export const ODD_KEYS: readonly string[] = [
  "%41",
  "%2F/%",
  "a b",
  "a+b",
  "a#b?c=d&e",
  "trailing/",
  "//double//slash",
  "../up/./here",
  "ünïcödé/日本/🙂",
  "e\u0301 is not \u00e9",
  "quote'\"(!*)~$,;:@=",
  "<&>]]>",
  "k".repeat(1024),
];
