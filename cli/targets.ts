/**
 * What the arguments of commands name: `s3://…` and its like, paths, standard input and output.
 *
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import { openBackend } from "../backends/registry.ts";
import type { InterfaceOptions } from "../lib/open/mod.ts";
import { hasCode, platformFiles } from "../lib/file_access.ts";
import { UsageError } from "./report.ts";

/** What a text names. */
export type Target =
  /** Standard input, or output. */
  | { readonly kind: "stdio"; readonly text: string }
  /** All buckets that the credentials see. */
  | { readonly kind: "buckets"; readonly text: string; readonly scheme: string; readonly query: string }
  /** A path on disk: what is there is as it is, never encrypted. */
  | { readonly kind: "path"; readonly text: string; readonly path: string }
  /** A store, and what is in it. */
  | {
    readonly kind: "url";
    readonly text: string;
    /** The URL of the bucket, or of what else keys count from. */
    readonly root: string;
    /** An object's key, or what keys begin with; `""` is everything. */
    readonly key: string;
    /** What stands before a key to name its object. */
    readonly shown: string;
  };

/** A URL with too few slashes, or without its colon. */
const SLIP = /^(s3|gdrive|memory|file|https?)(?::\/?(?![/\\])|\/\/)(?=.)/i;
const URL_PATTERN = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is;

/** Reads a target; nothing is looked up. */
export function parseTarget(text: string): Target {
  if (text === "-") return { kind: "stdio", text };
  if (text === "") throw new UsageError('a target can\'t be empty: write "." for this directory');
  const [, scheme = "", rest = ""] = URL_PATTERN.exec(text) ?? [];
  switch (scheme.toLowerCase()) {
    case "": {
      const bare = /^(s3|gdrive|memory):$/i.exec(text);
      if (bare !== null) return parseTarget(`${text}//`);
      const slip = SLIP.exec(text);
      if (slip === null) return { kind: "path", text, path: text };
      const rest = text.slice(slip[0].length);
      throw new UsageError(
        `"${text}" is no URL: write ${slip[1]}://${
          slip[1] === "file" ? "/" : ""
        }${rest}, or ./${text} for a path`,
      );
    }
    case "file": {
      const path = filePath(text);
      return { kind: "url", text, root: text, key: "", shown: path };
    }
    case "http":
    case "https":
      return webTarget(text);
    case "gdrive": {
      const [key, query] = splitQuery(rest);
      return { kind: "url", text, root: `${scheme}://${query}`, key, shown: `${scheme}://` };
    }
    default: {
      const [path, query] = splitQuery(rest);
      const slash = path.indexOf("/");
      const bucket = slash < 0 ? path : path.slice(0, slash);
      const key = slash < 0 ? "" : path.slice(slash + 1);
      if (bucket === "") {
        if (key !== "") throw new UsageError(`"${text}" names no bucket: write ${scheme}://bucket/key`);
        return { kind: "buckets", text, scheme: scheme.toLowerCase(), query };
      }
      return {
        kind: "url",
        text,
        root: `${scheme}://${bucket}${query}`,
        key,
        shown: `${scheme}://${bucket}/`,
      };
    }
  }
}

/** Cuts a URL before its query, which keeps its `?`. Another one is a part of a key, or stands for any character. */
function splitQuery(rest: string): [path: string, query: string] {
  const at = rest.search(/\?[a-z]\w*=/i);
  return at < 0 ? [rest, ""] : [rest.slice(0, at), rest.slice(at)];
}

/** A web server has directories of objects, and no buckets: the last part of a path is the key, in what is before it. */
function webTarget(text: string): Target {
  const at = text.indexOf("?");
  const [address, query] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at)];
  const authority = /^[a-z]+:\/\/[^/]*/i.exec(address)?.[0] ?? address;
  const slash = address.lastIndexOf("/");
  const directory = slash < authority.length ? `${authority}/` : address.slice(0, slash + 1);
  const written = address.slice(directory.length);
  return { kind: "url", text, root: `${directory}${query}`, key: decoded(written), shown: directory };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A place in a store, opened. */
export interface OpenedTarget {
  /** The store; an encrypting one where keys were given. */
  readonly backend: Backend;
  /** An object's key, or what keys begin with; `""` is everything. */
  readonly key: string;
  /** Whether the target says that a directory is meant: it ends in `/`, is everything, or is a directory on disk. */
  readonly isDirectory: boolean;
  /** Where on disk it is: an absolute path; of other stores `undefined`. */
  readonly path?: string;
  /** What stands there on disk; `undefined` for nothing, and of other stores. */
  readonly onDisk?: "directory" | "file";
  /** What an object of the store is called in messages and results: as a target is written, without its query. */
  readonly nameOf: (key: string) => string;
}

/** Opens a store by its URL, encrypting where keys were given. */
export type OpenRoot = (url: string) => Promise<Backend>;

/** How a target is opened. */
export interface OpenTargetOptions {
  /** A directory on disk is something in the directory that it is in. */
  readonly named?: boolean;
  /** Directories on disk are made with what is stored in them. */
  readonly create?: boolean;
  /** What isn't there yet is to be a directory on disk. */
  readonly directory?: boolean;
  /** A symbolic link is what it leads to, under the link's name. */
  readonly follow?: boolean;
}

