/** Each operation's function. */
import type { Reply } from "../http/reply.ts";
import { createBucket, deleteBucket, getBucketLocation, headBucket, listBuckets } from "./buckets.ts";
import type { Call } from "./call.ts";
import { completeMultipartUpload } from "./complete.ts";
import { copyObject } from "./copy.ts";
import { listObjects } from "./listing.ts";
import { abortMultipartUpload, createMultipartUpload, uploadPart, uploadPartCopy } from "./multipart.ts";
import {
  deleteObject,
  deleteObjects,
  deleteObjectTagging,
  getObjectAcl,
  getObjectTagging,
  putObject,
  putObjectTagging,
  readObject,
} from "./objects.ts";
import type { Operation } from "./route.ts";
import { listMultipartUploads, listParts } from "./uploads.ts";
import { listObjectVersions } from "./versions.ts";

/** Each does its work in one turn: what it checks is still true when it acts. */
export const OPERATIONS: Readonly<Record<Operation, (call: Call) => Reply>> = {
  AbortMultipartUpload: abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateBucket: createBucket,
  CreateMultipartUpload: createMultipartUpload,
  DeleteBucket: deleteBucket,
  DeleteObject: deleteObject,
  DeleteObjectTagging: deleteObjectTagging,
  DeleteObjects: deleteObjects,
  GetBucketLocation: getBucketLocation,
  GetObject: readObject,
  GetObjectAcl: getObjectAcl,
  GetObjectTagging: getObjectTagging,
  HeadBucket: headBucket,
  HeadObject: readObject,
  ListBuckets: listBuckets,
  ListMultipartUploads: listMultipartUploads,
  ListObjectVersions: listObjectVersions,
  ListObjects: listObjects,
  ListObjectsV2: listObjects,
  ListParts: listParts,
  PutObject: putObject,
  PutObjectTagging: putObjectTagging,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
};
