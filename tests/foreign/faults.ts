/**
 * Cases of the suite that servers fail, and what each server does there: what the run expects, and `docs/servers.md` tells.
 *
 * @module
 */
import type { Fault } from "./server.ts";

const ODD_KEYS = "odd keys are all different objects, listed and deleted as they are";
const ROOT_KEYS = "keys at the root: a leading slash, dots and the like";
const LONG_KEYS = "keys of 1024 bytes";
const ORDER = "keys come in the order of their UTF-8 bytes";
const BY_PREFIX = "by prefix, which need not end at a slash";
const BY_DELIMITER = "by delimiter";
const START_AFTER = "startAfter, which need not be a key";
const METADATA = "metadata: keys in lower case, values kept, empty ones too";
const COPY_METADATA = "metadata that are given replace all; the content type stays";
const CONTENT_TYPE = "the content type is kept";
const REPLACED = "readers see the old object or the new one while it is replaced, never a mixture";
const CONCURRENT = "concurrent puts to one key end in one whole version";
const NEIGHBOURS = "puts and deletes of neighbours at once don't get into each other's way";
const COMING_AND_GOING = "objects that come and go meanwhile don't disturb a listing of the others";
const RESUMED_EMPTY = "a resumed upload takes bytes in memory, none, and few";
// Those of `features.ts`.
const CLASSES = "storage class and tags, in one request, in parts, on copies";
const VERSIONS = "versions are listed, read, brought back and removed";
const PRESIGNED = "presigned URLs read, look up, store and delete";
const PENDING = "pending uploads are listed and ended";
const CUSTOMER_KEY = "a customer's key, in one request and in parts";

/** What a reader, or a writer beside others, may be told where objects are not replaced at one stroke. */
const TORN = /AssertionError|IntegrityError|PreconditionFailedError|NotFoundError|ConnectionError/;

/** One cause of several cases. */
const all = (cases: readonly string[], fault: Omit<Fault, "case">): Fault[] =>
  cases.map((name) => ({ case: name, ...fault }));

/** Servers that keep objects as files: a name can't be a file and a directory, and is at most 255 bytes. */
const FILES =
  "keeps objects as files: there is no `a` beside `a/b`, no `a//b`, no `.` and `..`, no name beyond 255 bytes";

export const versitygwFaults: readonly Fault[] = [
  ...all([ODD_KEYS], {
    fails: /DirectoryObjectContainsData/,
    why: "stores no bytes under a key that ends in a slash",
  }),
  ...all([ROOT_KEYS], { fails: /PutObject: 400/, why: FILES }),
  ...all([LONG_KEYS, ORDER, BY_PREFIX, BY_DELIMITER, START_AFTER], { fails: /PutObject: 409/, why: FILES }),
  ...all([CLASSES], { fails: /Values are not equal: small/, why: "keeps no storage class but STANDARD" }),
  ...all([NEIGHBOURS], {
    fails: /PutObject: 409 ExistingObjectIsDirectory/,
    why: "refuses an object whose directory is removed at that moment, since its last one was deleted",
    sometimes: true,
  }),
];

export const minioFaults: readonly Fault[] = [
  ...all([ODD_KEYS, ROOT_KEYS, LONG_KEYS], { fails: /PutObject: 400 XMinioInvalid/, why: FILES }),
  ...all([ORDER, BY_PREFIX, BY_DELIMITER, START_AFTER], {
    fails: /to deeply equal/,
    why: "stores `a/b` beside `a`, and lists only `a`",
  }),
  ...all([CLASSES], { fails: /InvalidStorageClass/, why: "has no storage class STANDARD_IA" }),
  ...all([VERSIONS], { fails: /Values are not equal/, why: "marks what is deleted once, and not again" }),
  ...all([PENDING], {
    fails: /Values are not equal/,
    why: "lists pending uploads of a whole key only, and not by a prefix",
  }),
  ...all([CUSTOMER_KEY], {
    fails: /over http:.*no customer's key/,
    why: "takes customers' keys by TLS alone",
  }),
  ...all([NEIGHBOURS], {
    fails: /PutObject.*AccessDenied|AccessDenied.*PutObject/,
    why: "refuses an object whose directory is removed at that moment, since its last one was deleted",
    sometimes: true,
  }),
];

export const rcloneFaults: readonly Fault[] = [
  ...all([ODD_KEYS, ROOT_KEYS, LONG_KEYS, ORDER, BY_PREFIX, BY_DELIMITER, START_AFTER], {
    fails: /PutObject: 500 InternalError/,
    why: `${FILES}; it answers 500, which is asked again in vain`,
  }),
  ...all([REPLACED, CONCURRENT], {
    fails: TORN,
    why: "keeps metadata apart from bytes, and replaces them one after the other",
    sometimes: true,
  }),
  ...all([NEIGHBOURS], {
    // What is empty for the moment is noticed by the checksum that it keeps.
    fails: /NotFoundError|IntegrityError/,
    why:
      "does not find, or finds empty, what was stored just now, while others are deleted from its directory",
    sometimes: true,
  }),
  ...all([COMING_AND_GOING], {
    fails: /does not list bucket .* as it was asked to/,
    why: "lists out of order while others store and delete, which this package notices and refuses",
    sometimes: true,
  }),
  ...all([COPY_METADATA], {
    fails: /to deeply equal/,
    why: "adds new metadata of a copy to those of its source",
  }),
  ...all(["an upload that was completed, its answer lost, is told as such"], {
    fails: /there is no upload of .* can't be told/,
    why:
      "gives objects in parts an ETag of its own, by which they can't be known again: what became of the upload is told as unknown",
  }),
  ...all([CLASSES], {
    fails: /GetObjectTagging with what is no XML/,
    why: "has no classes and tags, and answers with the object",
  }),
  ...all([VERSIONS], { fails: /NotImplemented/, why: "has no versions" }),
  ...all([PRESIGNED], {
    fails: /AssertionError/,
    why: "overlooks what a presigned URL wants of the answer's headers",
  }),
];

