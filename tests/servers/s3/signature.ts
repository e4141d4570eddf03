/**
 * AWS Signature Version 4 as S3 checks it ("Authenticating Requests (AWS Signature Version 4)" of the S3 API reference): in the
 * Authorization header or in the query. The canonical request is rebuilt from what was received: path and query are decoded
 * and encoded again once, so a client that encodes twice, or not at all, has signed something else.
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { s3Error } from "./error.ts";
import { decodePercent, parseQuery } from "./route.ts";

/** Keys of the one account. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What is signed of a request. */
export interface SignedRequest {
  readonly method: string;
  /** As received, still encoded. */
  readonly rawPath: string;
  /** As received, still encoded, without `?`. */
  readonly rawQuery: string;
  /** All headers in lower case, one string a line received; bytes as latin1. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** A signature that held. Chunked payloads go on from it. */
export interface Verified {
  /** The value of x-amz-content-sha256. */
  readonly payloadHash: string;
  readonly signature: string;
  readonly signingKey: Buffer;
  readonly scope: string;
  readonly timestamp: string;
}

/** Encodes every byte but the unreserved ones (RFC 3986), `/` too unless it is kept. */
export function encodePercent(value: string, keepSlash = false): string {
  const encoded = encodeURIComponent(value).replace(
    /[!'()*]/g,
    (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase(),
  );
  return keepSlash ? encoded.replaceAll("%2F", "/") : encoded;
}

const hmac = (key: Buffer | string, data: string) =>
  createHmac("sha256", key).update(data, "latin1").digest();

function parseTimestamp(value: string | undefined): number {
  const m = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(value ?? "");
  if (!m) {
    throw s3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
  }
  return Date.UTC(+m[1], +m[2] - 1, +m[3], +m[4], +m[5], +m[6]);
}

function canonicalQuery(rawQuery: string): string {
  return parseQuery(rawQuery)
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]): [string, string] => [encodePercent(name), encodePercent(value)])
    .sort(([a, x], [b, y]) => a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

interface Claim {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly timestamp: string;
  readonly payloadHash: string;
  readonly presigned: boolean;
}

function headerClaim(request: SignedRequest, authorization: string): Claim {
  const malformed = (why: string) =>
    s3Error("AuthorizationHeaderMalformed", `The authorization header is malformed; ${why}`);
  const rest = /^AWS4-HMAC-SHA256\s+(.*)$/.exec(authorization)?.[1];
  if (rest === undefined) throw s3Error("InvalidArgument", "Unsupported Authorization Type");
  const fields = new Map(
    rest.split(",").map((field) => {
      const at = field.indexOf("=");
      return [field.slice(0, at).trim(), field.slice(at + 1).trim()];
    }),
  );
  const [credential, signedHeaders, signature] = ["Credential", "SignedHeaders", "Signature"].map((name) => {
    const value = fields.get(name);
    if (!value) throw malformed(`the ${name} component is missing.`);
    return value;
  });
  const payloadHash = request.headers.get("x-amz-content-sha256")?.join(",");
  if (payloadHash === undefined) {
    throw s3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  }
  if (!/^[0-9a-f]{64}$|^UNSIGNED-PAYLOAD$|^STREAMING-[A-Z0-9-]+$/.test(payloadHash)) {
    throw s3Error(
      "InvalidArgument",
      "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.",
    );
  }
  const timestamp = request.headers.get("x-amz-date")?.[0] ?? "";
  return { credential, signedHeaders, signature, timestamp, payloadHash, presigned: false };
}

function queryClaim(query: Map<string, string>, now: number): Claim {
  const bad = (why: string) => s3Error("AuthorizationQueryParametersError", why);
  const [credential, signedHeaders, signature, timestamp, expires] = [
    "X-Amz-Credential",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-Expires",
  ].map((name) => {
    const value = query.get(name);
    if (!value) {
      throw bad(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
      );
    }
    return value;
  });
  if (query.get("X-Amz-Algorithm") !== "AWS4-HMAC-SHA256") {
    throw bad('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  }
  if (!/^\d+$/.test(expires) || +expires > 604800) {
    throw bad("X-Amz-Expires must be between 0 and 604800 seconds");
  }
  const from = parseTimestamp(timestamp);
  if (now > from + +expires * 1000) {
    throw s3Error("AccessDenied", "Request has expired", { Expires: expires });
  }
  if (from > now + 15 * 60_000) throw s3Error("AccessDenied", "Request is not yet valid");
  return {
    credential,
    signedHeaders,
    signature,
    timestamp,
    payloadHash: "UNSIGNED-PAYLOAD",
    presigned: true,
  };
}

/** Checks a request's signature; `undefined` when it has none. Throws what S3 answers. */
export function verifySignature(
  request: SignedRequest,
  credentials: Credentials,
  region: string,
  now: number,
): Verified | undefined {
  const authorization = request.headers.get("authorization");
  const query = new Map(parseQuery(request.rawQuery));
  if (!authorization && !query.has("X-Amz-Signature") && !query.has("X-Amz-Algorithm")) return undefined;
  if (authorization && query.has("X-Amz-Algorithm")) {
    throw s3Error("InvalidArgument", "Only one auth mechanism allowed");
  }
  const claim = authorization ? headerClaim(request, authorization.join(",")) : queryClaim(query, now);
  const malformed = (why: string, details: Record<string, string> = {}) =>
    claim.presigned
      ? s3Error(
        "AuthorizationQueryParametersError",
        `Error parsing the X-Amz-Credential parameter; ${why}`,
        details,
      )
      : s3Error("AuthorizationHeaderMalformed", `The authorization header is malformed; ${why}`, details);

  const scopeParts = claim.credential.split("/");
  if (scopeParts.length < 5) throw malformed("the Credential is mal-formed.");
  const [date, scopeRegion, service, terminator] = scopeParts.slice(-4);
  const accessKeyId = scopeParts.slice(0, -4).join("/");
  if (scopeRegion !== region) {
    throw malformed(`the region '${scopeRegion}' is wrong; expecting '${region}'`, { Region: region });
  }
  if (service !== "s3") throw malformed(`incorrect service "${service}". This endpoint belongs to "s3".`);
  if (terminator !== "aws4_request") throw malformed(`incorrect terminal "${terminator}".`);
  if (accessKeyId !== credentials.accessKeyId) {
    throw s3Error("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", {
      AWSAccessKeyId: accessKeyId,
    });
  }
  const token = request.headers.get("x-amz-security-token")?.[0] ?? query.get("X-Amz-Security-Token");
  if (token !== credentials.sessionToken) {
    throw s3Error("InvalidToken", "The provided token is malformed or otherwise invalid.");
  }
  const time = parseTimestamp(claim.timestamp);
  if (!claim.timestamp.startsWith(date)) {
    throw malformed(`invalid credential date "${date}". This date is not the same as X-Amz-Date.`);
  }
  if (!claim.presigned && Math.abs(now - time) > 15 * 60_000) {
    throw s3Error(
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
      {
        RequestTime: claim.timestamp,
        ServerTime: new Date(now).toISOString(),
        MaxAllowedSkewMilliseconds: "900000",
      },
    );
  }

  const signed = claim.signedHeaders.split(";");
  const unsigned = [...request.headers.keys()].filter((name) =>
    (name === "host" || name.startsWith("x-amz-")) && !signed.includes(name) &&
    // A query's signature covers no payload hash; S3 lets that one header be.
    !(claim.presigned && name === "x-amz-content-sha256")
  );
  if (unsigned.length > 0) {
    throw s3Error("AccessDenied", "There were headers present in the request which were not signed", {
      HeadersNotSigned: unsigned.join(", "),
    });
  }
  const canonicalRequest = [
    request.method,
    encodePercent(decodePercent(request.rawPath), true),
    canonicalQuery(request.rawQuery),
    ...signed.map((name) =>
      `${name}:${
        (request.headers.get(name) ?? []).map((value) => value.trim().replace(/[ \t]+/g, " ")).join(",")
      }`
    ),
    "",
    claim.signedHeaders,
    claim.payloadHash,
  ].join("\n");
  const scope = `${date}/${region}/s3/aws4_request`;
  const stringToSign = [
    "AWS4-HMAC-SHA256",
    claim.timestamp,
    scope,
    createHash("sha256").update(canonicalRequest, "latin1").digest("hex"),
  ].join("\n");
  const signingKey = ["aws4_request", "s3", region, date].reduceRight<Buffer>(
    (key, data) => hmac(key, data),
    Buffer.from("AWS4" + credentials.secretAccessKey),
  );
  const expected = hmac(signingKey, stringToSign);
  const given = Buffer.from(claim.signature, "hex");
  const isSorted = signed.every((name, i) => i === 0 || signed[i - 1] < name);
  if (!isSorted || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw s3Error(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      { StringToSign: stringToSign, CanonicalRequest: canonicalRequest, SignatureProvided: claim.signature },
    );
  }
  return {
    payloadHash: claim.payloadHash,
    signature: claim.signature,
    signingKey,
    scope,
    timestamp: claim.timestamp,
  };
}
