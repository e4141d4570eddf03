/**
 * TODO: what this folder is for.
 *
 * @module
 */
export {
  type DriveCredentials,
  type DriveKey,
  normalCredentials,
  parseDriveCredentials,
  tokenSourceOf,
} from "./credentials.ts";
export {
  CREDENTIALS_VARIABLE,
  driveCredentials,
  type DriveFiles,
  driveFiles,
  parseJsonFile,
  readJsonFile,
} from "./lookup.ts";
export { TokenSource } from "./token.ts";
export type { AuthorizedUserKey, ServiceAccountKey } from "./token_sources.ts";
