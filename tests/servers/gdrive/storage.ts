/** Whether there is room. */
import type { Call } from "./call.ts";
import { driveError } from "./error.ts";
import { FOLDER, SHORTCUT, type StoredFile } from "./store.ts";

/** storageQuotaExceeded unless so many bytes more can be kept. Shared drives have room; service accounts own nothing. */
export function checkStorage(
  { principal, settings, store }: Pick<Call, "principal" | "settings" | "store">,
  driveId: string | undefined,
  mimeType: string,
  size: number,
): void {
  if (driveId !== undefined || mimeType === FOLDER || mimeType === SHORTCUT) return;
  if (principal.isServiceAccount) {
    throw driveError(
      "storageQuotaExceeded",
      "Service Accounts do not have storage quota. Leverage shared drives (https://developers.google.com/workspace/drive/api/guides/about-shareddrives), or use OAuth delegation (http://support.google.com/a/answer/7281227) instead.",
    );
  }
  checkQuota({ settings, store }, size);
}

/** storageQuotaExceeded unless a file's owner has room for its new bytes, whoever writes them. */
export function checkGrowth(call: Pick<Call, "settings" | "store">, file: StoredFile, size: number): void {
  if (file.driveId === undefined) checkQuota(call, size - (file.bytes?.length ?? 0));
}

function checkQuota({ settings, store }: Pick<Call, "settings" | "store">, more: number): void {
  if (more <= 0 || store.usage() + more <= settings.quota) return;
  throw driveError("storageQuotaExceeded", "The user's Drive storage quota has been exceeded.");
}
