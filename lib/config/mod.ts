/**
 * What the environment and the user's files say, beside what the AWS SDK looks at by itself. Nothing is written, and nobody is asked.
 *
 * @module
 */

export {
  CREDENTIALS_VARIABLE,
  type DriveFiles,
  driveFiles,
  parseJsonFile,
  readJsonFile,
} from "../../backends/gdrive/auth/lookup.ts";
export { environmentKeys, type Keys, passwdKeys } from "../../backends/s3/credentials.ts";
export { OptionsFile, optionsPath, readOptionsFile } from "./options_file.ts";
export { ownSurroundings, type Surroundings } from "./surroundings.ts";
