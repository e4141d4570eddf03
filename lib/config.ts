/**
 * What the environment and the user's files say, beside what the AWS SDK looks at by itself. Nothing is written, and nobody is asked.
 *
 * @module
 */
export { CREDENTIALS_VARIABLE, type DriveFiles, driveFiles } from "./config/drive_files.ts";
export { parseJsonFile, readJsonFile } from "./config/json_file.ts";
export { environmentKeys, type Keys, passwdKeys } from "./config/keys.ts";
export { OptionsFile, optionsPath, readOptionsFile } from "./config/options_file.ts";
export { ownSurroundings, type Surroundings } from "./config/surroundings.ts";
