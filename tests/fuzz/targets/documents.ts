/** Documents of answers, read without a server: what Drive tells of files and failures, and what of S3's XML is read by this library. */
import { assert } from "@std/assert";
import { driveFailureOf, parseBody } from "../../../backends/gdrive/errors.ts";
import { type DriveFile, fileHead, fileOf } from "../../../backends/gdrive/file.ts";
import { type BucketPage, bucketPageOf } from "../../../backends/bucket_listing.ts";
import { errorElements, rootElement } from "../../../backends/s3/xml.ts";
import { IntegrityError } from "../../../lib/errors.ts";
import { retryAfterOf } from "../../../backends/transport/mod.ts";
import { type Target, target, textOf } from "../engine/target.ts";
import { ERROR, LISTINGS, XML_WORDS } from "./xml.ts";

const errorXml = target({
  name: "s3-xml",
  count: 4000,
  longest: 16_384,
  seeds: () => [ERROR, ...LISTINGS],
  dictionary: [
    "<!--",
    "-->",
    "<!",
    "<?x ?>",
    "<Error>",
    "\ufeff",
    " ",
    "<a:b>",
    "<Code>",
    "</Code>",
    "&#x41;",
  ],
  refusals: [],
  run: (input) => ({ root: rootElement(input), elements: Object.keys(errorElements(input)) }),
});

const listing = target<BucketPage>({
  name: "s3-listing",
  count: 5000,
  seeds: () => LISTINGS,
  dictionary: XML_WORDS,
  refusals: ["Integrity"],
  run: (input) => bucketPageOf(textOf(input), (why) => new IntegrityError(why)),
  judge(outcome) {
    if (outcome.kind === "refused") return;
    for (const entry of outcome.value.entries) {
      if ("prefix" in entry) assert(entry.prefix.isWellFormed());
      else {
        const { key, size, lastModified } = entry;
        assert(key !== "" && key.isWellFormed(), "a key that is none");
        assert(Number.isSafeInteger(size) && size >= 0 && !Number.isNaN(lastModified.getTime()));
      }
    }
  },
});

const FILE = JSON.stringify({
  id: "1",
  name: "a",
  mimeType: "text/plain",
  parents: ["root"],
  size: "5",
  md5Checksum: "5d41402abc4b2a76b9719d911017c592",
  version: "3",
  headRevisionId: "r",
  createdTime: "2026-11-30T10:00:00.000Z",
  modifiedTime: "2026-11-30T10:00:00.000Z",
  trashed: false,
  properties: { "cc0": "1.01.abc.%7B%7D", Dtype: "<f8" },
});

const driveFile = target<DriveFile>({
  name: "drive-file",
  count: 5000,
  seeds: () => [FILE],
  dictionary: [
    '"size":',
    '"version":',
    '"properties":',
    '"parents":',
    "null",
    '"cc0":"1.02.',
    "%7B",
    "8.64e15",
    '"__proto__":',
    '"appProperties":',
  ],
  refusals: ["Storage", "Integrity"],
  run(input) {
    const file = fileOf(parseBody(input));
    fileHead("a", file);
    return file;
  },
});

const driveError = target({
  name: "drive-error",
  count: 4000,
  longest: 8192,
  seeds: () => [
    '{"error":{"code":403,"message":"no","errors":[{"reason":"rateLimitExceeded","domain":"global"}],"status":"X"}}',
    "<html><title>Sorry</title>",
  ],
  dictionary: ['"errors":', '"reason":', '"message":', "<title>", "null", "[]", '"status":'],
  refusals: [],
  run(input) {
    const after = textOf(input).slice(0, 40);
    const { reason, message } = driveFailureOf(403, { "retry-after": after }, input);
    const wait = retryAfterOf(after);
    assert(wait === undefined || wait >= 0);
    assert(typeof reason === "string" && typeof message === "string");
    return { kind: reason };
  },
});

/** Documents of answers. */
export const targets: readonly Target[] = [errorXml, listing, driveFile, driveError];
