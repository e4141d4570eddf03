/**
 * Files with credentials: where they are looked for and in which order, how they are read, and how a login writes one.
 *
 * @module
 */
import { type Environment, type OptionsFile, optionsPath } from "../../../lib/config/mod.ts";
import { isGranted, isNotGranted } from "../../../lib/environment.ts";
import { AccessDeniedError, InvalidArgumentError, NotFoundError } from "../../../lib/errors.ts";
import { codeOf, type FileAccess, hasCode } from "../../../lib/file_access.ts";
import {
  type AuthorizedUserKey,
  type DriveCredentials,
  type DriveKey,
  parseDriveCredentials,
} from "./credentials.ts";

/** The environment variable of Google's tools that names a file with credentials; it counts before what a login has left behind. */
export const CREDENTIALS_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS";

/** Where files for Google Drive belong: beside cottoncandy's `options.cfg`. */
interface DriveFiles {
  /** What a login leaves behind. */
  readonly token: string;
  /** The client's secrets, as Google Cloud's console gives them. */
  readonly secrets: string;
  /** What a login of Python's cottoncandy leaves behind. */
  readonly credentials: string;
}

/** The files' paths, whether they are there or not; `undefined` where there are no files, or no home directory. */
export function driveFiles(
  environment: Environment,
  file: OptionsFile | undefined,
): DriveFiles | undefined {
  const path = file?.path ?? optionsPath(environment);
  if (path === undefined) return undefined;
  const directory = path.replace(/[\\/][^\\/]*$/, "");
  // As Python's os.path.join: an absolute path is one.
  const below = (name: string) => /^(?:[\\/]|[A-Za-z]:)/.test(name) ? name : `${directory}/${name}`;
  const { secrets = "client_secrets.json", credentials = "credentials.txt" } = file?.gdrive ?? {};
  return { token: below("gdrive_token.json"), secrets: below(secrets), credentials: below(credentials) };
}

/** What a caller says of who asks. */
export interface DriveCredentialsOptions {
  /** The client's secrets: a path, or the file's parsed JSON. Those of another client than a person's credentials name are refused. */
  readonly secrets?: string | object;
  /** A path of a file with credentials, its parsed JSON, or a function that gives access tokens. */
  readonly credentials?: string | object | (() => Promise<string>);
  /** The user whom a service account is to act for. */
  readonly subject?: string;
}

/** Parsed JSON, and where it is from, for messages. */
interface Source {
  readonly json: unknown;
  readonly place: string;
}

/**
 * Credentials for Drive. What is given counts; else the file that `GOOGLE_APPLICATION_CREDENTIALS` names, what `deno task gdrive:login` wrote, and what
 * Python's cottoncandy wrote, in this order. In a browser nothing is looked up.
 *
 * @throws {AccessDeniedError} when there are none; says what to do.
 * @throws {NotFoundError} when a file that was named is missing.
 * @throws {InvalidArgumentError} when a file is no JSON, or its JSON no credentials; what stands in it is not shown.
 */
export async function driveCredentials(
  options: DriveCredentialsOptions,
  environment: Environment,
  file: OptionsFile | undefined,
): Promise<DriveCredentials> {
  const { credentials, subject } = options;
  const subjectError = (what: string) =>
    new InvalidArgumentError(`\`subject\` is for service accounts, and ${what} is none: leave it out`);
  if (isProvider(credentials)) {
    if (subject !== undefined) throw subjectError("a function that gives access tokens");
    return credentials;
  }
  const files = driveFiles(environment, file);
  const given = await givenSource(options.secrets, "secrets", environment);
  const source = await givenSource(credentials, "credentials", environment) ??
    await lookUp(environment, files);
  if (!source) throw await noCredentialsError(environment, files);
  const secrets = given ??
    (files && needsSecrets(source) ? await ifThere(files.secrets, environment) : undefined);
  const key = parseSource(source, secrets);
  if (subject === undefined) return key;
  if (key.type !== "service_account") throw subjectError(source.place);
  return { ...key, subject };
}

function parseSource(source: Source, secrets: Source | undefined): DriveKey {
  try {
    return parseDriveCredentials(source.json, secrets?.json);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    const beside = secrets === undefined ? "" : ` (with ${secrets.place})`;
    throw new InvalidArgumentError(`${source.place}${beside}: ${error.message}`);
  }
}

function isProvider(
  credentials: DriveCredentialsOptions["credentials"],
): credentials is () => Promise<string> {
  return typeof credentials === "function";
}

