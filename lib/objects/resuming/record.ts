/**
 * What is remembered of a transfer that can be taken up again, and where.
 *
 * @module
 */
import type { Backend, UploadToken } from "../../../backends/backend.ts";
import { storeIdentity } from "../../../backends/upload_token.ts";
import { toHex } from "../../base64.ts";
import { IntegrityError } from "../../errors.ts";
import { asError } from "../../error_context.ts";
import type { JsonValue } from "../../json.ts";
import { type OnWarning, warnOncePerKind } from "../../warnings.ts";

/** What an upload takes its bytes from. */
export interface ResumeSource {
  /** What it is, for messages: a file's path, the URL of an object; `""` for a stream, which has no name. */
  readonly id: string;
  /** Tells one version of it from another, and what else the upload was begun with: another one is another upload. */
  readonly fingerprint: string;
}

/** What a {@linkcode ResumeStore} keeps of an upload: plain JSON, without secrets. */
export interface ResumeRecord {
  /** The form of this record. */
  readonly version: 1;
  /** By which the store knows the upload. */
  readonly token: UploadToken;
  /** What it was begun with. */
  readonly source: ResumeSource;
}

/**
 * Remembers uploads that were begun, so that another process finishes them. `fileResumeStore` and `memoryResumeStore` make one; in a page, four methods over
 * IndexedDB do.
 *
 * @example A store of one's own
 * ```ts
 * import type { ResumeRecord, ResumeStore } from "@cottoncandy/cottoncandy/resume";
 *
 * const records = new Map<string, string>(); // or a database
 * const store: ResumeStore = {
 *   get: (name) => Promise.resolve(records.has(name) ? JSON.parse(records.get(name) ?? "") as ResumeRecord : undefined),
 *   set: (name, record) => Promise.resolve(void records.set(name, JSON.stringify(record))),
 *   delete: (name) => Promise.resolve(void records.delete(name)),
 *   list: () => Promise.resolve([...records.keys()]),
 * };
 * console.assert((await store.list()).length === 0);
 * ```
 */
export interface ResumeStore {
  /** The record of that name, `undefined` when there is none. One that can't be read is an `IntegrityError`. */
  get(name: string): Promise<ResumeRecord | undefined>;
  /** Keeps a record, instead of the one that has the name; it is kept when the promise resolves. Names have up to 64 letters and digits. */
  set(name: string, record: ResumeRecord): Promise<void>;
  /** Forgets a record; harmless when there is none. */
  delete(name: string): Promise<void>;
  /** The names of all records. */
  list(): Promise<readonly string[]>;
}

/**
 * A resume store in this process's memory: uploads are taken up after a failure, and not by another process.
 *
 * @example
 * ```ts
 * import { memoryResumeStore } from "@cottoncandy/cottoncandy/resume";
 *
 * const resume = memoryResumeStore();
 * console.assert((await resume.list()).length === 0 && await resume.get("0123") === undefined);
 * ```
 */
export function memoryResumeStore(): ResumeStore {
  const records = new Map<string, string>();
  // As text, so that what comes out is a value of its own.
  return {
    // deno-lint-ignore require-await -- async, so that what can't be read is a rejection
    async get(name) {
      const text = records.get(name);
      return text === undefined ? undefined : parseRecord(text);
    },
    // deno-lint-ignore require-await -- as above
    async set(name, record) {
      records.set(name, formatRecord(record));
    },
    // deno-lint-ignore require-await -- as above
    async delete(name) {
      records.delete(name);
    },
    list: () => Promise.resolve([...records.keys()]),
  };
}

/** The name of an upload's record: a digest of the store, the key, and what the bytes come from. */
export async function recordName(store: Backend, key: string, source: string): Promise<string> {
  return await digestOfJson([storeIdentity(store), key, source]);
}

/** The first 16 bytes of the SHA-256 of a value's JSON, in hexadecimal. */
export async function digestOfJson(value: JsonValue): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(value));
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", text)).subarray(0, 16));
}

/** A record as text. */
export function formatRecord(record: ResumeRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/**
 * A record from its text.
 *
 * @throws {IntegrityError} when it is none.
 */
export function parseRecord(text: string): ResumeRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new IntegrityError(`this is no record of an upload: ${asError(cause).message}`, { cause });
  }
  if (isRecord(value)) return value;
  throw new IntegrityError("this is no record of an upload: it was damaged, or written by something else");
}

function isRecord(value: unknown): value is ResumeRecord {
  return has(value, "version", (version) => version === 1) && has(value, "token", isToken) &&
    has(value, "source", (source) => has(source, "id", isText) && has(source, "fingerprint", isText));
}

function isToken(value: unknown): value is UploadToken {
  return has(value, "version", (version) => version === 1) && has(value, "store", isText) &&
    has(value, "key", isText) && has(value, "size", (size) => Number.isSafeInteger(size)) &&
    has(value, "started", (started) => isText(started) && !Number.isNaN(Date.parse(started))) &&
    has(value, "state", (state) => typeof state === "object" && state !== null && !Array.isArray(state));
}

function has(value: unknown, name: string, holds: (member: unknown) => boolean): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) &&
    holds(Reflect.get(value, name));
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/**
 * The record of that name. Of one that can't be read a warning tells: who is about to upload drops it, who only looks leaves it, since it may be of a newer version of this library.
 */
export async function readRecord(
  store: ResumeStore,
  name: string,
  unreadable: "dropped" | "left",
  onWarning: OnWarning = warnOncePerKind,
): Promise<ResumeRecord | undefined> {
  try {
    const record = await store.get(name);
    if (record === undefined || isRecord(record)) return record;
    throw new IntegrityError("the resume store gave no record of an upload");
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    if (unreadable === "dropped") await store.delete(name);
    onWarning({
      kind: "resume",
      message: `what was remembered of an upload ("${name}") can't be read, and is ${
        unreadable === "dropped" ? "dropped; the upload begins anew" : "left as it is"
      }: ${asError(error).message}`,
    });
  }
}

/** Where an upload is remembered. */
export interface RecordPlace {
  /** What keeps its record. */
  readonly store: ResumeStore;
  /** The record's name. */
  readonly name: string;
}

/** Whether an upload is remembered, and nobody else has begun another one since. */
export async function isRemembered({ store, name }: RecordPlace, token: UploadToken): Promise<boolean> {
  const now = await store.get(name);
  return now !== undefined && JSON.stringify(now.token) === JSON.stringify(token);
}

/** Forgets an upload, unless somebody else has begun one since. */
export async function dropRecord(place: RecordPlace, token: UploadToken): Promise<void> {
  if (await isRemembered(place, token)) await place.store.delete(place.name);
}
