/**
 * What the environment and the user's files say, beside what the AWS SDK looks at by itself. Nothing is written, and nobody is asked.
 *
 * @module
 */
export { type Keys, OptionsFile, optionsPath, readOptionsFile } from "./options_file.ts";
export { ownSurroundings, type Surroundings } from "./surroundings.ts";