async function givenSource(
  value: string | object | undefined,
  option: string,
  environment: Environment,
): Promise<Source | undefined> {
  if (value === undefined) return undefined;
  if (typeof value !== "string") return { json: value, place: `\`${option}\`` };
  if (environment.system === "") {
    throw new InvalidArgumentError(
      `\`${option}\` is a path, and a browser has no files: give the parsed JSON`,
    );
  }
  return { json: await readJsonFile(environment, { path: value, named: `\`${option}\`` }), place: value };
}

async function lookUp(environment: Environment, files: DriveFiles | undefined): Promise<Source | undefined> {
  const path = environment.variable(CREDENTIALS_VARIABLE);
  if (path !== undefined) {
    const named = CREDENTIALS_VARIABLE;
    const json = await readJsonFile(environment, {
      path,
      named,
      advice: "correct that variable, or unset it",
    });
    return { json, place: `${path}, which ${named} names` };
  }
  return files && (await ifThere(files.token, environment) ?? await ifThere(files.credentials, environment));
}

async function ifThere(path: string, environment: Environment): Promise<Source | undefined> {
  const text = await environment.readText(path);
  return text === undefined ? undefined : { json: parseJsonFile(text, path), place: path };
}

/** Whether these are a person's credentials that name no client. */
function needsSecrets({ json }: Source): boolean {
  const { type, refresh_token, client_id, client_secret }: Readonly<Record<string, unknown>> = Object(json);
  const isUser = type === "authorized_user" || type === undefined && refresh_token !== undefined;
  // Python writes null for what it doesn't know.
  return isUser && !(client_id && client_secret);
}

async function noCredentialsError(
  environment: Environment,
  files: DriveFiles | undefined,
): Promise<AccessDeniedError> {
  const none = "no credentials for Google Drive were found";
  if (environment.system === "") {
    return new AccessDeniedError(
      `${none}: a page must be given \`credentials\`, a function that gives access tokens, as Google's sign-in has them`,
    );
  }
  const { secrets = "client_secrets.json", token = "gdrive_token.json" } = files ?? {};
  const client = await environment.readText(secrets) === undefined
    ? `make an OAuth client of type "Desktop app" in Google Cloud's console, in a project with the Drive API enabled; save its JSON as ${secrets}; then `
    : "";
  return new AccessDeniedError(
    `${none}${
      unseenBy(files)
    }. Either log in once: ${client}run \`deno task gdrive:login\` (elsewhere \`deno run -A ` +
      `jsr:@cottoncandy/cottoncandy/gdrive/login\`), which writes ${token}. ` +
      `Or set ${CREDENTIALS_VARIABLE} to the path of a service account's JSON key. ` +
      "Or give `credentials`: a path, its parsed JSON, or a function that gives access tokens.",
  );
}

/** What Deno was not allowed to look at: there may be credentials. */
function unseenBy(files: DriveFiles | undefined): string {
  if (![CREDENTIALS_VARIABLE, "HOME"].every((variable) => isGranted({ name: "env", variable }))) {
    return " (Deno was not allowed to look into the environment: run it with --allow-env, and with --allow-read for the files)";
  }
  return files && !isGranted({ name: "read", path: files.token })
    ? ` (Deno was not allowed to read ${files.token}: run it with --allow-read)`
    : "";
}

/** A file that somebody named. */
interface NamedFile {
  /** Its path. */
  readonly path: string;
  /** What names it, for messages: an option, a variable; absent where it is looked for in its own place. */
  readonly named?: string;
  /** What to do when it is missing. */
  readonly advice?: string;
}

/**
 * What a file of JSON holds.
 *
 * @throws {NotFoundError} when it is missing.
 * @throws {AccessDeniedError} when it may not be read.
 * @throws {InvalidArgumentError} when it is no JSON, or its path is none or empty; what it is is not shown, since such files hold secrets.
 */
