/**
 * The stores that URLs and names can open: one line each. A store's code is loaded when it is first asked for.
 *
 * @module
 */
import { InvalidArgumentError } from "../lib/errors.ts";
import type { DriveKey, DriveOpenOptions } from "./gdrive/mod.ts";
import type { S3Checksums, S3Credentials, S3OpenOptions } from "./s3/mod.ts";
import type { OpenedStore, StoreTarget } from "./target.ts";
import type { HttpOpenOptions } from "./web/mod.ts";

/** What opening a store may be told: each takes what concerns it. */
export interface BackendOptions extends S3OpenOptions, DriveOpenOptions, HttpOpenOptions {
  /** What kind of store the target is of where it is no URL: the scheme of its URLs, or `"local"` for directories; default `"s3"`. */
  readonly backend?: "s3" | "gdrive" | "local" | "memory" | (string & Record<never, never>);
  /**
   * Credentials; default what the environment and the user's files give, see {@linkcode getInterface}. On S3 keys, a function that gets them (again whenever they expire), or
   * `"anonymous"` to send unsigned requests. On Drive the path of a file (a service account's key, what `deno task gdrive:login` wrote, Python's `credentials.txt`), what it holds as
   * `parseDriveCredentials` gives it, or a function that gives access tokens.
   */
  readonly credentials?: S3Credentials | DriveKey | string | (() => Promise<S3Credentials | string>);
  /** What guards bodies on their way; default `"CRC32"`. On Drive `"SHA256"`, `"MD5"` or false: what is read is held against it. */
  readonly checksums?: S3Checksums;
}

/** Opens a store of one kind. Nothing need be sent yet. */
export type OpenBackend = (
  target: StoreTarget,
  options: BackendOptions,
) => OpenedStore | Promise<OpenedStore>;

/** By the scheme of their URLs. */
const backends = new Map<string, OpenBackend>([
  ["s3", async (target, options) => await (await import("./s3/open.ts")).openS3(target, options)],
  ["gdrive", async (target, options) => await (await import("./gdrive/open.ts")).openDrive(target, options)],
  ["file", async (target, options) => (await import("./local/open.ts")).openLocal(target, options)],
  ["memory", async (target) => (await import("./memory/open.ts")).openMemory(target)],
  ["https", async (target, options) => (await import("./web/open.ts")).openWeb(target, options)],
  ["http", async (target, options) => (await import("./web/open.ts")).openWeb(target, options)],
]);

/** The schemes of somebody else's. */
const registered = new Set<string>();

/** What the option `backend` may say beside schemes. */
const ALIASES: ReadonlyMap<string, string> = new Map([["local", "file"]]);

/**
 * Makes somebody else's store known: `getInterface("scheme://…")`, and `getInterface(name, { backend: "scheme" })`, open it from now on.
 *
 * @category Stores
 * @param scheme The scheme of its URLs: a letter, and then letters, digits, `+`, `-` and `.`; case makes no difference.
 * @param open Opens it. To load the store's code when it is first asked for, let it `import()` that.
 * @throws {InvalidArgumentError} when it can't be a scheme, or is taken.
 *
 * @example
 * ```ts
 * import { getInterface } from "@cottoncandy/cottoncandy";
 * import { registerBackend, splitOnce } from "@cottoncandy/cottoncandy/backends";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 *
 * registerBackend("scratch", (target) => {
 *   const [, prefix] = target.kind === "url" ? splitOnce(target.rest, "/") : [];
 *   return { backend: new MemoryBackend(), prefix };
 * });
 * const cci = await getInterface("scratch://today/sub01");
 * console.assert((await cci.uploadJson("notes", [1])).key === "sub01/notes");
 * ```
 */
export function registerBackend(scheme: string, open: OpenBackend): void {
  const name = scheme.toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*$/.test(name)) {
    throw new InvalidArgumentError(
      `"${scheme}" is no scheme of URLs: use a letter, and then letters, digits, "+", "-" or "."`,
    );
  }
  if (backends.has(name) || ALIASES.has(name)) {
    throw new InvalidArgumentError(`there is a backend "${scheme}" already: take another name`);
  }
  backends.set(name, open);
  registered.add(name);
}

/** Whether a target is opened by a registered store, which may have options that are not known here. */
export function isRegistered(target: string | undefined, backend: string = ""): boolean {
  const [, scheme = backend] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(target ?? "") ?? [];
  return registered.has(scheme.toLowerCase());
}

/**
 * Opens the store that a target names.
 *
 * @param target A URL, or else a name, which `options.backend` says how to take; default what that store has as default.
 * @throws {InvalidArgumentError} when there is no such kind of store, or it can't make sense of the target or an option.
 */
export async function openBackend(
  target: string | undefined,
  options: BackendOptions,
): Promise<OpenedStore> {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(target ?? "") ?? [];
  if (target !== undefined && scheme !== undefined) {
    const open = backends.get(scheme.toLowerCase());
    if (open) return await open({ kind: "url", url: target, rest }, options);
    const known = [...backends.keys()].map((name) => `${name}://`).join(", ");
    throw new InvalidArgumentError(
      `there is no backend for ${scheme}:// URLs: use one of ${known}, pass a Backend, or register one`,
    );
  }
  const { backend = "s3" } = options;
  const open = backends.get(ALIASES.get(backend) ?? backend);
  if (open) {
    return await open(target === undefined ? { kind: "default" } : { kind: "name", name: target }, options);
  }
  const known = [...ALIASES.keys(), ...backends.keys()].map((name) => `"${name}"`).join(", ");
  throw new InvalidArgumentError(`there is no backend "${backend}": use one of ${known}`);
}