/** Opens what a target names; nothing is sent, but a path on disk is looked at. */
export async function openTarget(
  target: Target,
  openRoot: OpenRoot,
  options: OpenTargetOptions = {},
): Promise<OpenedTarget> {
  switch (target.kind) {
    case "stdio":
      throw new UsageError('"-" is standard input or output, which is no store: name an object or a path');
    case "buckets":
      throw new UsageError(`"${target.text}" names no bucket: write ${target.scheme}://bucket/key`);
    case "path":
      return await openPath(
        target.path,
        async (path) =>
          (await openBackend(path, { backend: "local", createBucket: options.create ?? false })).backend,
        options,
      );
    case "url": {
      const { root, key, shown, text } = target;
      if (/^file:/i.test(text)) {
        return await openPath(filePath(text), (path) => openRoot(fileUrl(path)), options);
      }
      const backend = await openRoot(root);
      return {
        backend,
        key,
        isDirectory: key === "" || key.endsWith("/"),
        nameOf: (key) => shown + key,
      };
    }
  }
}

/** A directory is a store, unless it is to have a name; a file is an object in its directory. */
async function openPath(
  path: string,
  open: OpenRoot,
  { named = false, create = false, directory: isTree = false, follow = false }: OpenTargetOptions,
): Promise<OpenedTarget> {
  const files = platformFiles();
  const absolute = files.resolve(path);
  const onDisk = await kindOf(absolute);
  const saysDirectory = /[/\\]$/.test(path) || /(^|[/\\])\.{1,2}$/.test(path);
  const isMade = create && onDisk === undefined && (isTree || saysDirectory);
  if ((onDisk === "directory" || isMade) && !named) {
    const shown = path === "." ? "" : /[/\\]$/.test(path) ? path : `${path}/`;
    return {
      backend: await open(absolute),
      key: "",
      isDirectory: true,
      path: absolute,
      onDisk,
      nameOf: (key) => key === "" ? path : shown + key,
    };
  }
  const depth = onDisk === undefined && !create ? patternDepth(path, files.windows) : 1;
  let directory = absolute;
  for (let i = 0; i < depth; i++) directory = files.join(directory, "..");
  const below = absolute.slice(directory.length).replace(/^[/\\]/, "");
  const key = files.windows ? below.replaceAll("\\", "/") : below;
  const shown = shownAbove(path, depth, files.windows);
  const above = create && saysDirectory ? path : shown;
  if (create && await kindOf(saysDirectory ? absolute : directory) === "file") {
    throw new UsageError(`${above.replace(/[/\\]+$/, "")} is a file, in which nothing can be stored`);
  }
  const isTreeOnDisk = onDisk === "directory";
  const opened = { isDirectory: saysDirectory || isTreeOnDisk, path: absolute, onDisk };
  const real = follow && onDisk !== undefined ? await files.realpath(absolute) : absolute;
  const there = files.join(real, "..");
  const name = real.slice(there.length).replace(/^[/\\]/, "");
  // As it was written, which may be "." or "../..".
  const written = isTreeOnDisk ? path.replace(/(?<=.)[/\\]$/, "") : shown + key;
  const under = path === "." ? "" : /[/\\]$/.test(path) ? path : `${path}/`;
  const nameFrom = (root: string, above: string) => (each: string) =>
    each === root
      ? written
      : isTreeOnDisk && each.startsWith(`${root}/`)
      ? under + each.slice(root.length + 1)
      : above + each;
  if (!follow || onDisk === undefined || name === key && there === await files.realpath(directory)) {
    return { ...opened, backend: await open(directory), key, nameOf: nameFrom(key, shown) };
  }
  // Stores follow no links that are in them: they could lead anywhere. This one was named.
  return { ...opened, path: real, backend: await open(there), key: name, nameOf: nameFrom(name, "") };
}

/** How many parts at the end of a path are a pattern, or its name: directories with wildcards are none that can be opened. */
function patternDepth(path: string, windows: boolean): number {
  const segments = partsOf(path, windows).filter((part) => part !== "" && part !== ".");
  const first = segments.findIndex((segment) => /[*?[{]/.test(segment));
  return first < 0 || segments.includes("..", first) ? 1 : segments.length - first;
}

/** What of a path, as it is written, stands before so many of its last parts. */
function shownAbove(path: string, depth: number, windows: boolean): string {
  const parts = partsOf(path, windows);
  let end = parts.length;
  for (let left = depth; left > 0 && end > 0;) {
    const part = parts[--end];
    if (part !== "" && part !== ".") left--;
  }
  return path.slice(0, parts.slice(0, end).reduce((length, part) => length + part.length + 1, 0));
}

function partsOf(path: string, windows: boolean): string[] {
  return path.split(windows ? /[/\\]/ : "/");
}

/** What stands at a path, symbolic links followed; `undefined` for nothing. */
async function kindOf(path: string): Promise<"directory" | "file" | undefined> {
  const files = platformFiles();
  try {
    return (await files.stat(await files.realpath(path))).kind === "directory" ? "directory" : "file";
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

function filePath(url: string): string {
  try {
    return platformFiles().resolve(url);
  } catch {
    throw new UsageError(`"${url}" is no file URL of this machine: write file:///absolute/path`);
  }
}

/** The URL of an absolute path on disk. */
export function fileUrl(path: string): string {
  const slashes = path.replaceAll("\\", "/");
  return `file://${slashes.startsWith("/") ? "" : "/"}${
    slashes.split("/").map(encodeURIComponent).join("/").replace(/^([^/]*)%3A/, "$1:")
  }`;
}

/** The options of `getInterface` that a target's scheme takes. */
export function optionsFor(
  url: string,
  { endpoint, region, profile, credentials, listing, ...rest }: InterfaceOptions,
): InterfaceOptions {
  if (/^s3:/i.test(url)) return { ...rest, endpoint, region, profile, credentials };
  return /^https?:/i.test(url) ? { ...rest, listing } : rest;
}
