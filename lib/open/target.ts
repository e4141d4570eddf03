/**
 * What a string says of where to look: the URL of a store, a bucket's name, a directory.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { InvalidArgumentError } from "../errors.ts";

/** Where a target points to. */
export type Target =
  | {
    readonly backend: "s3";
    readonly bucket: string;
    readonly prefix: string;
    readonly parameters: S3Parameters;
  }
  | { readonly backend: "gdrive"; readonly prefix: string; readonly parameters: DriveParameters }
  | { readonly backend: "local"; readonly directory: string }
  | { readonly backend: "memory"; readonly bucket: string; readonly prefix: string };

/** What an `s3://` URL may say after its `?`. */
export interface S3Parameters {
  /** URL of the server. */
  readonly endpoint?: string;
  /** S3 region. */
  readonly region?: string;
  /** `endpoint/bucket` rather than `bucket.endpoint`. */
  readonly forcePathStyle?: boolean;
}

/** What a `gdrive://` URL may say after its `?`. */
export interface DriveParameters {
  /** The id of the shared drive; default My Drive. */
  readonly driveId?: string;
  /** The id of the folder that is the root. */
  readonly folderId?: string;
  /** URL of the server. */
  readonly endpoint?: string;
}

/**
 * Reads a target. Keys are opaque in object stores, so nothing but a `file:` URL is percent-decoded.
 *
 * @param target A URL (`s3://bucket/prefix?endpoint=…&region=…`, `gdrive://folder?driveId=…`, `file:///directory`, `memory://name`), or else a name, which
 * `backend` says how to take.
 */
export function parseTarget(target: string, backend: Target["backend"] = "s3"): Target {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(target) ?? [];
  switch (scheme?.toLowerCase()) {
    case undefined:
      return named(target, backend);
    case "s3": {
      const [path, query] = split(rest, "?");
      const [bucket, prefix] = split(path, "/");
      if (bucket === "") {
        throw new InvalidArgumentError(`"${target}" names no bucket: write s3://bucket/optional/prefix`);
      }
      return { backend: "s3", bucket, prefix, parameters: parameters(query, target) };
    }
    case "memory": {
      const [bucket, prefix] = split(rest, "/");
      return { backend: "memory", bucket, prefix };
    }
    case "gdrive": {
      const [prefix, query] = split(rest, "?");
      return { backend: "gdrive", prefix, parameters: driveParameters(query, target) };
    }
    case "file":
      return { backend: "local", directory: fromFile(target) };
    default:
      throw new InvalidArgumentError(
        `there is no backend for ${scheme}:// URLs: use s3://, gdrive://, file:// or memory://, or pass a Backend`,
      );
  }
}

function named(name: string, backend: Target["backend"]): Target {
  switch (backend) {
    case "s3":
      if (name === "" || name.includes("/")) {
        throw new InvalidArgumentError(
          `${
            JSON.stringify(name)
          } is no bucket's name: write s3://bucket/prefix for a prefix, or name another backend`,
        );
      }
      return { backend, bucket: name, prefix: "", parameters: {} };
    case "memory":
      return { backend, bucket: name, prefix: "" };
    case "gdrive":
      return { backend, prefix: name, parameters: {} };
    case "local":
      if (name === "") {
        throw new InvalidArgumentError('a local store needs a directory: "." is the current one');
      }
      return { backend, directory: name };
    default:
      throw new InvalidArgumentError(
        `there is no backend "${backend}": use "s3", "gdrive", "local" or "memory"`,
      );
  }
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function fromFile(url: string): string {
  try {
    return fromFileUrl(url);
  } catch (cause) {
    throw new InvalidArgumentError(
      `"${url}" is no file URL of this machine: write file:///absolute/directory`,
      { cause },
    );
  }
}

function parameters(query: string, target: string): S3Parameters {
  const known: { endpoint?: string; region?: string; forcePathStyle?: boolean } = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === "endpoint") known.endpoint = value;
    else if (name === "region") known.region = value;
    else if (name === "forcePathStyle" && (value === "true" || value === "false")) {
      known.forcePathStyle = value === "true";
    } else {
      throw new InvalidArgumentError(
        `"${target}" has "${name}=${value}" after its "?": only endpoint, region and forcePathStyle (true or false) are understood there`,
      );
    }
  }
  return known;
}

function driveParameters(query: string, target: string): DriveParameters {
  const known: { driveId?: string; folderId?: string; endpoint?: string } = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === "driveId" || name === "folderId" || name === "endpoint") known[name] = value;
    else {
      throw new InvalidArgumentError(
        `"${target}" has "${name}=${value}" after its "?": only driveId, folderId and endpoint are understood there`,
      );
    }
  }
  return known;
}

/**
 * What an option says, or the target's URL.
 *
 * @throws {InvalidArgumentError} when they say different things.
 */
export function optionOrUrl<T>(name: string, option: T | undefined, parameter: T | undefined): T | undefined {
  if (option === undefined || parameter === undefined || option === parameter) return option ?? parameter;
  throw new InvalidArgumentError(
    `the option ${name} is "${option}" and the target's URL says "${parameter}": give one of them`,
  );
}
