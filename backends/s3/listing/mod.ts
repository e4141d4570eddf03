/**
 * What is in a bucket: objects (`list.ts`), their versions (`versions.ts`), and uploads in parts that are not complete (`uploads.ts`), page by page.
 *
 * @module
 */
export { listS3Objects } from "./list.ts";
export { abortS3Uploads, abortUpload, isUploadGone, listS3Uploads } from "./uploads.ts";
export { listS3Versions, undeleteS3Object } from "./versions.ts";
