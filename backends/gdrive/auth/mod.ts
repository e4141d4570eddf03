/**
 * Who asks Google Drive: what is understood of Google's and Python's files, where they are looked for, and the access tokens that they give.
 *
 * @module
 */

export {
  type AuthorizedUserKey,
  type DriveCredentials,
  type DriveKey,
  normalCredentials,
  parseDriveCredentials,
  type ServiceAccountKey,
  tokenSourceOf,
} from "./credentials.ts";
export { driveCredentials } from "./credential_files.ts";
export { lastingSecretOf } from "./lasting_secret.ts";
export { LOGIN, TokenSource } from "./token.ts";
