/**
 * The requests for objects and their listing, made here: the SDK needs several times the work for the same bytes on the wire, and a page to load 88 kB first.
 *
 * @module
 */
import { toHex } from "../../../lib/base64.ts";
import { digestOf } from "../../../lib/checksums.ts";
import type { HttpHandler, WireCallOptions } from "../../transport/mod.ts";
import { refusalOf } from "../failure.ts";
import type { ServerClock } from "../server_clock.ts";
import { errorElements, rootElement } from "../xml.ts";
import type { BucketAddress } from "./address.ts";
import {
  answerOf,
  headersOf,
  METHODS,
  type ObjectAnswer,
  type ObjectInput,
  type ObjectOperation,
  pathOf,
  queryOf,
} from "./fields.ts";
import type { RequestSigner, RequestToSign } from "./signer.ts";

/** What the requests are made with. */
export interface OwnRequests {
  readonly handler: HttpHandler;
  readonly clock: ServerClock;
  /** The region that they are signed for. */
  readonly region: string;
  /** Without one, the requests are anonymous. */
  readonly signer?: RequestSigner;
}

/** SHA-256 of no bytes. */
const NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/**
 * Makes one request, once.
 *
 * @param extra Headers that are no fields of the input.
 * @throws {S3Refusal} when the answer is one; {NetworkFailure} when there is none.
 */
export async function requestObject(
  operation: ObjectOperation,
  { protocol, hostname, port, path }: BucketAddress,
  input: ObjectInput,
  extra: Readonly<Record<string, string>>,
  { handler, clock, region, signer }: OwnRequests,
  options: WireCallOptions,
): Promise<ObjectAnswer> {
  const date = clock.signingDate();
  const request: RequestToSign = {
    method: METHODS[operation],
    protocol,
    hostname,
    port,
    path: `${path}/${pathOf(input.Key ?? "")}`,
    query: queryOf(operation, input),
    headers: {
      host: port === undefined ? hostname : `${hostname}:${port}`,
      // Servers and what is before them are wary of who does not say what he is. A browser says so by itself.
      ...(handler.browser ? {} : { "user-agent": "cottoncandy" }),
      ...(signer ? { "x-amz-content-sha256": NOTHING } : {}),
      ...headersOf(input),
      ...extra,
    },
    body: input.Body,
  };
  if (signer && input.Body && extra["x-amz-content-sha256"] === undefined) {
    request.headers["x-amz-content-sha256"] = toHex(await digestOf("SHA256", input.Body));
  }
  const { response } = await handler.handle(
    signer ? await signer.sign(request, region, date, options.signal) : request,
    options,
  );
  const { statusCode: status, headers, body } = response;
  const bytes = body instanceof Uint8Array ? body : undefined;
  const answered = serverTime(headers, bytes);
  clock.note(answered);
  // Some stores say yes before they know, and then no.
  if (
    status < 200 || status >= 300 || (bytes && operation !== "GetObject" && rootElement(bytes) === "Error")
  ) {
    const corrected = signer !== undefined && answered !== undefined &&
      clock.isWrong(date.getTime(), answered);
    throw refusalOf(status, headers, bytes ?? new Uint8Array(), corrected);
  }
  const answer = answerOf(status, headers);
  switch (operation) {
    case "GetObject":
      return { ...answer, body: body instanceof Uint8Array ? new Blob([body]).stream() : body };
    case "ListObjectsV2":
      return { ...answer, xml: bytes };
    default:
      return answer;
  }
}

/** The server's clock, in milliseconds. A refusal of what was signed at another time says it in words, since pages don't see the header; what a cache keeps is of when that was filled. */
function serverTime(
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | undefined,
): number | undefined {
  const { ServerTime } = body ? errorElements(body) : {};
  const time = Date.parse(ServerTime ?? (headers["age"] === undefined ? headers["date"] ?? "" : ""));
  return Number.isNaN(time) ? undefined : time;
}
