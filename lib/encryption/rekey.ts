/**
 * Encrypted objects under other keys, or other names, without their bytes being moved.
 *
 * @module
 */
import { checkOptions } from "../options.ts";
import { REQUEST_OPTIONS } from "../objects/mod.ts";
import type { RequestOptions } from "../../backends/backend.ts";
import type { EncryptingBackend } from "../../crypto/backend/mod.ts";
import type { Keys } from "../../crypto/scheme.ts";
import { CottonCandyError, InvalidArgumentError, NotFoundError } from "../errors.ts";
import { cleanPrefix } from "../names.ts";
import {
  attemptEach,
  directoryOf,
  objectAndBelow,
  type RootOptions,
  throwIfFailed,
  treeKey,
} from "../objects/mod.ts";

/** Options of {@linkcode rotateKeys}. */
export interface RotateOptions extends RequestOptions {
  /** Only the object of this name and those below; default all. */
  readonly prefix?: string;
  /** How many objects are worked on at once; default 8. */
  readonly concurrency?: number;
}

/** Options of {@linkcode rebindObjects}. */
export interface RebindOptions extends RequestOptions {
  /** What was in the place of `prefix` when the objects were written. Default: each name without one or more of its first segments. */
  readonly from?: string;
  /** How many objects are worked on at once; default 8. */
  readonly concurrency?: number;
}

const PREFIX = { prefix: true } as const;
const FROM = { from: true } as const;

/** What became of the objects. */
export interface RekeyResult {
  /** The names of those that were changed. */
  readonly changed: readonly string[];
  /** The names of those that were as they should be already. */
  readonly unchanged: readonly string[];
}

/**
 * Encrypts the data keys of objects with other keys, within the store; the objects' bytes stay where they are. Objects that have the new keys already are left
 * alone, so that after a failure it can be done again. What is written meanwhile with the old keys has to be rotated by another call.
 *
 * The data keys themselves stay the same: whoever has the old keys and has kept an object's old metadata can still read the object. Upload anew what has to be
 * kept from them.
 *
 * @param keys The new keys; open the store with them afterwards. From AES to RSA and back is possible, to age is not.
 * @throws {NotFoundError} when there are no such objects.
 * @throws {IntegrityError} when the one object that there is was written with neither keys.
 * @throws {UnsupportedError} for age, whose objects hold their keys in their bytes; and when the present keys can't read.
 * @throws {PartialFailureError} when some of several objects could not be changed; `done` are the full keys of those that have the new keys.
 *
 * @example
 * ```ts
 * import { EncryptedInterface, MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { aesKeys, generateAesKey } from "@cottoncandy/cottoncandy/crypto";
 *
 * const [before, after] = [aesKeys(generateAesKey()), aesKeys(generateAesKey())];
 * const store = new MemoryBackend();
 * const cci = new EncryptedInterface(store, { keys: before });
 * await cci.uploadJson("notes", { run: 7 });
 * console.assert((await cci.rotate(after)).changed.join() === "notes");
 * const rotated = new EncryptedInterface(store, { keys: after });
 * console.assert(JSON.stringify(await rotated.downloadJson("notes")) === '{"run":7}');
 * ```
 */
export async function rotateKeys(
  backend: EncryptingBackend,
  keys: Keys,
  options: RotateOptions & RootOptions = {},
): Promise<RekeyResult> {
  checkOptions(options, REQUEST_OPTIONS, PREFIX);
  const { prefix = "" } = options;
  const place = await treeKey(backend.store, prefix, options);
  return await rekeyEach(backend, place, "given new keys", options, () => ({ keys }));
}

