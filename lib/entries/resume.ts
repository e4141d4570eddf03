/**
 * Uploads that another process takes up where one was broken off: where they are remembered.
 *
 * ```ts
 * import { getInterface } from "@cottoncandy/cottoncandy";
 * import { fileResumeStore } from "@cottoncandy/cottoncandy/resume";
 *
 * const cci = await getInterface("memory://lab");
 * const directory = await Deno.makeTempDir();
 * const scan = `${directory}/scan.nii`;
 * await Deno.writeFile(scan, new Uint8Array(2 ** 20));
 * await cci.uploadFromFile(scan, "scan.nii", { resume: fileResumeStore(`${directory}/uploads`) });
 * await Deno.remove(directory, { recursive: true });
 * ```
 *
 * @module
 */
export {
  fileResumeStore,
  memoryResumeStore,
  type ResumeRecord,
  type ResumeSource,
  type ResumeStore,
} from "../objects/resuming/mod.ts";
export type { UploadToken } from "../../backends/backend.ts";
