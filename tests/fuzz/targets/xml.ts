/** Answers of S3 in XML. */

const LISTING = (entries: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>${entries}</ListBucketResult>`;
const CONTENTS =
  "<Contents><Key>a/b.npy</Key><LastModified>2026-11-30T10:00:00.000Z</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>0</Size><StorageClass>STANDARD</StorageClass></Contents>";
/** Listings. */
export const LISTINGS: readonly string[] = [
  LISTING(CONTENTS),
  LISTING(`${CONTENTS}<CommonPrefixes><Prefix>s/</Prefix></CommonPrefixes>`),
];

/** A refusal. */
export const ERROR: string =
  '<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code><Message>It is not there</Message><Key>a</Key><RequestId>1</RequestId></Error>';
