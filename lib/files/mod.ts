/**
 * Files and directories on disk, to and from a store. They need Deno, Node or Bun; in a browser each of these functions rejects with `UnsupportedError`.
 *
 * @module
 */
export { type DownloadedFile, downloadFile, type DownloadFileOptions } from "./download_file.ts";
export {
  downloadDirectory,
  type DownloadDirectoryOptions,
  type DownloadedDirectory,
} from "./download_directory.ts";
export type { DirectoryProgress } from "./directory_progress.ts";
export { defaultName, uploadFile, type UploadFileOptions } from "./upload_file.ts";
export { uploadDirectory, type UploadDirectoryOptions, type UploadedDirectory } from "./upload_directory.ts";
