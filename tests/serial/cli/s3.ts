/** The stand-in for S3 as the command line meets it: by what the environment says. */
import { type FakeS3, startS3 } from "../../servers/s3.ts";

/** A server to run commands against: `s3.endpoint` is its address, its credentials are in the environment meanwhile. */
export async function withS3(
  buckets: readonly string[],
  work: (s3: FakeS3, at: (target: string) => string) => Promise<void>,
): Promise<void> {
  await using s3 = await startS3({ buckets: [...buckets] });
  const env = {
    AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    AWS_REGION: s3.region,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  };
  const before = Object.keys(env).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  try {
    await work(s3, (target) => `${target}?endpoint=${s3.endpoint}&forcePathStyle=true`);
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}
