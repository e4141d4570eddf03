/**
 * Plain URLs as a store that is read: what any web server, public bucket or presigned URL gives.
 *
 * @module
 */
import type {
  Backend,
  Body,
  Capabilities,
  CopyOptions,
  DeleteItem,
  DeleteOptions,
  DeleteResult,
  HeadOptions,
  ListOptions,
  ObjectHead,
  ObjectInfo,
  ObjectReader,
  OpenOptions,
  Prefix,
  PutOptions,
  PutResult,
} from "../backend.ts";
import { readOnlyError } from "./errors.ts";
import type { HttpOptions } from "./options.ts";
import { headWebObject, openWebObject } from "./read.ts";
import { WebStore } from "./store.ts";

export type { HttpHeaders, HttpListing, HttpOpenOptions, HttpOptions } from "./options.ts";

const CAPABILITIES: Capabilities = Object.freeze({
  ranges: true,
  atomicCreate: false,
  atomicReplace: false,
  serverSideCopy: false,
  metadataLimit: 0,
  buckets: false,
  trash: false,
  acl: false,
  remote: true,
  readOnly: true,
});

/**
 * What is below a URL, or at one: objects are read by GET and HEAD, in parts by ranges, and nothing is ever written.
 *
 * - **Names** are appended to the URL's path, percent-encoded, and its query goes along with each: `new HttpBackend("https://host/data?token=…")` reads `sub01/run1` at
 *   `https://host/data/sub01/run1?token=…`. A URL that is signed for one object (S3's and Google's presigned ones) is a store with that object alone, named as the last part of its path.
 * - **Versions** are told by ETag, weak or strong, or by Last-Modified, which counts whole seconds: a reader whose object changes meanwhile rejects with `PreconditionFailedError`.
 *   Where a server tells neither, only a change of the size is seen, and a body that breaks off is not taken up again.
 * - **Metadata** come from object stores (`x-amz-meta-…`, `x-goog-meta-…`, `x-ms-meta-…`). Raw arrays on other servers are read by saying what they are, `{ dtype, shape }`.
 * - **Servers without ranges** send everything up to what is asked for, with one warning; those without HEAD are asked by GET.
 * - **What is missing** is an answer with status 404 or 410, or a page (`text/html`) under a name that is none of a page.
 * - **In pages** the server must allow it by CORS: `Access-Control-Allow-Origin`, for metadata `Access-Control-Expose-Headers: ETag, Content-Range, x-amz-meta-dtype, x-amz-meta-shape,
 *   x-amz-meta-compression, x-amz-meta-order`. Without `Content-Range` each object of which a part is read costs a HEAD more.
 * - **Redirections** are followed, without `headers` to other origins, and never from https to http.
 * - **Listing** needs an index, see {@linkcode HttpListing}.
 *
 * Encrypted objects are bound to their names below the bucket, so that they are read by the bucket's own URL, and not by one of a folder in it.
 *
 * @example
 * ```ts
 * import { HttpBackend } from "@cottoncandy/cottoncandy/backends/web";
 * import { ndarray, npyEncode } from "@cottoncandy/cottoncandy/array";
 * import { openNpy } from "@cottoncandy/cottoncandy/npy";
 * import { readAll } from "@cottoncandy/cottoncandy/streams";
 *
 * // A server to read from: here of one array.
 * const file = await readAll(npyEncode(ndarray(Float32Array.of(1, 2, 3))));
 * await using server = Deno.serve({ port: 0, onListen() {} }, () => new Response(file));
 *
 * const backend = new HttpBackend(`http://localhost:${server.addr.port}/data`, { onWarning() {} });
 * const array = await openNpy(backend, "ramp.npy");
 * console.assert((await array.slice([1, 3])).toNested().toString() === "2,3");
 * ```
 */
export class HttpBackend implements Backend {
  /** What this store can do. */
  readonly capabilities: Capabilities = CAPABILITIES;
  readonly #store: WebStore;

  /**
   * A store; nothing is sent yet.
   *
   * @param url What names are below, or the URL of one object.
   * @throws {InvalidArgumentError} when it is no URL of `http:` or `https:`, has a user name, a password or a fragment, or an option makes no sense.
   */
  constructor(url: string | URL, options: HttpOptions = {}) {
    this.#store = new WebStore(url, options);
  }

  /** For messages: the URL without its query. */
  get name(): string {
    return this.#store.name;
  }

  /** What the server tells of an object, `undefined` when there is none. */
  async head(key: string, options: HeadOptions = {}): Promise<ObjectHead | undefined> {
    return await headWebObject(this.#store, key, options);
  }

  /** Opens the version of an object that there is now. */
  async open(key: string, options: OpenOptions = {}): Promise<ObjectReader> {
    return await openWebObject(this.#store, key, options);
  }

  /**
   * Lists what the index tells that the option `listing` names. Directories of `"autoindex"` are not looked into to be summed up, so that they may turn out to be empty.
   *
   * @throws {UnsupportedError} where nothing was said of an index, or it is none that is known.
   */
  async *list(options: ListOptions = {}): AsyncGenerator<ObjectInfo | Prefix, void, void> {
    const { listWeb } = await import("./listing/mod.ts");
    yield* listWeb(this.#store, options);
  }

  /** Refuses: web servers are read. */
  // deno-lint-ignore require-await -- async, so that it is a rejection
  async put(key: string, body: Body, options: PutOptions = {}): Promise<PutResult> {
    options.signal?.throwIfAborted();
    const error = readOnlyError(this.name, "stored", { key });
    if (body instanceof ReadableStream && !body.locked) body.cancel(error).catch(() => {});
    throw error;
  }

  /** Refuses, of each object. */
  async *delete(
    items: Iterable<DeleteItem> | AsyncIterable<DeleteItem>,
    options: DeleteOptions = {},
  ): AsyncGenerator<DeleteResult, void, void> {
    options.signal?.throwIfAborted();
    for await (const item of items) {
      options.signal?.throwIfAborted();
      const key = typeof item === "string" ? item : item.key;
      yield { key, error: readOnlyError(this.name, "deleted", { key }) };
    }
  }

  /** Refuses: web servers are read. */
  // deno-lint-ignore require-await -- as above
  async copy(_from: string, to: string, options: CopyOptions = {}): Promise<PutResult> {
    options.signal?.throwIfAborted();
    throw readOnlyError(this.name, "stored", { key: to });
  }

  /** Closes connections that wait for further requests. */
  close(): void {
    this.#store.close();
  }
}
