/**
 * What is asked of all that is below a prefix.
 *
 * @module
 */
import type { Backend, PrefixOptions, RequestOptions } from "../../../backends/backend.ts";
import { UnsupportedError } from "../../errors.ts";
import { cleanPrefix } from "../../names.ts";
import type { OptionTable } from "../../options.ts";
import { isUnclean, rememberListed } from "../keys.ts";
import type { RootOptions } from "../listing.ts";
import { REQUEST_OPTIONS } from "../reading/mod.ts";

/** Options of {@linkcode listVersions} and {@linkcode listUploads}. */
export interface PrefixedOptions extends RequestOptions {
  /** Only what has a name that begins with this; it may end anywhere in a name. */
  readonly prefix?: string;
}

/** The names of {@linkcode PrefixedOptions}. */
export const PREFIXED_OPTIONS: OptionTable<PrefixedOptions> = { ...REQUEST_OPTIONS, prefix: true };

/** What full keys are to begin with: as the caller wrote it where some do, else cleaned; see `keys.ts`. */
export async function askedPrefix(
  { root = "", prefix = "", signal, onWarning }: PrefixedOptions & RootOptions,
  list: (options: PrefixOptions) => AsyncIterable<{ readonly key: string }> | undefined,
): Promise<string> {
  const key = root + prefix;
  if (isUnclean(prefix) && cleanPrefix(prefix) !== "") {
    for await (const _ of list({ prefix: key, signal, onWarning }) ?? []) return key;
  }
  return root + cleanPrefix(prefix);
}

/** What is listed, and known from then on to be there under exactly that name. */
export async function* remembered<T extends { readonly key: string }>(
  backend: Backend,
  entries: AsyncIterable<T>,
): AsyncGenerator<T, void, void> {
  for await (const entry of entries) {
    rememberListed(backend, entry.key);
    yield entry;
  }
}

/** The error for what this store can't do. */
export function missing(backend: Backend, what: string, key?: string): UnsupportedError {
  return new UnsupportedError(`${backend.name} ${what}; S3 is a store where this can be done`, {
    key,
    bucket: backend.bucket,
  });
}
