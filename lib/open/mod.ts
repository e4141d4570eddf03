/**
 * Opening a store by its URL or name: what most programs begin with.
 *
 * @module
 */
export { getBrowser } from "./get_browser.ts";
export { getEncryptedInterface } from "./get_encrypted_interface.ts";
export { getInterface, type InterfaceOptions } from "./get_interface.ts";
