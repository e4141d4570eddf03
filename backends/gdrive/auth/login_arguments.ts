import { InvalidArgumentError } from "../../../lib/errors.ts";
import { DRIVE_SCOPE } from "./google.ts";

/** What the program was told. */
export interface LoginArguments {
  /** The path of the client's secrets. */
  readonly secrets?: string;
  /** The path of the file to write. */
  readonly token?: string;
  /** What to ask for. */
  readonly scopes: readonly string[];
  /** The port to wait on. */
  readonly port?: number;
  /** Open the browser. */
  readonly browser: boolean;
  /** Say how the program is used, and do nothing. */
  readonly help: boolean;
}

/** How the program is used. */
export const USAGE = `Logs in to Google Drive for cottoncandy.

    deno task gdrive:login [options]
    deno run -A jsr:@cottoncandy/cottoncandy/gdrive/login [options]

    --secrets FILE  the client's secrets, from Google Cloud's console (default: client_secrets.json beside options.cfg)
    --token FILE    where to write the login (default: gdrive_token.json beside options.cfg)
    --scope SCOPE   what to ask for, once or more; "drive.file" stands for https://www.googleapis.com/auth/drive.file
                    (default: drive)
    --port N        wait for the browser's answer on this port (default: one that is free)
    --no-browser    only print the address, open nothing
    --help          this text

From another machine, give --port 8080 and forward that port: ssh -L 8080:127.0.0.1:8080 HOST`;

/**
 * Reads the program's arguments, as `--name value` or `--name=value`.
 *
 * @throws {InvalidArgumentError} when one is unknown, or makes no sense.
 */
export function parseLoginArguments(args: readonly string[]): LoginArguments {
  const told: { secrets?: string; token?: string; port?: number } = {};
  const scopes: string[] = [];
  let browser = true;
  let help = false;
  const rest = args.flatMap((arg) => {
    const [, name, value] = /^(--[a-z-]+)=(.*)$/s.exec(arg) ?? [];
    return name === undefined ? [arg] : [name, value];
  });
  const valueOf = (name: string): string => {
    const value = rest.shift();
    if (value === undefined || value === "" || value.startsWith("--")) {
      throw new InvalidArgumentError(`${name} needs a value: see --help`);
    }
    return value;
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    switch (arg) {
      case "--secrets":
        told.secrets = valueOf(arg);
        break;
      case "--token":
        told.token = valueOf(arg);
        break;
      case "--scope":
        scopes.push(fullScope(valueOf(arg)));
        break;
      case "--port":
        told.port = portOf(valueOf(arg));
        break;
      case "--no-browser":
        browser = false;
        break;
      case "--help":
      case "-h":
        help = true;
        break;
      default:
        throw new InvalidArgumentError(`${arg} is no argument of this program: see --help`);
    }
  }
  return { ...told, scopes: scopes.length > 0 ? scopes : [DRIVE_SCOPE], browser, help };
}

function fullScope(scope: string): string {
  return /^drive(?:\.|$)/.test(scope) ? `https://www.googleapis.com/auth/${scope}` : scope;
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port >= 1 && port <= 65535) return port;
  throw new InvalidArgumentError("--port needs a number from 1 to 65535");
}
