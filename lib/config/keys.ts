import { InvalidArgumentError } from "../errors.ts";
import type { Surroundings } from "./surroundings.ts";

/** An access key: its id and its secret. */
export interface Keys {
  /** The access key's id. */
  readonly accessKeyId: string;
  /** The secret access key. */
  readonly secretAccessKey: string;
}

/** The environment variables that Python's cottoncandy looks at; Amazon's own have longer names. */
export function environmentKeys({ variable }: Surroundings): Keys | undefined {
  const accessKeyId = variable("AWS_ACCESS_KEY");
  const secretAccessKey = variable("AWS_SECRET_KEY");
  return accessKeyId === undefined || secretAccessKey === undefined
    ? undefined
    : { accessKeyId, secretAccessKey };
}

/**
 * The keys that `~/.passwd-s3fs` has for a bucket. Its lines are `ACCESS:SECRET` and `BUCKET:ACCESS:SECRET`; of those without a bucket the first
 * counts, as in Python's cottoncandy.
 *
 * Source: https://github.com/s3fs-fuse/s3fs-fuse/wiki/Fuse-Over-Amazon, "password file".
 *
 * @throws {InvalidArgumentError} for a line that is neither.
 */
export async function passwdKeys(surroundings: Surroundings, bucket: string): Promise<Keys | undefined> {
  const { home } = surroundings;
  if (home === undefined) return undefined;
  const path = `${home}/.passwd-s3fs`;
  const text = await surroundings.readText(path);
  let general: Keys | undefined;
  for (const [index, line] of (text ?? "").split("\n").entries()) {
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    const fields = content.split(":");
    const [secretAccessKey, accessKeyId, name] = fields.reverse();
    if (fields.length < 2 || fields.length > 3 || !accessKeyId || !secretAccessKey) {
      throw new InvalidArgumentError(
        `${path}, line ${index + 1} is neither ACCESS:SECRET nor BUCKET:ACCESS:SECRET`,
      );
    }
    if (name === bucket) return { accessKeyId, secretAccessKey };
    if (name === undefined) general ??= { accessKeyId, secretAccessKey };
  }
  return general;
}
