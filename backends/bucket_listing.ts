/**
 * A page of a bucket's listing, as `ListObjectsV2` answers it in XML.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 *
 * @module
 */
import { IntegrityError } from "../lib/errors.ts";
import type { ObjectInfo, Prefix } from "./backend.ts";
import { XmlReader } from "./xml_reader.ts";

/** A page. */
export interface BucketPage {
  /** Objects and prefixes in the order of the answer; ETags and storage classes as it writes them. */
  readonly entries: readonly (ObjectInfo | Prefix)[];
  /** The listing goes on. */
  readonly more: boolean;
  /** Where it goes on. */
  readonly token?: string;
}

/** What the answer's root element is called. */
export const BUCKET_PAGE = "ListBucketResult";

/**
 * Reads a page. No name may come of it that nobody has written, since what is listed may be deleted next: what is not well-formed, or contradicts itself, is refused as a whole.
 *
 * @param refuse Makes the error of what is wrong.
 */
export function bucketPageOf(xml: string, refuse: (why: string) => Error): BucketPage {
  const reader = new XmlReader(xml, refuse);
  if (reader.root !== BUCKET_PAGE) throw refuse(`it is <${reader.root.slice(0, 40)}>`);
  const objects: Said[] = [];
  const prefixes: string[] = [];
  const page: Said = {};
  for (let name; (name = reader.child()) !== undefined;) {
    if (name === "Contents") objects.push(textsIn(reader, OF_OBJECT));
    else if (name !== "CommonPrefixes") note(reader, name, OF_PAGE, page);
    else {
      const { Prefix } = textsIn(reader, OF_PREFIX);
      if (Prefix !== undefined) prefixes.push(Prefix);
    }
  }
  reader.end();
  const { IsTruncated = "false", NextContinuationToken: token, EncodingType } = page;
  if (!/^(true|false)$/i.test(IsTruncated)) {
    throw refuse(`whether it goes on is told by ${JSON.stringify(IsTruncated)}`);
  }
  // How names are written may be told behind them.
  const decode = EncodingType === "url" ? decodeKey : ofItsOwn;
  return {
    entries: [
      ...objects.map((said) => objectOf(said, decode, refuse)),
      ...prefixes.map((prefix) => ({ prefix: decode(prefix) })),
    ],
    more: IsTruncated.toLowerCase() === "true",
    token,
  };
}

/** Texts of elements by their names. */
type Said = Partial<Record<string, string>>;

const OF_PAGE: ReadonlySet<string> = new Set(["IsTruncated", "NextContinuationToken", "EncodingType"]);
const OF_OBJECT: ReadonlySet<string> = new Set(["Key", "Size", "LastModified", "ETag", "StorageClass"]);
const OF_PREFIX: ReadonlySet<string> = new Set(["Prefix"]);

/** The texts of those elements within this one that are asked for. */
function textsIn(reader: XmlReader, names: ReadonlySet<string>): Said {
  const said: Said = {};
  for (let name; (name = reader.child()) !== undefined;) note(reader, name, names, said);
  return said;
}

function note(reader: XmlReader, name: string, names: ReadonlySet<string>, said: Said): void {
  if (!names.has(name)) return reader.skip();
  if (said[name] !== undefined) throw reader.refuse(`<${name}> stands twice in it`);
  said[name] = reader.text();
}

/** Source: RFC 3339, section 5.6. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

function objectOf(
  { Key, Size, LastModified, ETag, StorageClass }: Said,
  decode: (name: string) => string,
  refuse: (why: string) => Error,
): ObjectInfo {
  if (!Key) throw refuse("an object has no key");
  const size = Size !== undefined && /^\d{1,16}$/.test(Size) ? Number(Size) : NaN;
  if (!Number.isSafeInteger(size)) throw refuse(`the size of "${Key}" is ${Size}`);
  const time = LastModified === undefined ? 0 : TIME.test(LastModified) ? Date.parse(LastModified) : NaN;
  if (Number.isNaN(time)) throw refuse(`the time of "${Key}" is ${JSON.stringify(LastModified)}`);
  return {
    key: decode(Key),
    size,
    lastModified: new Date(time),
    etag: ETag === undefined ? undefined : ofItsOwn(ETag),
    storageClass: StorageClass === undefined ? undefined : ofItsOwn(StorageClass),
  };
}

/** The same text in memory of its own, as what is decoded has it: V8 keeps a text for as long as there is a slice of it, and a whole page with each ETag. */
function ofItsOwn(slice: string): string {
  return [slice.slice(0, 1), slice.slice(1)].join("");
}

/** Undoes `encoding-type=url`, which is that of forms: a space is a plus. */
export function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll("+", " "));
  } catch (cause) {
    throw new IntegrityError(`the store lists the key "${encoded}", which is not UTF-8`, { cause });
  }
}
