/** Answers of S3 in XML. */

const LISTING = (entries: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>${entries}</ListBucketResult>`;
const CONTENTS =
  "<Contents><Key>a/b.npy</Key><LastModified>2026-11-30T10:00:00.000Z</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>0</Size><StorageClass>STANDARD</StorageClass></Contents>";
/** Listings. */
export const LISTINGS: readonly string[] = [
  LISTING(CONTENTS),
  LISTING(`${CONTENTS}<CommonPrefixes><Prefix>s/</Prefix></CommonPrefixes>`),
  LISTING(
    `\n <EncodingType>url</EncodingType><Contents><Owner xsi:type='a>b'><ID>1</ID></Owner><Size>1</Size><Key>a+%C3%BC&amp;</Key></Contents><!-- -->`,
  ),
];

/** A refusal. */
export const ERROR: string =
  '<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code><Message>It is not there</Message><Key>a</Key><RequestId>1</RequestId></Error>';

/** What stands in XML, in its corners too. */
export const XML_WORDS: readonly string[] = [
  "<Contents>",
  "</Contents>",
  "<Key>",
  "</Key>",
  "&amp;",
  "&#x1F600;",
  "&#0;",
  "&#xD800;",
  "<!--",
  "-->",
]
  .concat(
    "<![CDATA[",
    "]]>",
    '<!DOCTYPE x [<!ENTITY a "b">]>',
    "&a;",
    "<Size>-1</Size>",
    "<Size>1e3</Size>",
    "<?",
    "?>",
  )
  .concat(
    "<IsTruncated>true</IsTruncated>",
    "<NextContinuationToken>t</NextContinuationToken>",
    "<CommonPrefixes>",
    "%2F",
    "<x:",
    "<Owner>",
    "<Key/>",
    "<EncodingType>url</EncodingType>",
    " a='>'",
  );
