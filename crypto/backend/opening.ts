import { resolveRange } from "../../backends/arguments.ts";
import type { Backend, ObjectHead, ObjectReader, OpenOptions } from "../../backends/backend.ts";
import {
  type EncryptionScheme,
  notAuthentic,
  type SegmentedPayload,
  type UnsealedObject,
  type WholePayload,
} from "../scheme.ts";
import { measure } from "../segments.ts";
import { SECTION, SegmentReader, WholeReader } from "./reader.ts";
import { Beginning, firstFetch } from "./spans.ts";

/** What is known of one version of an object. */
export interface Known {
  /** What the store told. */
  readonly head: ObjectHead;
  /** Its checked metadata. */
  readonly unsealed: UnsealedObject;
  /** Its body's cipher. */
  readonly payload: SegmentedPayload;
}

/** How many versions are remembered. */
const MOST = 64;

/**
 * The versions that were read last, so that the parts of one are read without its header being fetched for each. A version counts as known only with the very
 * metadata that were checked: an etag alone can outlive them.
 */
export class Recent {
  readonly #known = new Map<string, Known>();

  /** The version of an object with this etag. */
  get(key: string, etag: string | undefined): Known | undefined {
    const known = this.#known.get(key);
    return etag !== undefined && known?.head.etag === etag ? known : undefined;
  }

  /** Remembers a version, where the store gives versions names. */
  set(known: Known): void {
    const { key, etag } = known.head;
    if (etag === undefined) return;
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size <= MOST) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}

/** Whether two answers of the store tell of the same bytes under the same metadata. */
export function sameVersion(a: ObjectHead, b: ObjectHead): boolean {
  const names = Object.keys(a.metadata);
  return a.etag === b.etag && a.size === b.size && names.length === Object.keys(b.metadata).length &&
    names.every((name) => Object.hasOwn(b.metadata, name) && a.metadata[name] === b.metadata[name]);
}

/** What opening needs of the backend. */
export interface Opener {
  /** The store of encrypted objects. */
  readonly store: Backend;
  /** The scheme of an object as a rule. */
  readonly scheme: EncryptionScheme;
  /** Versions that were read last. */
  readonly recent: Recent;
  /** Checks the metadata of a stored object. */
  unseal(head: ObjectHead): Promise<UnsealedObject>;
}

/**
 * Opens an encrypted object: its first request fetches the header, and of a whole object or of its beginning the bytes as well. Its metadata and header
 * are checked before it is given.
 */
export async function openEncrypted(
  opener: Opener,
  key: string,
  options: OpenOptions,
): Promise<ObjectReader> {
  const { store, scheme, recent } = opener;
  const { range, onProgress: _, ...passed } = options;
  // Checks the numbers; how much there is, only the store can tell.
  resolveRange(range, 0);
  const known = range && recent.get(key, options.ifMatch);
  const layout = known?.payload.cipher.layout ?? scheme.layout;
  const fetch = firstFetch(layout, scheme.headerHint, range, known !== undefined);
  const stored = await store.open(key, { ...passed, range: fetch });
  let beginning: Beginning | undefined;
  try {
    // Whatever the store calls it: what was asked for is the key that it must be bound to.
    const info = { ...stored.info, key };
    let unsealed: UnsealedObject;
    let payload: SegmentedPayload | WholePayload;
    if (known && sameVersion(known.head, info)) {
      ({ unsealed, payload } = known);
    } else {
      unsealed = await opener.unseal(info);
      payload = await unsealed.payload((length) => {
        beginning ??= beginningOf(stored, fetch, length, options);
        return beginning.first(length);
      });
      if (payload.kind === "segments") recent.set({ head: info, unsealed, payload });
    }
    const { checksum: _checksum, ...told } = info;
    const plain = (size: number): ObjectHead => ({ ...told, size, metadata: unsealed.metadata });
    if (payload.kind === "whole") {
      await beginning?.cancel();
      const size = await payload.plainSize(info.size, (length) => stored.read({ suffix: length }));
      return new WholeReader(plain(size), stored, payload, options);
    }
    const { cipher } = payload;
    const measured = measure(cipher.layout, info.size);
    if (!measured) throw notAuthentic(key);
    return new SegmentReader(
      plain(measured.plainSize),
      { stored, cipher, measure: measured, beginning },
      options,
    );
  } catch (error) {
    await beginning?.cancel(error);
    await stored.close();
    throw error;
  }
}

/** The object's first bytes: what the first request fetches, if it begins there. */
function beginningOf(
  stored: ObjectReader,
  fetch: OpenOptions["range"],
  headerLength: number,
  { parallel, signal }: OpenOptions,
): Beginning {
  const { size } = stored.info;
  const fetched = resolveRange(fetch, size);
  const brought = fetched.offset === 0 ? fetched.length : 0;
  // Of what is read in parts the first part only, so that the others are not read twice.
  const length = Math.max(headerLength, parallel ? Math.min(brought, SECTION) : brought);
  return new Beginning((offset, length) => stored.stream({ offset, length }, { signal }), size, length);
}
