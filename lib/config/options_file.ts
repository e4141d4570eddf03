/**
 * The configuration file of Python's cottoncandy, `options.cfg`: what of it counts here, where it is, and how Python reads such files. It is read and never written.
 *
 * @module
 */
import { AccessDeniedError, InvalidArgumentError } from "../errors.ts";
import type { Environment } from "./environment.ts";

/** An access key: its id and its secret. */
export interface AccessKey {
  /** The access key's id. */
  readonly accessKeyId: string;
  /** The secret access key. */
  readonly secretAccessKey: string;
}

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
  get keys(): AccessKey | undefined {
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
export function optionsPath({ system, home, variable }: Environment): string | undefined {
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
  environment: Environment,
  isNeeded = true,
): Promise<OptionsFile | undefined> {
  const path = optionsPath(environment);
  const text = path === undefined ? undefined : await environment.readText(path).catch((error) => {
    if (isNeeded || !(error instanceof AccessDeniedError)) throw error;
    return undefined;
  });
  return path === undefined || text === undefined ? undefined : new OptionsFile(text, path);
}

/** The section whose options all others have too. */
const DEFAULT = "DEFAULT";
/** How deep references may nest. */
const MAX_DEPTH = 10;
/** References that one value may follow in all, which Python does not limit. */
const MAX_REFERENCES = 1000;

type Section = Map<string, string>;

/**
 * What a configuration file says, as Python's `configparser.ConfigParser()` reads it, with its defaults.
 *
 * Source: https://docs.python.org/3/library/configparser.html, "Supported INI File Structure" and "Interpolation of values".
 */
export class ConfigFile {
  readonly #path: string;
  readonly #sections: ReadonlyMap<string, Section>;

  /**
   * Reads a file's text.
   *
   * @param path For messages.
   * @throws {InvalidArgumentError} where Python would fail to read it: an option outside of any section, a line that is no option, or anything twice.
   */
  constructor(text: string, path: string) {
    this.#path = path;
    this.#sections = parse(text, path);
  }

  /**
   * An option's value, references resolved; `undefined` when it isn't there.
   *
   * @throws {InvalidArgumentError} for a `%` that is neither `%%` nor a reference to an option of the section, and for a value that refers to others a thousand times.
   */
  get(section: string, option: string): string | undefined {
    const value = this.#raw(section, option.toLowerCase());
    return value === undefined
      ? undefined
      : this.#resolve(section, option, value, 1, { left: MAX_REFERENCES });
  }

  #raw(section: string, option: string): string | undefined {
    const options = this.#sections.get(section);
    return options && (options.get(option) ?? this.#sections.get(DEFAULT)?.get(option));
  }

  /** `references` is how many may still be followed: ten levels of ten each would take for ever. */
  #resolve(
    section: string,
    option: string,
    value: string,
    depth: number,
    references: { left: number },
  ): string {
    const wrong = (what: string) =>
      new InvalidArgumentError(`${this.#path}: "${option}" in [${section}] ${what}`);
    if (depth > MAX_DEPTH) throw wrong("refers to itself, or too deep");
    return value.replace(/%(%|\(([^)]+)\)s)?/g, (_match, what?: string, name?: string) => {
      if (what === "%") return "%";
      if (name === undefined) throw wrong('has a single "%": write "%%" for a percent sign');
      if (--references.left < 0) throw wrong(`refers to other options more than ${MAX_REFERENCES} times`);
      const referred = this.#raw(section, name.toLowerCase());
      if (referred === undefined) throw wrong(`refers to "${name}", which is not there`);
      return this.#resolve(section, option, referred, depth + 1, references);
    });
  }
}

function parse(text: string, path: string): Map<string, Section> {
  const sections = new Map<string, Section>([[DEFAULT, new Map()]]);
  const seen = new Set<string>();
  let section: { readonly name: string; readonly options: Section } | undefined;
  let option: string | undefined;
  let indentation = 0;

  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const wrong = (what: string) => new InvalidArgumentError(`${path}, line ${index + 1}: ${what}`);
    const content = line.trim();
    if (content.startsWith("#") || content.startsWith(";")) continue;
    const indented = line.length - line.trimStart().length;
    if (section && option !== undefined && (content === "" || indented > indentation)) {
      section.options.set(option, `${section.options.get(option)}\n${content}`);
      continue;
    }
    if (content === "") continue;
    indentation = indented;
    const header = /^\[(.+)\]/s.exec(content)?.[1];
    if (header !== undefined) {
      if (header !== DEFAULT && sections.has(header)) throw wrong(`the section [${header}] is there twice`);
      const options: Section = sections.get(header) ?? new Map();
      sections.set(header, options);
      section = { name: header, options };
      option = undefined;
      continue;
    }
    if (!section) throw wrong("there is an option before the first [section]");
    const [, name, value] = /^(.*?)\s*[=:]\s*(.*)$/s.exec(content) ?? [];
    if (!name) throw wrong("this is no option: write name = value");
    option = name.toLowerCase();
    const id = JSON.stringify([section.name, option]);
    if (seen.has(id)) throw wrong(`the option "${option}" is there twice`);
    seen.add(id);
    section.options.set(option, value);
  }
  for (const options of sections.values()) {
    for (const [name, value] of options) options.set(name, value.trimEnd());
  }
  return sections;
}
