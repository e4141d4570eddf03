/**
 * What the environment and the user's files say, beside what the AWS SDK looks at by itself. Nothing is written, and nobody is asked.
 *
 * @module
 */
export { environmentKeys, type Keys, passwdKeys } from "./config/keys.ts";
export { OptionsFile, optionsPath, readOptionsFile } from "./config/options_file.ts";
export { ownSurroundings, type Surroundings } from "./config/surroundings.ts";
