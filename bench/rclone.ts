/**
 * rclone, in the version that this package is measured beside and held against. `deno run -A bench/rclone.ts` builds it, which takes minutes.
 *
 * @module
 */
import { type GoProgram, goProgram } from "./go_program.ts";
import type { S3Address } from "./versitygw.ts";

/** What to build. */
export const RCLONE: GoProgram = {
  name: "rclone",
  package: "github.com/rclone/rclone",
  module: "github.com/rclone/rclone",
  version: "v1.71.2",
};

/** What rclone is told by its environment, so that `:s3:bucket/path` is of that server, and no configuration counts. */
export function rcloneEnvironment(
  { endpoint, region, accessKeyId, secretAccessKey }: Pick<
    S3Address,
    "endpoint" | "region" | "accessKeyId" | "secretAccessKey"
  >,
): Record<string, string> {
  return {
    RCLONE_CONFIG: "/dev/null",
    RCLONE_S3_PROVIDER: "Other",
    RCLONE_S3_ENDPOINT: endpoint,
    RCLONE_S3_REGION: region,
    RCLONE_S3_ACCESS_KEY_ID: accessKeyId,
    RCLONE_S3_SECRET_ACCESS_KEY: secretAccessKey,
    RCLONE_S3_NO_CHECK_BUCKET: "true",
  };
}

if (import.meta.main) await goProgram(RCLONE);
