/**
 * The configuration file of Python's cottoncandy, `options.cfg`. It is read and never written.
 *
 * @module
 */
import { AccessDeniedError } from "../errors.ts";
import { ConfigFile } from "./configparser.ts";
import type { Keys } from "./keys.ts";
import type { Surroundings } from "./surroundings.ts";

/** What Python's cottoncandy writes for "not set". */
const UNSET = "False";
/** What Python's cottoncandy writes as endpoint by itself: Amazon's own, which is no endpoint but the default. */
const AMAZON = /^https?:\/\/s3\.amazonaws\.com\/?$/;

/**
 * What of the file concerns this library. Its `default_acl` doesn't: Python writes `authenticated-read` there by itself, which lets every user of
 * Amazon read.
 */
export class OptionsFile {
  /** Where it is. */
  readonly path: string;
  readonly #file: ConfigFile;

  /**
   * Reads a file's text.
   *
   * @throws {InvalidArgumentError} when Python could not read it either.
   */
  constructor(text: string, path: string) {
    this.path = path;
    this.#file = new ConfigFile(text, path);
  }

  /** Both keys, or nothing. */
  get keys(): Keys | undefined {
    const accessKeyId = this.#get("login", "access_key");
    const secretAccessKey = this.#get("login", "secret_key");
    return accessKeyId === undefined || secretAccessKey === undefined
      ? undefined
      : { accessKeyId, secretAccessKey };
  }

  /** The server's address, where it isn't Amazon's. */
  get endpoint(): string | undefined {
    const endpoint = this.#get("login", "endpoint_url");
    return endpoint !== undefined && AMAZON.test(endpoint) ? undefined : endpoint;
  }

  /** The bucket to open where none is named. */
  get defaultBucket(): string | undefined {
    return this.#get("basic", "default_bucket");
  }

  /** What the names of new buckets must begin with. */
  get mandatoryBucketPrefix(): string | undefined {
    return this.#get("basic", "mandatory_bucket_prefix");
  }

  /** How requests are to be signed: `"s3v4"`, or `"s3"` for the second version. */
  get signatureVersion(): string | undefined {
    return this.#get("basic", "signature_version");
  }

  /** Names of Google Drive's files of secrets and credentials, in the file's own directory. */
  get gdrive(): { readonly secrets?: string; readonly credentials?: string } {
    return { secrets: this.#get("gdrive", "secrets"), credentials: this.#get("gdrive", "credentials") };
  }

  #get(section: string, option: string): string | undefined {
    const value = this.#file.get(section, option);
    return value === undefined || value === "" || value === UNSET ? undefined : value;
  }
}

/**
 * Where `options.cfg` belongs: `$XDG_CONFIG_HOME/cottoncandy` or `~/.config/cottoncandy`; `~/Library/Application Support/cottoncandy` on macOS;
 * `%LOCALAPPDATA%\cottoncandy\cottoncandy` on Windows.
 */
export function optionsPath({ system, home, variable }: Surroundings): string | undefined {
  const below = (directory: string | undefined, path: string) =>
    directory === undefined ? undefined : `${directory}/${path}/options.cfg`;
  switch (system) {
    case "":
      return undefined;
    case "win32":
      return below(variable("LOCALAPPDATA"), "cottoncandy/cottoncandy");
    case "darwin":
      return below(home, "Library/Application Support/cottoncandy");
    default:
      return below(variable("XDG_CONFIG_HOME"), "cottoncandy") ?? below(home, ".config/cottoncandy");
  }
}

/**
 * Reads `options.cfg`, where there is one.
 *
 * @param isNeeded Something of it may count: else it may as well be kept from this user.
 * @throws {InvalidArgumentError} when Python could not read it either.
 * @throws {AccessDeniedError} when it is there and needed, and may not be read.
 */
export async function readOptionsFile(
  surroundings: Surroundings,
  isNeeded = true,
): Promise<OptionsFile | undefined> {
  const path = optionsPath(surroundings);
  const text = path === undefined ? undefined : await surroundings.readText(path).catch((error) => {
    if (isNeeded || !(error instanceof AccessDeniedError)) throw error;
    return undefined;
  });
  return path === undefined || text === undefined ? undefined : new OptionsFile(text, path);
}
