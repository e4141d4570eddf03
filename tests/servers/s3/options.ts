/** What kind of S3 the stand-in is. */
import type { Operation } from "./route.ts";

/** What a server can do and where its limits are. */
export interface Features {
  /** `x-amz-checksum-*`: `"verify"` like AWS, `"ignore"` like Ceph 16, `"reject"` with 501 like older gateways. */
  readonly checksums: "verify" | "ignore" | "reject";
  /** Objects without a checksum get a CRC64NVME one, as on AWS. */
  readonly defaultChecksum: boolean;
  /** `If-Match`/`If-None-Match` on PutObject, CompleteMultipartUpload and CopyObject; otherwise 501, or overlooked as by S3Proxy. */
  readonly conditionalPut: boolean | "overlooked";
  /** `If-Match` on DeleteObject and `ETag` in DeleteObjects; otherwise 501. */
  readonly conditionalDelete: boolean;
  /** DeleteObjects at all; otherwise 501. */
  readonly deleteObjects: boolean;
  /** DeleteObjects demands Content-MD5 and takes no other checksum for it. */
  readonly deleteObjectsNeedsMd5: boolean;
  /** GetObject answers a Range with 200 and everything. */
  readonly ignoreRange: boolean;
  /** All parts but the last must have one size (R2); otherwise InvalidPart. */
  readonly equalParts: boolean;
  /** CompleteMultipartUpload takes each part's number and ETag and nothing else (Swift); a checksum there is MalformedXML. */
  readonly plainPartLists: boolean;
  /** UploadPartCopy; otherwise 501. */
  readonly uploadPartCopy: boolean;
  /** `STREAMING-*` payloads (aws-chunked); otherwise 501. */
  readonly streamingPayload: boolean;
  /** A repeated CompleteMultipartUpload answers 200 again; otherwise NoSuchUpload. */
  readonly idempotentComplete: boolean;
  /** CreateBucket of one's own bucket answers 200, as us-east-1 does; otherwise BucketAlreadyOwnedByYou. */
  readonly recreateBucket: boolean;
  /** The bucket owner owns everything: any ACL but `bucket-owner-full-control` is AccessControlListNotSupported. */
  readonly aclsDisabled: boolean;
  /** Least bytes of a part that isn't the last. */
  readonly minPartSize: number;
  /** Most bytes of a PutObject or of one part. */
  readonly maxPutSize: number;
  /** Most bytes of a source of CopyObject, or of one UploadPartCopy. */
  readonly maxCopySize: number;
  /** Most keys of one listing page, whatever max-keys says. */
  readonly maxKeys: number;
  /** Most bytes of user metadata, names and values. */
  readonly maxMetadata: number;
}

const MIB = 1024 * 1024, GIB = 1024 * MIB;

const AWS: Features = {
  checksums: "verify",
  defaultChecksum: true,
  conditionalPut: true,
  conditionalDelete: true,
  deleteObjects: true,
  deleteObjectsNeedsMd5: false,
  ignoreRange: false,
  equalParts: false,
  plainPartLists: false,
  uploadPartCopy: true,
  streamingPayload: true,
  idempotentComplete: true,
  recreateBucket: false,
  aclsDisabled: false,
  minPartSize: 5 * MIB,
  maxPutSize: 5 * GIB,
  maxCopySize: 5 * GIB,
  maxKeys: 1000,
  maxMetadata: 2048,
};

/** Named servers. What each differs in is what clients have met there, see the features' own comments. */
export type Dialect = "aws" | "ceph" | "gcs" | "r2" | "swift";

/** Each dialect's features. */
export const DIALECTS: Readonly<Record<Dialect, Features>> = {
  aws: AWS,
  ceph: {
    ...AWS,
    checksums: "ignore",
    defaultChecksum: false,
    conditionalDelete: false,
    idempotentComplete: false,
  },
  gcs: {
    ...AWS,
    checksums: "reject",
    defaultChecksum: false,
    conditionalPut: false,
    conditionalDelete: false,
    uploadPartCopy: false,
    streamingPayload: false,
  },
  r2: { ...AWS, checksums: "reject", defaultChecksum: false, conditionalDelete: false, equalParts: true },
  // Seen of Swift 2.30 (Debian 12): it overlooks checksums in headers.
  swift: {
    ...AWS,
    checksums: "ignore",
    plainPartLists: true,
    defaultChecksum: false,
    conditionalPut: false,
    conditionalDelete: false,
    deleteObjectsNeedsMd5: true,
    streamingPayload: false,
    idempotentComplete: false,
  },
};

/** A bucket to start with. */
export interface BucketOptions {
  readonly name: string;
  /** What requests without a signature may do. Default: nothing. */
  readonly anonymous?: readonly Operation[];
  /** What nobody may do: AccessDenied. Without `ListObjectsV2`, a missing key is AccessDenied too. */
  readonly denied?: readonly Operation[];
  /** Whoever asks must say that he pays, by x-amz-request-payer. */
  readonly requesterPays?: boolean;
  /** Every write keeps the version that was there, and a deletion hides it. */
  readonly versioning?: boolean;
  /** It belongs to someone else: everything is AccessDenied, creating it is BucketAlreadyExists. */
  readonly foreign?: boolean;
}

/** Options of `startS3`. */
export interface S3Options {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  /** When given, requests must carry it. */
  readonly sessionToken?: string;
  /** Requests signed for another are AuthorizationHeaderMalformed. Default `us-east-1`. */
  readonly region?: string;
  /** Buckets to start with. */
  readonly buckets?: readonly (string | BucketOptions)[];
  /** Which server to be. Default `"aws"`. */
  readonly dialect?: Dialect;
  /** What differs from the dialect. */
  readonly features?: Partial<Features>;
  /** Let web pages of any origin in: to all that a bucket's rules may expose, or to the headers that are named. */
  readonly cors?: boolean | readonly string[];
  /** Default 0: a free port. */
  readonly port?: number;
}
