/**
 * Uploads that another process takes up where one was broken off, and where they are remembered.
 *
 * @module
 */
export { fileResumeStore, resumeStoreOf } from "./file_store.ts";
export {
  memoryResumeStore,
  readRecord,
  type ResumeRecord,
  type ResumeSource,
  type ResumeStore,
} from "./record.ts";
export { type ResumableBody, uploadResumably, uploadStreamResumably } from "./uploading.ts";
