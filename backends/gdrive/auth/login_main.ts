/**
 * `deno task gdrive:login`: lets a person log in to Google Drive in the browser, and writes what this library, gcloud and google-auth then open Drive with.
 *
 *     deno run -A jsr:@cottoncandy/cottoncandy/gdrive/login --help
 *
 * @module
 */
import {
  type Environment,
  type OptionsFile,
  processEnvironment,
  readOptionsFile,
} from "../../../lib/config/mod.ts";
import { CottonCandyError, InvalidArgumentError, UnsupportedError } from "../../../lib/errors.ts";
import { platformFiles } from "../../../lib/file_access.ts";
import { openBrowser } from "../../../lib/open_browser.ts";
import { HttpHandler, RetryPolicy, timeoutsOf } from "../../transport/mod.ts";
import {
  checkTokenFile,
  CREDENTIALS_VARIABLE,
  driveFiles,
  readJsonFile,
  writeTokenFile,
} from "./credential_files.ts";
import { type ClientSecrets, parseClientSecrets } from "./credentials.ts";
import { loginByBrowser } from "./login.ts";
import { DRIVE_SCOPE } from "./token.ts";

/** Milliseconds that a person has to consent. */
const PATIENCE = 5 * 60_000;

/** How the program is used. */
const USAGE = `Logs in to Google Drive for cottoncandy.

    deno task gdrive:login [options]
    deno run -A jsr:@cottoncandy/cottoncandy/gdrive/login [options]
    npx cottoncandy-gdrive-login [options]

    --secrets FILE  the client's secrets, from Google Cloud's console (default: client_secrets.json beside options.cfg)
    --token FILE    where to write the login (default: gdrive_token.json beside options.cfg)
    --scope SCOPE   what to ask for, once or more; "drive.file" stands for https://www.googleapis.com/auth/drive.file
                    (default: drive)
    --port N        wait for the browser's answer on this port (default: one that is free)
    --no-browser    only print the address, open nothing
    --help          this text

From another machine, give --port 8080 and forward that port: ssh -L 8080:127.0.0.1:8080 HOST`;

const OPTIONS = {
  secrets: { type: "string" },
  token: { type: "string" },
  scope: { type: "string", multiple: true },
  port: { type: "string" },
  "no-browser": { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/**
 * Reads the program's arguments.
 *
 * @throws {InvalidArgumentError} when one is unknown, or makes no sense.
 */
function parseLoginArguments(args: readonly string[]) {
  const util: typeof import("node:util") | undefined = globalThis.process?.getBuiltinModule?.("node:util");
  if (!util) throw new UnsupportedError("a page has Google's own sign-in: this is a program");
  // Not strict: what is wrong with them is said in a line of ours.
  const { values, positionals } = util.parseArgs({ args: [...args], options: OPTIONS, strict: false });
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown !== undefined || positionals.length > 0) {
    const named = unknown === undefined ? positionals[0] : `--${unknown}`;
    throw new InvalidArgumentError(`${named} is no argument of this program: see --help`);
  }
  const textsOf = (name: "secrets" | "token" | "scope" | "port"): string[] =>
    [values[name] ?? []].flat().map((value) => {
      if (typeof value === "string" && value !== "" && !value.startsWith("--")) return value;
      throw new InvalidArgumentError(`--${name} needs a value: see --help`);
    });
  const scopes = textsOf("scope").map(fullScope);
  return {
    secrets: textsOf("secrets")[0],
    token: textsOf("token")[0],
    port: textsOf("port").map(portOf)[0],
    scopes: scopes.length > 0 ? scopes : [DRIVE_SCOPE],
    browser: values["no-browser"] !== true,
    help: values.help === true,
  };
}

function fullScope(scope: string): string {
  return /^drive(?:\.|$)/.test(scope) ? `https://www.googleapis.com/auth/${scope}` : scope;
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port >= 1 && port <= 65535) return port;
  throw new InvalidArgumentError("--port needs a number from 1 to 65535");
}

