/**
 * What the environment and the user's files say, beside what the AWS SDK looks at by itself. Nothing is written, and nobody is asked.
 *
 * @module
 */

export { type AccessKey, OptionsFile, optionsPath, readOptionsFile } from "./options_file.ts";
export { type Environment, processEnvironment } from "./environment.ts";
