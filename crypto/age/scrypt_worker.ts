/**
 * scrypt on a thread of its own: the module that a page's worker begins with. Anywhere else it does nothing but tell where it is.
 *
 * @module
 */
import { scrypt, type ScryptOpts } from "@noble/hashes/scrypt.js";
import { messageOf } from "../../lib/error_context.ts";

/** This module's address. */
export const SCRYPT_WORKER_URL: string = import.meta.url;
/** What a worker is named to begin with this module. */
export const SCRYPT_WORKER_NAME = "cottoncandy-scrypt";

/** What a worker is to do. */
export interface ScryptTask {
  readonly passphrase: string;
  readonly salt: Uint8Array;
  readonly options: ScryptOpts;
}

/** What it answers. */
export type ScryptAnswer = { readonly key: Uint8Array } | { readonly message: string };

/** The names of a web worker's global scope that are used here. */
interface WebScope {
  readonly name: string;
  postMessage(answer: ScryptAnswer): void;
  onmessage: ((event: MessageEvent<ScryptTask>) => void) | null;
}

function isOwnScope(scope: object): scope is WebScope {
  return "WorkerGlobalScope" in scope && "name" in scope && scope.name === SCRYPT_WORKER_NAME;
}

function answerTo({ passphrase, salt, options }: ScryptTask): ScryptAnswer {
  try {
    return { key: scrypt(passphrase, salt, options) };
  } catch (error) {
    return { message: messageOf(error) };
  }
}

const scope: object = globalThis;
if (isOwnScope(scope)) scope.onmessage = ({ data }) => scope.postMessage(answerTo(data));
