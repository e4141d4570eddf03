/**
 * Uploads that another process takes up where one was broken off, and where they are remembered.
 *
 * @module
 */
export {
  abortPending,
  chunkEntries,
  chunkName,
  chunksOf,
  chunksToken,
  isChunkOf,
  removeChunks,
  type UploadedChunks,
} from "./chunks.ts";
export { fileResumeStore, resumeStoreOf } from "./file_store.ts";
export {
  digestOfJson,
  dropRecord,
  isRemembered,
  memoryResumeStore,
  readRecord,
  recordName,
  type RecordPlace,
  type ResumeRecord,
  type ResumeSource,
  type ResumeStore,
} from "./record.ts";
export { keptError, type ResumableBody, uploadResumably, uploadStreamResumably } from "./uploading.ts";
