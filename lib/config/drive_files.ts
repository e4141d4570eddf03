import { type OptionsFile, optionsPath } from "./options_file.ts";
import type { Surroundings } from "./surroundings.ts";

/** The environment variable of Google's tools that names a file with credentials; it counts before what a login has left behind. */
export const CREDENTIALS_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS";

/** Where files for Google Drive belong: beside cottoncandy's `options.cfg`. */
export interface DriveFiles {
  /** What a login leaves behind. */
  readonly token: string;
  /** The client's secrets, as Google Cloud's console gives them. */
  readonly secrets: string;
  /** What a login of Python's cottoncandy leaves behind. */
  readonly credentials: string;
}

/** The files' paths, whether they are there or not; `undefined` where there are no files, or no home directory. */
export function driveFiles(
  surroundings: Surroundings,
  file: OptionsFile | undefined,
): DriveFiles | undefined {
  const path = file?.path ?? optionsPath(surroundings);
  if (path === undefined) return undefined;
  const directory = path.replace(/[\\/][^\\/]*$/, "");
  // As Python's os.path.join: an absolute path is one.
  const below = (name: string) => /^(?:[\\/]|[A-Za-z]:)/.test(name) ? name : `${directory}/${name}`;
  const { secrets = "client_secrets.json", credentials = "credentials.txt" } = file?.gdrive ?? {};
  return { token: below("gdrive_token.json"), secrets: below(secrets), credentials: below(credentials) };
}
