/**
 * `deno task gdrive:login`: lets a person log in to Google Drive in the browser, and writes what this library, gcloud and google-auth then open Drive with.
 *
 *     deno run -A jsr:@cottoncandy/cottoncandy/gdrive/login --help
 *
 * @module
 */
import {
  CREDENTIALS_VARIABLE,
  driveFiles,
  type OptionsFile,
  ownSurroundings,
  readJsonFile,
  readOptionsFile,
  type Surroundings,
} from "../../lib/config.ts";
import { CottonCandyError, InvalidArgumentError } from "../../lib/errors.ts";
import { platformFiles } from "../../lib/files.ts";
import { HttpHandler } from "../http/handler.ts";
import { timeoutsOf } from "../http/limits.ts";
import { RetryPolicy } from "../http/retry.ts";
import { type ClientSecrets, parseClientSecrets } from "./auth/client_secrets.ts";
import { loginByBrowser } from "./auth/login.ts";
import { type LoginArguments, parseLoginArguments, USAGE } from "./auth/login_arguments.ts";
import { openBrowser } from "./auth/open_browser.ts";
import { checkTokenFile, writeTokenFile } from "./auth/token_file.ts";

/** Milliseconds that a person has to consent. */
const PATIENCE = 5 * 60_000;

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
    const told = parseLoginArguments(args);
    if (told.help) print(USAGE);
    else await logIn(told);
    return 0;
  } catch (error) {
    const message = error instanceof CottonCandyError ? error.message : `it failed: ${error}`;
    // deno-lint-ignore no-console -- a program that says what went wrong
    console.error(`gdrive:login: ${message}`);
    return 1;
  }
}

async function logIn({ secrets, token, scopes, port, browser }: LoginArguments): Promise<void> {
  const surroundings = ownSurroundings();
  const options = await readOptionsFile(surroundings);
  const own = driveFiles(surroundings, options);
  const target = token ?? own?.token;
  if (target === undefined) throw new InvalidArgumentError("there is no home directory: give --token FILE");
  const client = await readClient(surroundings, options, secrets);
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
    `The login is in ${target}, for your eyes only. ${useOf(target, target === own?.token, surroundings)}`,
  );
}

/** How the login is used. */
function useOf(target: string, isInItsPlace: boolean, { variable }: Surroundings): string {
  const overruled = variable(CREDENTIALS_VARIABLE) !== undefined;
  if (isInItsPlace && !overruled) return 'getInterface("gdrive://folder") finds it there.';
  const use = `Use it: getInterface("gdrive://folder", { credentials: ${JSON.stringify(target)} })`;
  return isInItsPlace ? `${use}, or unset ${CREDENTIALS_VARIABLE}, which counts before it` : use;
}

/** The client's secrets, from the file that was named or the one that belongs there. */
async function readClient(
  surroundings: Surroundings,
  options: OptionsFile | undefined,
  secrets: string | undefined,
): Promise<ClientSecrets> {
  const path = secrets ?? driveFiles(surroundings, options)?.secrets;
  if (path === undefined) throw new InvalidArgumentError("there is no home directory: give --secrets FILE");
  const json = await readJsonFile(surroundings, {
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
