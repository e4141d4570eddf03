import { AccessDeniedError, InvalidArgumentError } from "../../lib/errors.ts";
import { environmentVariable, hasPlatform, isGranted } from "../../lib/environment.ts";
import type { S3Credentials } from "./options.ts";
import { mayReadProfiles } from "./shared_config.ts";

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
 * of `~/.aws/credentials` and `~/.aws/config` (keys, roles, SSO, processes), from the role of the container or the machine. Each is the AWS SDK's own
 * provider. What Deno was not allowed to look at is passed over.
 *
 * A profile that was named, by `profile` or `AWS_PROFILE`, must give credentials: no others are taken in its stead.
 *
 * @returns What gives the credentials, for `S3Backend`'s `credentials`; nothing is looked up before it is called. It rejects with
 * `AccessDeniedError` when nothing is found, and with `InvalidArgumentError` when the profile that was named gives none.
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
    const found = await environment(options) ?? await profiles(options.profile) ??
      await options.afterProfiles?.() ?? await roles();
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = found;
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      ...(expiration === undefined ? {} : { expiration }),
    };
  };
}

async function environment(options: CredentialChainOptions): Promise<S3Credentials | undefined> {
  if (options.profile !== undefined) return undefined;
  // Asked by the SDK's provider: all of them, whatever the first two say.
  const variables = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_CREDENTIAL_SCOPE",
    "AWS_ACCOUNT_ID",
  ];
  if (hasPlatform() && variables.every((variable) => isGranted({ name: "env", variable }))) {
    const { fromEnv } = await import("@aws-sdk/credential-providers");
    const found = await ifAny(fromEnv());
    if (found) return found;
  } else {
    // The parts that may be read: a program may be allowed just these.
    const accessKeyId = environmentVariable("AWS_ACCESS_KEY_ID");
    const secretAccessKey = environmentVariable("AWS_SECRET_ACCESS_KEY");
    const sessionToken = environmentVariable("AWS_SESSION_TOKEN");
    if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, sessionToken };
  }
  return await options.afterEnvironment?.();
}

async function profiles(profile: string | undefined): Promise<S3Credentials | undefined> {
  const named = profile ?? environmentVariable("AWS_PROFILE");
  if (!mayReadProfiles()) {
    if (named === undefined) return undefined;
    throw new InvalidArgumentError(
      `the profile "${named}" can't be read: run Deno with --allow-env and --allow-read for ~/.aws`,
    );
  }
  const { fromIni } = await import("@aws-sdk/credential-providers");
  try {
    const found = await ifAny(fromIni({ profile }));
    if (found || named === undefined) return found;
  } catch (cause) {
    throw new AccessDeniedError(
      `the profile "${named ?? "default"}" gave no credentials: ${
        cause instanceof Error ? cause.message : cause
      }`,
      { cause },
    );
  }
  throw new InvalidArgumentError(
    `there is no profile "${named}" with credentials in ~/.aws/credentials or ~/.aws/config: check its name`,
  );
}

/** The roles of containers and machines: what is left of the SDK's own chain. */
async function roles(): Promise<S3Credentials> {
  // It reads many variables and files, and asks the machine's own address.
  const granted = hasPlatform() && isGranted({ name: "env" }) && mayReadProfiles();
  if (!granted || !isGranted({ name: "net", host: "169.254.169.254" })) throw nothing();
  const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
  try {
    return await fromNodeProviderChain()();
  } catch (error) {
    throw nothing(error);
  }
}

/** What an SDK's provider gives, `undefined` where it has nothing to go by. */
async function ifAny(provider: () => Promise<S3Credentials>): Promise<S3Credentials | undefined> {
  try {
    return await provider();
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, "tryNextLink") === true) return undefined;
    throw error;
  }
}

function nothing(cause?: unknown): AccessDeniedError {
  const unseen = hasPlatform() && !isGranted({ name: "env" })
    ? " Deno was not allowed to look into all of the environment."
    : "";
  const said = cause instanceof Error ? ` (${cause.message})` : "";
  return new AccessDeniedError(
    `no credentials were found in the environment, in profiles or from a role${said}.${unseen} Pass \`credentials\`, set AWS_ACCESS_KEY_ID ` +
      'and AWS_SECRET_ACCESS_KEY, or use "anonymous" for public data.',
    { cause },
  );
}
