/**
 * Opening what a person names: plain URLs, S3, Drive, the store that serves the page, or a sample in memory.
 *
 * @module
 */
/// <reference lib="dom" />
import type { Backend, BackendOptions } from "@cottoncandy/cottoncandy";
import { HttpBackend, type HttpListing } from "@cottoncandy/cottoncandy/backends/web";
import { CottonCandyError, InvalidArgumentError } from "@cottoncandy/cottoncandy/errors";
import { withoutSecrets } from "./address.ts";

/** What was typed in to open a store: it stays in this page's memory. */
export interface Credentials {
  /** Keys of S3; without them requests are not signed. */
  readonly s3?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** An access token of Google Drive. */
  readonly driveToken?: string;
  /** A header's value for plain URLs: `Bearer …`. */
  readonly authorization?: string;
}

/** A store that was opened. */
export interface Store {
  /** What to call it. */
  readonly title: string;
  /** The store. */
  readonly backend: Backend;
  /** What all keys that are shown begin with: `""`, or a prefix that ends in `/`. */
  readonly root: string;
  /** How `getInterface` opens it, for lines of code; without secrets. */
  readonly target?: string;
  /** Where its root is: what names of encrypted objects are bound to, where that is known. */
  readonly binding?: string;
  /** The one object that there is, where the URL is that of one. */
  readonly only?: string;
  /** Why nothing can be listed: then things are opened by their names. */
  readonly unlisted?: string;
  /** Why the store failed last, where this page sees no more than a status. */
  failure?(): Promise<string>;
}

/** The target that stands for a sample that the page makes itself. */
export const SAMPLE = "sample:";

/** Requests are tried again for a short while only: somebody is waiting. */
const CONNECTION = {
  retries: { attempts: 3, budget: 10_000 },
  timeout: { connect: 10_000, idle: 20_000 },
} as const;

/** How long one tries to find out how a server lists what it has, in milliseconds. */
const LISTING_LIMIT = 15_000;

/**
 * Opens a store. Little is asked of it yet.
 *
 * @throws {InvalidArgumentError} when the target makes no sense.
 */
export async function openStore(
  target: string,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Store> {
  if (target === SAMPLE) return await openSample(signal);
  const [, scheme = ""] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(target) ?? [];
  switch (scheme.toLowerCase()) {
    case "http":
    case "https":
      return await openUrl(target, credentials, signal);
    case "s3":
      return await openNamed(target, { ...CONNECTION, credentials: credentials.s3 ?? "anonymous" });
    case "gdrive": {
      const { driveToken } = credentials;
      if (!driveToken) {
        throw new InvalidArgumentError("Google Drive wants an access token: give one under Credentials");
      }
      return await openNamed(target, { ...CONNECTION, credentials: () => Promise.resolve(driveToken) });
    }
    default:
      throw new InvalidArgumentError(
        `"${target}" is no address that a page can open: write https://host/path, s3://bucket/prefix?endpoint=https://host, or gdrive://folder`,
      );
  }
}

async function openNamed(target: string, options: BackendOptions): Promise<Store> {
  const { getInterface } = await import("@cottoncandy/cottoncandy");
  const { backend, prefix = "" } = await getInterface(target, options);
  return {
    title: withoutSecrets(target).replace(/\?.*$/, ""),
    backend,
    root: prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`,
    target: withoutSecrets(target),
  };
}

async function openSample(signal: AbortSignal): Promise<Store> {
  const [{ MemoryBackend }, { fillSample }, answer] = await Promise.all([
    import("@cottoncandy/cottoncandy/backends/memory"),
    import("../../cli/explore/sample.ts"),
    fetch("sample.json", { signal }),
  ]);
  const backend = new MemoryBackend("sample");
  await fillSample(backend, await answer.json());
  return { title: "Sample", backend, root: "", binding: "" };
}

/** The store that serves this page, which holds the credentials itself. */
export async function openLoopback(token: string, signal: AbortSignal): Promise<Store> {
  const headers = { "x-cottoncandy-token": token };
  const ask = async (path: string, signal: AbortSignal) => {
    const answer = await fetch(path, { headers, signal });
    const told: Record<string, string> = await answer.json();
    if (!answer.ok) throw new CottonCandyError(told.failure ?? `status ${answer.status}`);
    return told;
  };
  const { title, prefix, target, rootPath } = await ask("/api/about", signal);
  const base = new URL("/api/store/", location.href);
  return {
    title,
    backend: new HttpBackend(base, { ...CONNECTION, headers, listing: { s3: base.href } }),
    root: prefix,
    target,
    binding: rootPath,
    failure: async () => (await ask("/api/failure", AbortSignal.timeout(5000))).failure,
  };
}

/** What is at a URL: one object, or what is below it, with whatever listing the server has. */
async function openUrl(target: string, credentials: Credentials, signal: AbortSignal): Promise<Store> {
  const url = new URL(target);
  const { authorization } = credentials;
  const options = { ...CONNECTION, ...(authorization ? { headers: { authorization } } : {}) };
  const shown = withoutSecrets(target);
  const title = shown.replace(/\?.*$/, "");
  const last = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  // A name with an ending is that of a file, unless it is one of folders.
  if (
    last.includes(".") && !/\.zarr$/i.test(last) || /[?&](X-Amz-Signature|X-Goog-Signature)=/.test(url.search)
  ) {
    const backend = new HttpBackend(url, { ...options, oneObject: true });
    const folder = shown.replace(/\?.*$/s, "").replace(/[^/]*$/, "");
    return { title, backend, root: "", target: folder, only: decodeURIComponent(last) };
  }
  const within = AbortSignal.any([signal, AbortSignal.timeout(LISTING_LIMIT)]);
  const found = await findListing(url, options, within);
  signal.throwIfAborted();
  if (found !== undefined) {
    return { title, backend: new HttpBackend(url, { ...options, listing: found }), root: "", target: shown };
  }
  return {
    title,
    backend: new HttpBackend(url, options),
    root: "",
    target: shown,
    unlisted: "This server does not say what it has: type the name of what you know is there.",
  };
}

async function findListing(
  url: URL,
  options: ConstructorParameters<typeof HttpBackend>[1],
  signal: AbortSignal,
): Promise<HttpListing | undefined> {
  const isBucket = /(^|\.)(s3[.-]|storage\.googleapis\.com|[^.]+\.digitaloceanspaces\.com)/.test(
    url.hostname,
  );
  const kinds: readonly HttpListing[] = isBucket ? ["s3", "autoindex"] : ["autoindex", "s3"];
  for (const listing of kinds) {
    const backend = new HttpBackend(url, { ...options, retries: 1, listing });
    try {
      for await (const _ of backend.list({ delimiter: "/", pageSize: 1, signal })) break;
      return listing;
    } catch (error) {
      if (!(error instanceof CottonCandyError)) return undefined;
    } finally {
      backend.close();
    }
  }
  return undefined;
}
