import { CottonCandyError } from "../../lib/errors.ts";
import { withCommitted } from "../transport/mod.ts";
import { type DriveFile, fileEtag, isDescribed } from "./file.ts";
import { SessionLost, type UploadTarget } from "./session.ts";
import type { DriveStore } from "./store.ts";

/**
 * The file, where it was written although that seemed to have failed; `undefined` where it was not.
 *
 * @param failure What it seemed to have failed by.
 * @param sent What its bytes must be.
 * @throws {CottonCandyError} where that can't be known.
 */
export async function writtenFile(
  store: DriveStore,
  key: string,
  { id, before, description }: UploadTarget,
  failure: CottonCandyError | SessionLost,
  sent: { readonly size: number; readonly md5: string },
): Promise<DriveFile | undefined> {
  const unknown = () =>
    failure instanceof SessionLost
      ? new CottonCandyError(`${failure.message}; it is not known whether "${key}" was stored.`, {
        key,
        bucket: store.name,
        committed: "unknown",
        cause: failure,
      })
      : withCommitted(failure, "unknown");
  const file = await store.files.look(id, { operation: "files.get", key }).catch(() => {
    throw unknown();
  });
  if (!file) return undefined;
  const same = file.size === sent.size && file.md5 === sent.md5 && isDescribed(file, description, before);
  if (same && file.version !== before?.version) return file;
  if (before && fileEtag(file) === fileEtag(before)) return undefined;
  // Somebody has written it since; or these bytes were damaged.
  throw unknown();
}
