/**
 * TODO: what this folder is for.
 *
 * @module
 */
export { getBrowser } from "./get_browser.ts";
export { getInterface, openTarget } from "./get_interface.ts";
export { type DriveParameters, optionOrUrl, type S3Parameters } from "./target.ts";
export { getEncryptedInterface } from "./get_encrypted_interface.ts";
