import type { ObjectHead } from "../../backends/backend.ts";
import type { SegmentedPayload, UnsealedObject } from "../scheme.ts";

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
