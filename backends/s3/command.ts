/**
 * What is done to a command of the SDK on its way: its request is changed before it is signed, its answer looked at before it is read.
 *
 * @module
 */
import type {
  $Command,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from "@aws-sdk/client-s3";
import { concat, unshared } from "../../lib/bytes.ts";
import { IntegrityError } from "../../lib/errors.ts";
import type { S3Operation } from "./errors.ts";
import { rootElement } from "./xml.ts";

/** A request before it is signed. */
export interface UnsignedRequest {
  /** Names in lower case. */
  readonly headers: Record<string, string>;
  /** What is sent. */
  readonly body?: unknown;
}

/** A command of the SDK. */
export type S3Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = $Command<
  Input,
  Output,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>;

/** What sends commands of the SDK, as they come from `npm:@aws-sdk/client-s3`. */
export interface S3CommandSender {
  /** Sends a command once, and gives the SDK's answer or its error. */
  send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: S3Command<Input, Output>,
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<Output>;
}

/**
 * Changes the request that a command makes, before it is signed. The command's own stack is used, so that a client which was passed in stays as it is.
 */
export function adjust<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  command: S3Command<Input, Output>,
  change: (request: UnsignedRequest) => void | Promise<void>,
): void {
  command.middlewareStack.add(
    (next) => async (args) => {
      if (isRequest(args.request)) await change(args.request);
      return next(args);
    },
    { step: "build", priority: "low" },
  );
}

function isRequest(request: unknown): request is UnsignedRequest {
  return typeof request === "object" && request !== null && "headers" in request &&
    typeof request.headers === "object";
}

/** What an answer is beside what the SDK makes of it, which overlooks what it does not know. */
export interface RawAnswer {
  /** Name of the XML's root element; `undefined` when the body is no XML. */
  root?: string;
  /** The body, of answers in XML. */
  body?: Uint8Array<ArrayBuffer>;
  /** The server's clock when it answered, in milliseconds; a whole second. */
  date?: number;
}

/** An answer without a body. */
const NOTHING = "";
/** Root elements of answers that would mean something else if they were not there (no objects, none that failed), or of which nothing is read but that they came: then a page would be taken for them. */
const ROOTS: Readonly<Record<string, readonly string[]>> = {
  ListObjectsV2: ["ListBucketResult"],
  ListObjectVersions: ["ListVersionsResult"],
  ListMultipartUploads: ["ListMultipartUploadsResult"],
  // The second is moto's.
  ListParts: ["ListPartsResult", "ListPartsResponse"],
  ListBuckets: ["ListAllMyBucketsResult"],
  GetObjectTagging: ["Tagging"],
  DeleteObjects: ["DeleteResult"],
  DeleteObject: [NOTHING],
  PutObjectTagging: [NOTHING],
  // The second is moto's.
  CreateBucket: [NOTHING, "CreateBucketResponse"],
  DeleteBucket: [NOTHING],
};

/** Has the answers to a command looked at before the SDK reads them; what is given holds the latest. `check` sees those of success. */
export function watchAnswer<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  operation: string,
  command: S3Command<Input, Output>,
  check: (answer: RawAnswer) => void,
): RawAnswer {
  const seen: RawAnswer = {};
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      if (typeof response !== "object" || response === null) return result;
      const headers: unknown = Reflect.get(response, "headers");
      const date = Date.parse(String(typeof headers === "object" && headers && Reflect.get(headers, "date")));
      seen.date = Number.isNaN(date) ? undefined : date;
      if (!(operation in ROOTS)) return result;
      const body = await bytesOf(Reflect.get(response, "body"));
      Reflect.set(response, "body", body);
      seen.body = body;
      const root = rootElement(body);
      seen.root = root;
      const status = Number(Reflect.get(response, "statusCode"));
      // An error in an answer of success is the SDK's to understand.
      if (status >= 200 && status < 300 && root !== "Error") check(seen);
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  return seen;
}

/** A body that a client of the user's own gives as a stream. */
async function bytesOf(body: unknown): Promise<Uint8Array<ArrayBuffer>> {
  if (body instanceof Uint8Array) return unshared(body);
  const pieces: Uint8Array[] = [];
  if (isIterable(body)) {
    for await (const piece of body) if (piece instanceof Uint8Array) pieces.push(piece);
  }
  return concat(...pieces);
}

function isIterable(body: unknown): body is AsyncIterable<unknown> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

/**
 * Whether an answer of success is one to what was asked: pages of a proxy or a console are none.
 *
 * @throws {IntegrityError} when it isn't; whether something was written is unknown then.
 */
export function checkAnswer(
  { operation, key, bucket, writes }: S3Operation,
  { root, body }: RawAnswer,
  endpoint: string,
): void {
  const expected = ROOTS[operation];
  const answered = body === undefined || body.byteLength === 0 ? NOTHING : root;
  if (expected === undefined || answered !== undefined && expected.includes(answered)) return;
  const what = answered === undefined ? "what is no XML" : answered === NOTHING ? "nothing" : `<${answered}>`;
  throw new IntegrityError(
    `${endpoint} answered ${operation} with ${what}, not as S3 does. Check the endpoint's address, and what is between.`,
    { key, bucket, committed: writes ? "unknown" : undefined },
  );
}
