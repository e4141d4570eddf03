/**
 * What a store is told to open, and helpers to read it.
 *
 * @module
 */
import { InvalidArgumentError } from "../lib/errors.ts";
import type { Backend } from "./backend.ts";
import { shownUrl } from "./options.ts";

/** What is to be opened: a URL, a bare name (`backend` says of which store), or whatever the store has as default. */
export type StoreTarget =
  | {
    readonly kind: "url";
    /** The whole URL. */
    readonly url: string;
    /** What stands after `scheme://`, as it is: keys are opaque, so nothing is percent-decoded. */
    readonly rest: string;
  }
  | {
    readonly kind: "name";
    /** The name of a bucket, a folder or a directory. */
    readonly name: string;
  }
  | { readonly kind: "default" };

/** A store that was opened, and where in it an interface is to look. */
export interface OpenedStore {
  /** The store. */
  readonly backend: Backend;
  /** What all names are relative to; default the whole store. */
  readonly prefix?: string;
  /** What the names of new buckets must begin with; default nothing. */
  readonly mandatoryBucketPrefix?: string;
  /** What `verbose` prints of a store without buckets; default that it was opened. */
  readonly announcement?: string;
}

/**
 * Cuts a text at the first separator; without one, all of it comes first.
 *
 * @example
 * ```ts
 * import { splitOnce } from "@cottoncandy/cottoncandy/backends";
 *
 * console.assert(splitOnce("bucket/a/b", "/").join() === "bucket,a/b");
 * ```
 */
export function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

/**
 * What a URL says after its `?`.
 *
 * @param url The URL, for messages, which leave out what may be secret.
 * @param query What stands after its `?`.
 * @param names What may be there.
 * @throws {InvalidArgumentError} when it says something else.
 *
 * @example
 * ```ts
 * import { urlParameters } from "@cottoncandy/cottoncandy/backends";
 *
 * const { endpoint } = urlParameters("foo://lab?endpoint=http://127.0.0.1:1", "endpoint=http://127.0.0.1:1", ["endpoint"]);
 * console.assert(endpoint === "http://127.0.0.1:1");
 * ```
 */
export function urlParameters<Name extends string>(
  url: string,
  query: string,
  names: readonly Name[],
): { readonly [name in Name]?: string } {
  const known: { [name in Name]?: string } = {};
  for (const [key, value] of new URLSearchParams(query)) {
    const name = names.find((name) => name === key);
    if (name === undefined) {
      throw new InvalidArgumentError(
        `"${shownUrl(url)}" has ${JSON.stringify(key)} after its "?": only ${
          names.join(", ")
        } are understood there; the rest are options`,
      );
    }
    known[name] = value;
  }
  return known;
}

/**
 * What an option says, or the target's URL.
 *
 * @throws {InvalidArgumentError} when they say different things.
 *
 * @example
 * ```ts
 * import { optionOrUrl } from "@cottoncandy/cottoncandy/backends";
 *
 * console.assert(optionOrUrl("region", undefined, "eu-west-1") === "eu-west-1");
 * ```
 */
export function optionOrUrl<T>(name: string, option: T | undefined, parameter: T | undefined): T | undefined {
  if (option === undefined || parameter === undefined || option === parameter) return option ?? parameter;
  throw new InvalidArgumentError(
    `the option ${name} is "${shownUrl(`${option}`)}" and the target's URL says "${
      shownUrl(`${parameter}`)
    }": give one of them`,
  );
}

/**
 * Throws where a target's URL has a user's name and password before its first part: stores take them as credentials only.
 *
 * @throws {InvalidArgumentError} which shows neither.
 */
export function refuseUserInfo({ url, rest }: Extract<StoreTarget, { kind: "url" }>): void {
  // Secret keys of S3 may have a "/" in them.
  if (!/^[^/?]*:[^?]*@/.test(rest)) return;
  throw new InvalidArgumentError(
    `"${shownUrl(url)}" has a user name or password before the "@": leave it out, and give \`credentials\``,
  );
}

/** The error of a store that has no default and was given no name. */
export function nameNeededError(store: string): InvalidArgumentError {
  return new InvalidArgumentError(`what is to be opened? A ${store} store needs a name`);
}
