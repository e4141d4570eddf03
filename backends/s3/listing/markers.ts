import { IntegrityError } from "../../../lib/errors.ts";
import { decodeKey } from "../../bucket_listing.ts";
import type { S3Store } from "../store.ts";

/** Where a page of versions or of uploads begins: after an entry, which its key alone does not name. */
export interface Markers {
  /** The entry's key. */
  readonly key?: string;
  /** The id of the version or upload. */
  readonly id?: string;
}

/** What tells whether a page is the last one. */
interface MarkedPage {
  readonly IsTruncated?: boolean;
  readonly EncodingType?: string;
  readonly NextKeyMarker?: string;
  readonly NextVersionIdMarker?: string;
  readonly NextUploadIdMarker?: string;
}

/**
 * The pages of a listing that goes on by two markers, each with what decodes its keys.
 *
 * @param what What is listed, for messages.
 * @param prefix What all keys begin with. A page with others is an error: who deletes what is listed must get nothing that was not asked for.
 */
export async function* markedPages<Page extends MarkedPage, Entry extends { readonly key: string }>(
  store: S3Store,
  what: string,
  prefix: string,
  ask: (after: Markers) => Promise<Page>,
  entriesOf: (page: Page, decode: (key: string) => string) => Entry[],
): AsyncGenerator<Entry[], void, void> {
  let after: Markers = {};
  while (true) {
    const page = await ask(after);
    store.seen = true;
    const decode = page.EncodingType === "url" ? decodeKey : (key: string) => key;
    const entries = entriesOf(page, decode);
    const unreliable = (why: string) =>
      new IntegrityError(
        `${store.endpoint} was asked for the ${what} of bucket "${store.bucket}", and ${why}`,
        {
          bucket: store.bucket,
        },
      );
    const stray = entries.find(({ key }) => !key.startsWith(prefix));
    if (stray) throw unreliable(`lists "${stray.key}", which does not begin with "${prefix}"`);
    yield entries;
    if (!page.IsTruncated) return;
    const { NextKeyMarker, NextVersionIdMarker, NextUploadIdMarker } = page;
    const next: Markers = {
      key: NextKeyMarker === undefined ? undefined : decode(NextKeyMarker),
      id: NextVersionIdMarker ?? NextUploadIdMarker,
    };
    if (next.key === undefined || (next.key === after.key && next.id === after.id)) {
      throw unreliable("says that there are more, but not where");
    }
    after = next;
  }
}