export const s3proxyFaults: readonly Fault[] = [
  ...all([ODD_KEYS, ORDER, BY_PREFIX, BY_DELIMITER, START_AFTER], {
    fails: /PutObject: 500 InternalError/,
    why: `${FILES}; it answers 500, which is asked again in vain`,
  }),
  ...all([ROOT_KEYS], { fails: /PutObject: 400/, why: FILES }),
  ...all([LONG_KEYS], { fails: /PutObject: 500/, why: FILES }),
  ...all([CONTENT_TYPE], { fails: /charset/, why: "writes content types in its own way" }),
  ...all([REPLACED, CONCURRENT], {
    fails: TORN,
    why: "replaces bytes and metadata one after the other",
    sometimes: true,
  }),
  ...all(["an upload that broke off goes on in another process", RESUMED_EMPTY], {
    fails: /It was missing for part 1/,
    why:
      'lists parts without their checksums, and wants them of all parts: resumed uploads need `checksums: "MD5"`',
  }),
  ...all([CLASSES], { fails: /can't do PutObject .*501/, why: "has no tags" }),
  ...all([VERSIONS], { fails: /Versioning is not supported/, why: "has no versions" }),
  ...all([CUSTOMER_KEY], { fails: /Server-side encryption is not supported/, why: "has no encryption" }),
];

export const s3mockFaults: readonly Fault[] = [
  ...all(
    [
      "an abort while a source keeps silent after 18874368 bytes",
      "a source that fails after 12582912 bytes stores nothing",
    ],
    { fails: /NoSuchKey/, why: "deletes the object that is there when an upload of its key is aborted" },
  ),
  ...all([ODD_KEYS, ROOT_KEYS], { fails: /PutObject: 400/, why: "refuses backslashes and `..`" }),
  ...all([ORDER, BY_DELIMITER], {
    fails: /does not list bucket .* as it was asked to/,
    why: "lists in the order of UTF-16, which this package notices and refuses",
  }),
  ...all([START_AFTER], { fails: /to deeply equal/, why: "lists in the order of UTF-16" }),
  ...all([METADATA, "a copy has the bytes, metadata and content type"], {
    fails: /to deeply equal/,
    why: "drops metadata whose value is empty",
  }),
  ...all([CONTENT_TYPE], { fails: /charset/, why: "writes content types in its own way" }),
  ...all([REPLACED, CONCURRENT], {
    fails: TORN,
    why: "writes into the file that is being read",
    sometimes: true,
  }),
  ...all([COPY_METADATA], {
    fails: /to deeply equal/,
    why: "keeps the metadata of a copy's source where there are none in their place",
  }),
  ...all([CLASSES], { fails: /Values are not equal: small/, why: "keeps tags encoded as they were sent" }),
  ...all([VERSIONS], {
    fails: /answered ListObjectVersions with <ListBucketResult>/,
    why: "lists versions under another name than S3, which this package takes for no answer",
  }),
];

export const cephFaults: readonly Fault[] = [
  ...all([METADATA], {
    fails: /to deeply equal/,
    why: "makes dashes of the underscores in the names of metadata",
  }),
  ...all([CLASSES], { fails: /PutObject: 400 InvalidArgument/, why: "has no storage class STANDARD_IA" }),
  ...all([VERSIONS], { fails: /Values are not equal/, why: "marks what is deleted once, and not again" }),
  ...all([CUSTOMER_KEY], {
    fails: /PutObject: 400 InvalidRequest/,
    why: "takes customers' keys by TLS alone",
  }),
];

export const swiftFaults: readonly Fault[] = [
  ...all([CLASSES], { fails: /InvalidStorageClass/, why: "has no storage class STANDARD_IA" }),
  ...all([VERSIONS], {
    fails: /Values are not equal|ConnectionError/,
    why: "takes half a minute to remove a version, and does not show the one before it at once",
    sometimes: true,
  }),
  ...all([PENDING], {
    fails: /Values are not equal/,
    why: "rounds the time when an upload began up to the next second, in which it is not older than now",
    sometimes: true,
  }),
  ...all([CONCURRENT], {
    fails: /answer to PutObject of .* has no ETag/,
    why:
      "answers 200 without an ETag where a newer object was stored meanwhile: what became of it is told as unknown",
    sometimes: true,
  }),
];
