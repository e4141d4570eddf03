import { S3Client } from "@aws-sdk/client-s3";
import { environmentVariable, hasPlatform, isGranted } from "../../lib/environment.ts";
import { AccessDeniedError, InvalidArgumentError } from "../../lib/errors.ts";
import { messageOf } from "../../lib/thrown.ts";
import type { S3Credentials } from "./options.ts";
import { withoutAsking } from "./sdk_settings.ts";
import { mayReadProfiles, profileGivesCredentials } from "./shared_config.ts";

/** Where else credentials may come from; `undefined` when there are none. */
export type CredentialSource = () =>
  | S3Credentials
  | undefined
  | Promise<S3Credentials | undefined>;

/** Options of {@linkcode credentialChain}. */
export interface CredentialChainOptions {
  /** The profile to use: then the environment's keys are left alone. Default that of `AWS_PROFILE`, else `"default"`. */
  readonly profile?: string;
  /** Asked after Amazon's environment variables. */
  readonly afterEnvironment?: CredentialSource;
  /** Asked after the profiles, before the roles of containers and machines. */
  readonly afterProfiles?: CredentialSource;
}

/**
 * Finds credentials where Amazon's tools keep them: in the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`), in a profile
 * of `~/.aws/credentials` and `~/.aws/config` (keys, roles, SSO, processes), from the role of the container or the machine. Profiles and roles are left
 * to the AWS SDK. What Deno was not allowed to look at is passed over.
 *
 * A profile that was named, by `profile` or `AWS_PROFILE`, must have credentials: no others are taken in its stead.
 *
 * @returns What gives the credentials, for `S3Backend`'s `credentials`; nothing is looked up before it is called. It rejects with
 * `AccessDeniedError` when nothing is found, and with `InvalidArgumentError` when the profile that was named has none.
 *
 * @example
 * ```ts
 * import { credentialChain, S3Backend } from "@cottoncandy/cottoncandy/backends/s3";
 *
 * const backend = new S3Backend({ bucket: "brains", credentials: credentialChain({ profile: "lab" }) });
 * console.assert(backend.name === "s3://brains");
 * ```
 */
export function credentialChain(options: CredentialChainOptions = {}): () => Promise<S3Credentials> {
  return async () => {
    const { profile, afterEnvironment, afterProfiles } = options;
    const fromEnvironment = profile === undefined ? environment() ?? await afterEnvironment?.() : undefined;
    return fromEnvironment ?? await fromProfile(profile) ?? await afterProfiles?.() ?? await fromRole();
  };
}

function environment(): S3Credentials | undefined {
  const accessKeyId = environmentVariable("AWS_ACCESS_KEY_ID");
  const secretAccessKey = environmentVariable("AWS_SECRET_ACCESS_KEY");
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const sessionToken = environmentVariable("AWS_SESSION_TOKEN");
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

async function fromProfile(profile: string | undefined): Promise<S3Credentials | undefined> {
  const named = profile ?? environmentVariable("AWS_PROFILE");
  if (!mayReadProfiles()) {
    if (named === undefined) return undefined;
    throw new InvalidArgumentError(
      `the profile "${named}" can't be read: run Deno with --allow-env and --allow-read for ~/.aws`,
    );
  }
  if (await profileGivesCredentials(named)) {
    try {
      return await askSdk(named ?? "default");
    } catch (cause) {
      throw new AccessDeniedError(
        `the profile "${named ?? "default"}" gave no credentials: ${saying(cause)}`,
        {
          cause,
        },
      );
    }
  }
  if (named === undefined) return undefined;
  throw new InvalidArgumentError(
    `there is no profile "${named}" with credentials in ~/.aws/credentials or ~/.aws/config: check its name`,
  );
}

/** From the role of the container or machine: what is left of the SDK's own chain when there is nothing before it. */
async function fromRole(): Promise<S3Credentials> {
  // It reads many variables and files, and asks the machine's own address.
  const granted = hasPlatform() && isGranted({ name: "env" }) && mayReadProfiles();
  if (!granted || !isGranted({ name: "net", host: "169.254.169.254" })) throw nothing();
  try {
    return await askSdk();
  } catch (error) {
    throw nothing(error);
  }
}

/** The SDK's own chain: that of a client that was given no credentials. */
async function askSdk(profile?: string): Promise<S3Credentials> {
  const client = new S3Client({
    ...withoutAsking(),
    profile,
    region: environmentVariable("AWS_REGION") ?? "us-east-1",
    // It would print its advice.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await client.config.credentials();
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      ...(expiration === undefined ? {} : { expiration }),
    };
  } finally {
    client.destroy();
  }
}

function nothing(cause?: unknown): AccessDeniedError {
  const unseen = hasPlatform() && !isGranted({ name: "env" })
    ? " Deno was not allowed to look into all of the environment."
    : "";
  const said = cause === undefined ? "" : ` (${saying(cause)})`;
  return new AccessDeniedError(
    `no credentials were found in the environment, in profiles or from a role${said}.${unseen} Pass \`credentials\`, set AWS_ACCESS_KEY_ID ` +
      'and AWS_SECRET_ACCESS_KEY, or use "anonymous" for public data.',
    { cause },
  );
}

function saying(cause: unknown): string {
  return messageOf(cause);
}
