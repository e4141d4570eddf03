/**
 * Slices of the arrays in a bucket, over HTTP: `GET /sub01/betas?slice=10,:,0:64&as=json`.
 *
 * | `as` | |
 * |---|---|
 * | `json`, the default | `{ dtype, shape, data }`, nested |
 * | `npy` | a file for `numpy.load` |
 * | `arrow` | an Arrow IPC stream of one column, `values`: rows are the first axis |
 * | `png` | an image of two axes, in the colours of `cmap` |
 *
 * Runs as a function on Deno Deploy, and anywhere by `deno serve --allow-net --allow-env main.ts`. `TARGET` says what to serve
 * (`s3://bucket/prefix`, `https://host/base`, …; default a small array in memory), `LIMIT` how many MiB of items one answer may have.
 *
 * @module
 */
import {
  CottonCandyError,
  type ErrorCode,
  InvalidArgumentError,
  NotFoundError,
} from "@cottoncandy/cottoncandy/errors";
import type {
  ChunkedArray,
  DefaultInterface,
  LazyArray,
  Selection,
  StoredArray,
} from "@cottoncandy/cottoncandy";
import { FORMATS } from "./formats.ts";

const MiB = 2 ** 20;

/** What the function is told by its environment; nothing where it may not look. */
function setting(name: string): string | undefined {
  return Deno.permissions.querySync({ name: "env", variable: name }).state === "granted"
    ? Deno.env.get(name)
    : undefined;
}

const LIMIT = Number(setting("LIMIT") ?? 16) * MiB;
/** Bytes of items and answers that are held at once. What comes on top of them is asked to come again. */
const BUDGET = 4 * LIMIT;
let held = 0;

const STATUS: Readonly<Record<ErrorCode, number>> = {
  NotFound: 404,
  AccessDenied: 403,
  InvalidArgument: 400,
  Unsupported: 422,
  PreconditionFailed: 409,
  AlreadyExists: 409,
  Integrity: 502,
  Connection: 503,
  Quota: 503,
  Partial: 502,
  Storage: 502,
};

/** An answer that is no array, with the reason in words. */
class Refusal extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

let store: Promise<DefaultInterface> | undefined;

/** Opens the store with the first request, so that the function starts at once. */
function opened(): Promise<DefaultInterface> {
  return store ??= open().catch((error) => {
    store = undefined;
    throw error;
  });
}

async function open(): Promise<DefaultInterface> {
  const { getInterface, ndarray } = await import("@cottoncandy/cottoncandy");
  const target = setting("TARGET");
  if (target !== undefined) return await getInterface(target);
  const cci = await getInterface("memory://example");
  const wave = Float32Array.from(
    { length: 64 * 64 },
    (_, i) => Math.sin(i % 64 / 8) * Math.cos(Math.floor(i / 64) / 8),
  );
  await cci.uploadRawArray("wave", ndarray(wave, [64, 64]), { compression: false });
  return cci;
}

/** Opens an array by what its name says: `.npy`, a raw array, or a folder of chunks. Its items are not read. */
async function openArray(
  cci: DefaultInterface,
  name: string,
  signal: AbortSignal,
): Promise<{ array: LazyArray | ChunkedArray; tag: string }> {
  // The version is looked up before the array is opened: should it be replaced in between, the tag is the old one's and nobody's cache is wrong for good.
  const describe = async (name: string) => {
    const { etag, size, lastModified } = await cci.getObject(name, { signal });
    return `${etag} ${size} ${lastModified.getTime()}`;
  };
  if (name.endsWith(".npy")) {
    return { tag: await describe(name), array: await cci.openNpyArray(name, { signal }) };
  }
  try {
    return { tag: await describe(name), array: await cci.openRawArray(name, { signal }) };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    try {
      return {
        tag: await describe(`${name}/metadata.json`),
        array: await cci.downloadDaskArray(name, { signal, inFlight: LIMIT }),
      };
    } catch (inner) {
      throw inner instanceof NotFoundError ? error : inner;
    }
  }
}

/** How many items a slice has, and how many bytes one of them. Nothing is read: the slice is taken of one item, repeated. */
async function sizeOf(
  array: StoredArray,
  selection: readonly Selection[],
): Promise<{ items: number; itemsize: number }> {
  const { ndarray } = await import("@cottoncandy/cottoncandy/array");
  const repeated = ndarray(new Uint8Array(1), array.shape, { stride: array.shape.map(() => 0) });
  const [, kind, length] = /^.([a-zA-Z])(\d+)/.exec(array.dtype) ?? [];
  return {
    items: repeated.slice(...selection).shape.reduce((product, length) => product * length, 1),
    itemsize: Number(length) * (kind === "U" ? 4 : 1),
  };
}

