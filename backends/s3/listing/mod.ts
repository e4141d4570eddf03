/**
 * What is in a bucket beside its objects, page by page, as the SDK asks for it: versions (`versions.ts`), and uploads in parts that are not complete (`uploads.ts`) with the parts
 * that the store has of them (`parts.ts`).
 *
 * @module
 */
export { type ListedPart, listS3Parts } from "./parts.ts";
export { abortS3Uploads, abortUpload, forgetUpload, isUploadGone, listS3Uploads } from "./uploads.ts";
export { listS3Versions, undeleteS3Object } from "./versions.ts";