/**
 * Binds objects to the names that they have now, after something else than this library moved or copied them: until then they are no authentic objects of these
 * names. Only do this when you know who moved them, and where from: that a store swaps objects is what the binding is there to find out.
 *
 * Objects that are in their places are left alone, so that after a failure it can be done again.
 *
 * @param prefix The object, or the directory, where they are now; `"/"` is everything.
 * @throws {NotFoundError} when there are no such objects.
 * @throws {IntegrityError} when the one object that there is was not written under such a name, or with other keys.
 * @throws {PartialFailureError} when that is so with some of several objects; `done` are the full keys of those that are in their places.
 *
 * @example
 * ```ts
 * import { EncryptedInterface, IntegrityError, MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { aesKeys, generateAesKey } from "@cottoncandy/cottoncandy/crypto";
 *
 * const store = new MemoryBackend();
 * const cci = new EncryptedInterface(store, { keys: aesKeys(generateAesKey()) });
 * await cci.uploadJson("sub01/notes", { run: 7 });
 * await store.copy("sub01/notes", "backup/sub01/notes");
 * const refused = await cci.downloadJson("backup/sub01/notes").catch((error) => error);
 * console.assert(refused instanceof IntegrityError);
 * await cci.rebind("backup");
 * console.assert(JSON.stringify(await cci.downloadJson("backup/sub01/notes")) === '{"run":7}');
 * ```
 */
export async function rebindObjects(
  backend: EncryptingBackend,
  prefix: string,
  options: RebindOptions & RootOptions = {},
): Promise<RekeyResult> {
  checkOptions(options, REQUEST_OPTIONS, FROM);
  const { root = "", from } = options;
  const place = await treeKey(backend.store, prefix, options);
  const before = from === undefined ? undefined : root + cleanPrefix(from);
  if (before === place) {
    throw new InvalidArgumentError(
      `the objects are in "${place}" already: name the place that they were in before`,
      { key: place },
    );
  }
  return await rekeyEach(backend, place, "bound to their names", options, (key) => ({
    writtenAs: before === undefined ? withoutFirstSegments(key) : [movedFrom(key, place, before)],
  }));
}

/** `a/b/c` may have been `b/c` or `c`. */
function withoutFirstSegments(key: string): string[] {
  const segments = key.split("/");
  return segments.slice(1).map((_, i) => segments.slice(i + 1).join("/"));
}

function movedFrom(key: string, place: string, before: string): string {
  const directory = directoryOf(place);
  return key.startsWith(directory) ? directoryOf(before) + key.slice(directory.length) : before;
}

async function rekeyEach(
  backend: EncryptingBackend,
  place: string,
  did: string,
  { root = "", concurrency, signal, onWarning }: RotateOptions & RootOptions,
  change: (key: string) => { keys?: Keys; writtenAs?: readonly string[] },
): Promise<RekeyResult> {
  const objects: { key: string }[] = [];
  // What the store lists: no key is needed for that, and an object that is not authentic must not end it.
  for await (const { key } of objectAndBelow(backend.store, place, { signal, onWarning })) {
    objects.push({ key });
  }
  if (objects.length === 0) {
    throw new NotFoundError(
      `there is neither an object "${place}" nor anything below it in ${backend.name}`,
      { key: place, bucket: backend.bucket },
    );
  }
  const changed = new Set<string>();
  const attempts = await attemptEach(objects, async ({ key }, _, ended) => {
    const options = { ...change(key), signal: ended, onWarning };
    if (!await backend.rekey(key, options)) return;
    // What is changed has nothing left to do: a store may say that it copied, and leave metadata as they were.
    if (await backend.rekey(key, options)) {
      throw new CottonCandyError(
        `${backend.name} said that it gave "${key}" other metadata, and did not, or somebody wrote it meanwhile. Look at it, and begin again.`,
        { key, bucket: backend.bucket, committed: "unknown" },
      );
    }
    changed.add(key);
  }, { concurrency, signal });
  throwIfFailed(`of ${objects.length} objects, ${did}`, attempts, backend);
  const keys = attempts.done;
  const names = (some: readonly string[]) => some.map((key) => key.slice(root.length));
  return {
    changed: names(keys.filter((key) => changed.has(key))),
    unchanged: names(keys.filter((key) => !changed.has(key))),
  };
}