/** A body that gives back what was held for it when it has been sent, or nobody wants it any more. */
function sending(
  bytes: Uint8Array<ArrayBuffer>,
  release: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      bytes = new Uint8Array();
      controller.close();
      release();
    },
    cancel: release,
  }, { highWaterMark: 0 });
}

/** The range that a request asks for, of `size` bytes: one, as `bytes=0-99`; others are answered whole, as the standard allows. */
function rangeOf(request: Request, size: number, tag: string): { start: number; end: number } | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range") ?? "") ?? [];
  const condition = request.headers.get("if-range");
  if ((first ?? "") === "" && (last ?? "") === "" || condition !== null && condition !== tag) {
    return undefined;
  }
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (start >= end) throw new Refusal(416, `there are ${size} bytes`);
  return { start, end };
}

/** The array's name: what the path says after its first slash. */
function nameOf(pathname: string): string {
  try {
    return decodeURIComponent(pathname.slice(1));
  } catch {
    throw new Refusal(400, "the path has a % that encodes nothing");
  }
}

async function answer(request: Request): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") throw new Refusal(405, "only GET and HEAD");
  const { pathname, searchParams } = new URL(request.url);
  const name = nameOf(pathname);
  if (name === "") throw new Refusal(404, "which array? GET /name?slice=0,:,10:20&as=json|npy|arrow|png");
  const as = searchParams.get("as") ?? "json";
  const format = Object.hasOwn(FORMATS, as) ? FORMATS[as] : undefined;
  if (!format) throw new Refusal(400, `there is no format "${as}": take ${Object.keys(FORMATS).join(", ")}`);
  const { parseSlice } = await import("@cottoncandy/cottoncandy/array");
  const selection = parseSlice(searchParams.get("slice") ?? "");

  const { array, tag } = await openArray(await opened(), name, request.signal);
  const digest = await crypto.subtle.digest(
    "SHA-1",
    new TextEncoder().encode(`${tag} ${pathname} ${searchParams}`),
  );
  const etag = `"${
    Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
  }"`;
  const headers = new Headers({
    etag,
    "cache-control": "public, max-age=60, stale-while-revalidate=600",
    "accept-ranges": "bytes",
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "etag, content-range",
  });
  const known = request.headers.get("if-none-match")?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  if (known?.includes(etag) || known?.includes("*")) return new Response(null, { status: 304, headers });

  const { items, itemsize } = await sizeOf(array, selection);
  const own = items * itemsize;
  if (own > LIMIT) {
    throw new Refusal(
      413,
      `the slice has ${(own / MiB).toFixed(1)} MiB: take one of at most ${LIMIT / MiB} MiB`,
    );
  }
  // What can't be read in parts is unpacked whole for any slice of it.
  const whole = "sliceable" in array && !array.sliceable
    ? array.shape.reduce((product, length) => product * length, itemsize)
    : 0;
  if (whole > LIMIT) {
    throw new Refusal(
      413,
      `any slice of this array unpacks its ${
        (whole / MiB).toFixed(1)
      } MiB: store it with { sliceable: true }, or in chunks`,
    );
  }
  const cost = items * format.cost(itemsize) + whole;
  if (held > 0 && held + cost > BUDGET) throw new Refusal(503, "too much is asked for at once: come again");
  held += cost;
  let release = () => {
    held -= cost;
    release = () => {};
  };
  try {
    const bytes = await format.encode(await array.read(selection, { signal: request.signal }), searchParams);
    headers.set("content-type", format.type);
    const range = rangeOf(request, bytes.length, etag);
    if (range) headers.set("content-range", `bytes ${range.start}-${range.end - 1}/${bytes.length}`);
    const part = range ? bytes.subarray(range.start, range.end) : bytes;
    headers.set("content-length", `${part.length}`);
    if (request.method === "HEAD") {
      release();
      return new Response(null, { headers });
    }
    return new Response(sending(part, () => release()), { status: range ? 206 : 200, headers });
  } catch (error) {
    release();
    throw error;
  }
}

/** What went wrong, as an answer: the status of its kind, and its words but for those on credentials and addresses. */
function failure(error: unknown): Response {
  const refused = error instanceof Refusal
    ? { status: error.status, message: error.message }
    : error instanceof InvalidArgumentError
    ? { status: 400, message: error.message }
    : error instanceof CottonCandyError
    ? { status: STATUS[error.code], message: error.code }
    : { status: 500, message: "internal error" };
  // deno-lint-ignore no-console -- the log of a function
  if (refused.status >= 500) console.error(error);
  const headers: Record<string, string> = { "access-control-allow-origin": "*", "cache-control": "no-store" };
  if (refused.status === 503) headers["retry-after"] = "1";
  return Response.json({ error: refused.message }, { status: refused.status, headers });
}

export default {
  async fetch(request: Request): Promise<Response> {
    try {
      return await answer(request);
    } catch (error) {
      return failure(error);
    }
  },
} satisfies Deno.ServeDefaultExport;