/**
 * Runs the program.
 *
 * @param args Its arguments, as `--help` tells them.
 * @returns Its exit code: 1 when it failed. Then a line on standard error says why, and nothing was written.
 *
 * @example
 * ```ts
 * import { login } from "@cottoncandy/cottoncandy/gdrive/login";
 *
 * console.assert(await login(["--help"]) === 0);
 * ```
 */
export async function login(args: readonly string[]): Promise<number> {
  try {
    await loginToDrive(args, print);
    return 0;
  } catch (error) {
    const message = error instanceof CottonCandyError ? error.message : `it failed: ${error}`;
    // deno-lint-ignore no-console -- a program that says what went wrong
    console.error(`gdrive:login: ${message}`);
    return 1;
  }
}

/**
 * Does what {@linkcode login} does, for programs that print in their own way.
 *
 * @param args Arguments of this program.
 * @param print Is given what a person has to know.
 * @throws {CottonCandyError} when it failed; nothing was written then.
 *
 * @example
 * ```ts
 * import { loginToDrive } from "@cottoncandy/cottoncandy/gdrive/login";
 *
 * await loginToDrive(["--help"], (text) => console.assert(text.includes("--scope")));
 * ```
 */
export async function loginToDrive(args: readonly string[], print: (text: string) => void): Promise<void> {
  const told = parseLoginArguments(args);
  if (told.help) print(USAGE);
  else await logIn(told, print);
}

async function logIn(
  { secrets, token, scopes, port, browser }: ReturnType<typeof parseLoginArguments>,
  print: (text: string) => void,
): Promise<void> {
  const environment = processEnvironment();
  const options = await readOptionsFile(environment);
  const own = driveFiles(environment, options);
  const target = token ?? own?.token;
  if (target === undefined) throw new InvalidArgumentError("there is no home directory: give --token FILE");
  const client = await readClient(environment, options, secrets);
  const files = platformFiles();
  await checkTokenFile(files, target);
  const http = new HttpHandler(timeoutsOf());
  try {
    const key = await loginByBrowser({
      client,
      scopes,
      port,
      patience: PATIENCE,
      show: (url) => {
        print(
          `Open this address in a browser on this machine, and consent there within five minutes:\n\n${url}\n`,
        );
        if (browser) openBrowser(url);
      },
    }, { http, policy: new RetryPolicy(), now: Date.now });
    await writeTokenFile(files, target, key);
  } finally {
    http.destroy();
  }
  print(
    `The login is in ${target}, for your eyes only. ${useOf(target, target === own?.token, environment)}`,
  );
}

/** How the login is used. */
function useOf(target: string, isInItsPlace: boolean, { variable }: Environment): string {
  const overruled = variable(CREDENTIALS_VARIABLE) !== undefined;
  if (isInItsPlace && !overruled) return 'getInterface("gdrive://folder") finds it there.';
  const use = `Use it: getInterface("gdrive://folder", { credentials: ${JSON.stringify(target)} })`;
  return isInItsPlace ? `${use}, or unset ${CREDENTIALS_VARIABLE}, which counts before it` : use;
}

/** The client's secrets, from the file that was named or the one that belongs there. */
async function readClient(
  environment: Environment,
  options: OptionsFile | undefined,
  secrets: string | undefined,
): Promise<ClientSecrets> {
  const path = secrets ?? driveFiles(environment, options)?.secrets;
  if (path === undefined) throw new InvalidArgumentError("there is no home directory: give --secrets FILE");
  const json = await readJsonFile(environment, {
    path,
    named: secrets === undefined ? undefined : "--secrets",
    advice:
      'make an OAuth client of type "Desktop app" in Google Cloud\'s console, under Credentials, in a project with the Drive API enabled; save its JSON ' +
      "there, or name it with --secrets",
  });
  try {
    return parseClientSecrets(json);
  } catch (error) {
    throw error instanceof InvalidArgumentError
      ? new InvalidArgumentError(`${path}: ${error.message}`)
      : error;
  }
}

function print(text: string): void {
  // deno-lint-ignore no-console -- a program that prints
  console.log(text);
}

if (import.meta.main) process.exitCode = await login(process.argv.slice(2));
