/**
 * TODO: what this folder is for.
 *
 * @module
 */
export { encryptPkcs8, toPem } from "./encodings.ts";
export { readKeyFile } from "./key_file.ts";
export { readPrivateKey, readPublicKey, type RsaPrivateKey, type RsaPublicKey } from "./rsa_keys.ts";
