import type { OnWarning } from "../../lib/warnings.ts";
import type { S3Checksums } from "./options.ts";

/**
 * What has been learned of a store that speaks S3 in its own way. Begins with what Amazon's does; a refusal that names a feature takes the feature
 * back, for good.
 */
export class Dialect {
  /** Sent with every body. */
  checksums: S3Checksums;
  /** The store decides on If-None-Match and If-Match when writing. */
  conditions = true;
  /** Writes take If-Match in quotes, as it should be; Ceph compares the quotes as well. */
  quotedIfMatch = true;
  /** The store deletes many objects at a time. */
  batchDelete = true;
  /** Batches of deletes need Content-MD5. */
  batchDeleteMd5: boolean;
  readonly #onWarning: OnWarning;

  /** A dialect to begin with. */
  constructor(checksums: S3Checksums, onWarning: OnWarning) {
    this.checksums = checksums;
    this.batchDeleteMd5 = checksums === false || checksums === "MD5";
    this.#onWarning = onWarning;
  }

  /** Takes back the checksum that was refused; false when there was none. */
  withoutChecksum(refused: S3Checksums, key: string, why: string): boolean {
    if (refused === false) return false;
    // Another request may have learned it in the meantime.
    if (this.checksums !== refused) return true;
    this.checksums = refused === "MD5" ? false : "MD5";
    this.#onWarning({
      kind: "checksum",
      key,
      message: `the store refuses ${refused} checksums (${why}); bodies are sent with ${
        this.checksums === "MD5" ? "Content-MD5" : "no checksum"
      } from now on. Set \`checksums\` accordingly to save this round.`,
    });
    return true;
  }
}
