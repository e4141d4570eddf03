/** Google's client, and plain requests, for the stand-in's own tests: the client is the oracle. */
import { drive, type drive_v3 } from "@googleapis/drive";
import { assertEquals, assertRejects } from "@std/assert";
import type { FakeDrive, TokenOptions } from "./fake.ts";
import { isArray, isObject, type Json, parseJson } from "./json.ts";

/** A client that tries once. */
export function connect(fake: FakeDrive, who: TokenOptions = {}): drive_v3.Drive {
  return drive({
    version: "v3",
    rootUrl: fake.endpoint,
    headers: { authorization: `Bearer ${fake.token(who)}` },
    retry: false,
  });
}

/** What Google's client has to be told with each upload: it goes to Google otherwise, whatever its own `rootUrl`. */
export function upload(fake: FakeDrive): { rootUrl: string } {
  return { rootUrl: fake.endpoint };
}

/** Downloads with Google's client. */
export async function download(
  files: drive_v3.Resource$Files,
  parameters: drive_v3.Params$Resource$Files$Get,
): Promise<Uint8Array> {
  const { data } = await files.get({ ...parameters, alt: "media" }, { responseType: "arraybuffer" });
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new Error("not an ArrayBuffer");
}

/** A plain request: bytes and forms as they are, anything else as JSON. */
export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | URLSearchParams | string;
  readonly json?: Json;
  readonly signal?: AbortSignal;
}

/** An answer that has been read. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The reason of an error of the API. */
  readonly reason: string | undefined;
  /** The JSON; throws when it is none. */
  json(): Json;
  /** What is in the JSON under these names. */
  at(...names: (string | number)[]): Json | undefined;
}

/** What is in a value under these names. */
function inside(value: Json | undefined, names: readonly (string | number)[]): Json | undefined {
  for (const name of names) {
    if (isArray(value) && typeof name === "number") value = value[name];
    else if (isObject(value) && typeof name === "string") value = value[name];
    else return undefined;
  }
  return value;
}

function reasonOf(text: string): string | undefined {
  try {
    const reason = inside(parseJson(text), ["error", "errors", 0, "reason"]);
    return typeof reason === "string" ? reason : undefined;
  } catch {
    return undefined;
  }
}

/** A connection for each request: on one that it has used before, `fetch` itself tries again when it is closed. */
const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

/** Sends a request as it is. */
export async function send(url: string, request: RawRequest = {}): Promise<RawAnswer> {
  const { method = "GET", headers = {}, query = {}, body, json, signal } = request;
  const target = new URL(url);
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
  const response = await fetch(target, {
    method,
    headers: json === undefined ? headers : { "content-type": "application/json; charset=UTF-8", ...headers },
    body: json === undefined ? body : JSON.stringify(json),
    redirect: "manual",
    signal,
    client,
  });
  const bytes = await response.bytes();
  const text = new TextDecoder().decode(bytes);
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    text,
    reason: reasonOf(text),
    json: () => parseJson(text),
    at: (...names) => inside(parseJson(text), names),
  };
}

/** Sends requests with one token; a path is below the endpoint. */
export function caller(
  fake: FakeDrive,
  who: TokenOptions = {},
): (path: string, request?: RawRequest) => Promise<RawAnswer> {
  const authorization = `Bearer ${fake.token(who)}`;
  return (path, request = {}) =>
    send(new URL(path, fake.endpoint).href, { ...request, headers: { authorization, ...request.headers } });
}

/** Asserts an error of the API. */
export function assertReason(answer: RawAnswer, status: number, reason: string): void {
  assertEquals([answer.status, answer.reason], [status, reason], answer.text);
}

/** Asserts that Google's client fails with this status and reason. */
export async function assertDriveError(
  run: () => Promise<unknown>,
  status: number,
  reason: string,
): Promise<void> {
  const error = await assertRejects(run, Error);
  const response = "response" in error ? error.response : undefined;
  const data = typeof response === "object" && response !== null && "data" in response
    ? response.data
    : undefined;
  const given = typeof response === "object" && response !== null && "status" in response
    ? response.status
    : undefined;
  assertEquals(
    [given, reasonOf(typeof data === "string" ? data : JSON.stringify(data))],
    [status, reason],
    error.message,
  );
}

/** The address of a resumable upload that has just begun, from the answer's headers. */
export function sessionOf(answer: RawAnswer): string {
  const location = answer.headers.get("location");
  if (answer.status !== 200 || location === null) {
    throw new Error(`no session: ${answer.status} ${answer.text}`);
  }
  return location;
}

/** Names that clients get wrong. */
export const ODD_NAMES: readonly string[] = [
  "a/b",
  "..",
  "it's",
  "back\\slash\\' and",
  "%41+%2F",
  "ünïcödé/日本/🙂",
  "e\u0301 is not \u00e9",
  " leading and trailing ",
  "control\u0001\n\t",
  '"*<>|?:',
  "n".repeat(2000),
];
