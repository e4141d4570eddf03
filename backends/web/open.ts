/**
 * Opening a URL, `https://host/base` or `http://…`.
 *
 * @module
 */
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { shownUrl } from "../options.ts";
import type { OpenedStore, StoreTarget } from "../target.ts";
import { HttpBackend } from "./mod.ts";
import type { HttpOpenOptions } from "./options.ts";

/**
 * Opens what is below a URL; nothing is sent.
 *
 * @throws {InvalidArgumentError} when the target or an option makes no sense.
 * @throws {UnsupportedError} with `createBucket`.
 */
export function openWeb(target: StoreTarget, options: HttpOpenOptions): OpenedStore {
  if (target.kind !== "url") {
    throw new InvalidArgumentError("what is to be opened? Write the whole URL: https://host/path");
  }
  const { credentials, createBucket, headers, listing, oneObject } = options;
  const shown = shownUrl(target.url);
  if (credentials !== undefined && credentials !== "anonymous") {
    throw new InvalidArgumentError(
      `"${shown}" is read by plain HTTP, which knows no \`credentials\`: give \`headers\`, such as { authorization: "Bearer …" }, or open the store as s3://bucket`,
    );
  }
  if (createBucket) {
    throw new UnsupportedError(`nothing can be made at "${shown}", which is read by plain HTTP`);
  }
  const { concurrency, retries, timeout, proxy, ca, onWarning } = options;
  return {
    backend: new HttpBackend(target.url, {
      headers,
      listing,
      oneObject,
      concurrency,
      retries,
      timeout,
      proxy,
      ca,
      onWarning,
    }),
  };
}
