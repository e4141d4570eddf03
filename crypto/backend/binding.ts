/**
 * The names that objects are bound to: their keys, counted from the root through which they were written, and a digest of where that root is, so that whoever opens a
 * directory above it, or below, knows the object in its place.
 *
 * @module
 */
import type { Backend, HeadOptions, ObjectHead, RequestOptions } from "../../backends/backend.ts";
import { toHex } from "../../lib/base64.ts";
import { IntegrityError, InvalidArgumentError } from "../../lib/errors.ts";
import { type BoundName, type EncryptionScheme, type ObjectIdentity, ROOT_ENTRY } from "../scheme.ts";

/** Bytes of a root's digest: nobody finds a second path that has it. */
const DIGEST_LENGTH = 16;

/** As long as every root's digest, for counting the room for it where the store may tell of a root: what metadata there is room for does not depend on where that is. */
export function rootRoom({ rootPath }: Backend): string | undefined {
  return rootPath && "0".repeat(2 * DIGEST_LENGTH);
}

/** What the objects of one root are bound to. */
export class NameBinding {
  readonly #store: Backend;
  readonly #given: string | undefined;

  /**
   * Binds the objects of a store.
   *
   * @param given Where its root is, as its users agree: then names are bound from there, and the store is not asked.
   * @throws {InvalidArgumentError} when that is no path.
   */
  constructor(store: Backend, given?: string) {
    this.#store = store;
    this.#given = given === undefined ? undefined : checkedPath(given);
  }

  /** What an object that is written is to be bound to. */
  async forWriting(scheme: EncryptionScheme, key: string, options: RequestOptions): Promise<BoundName> {
    if (!scheme.bindsNames) return { name: key };
    if (this.#given !== undefined) return { name: below(this.#given, key) };
    const root = await this.#store.rootPath?.(requestOf(options)) ?? "";
    return root === "" ? { name: key } : { name: key, root: await digest(root) };
  }

  /**
   * Opens a stored object by the name that it has from this root, or else by the one that it has in the same place from the root that it was written through.
   *
   * @param open Throws `IntegrityError` where the object is bound to another name.
   */
  async opening<T>(
    scheme: EncryptionScheme,
    object: ObjectIdentity,
    options: RequestOptions,
    open: (object: ObjectIdentity) => Promise<T>,
  ): Promise<T> {
    try {
      return await open(object);
    } catch (error) {
      if (!(error instanceof IntegrityError) || !scheme.bindsNames) throw error;
      const from = object.bound?.name ?? object.key;
      const name = await this.#nameInPlace(from, object.metadata, options);
      if (name === from) throw error;
      return await open({ ...object, bound: { name } });
    }
  }

  /** The name of what is at a key, from the root that the metadata tell of; from the top where they tell of none that is above. */
  async #nameInPlace(
    key: string,
    metadata: ObjectIdentity["metadata"],
    options: RequestOptions,
  ): Promise<string> {
    const path = below(this.#given ?? await this.#store.rootPath?.(requestOf(options)) ?? "", key);
    if (!Object.hasOwn(metadata, ROOT_ENTRY)) return path;
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      if (await digest(path.slice(0, at)) === metadata[ROOT_ENTRY]) return path.slice(at + 1);
    }
    return path;
  }
}

/** What a store tells of an object, under the key that it was asked for: whatever the store calls it, that is the key that it must be bound to. */
export async function headOf(
  store: Backend,
  key: string,
  options: HeadOptions,
): Promise<ObjectHead | undefined> {
  const head = await store.head(key, options);
  return head && { ...head, key };
}

function requestOf({ signal, onWarning }: RequestOptions): RequestOptions {
  return { signal, onWarning };
}

function below(root: string, key: string): string {
  return root === "" ? key : `${root}/${key}`;
}

async function digest(path: string): Promise<string> {
  const { newDigest } = await import("../../lib/checksums.ts");
  const hash = await newDigest("SHA256");
  hash.update(new TextEncoder().encode(path));
  return toHex(hash.digest().subarray(0, DIGEST_LENGTH));
}

function checkedPath(path: string): string {
  // What a program without types gives.
  const segments = typeof path === "string" ? path.replace(/^\/|\/$/g, "").split("/") : [""];
  const isTop = path === "" || path === "/";
  if (!isTop && segments.some((segment) => ["", ".", ".."].includes(segment))) {
    throw new InvalidArgumentError(
      `\`binding\` is the path from where all count their names to what is opened, such as "labs/my-lab", or "" for the top; not ${
        JSON.stringify(path)
      }`,
    );
  }
  return segments.join("/");
}
