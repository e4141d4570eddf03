/**
 * What things are, with the keys that there are.
 *
 * @module
 */
import type { Backend, Keys } from "@cottoncandy/cottoncandy";
import { IntegrityError, NotFoundError, UnsupportedError } from "@cottoncandy/cottoncandy/errors";
import { identify, type Identity } from "@cottoncandy/cottoncandy/identify";
import type { Store } from "./stores.ts";

/** What there is, and how it is read. */
export interface Identified {
  readonly found: Identity;
  /** The store that reads it. */
  readonly backend: Backend;
  /** Whether that one decrypts. */
  readonly isDecrypted: boolean;
}

/**
 * What there is at a key: what is encrypted is read with the keys that there are.
 *
 * @throws {IntegrityError} when these are another's.
 */
export async function identifyWith(
  store: Store,
  key: string,
  keys: Keys | undefined,
  signal: AbortSignal,
): Promise<Identified> {
  const { backend } = store;
  const options = { signal, onWarning() {} };
  if (!keys) return { found: await identify(backend, key, options), backend, isDecrypted: false };
  // Of an encrypted archive's arrays nothing can be told without the key.
  const plain = await identify(backend, key, options).catch((error) => {
    if (error instanceof NotFoundError || !key.includes(".npz/")) throw error;
  });
  if (plain && encryptionOf(plain) === undefined) return { found: plain, backend, isDecrypted: false };
  const decrypting = await decryptingStore(store, keys);
  const found = await identify(decrypting, key, options);
  // What would say what the folder is: this key is another's.
  if (found.kind === "folder" && found.problem !== undefined) throw new IntegrityError(found.problem);
  return { found, backend: decrypting, isDecrypted: true };
}

/** How something is encrypted; nothing where it is not, or was decrypted. */
export function encryptionOf(found: Identity): string | undefined {
  return "encryption" in found ? found.encryption : undefined;
}

/**
 * The names of the arrays of an archive; nothing where an object is none.
 *
 * @throws {UnsupportedError} when it is encrypted, and there is no key.
 */
export async function archiveMembers(
  store: Store,
  key: string,
  keys: Keys | undefined,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const { found } = await identifyWith(store, key, keys, signal);
  if (found.kind === "npz") return found.names;
  if (encryptionOf(found) !== undefined) {
    throw new UnsupportedError("what is in it is encrypted");
  }
  return undefined;
}

/** Names by which a folder may be an array. */
const TELLING = /\/(?:metadata\.json|\.zarray|\.zgroup|\.zattrs|zarr\.json|c\/)$/;
/** How many names are looked at: the telling ones are among the first. */
const FIRST = 6;

/** What a folder is, by one short listing for most; `undefined` where only who has the key is told. */
export async function folderKind(
  store: Store,
  key: string,
  keys: Keys | undefined,
): Promise<string | undefined> {
  const options = { signal: AbortSignal.timeout(20_000), onWarning() {} };
  let isTelling = /\.(zarr|csr|coo|csc)\/$/.test(key);
  let seen = 0;
  for await (
    const entry of store.backend.list({ ...options, prefix: key, delimiter: "/", pageSize: FIRST })
  ) {
    isTelling ||= TELLING.test("key" in entry ? entry.key : entry.prefix);
    if (isTelling || ++seen >= FIRST) break;
  }
  if (!isTelling) return "folder";
  const found = await identify(store.backend, key, options);
  if (found.kind !== "folder" || found.encryption === undefined) return found.kind;
  if (!keys) return undefined;
  const opened = await identify(await decryptingStore(store, keys), key, options);
  return opened.kind === "folder" && opened.problem !== undefined ? undefined : opened.kind;
}

async function decryptingStore({ backend, binding }: Store, keys: Keys): Promise<Backend> {
  const { EncryptingBackend } = await import("@cottoncandy/cottoncandy/crypto");
  return new EncryptingBackend(backend, keys, { binding });
}
