/** Each operation's function. */
import type { Reply } from "../http/reply.ts";
import { createBucket, deleteBucket, getBucketLocation, headBucket, listBuckets } from "./buckets.ts";
import type { Call } from "./call.ts";
import { completeMultipartUpload } from "./complete.ts";
import { copyObject } from "./copy.ts";
import { listObjects } from "./listing.ts";
import { abortMultipartUpload, createMultipartUpload, uploadPart, uploadPartCopy } from "./multipart.ts";
import { deleteObject, deleteObjects, getObjectAcl, putObject, readObject } from "./objects.ts";
import type { Operation } from "./route.ts";
import { listMultipartUploads, listParts } from "./uploads.ts";

/** Each does its work in one turn: what it checks is still true when it acts. */
export const OPERATIONS: Readonly<Record<Operation, (call: Call) => Reply>> = {
  AbortMultipartUpload: abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateBucket: createBucket,
  CreateMultipartUpload: createMultipartUpload,
  DeleteBucket: deleteBucket,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  GetBucketLocation: getBucketLocation,
  GetObject: readObject,
  GetObjectAcl: getObjectAcl,
  HeadBucket: headBucket,
  HeadObject: readObject,
  ListBuckets: listBuckets,
  ListMultipartUploads: listMultipartUploads,
  ListObjects: listObjects,
  ListObjectsV2: listObjects,
  ListParts: listParts,
  PutObject: putObject,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
};
