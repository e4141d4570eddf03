/** What a page has loaded by the time that it has read, looked up and written a single object of S3: for `sizes_test.ts`. */
export * from "../../backends/s3/mod.ts";
export { headS3Object, openS3Object } from "../../backends/s3/read.ts";
export { requestObject } from "../../backends/s3/requests/own.ts";
export { requestSigner } from "../../backends/s3/requests/signer.ts";
export { putS3Object } from "../../backends/s3/writing/mod.ts";
