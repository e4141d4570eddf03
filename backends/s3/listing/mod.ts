/**
 * What is in a bucket: objects (`list.ts`), their versions (`versions.ts`), and uploads in parts that are not complete (`uploads.ts`) with
 * the parts that the store has of them (`parts.ts`), page by page.
 *
 * @module
 */
export { listS3Objects } from "./list.ts";
export { type ListedPart, listS3Parts } from "./parts.ts";
export { abortS3Uploads, abortUpload, forgetUpload, isUploadGone, listS3Uploads } from "./uploads.ts";
export { listS3Versions, undeleteS3Object } from "./versions.ts";
