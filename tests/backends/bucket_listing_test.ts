/** A page of a listing: what stores write in it, and what they can't mean. */
import { assertEquals, assertThrows } from "@std/assert";
import { bucketPageOf } from "../../backends/bucket_listing.ts";
import { IntegrityError } from "../../lib/errors.ts";

const refuse = (why: string) => new IntegrityError(why);
const page = (inner: string) =>
  bucketPageOf(`<?xml version="1.0"?><ListBucketResult xmlns="x">${inner}</ListBucketResult>`, refuse);
const SIZE = "<Size>1</Size>";

Deno.test("a page of a listing is read whatever the order of its elements, and whatever else is in it", () => {
  const { entries, more, token } = page(`<Name>b</Name>
    <CommonPrefixes><Prefix>s+t%2F</Prefix></CommonPrefixes><CommonPrefixes/>
    <Contents>
      <Owner><ID>1</ID><Key>no</Key></Owner><StorageClass>GLACIER</StorageClass><ETag>&quot;abc-2&quot;</ETag>
      <Size>9007199254740991</Size><LastModified>2026-11-30T10:00:00.123+01:00</LastModified>
      <Key>a+b%2Bc%0A&amp;</Key><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>
      <RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus>
    </Contents>
    <Contents><Key>z</Key><Size>0</Size></Contents>
    <IsTruncated>True</IsTruncated><NextContinuationToken>1+/=&lt;</NextContinuationToken>
    <Prefix>p</Prefix><Prefix>q</Prefix><EncodingType>url</EncodingType>`);
  assertEquals(entries, [
    {
      key: "a b+c\n&",
      size: Number.MAX_SAFE_INTEGER,
      lastModified: new Date("2026-11-30T09:00:00.123Z"),
      etag: '"abc-2"',
      storageClass: "GLACIER",
    },
    { key: "z", size: 0, lastModified: new Date(0), etag: undefined, storageClass: undefined },
    { prefix: "s t/" },
  ]);
  assertEquals([more, token], [true, "1+/=<"]);
  assertEquals(
    page(`<Contents><Key>a+%41</Key>${SIZE}</Contents>`).entries.map((entry) => "key" in entry && entry.key),
    [
      "a+%41",
    ],
  );
  assertEquals(page(""), { entries: [], more: false, token: undefined });
});

Deno.test("a page that can't be meant is refused as a whole", () => {
  const object = (inner: string) => `<Contents>${inner}</Contents>`;
  for (
    const [inner, why] of [
      [object(SIZE), "no key"],
      [object(`<Key/>${SIZE}`), "no key"],
      [object(`<Key>a</Key><Key>b</Key>${SIZE}`), "<Key> stands twice"],
      [object(`<Key>a</Key>${SIZE}${SIZE}`), "<Size> stands twice"],
      [object(`<Key>a<b>c</b></Key>${SIZE}`), "<Key> holds elements"],
      [object(`<Key>a&nbsp;b</Key>${SIZE}`), "&nbsp;"],
      [object("<Key>a</Key>"), 'the size of "a" is undefined'],
      [object("<Key>a</Key><Size/>"), 'the size of "a" is'],
      [object("<Key>a</Key><Size>9007199254740992</Size>"), "9007199254740992"],
      [object("<Key>a</Key><Size>1.5</Size>"), "1.5"],
      [object("<Key>a</Key><Size>0x10</Size>"), "0x10"],
      [object(`<Key>a</Key>${SIZE}<LastModified>yesterday</LastModified>`), 'the time of "a"'],
      [object(`<Key>a</Key>${SIZE}<LastModified>2026-13-01T00:00:00Z</LastModified>`), 'the time of "a"'],
      [object(`<Key>a</Key>${SIZE}<LastModified>2026-11-30T10:00:00</LastModified>`), 'the time of "a"'],
      [`<EncodingType>url</EncodingType>${object(`<Key>%E9</Key>${SIZE}`)}`, "not UTF-8"],
      ["<IsTruncated>yes</IsTruncated>", "whether it goes on"],
      ["<IsTruncated/>", "whether it goes on"],
      ["<IsTruncated>false</IsTruncated><IsTruncated>true</IsTruncated>", "<IsTruncated> stands twice"],
      ["<CommonPrefixes><Prefix>a/</Prefix><Prefix>b/</Prefix></CommonPrefixes>", "<Prefix> stands twice"],
      [`${object(`<Key>a</Key>${SIZE}`)}<Contents>`, "<Contents> has no end"],
    ] as const
  ) assertThrows(() => page(inner), IntegrityError, why);
  assertThrows(
    () => bucketPageOf("<ListAllMyBucketsResult/>", refuse),
    IntegrityError,
    "<ListAllMyBucketsResult>",
  );
});