export async function readJsonFile(
  { readText }: Environment,
  { path, named, advice = "check the path" }: NamedFile,
): Promise<unknown> {
  if (path === "") {
    throw new InvalidArgumentError(`${named ?? "a path"} is empty: give the path of a JSON file`);
  }
  if (!isPath(path)) {
    throw new InvalidArgumentError(
      `${
        named ?? "something"
      } is to be the path of a JSON file, and what was given is a file's text, or a token: give the file's path`,
    );
  }
  const text = await readText(path);
  if (text !== undefined) return parseJsonFile(text, path);
  const which = named === undefined ? path : `${path}, which ${named} names`;
  if (!isGranted({ name: "read", path })) {
    throw new AccessDeniedError(`Deno was not allowed to read ${which}: run it with --allow-read`);
  }
  // A link may lead out of what was allowed.
  const hidden = isGranted({ name: "read" }) ? "" : ", or it leads to where Deno was not allowed to read";
  throw new NotFoundError(`there is no file ${which}${hidden}: ${advice}`);
}

/** What a file of JSON holds whose text has been read. */
function parseJsonFile(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without a cause: the parser's message shows some of the text.
    throw new InvalidArgumentError(`${path} is no JSON: get it anew from where it came`);
  }
}

/** Whether something can be shown: a file's text and tokens are given in a path's stead by mistake. Google's tokens are told by how they begin. */
function isPath(text: string): boolean {
  return text.length <= 4096 && !/^\s*[{["]|[\r\n]|^(?:ya29\.|1\/\/|GOCSPX-)/.test(text);
}

/** Only the owner reads and writes the file. */
const FILE_MODE = 0o600;
/** Only the owner sees what is in directories that are made for it. */
const DIRECTORY_MODE = 0o700;

/**
 * Throws unless a login can be written there: better before a person is asked than after. Nothing is left.
 *
 * @throws {InvalidArgumentError} when something stands there that is no file.
 * @throws {AccessDeniedError} when its directory, or the one to make it in, can't be written to.
 */
export async function checkTokenFile(files: FileAccess, path: string): Promise<void> {
  try {
    const target = await targetOf(files, path);
    if ((await kindOf(files, target) ?? "file") !== "file") {
      throw new InvalidArgumentError(`${path} is no file: name one for the token`);
    }
    let directory = files.join(target, "..");
    while (await kindOf(files, directory) === undefined) directory = files.join(directory, "..");
    const temporary = temporaryIn(files, directory);
    await writeNew(files, temporary, new Uint8Array());
    await files.unlink(temporary);
  } catch (cause) {
    throw notWrittenError(path, cause);
  }
}

/**
 * Writes a login for this library, gcloud and google-auth to read: whole or not at all, and for nobody's eyes but the owner's, whatever was there before.
 * Windows has no such modes; a user's own directories are closed to others there.
 *
 * @throws {AccessDeniedError} when it can't be written; then an older file is as it was.
 */
export async function writeTokenFile(files: FileAccess, path: string, key: AuthorizedUserKey): Promise<void> {
  try {
    const target = await targetOf(files, path);
    const directory = files.join(target, "..");
    await files.makeDirectory(directory, true, DIRECTORY_MODE);
    const temporary = temporaryIn(files, directory);
    try {
      await writeNew(files, temporary, new TextEncoder().encode(`${JSON.stringify(key, null, 2)}\n`));
      await files.rename(temporary, target);
    } catch (error) {
      await files.unlink(temporary).catch(() => {});
      throw error;
    }
  } catch (cause) {
    throw notWrittenError(path, cause);
  }
}

function notWrittenError(path: string, cause: unknown): unknown {
  if (cause instanceof InvalidArgumentError) return cause;
  if (isNotGranted(cause)) {
    return new AccessDeniedError(
      `the token can't be written to ${path}, which Deno was not allowed to: run it with --allow-read and --allow-write`,
      { cause },
    );
  }
  return new AccessDeniedError(
    `the token can't be written to ${path} (${
      codeOf(cause) ?? "it failed"
    }): check its directory, and log in again`,
    { cause },
  );
}

function temporaryIn(files: FileAccess, directory: string): string {
  return files.join(directory, `.gdrive_token-${crypto.randomUUID()}.tmp`);
}

/** What stands there; `undefined` when nothing does. */
async function kindOf(files: FileAccess, path: string): Promise<string | undefined> {
  try {
    return (await files.stat(path)).kind;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Where a file really is: its owner may keep it elsewhere, and link to it. */
async function targetOf(files: FileAccess, path: string): Promise<string> {
  const resolved = files.resolve(path);
  try {
    return await files.realpath(resolved);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return resolved;
    throw error;
  }
}

async function writeNew(files: FileAccess, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.create(path, FILE_MODE);
  try {
    for (let written = 0; written < bytes.byteLength;) {
      written += await file.write(bytes.subarray(written), written);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
