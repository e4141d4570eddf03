/**
 * What the environment and the files that Amazon's tools share say of a store, apart from credentials.
 *
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 *
 * @module
 */
import { environmentVariable, hasPlatform, homeDirectory, isGranted } from "../../lib/environment.ts";

/** Where a store is, as far as the environment and profiles tell. */
export interface SharedConfig {
  /** The region. */
  readonly region?: string;
  /** The server's address. */
  readonly endpoint?: string;
}

/**
 * The region and endpoint that the environment names (`AWS_REGION`, `AWS_DEFAULT_REGION`, `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`), or else the
 * profile in `~/.aws/config`. What Deno was not allowed to read counts as absent, and so does everything in a browser.
 *
 * @param options `profile`: default that of `AWS_PROFILE`, else `"default"`.
 *
 * @example
 * ```ts
 * import { S3Backend, sharedConfig } from "@cottoncandy/cottoncandy/backends/s3";
 *
 * const { region, endpoint } = await sharedConfig();
 * const backend = new S3Backend({ bucket: "brains", region, endpoint, credentials: "anonymous" });
 * console.assert(backend.bucket === "brains");
 * ```
 */
export async function sharedConfig(options: { profile?: string } = {}): Promise<SharedConfig> {
  const ignoring = environmentVariable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.toLowerCase() === "true";
  const region = environmentVariable("AWS_REGION") ?? environmentVariable("AWS_DEFAULT_REGION");
  const endpoint = environmentVariable("AWS_ENDPOINT_URL_S3") ?? environmentVariable("AWS_ENDPOINT_URL");
  const profile = mayReadProfiles() ? await profileConfig(options.profile) : {};
  return {
    region: region ?? profile.region,
    endpoint: ignoring ? undefined : endpoint ?? profile.endpoint,
  };
}

async function profileConfig(profile: string | undefined): Promise<SharedConfig> {
  return {
    region: await lookUp(profile, ({ region }) => region),
    endpoint: await lookUp(profile, ({ services, endpoint_url }, file) =>
      // Settings of one service stand indented below its name, which the SDK's reader joins with a dot.
      (services === undefined ? undefined : file?.[`services.${services}`]?.["s3.endpoint_url"]) ??
        endpoint_url),
  };
}

/** Whether a profile says where credentials come from. Only to be asked when profiles may be read. */
export async function profileGivesCredentials(profile: string | undefined): Promise<boolean> {
  return await lookUp(profile, (entries) =>
    entries.aws_access_key_id && entries.aws_secret_access_key ||
    SOURCES.map((name) => entries[name]).find(Boolean)) !== undefined;
}

/** Entries of a profile that say where credentials come from, beside keys. */
const SOURCES = [
  "role_arn",
  "credential_process",
  "sso_session",
  "sso_start_url",
  "web_identity_token_file",
  "login_session",
];

type Entries = Readonly<Record<string, string | undefined>>;

/** Takes something from a profile, as the SDK reads it; `undefined` where it isn't there. */
async function lookUp(
  profile: string | undefined,
  select: (profile: Entries, file?: Readonly<Record<string, Entries>>) => string | undefined,
): Promise<string | undefined> {
  const { loadConfig } = await import("@smithy/core/config");
  return await loadConfig<string | undefined>({
    environmentVariableSelector: () => undefined,
    configFileSelector: select,
    default: undefined,
  }, { profile })();
}

/** What the SDK looks at when it reads profiles. */
const VARIABLES = [
  "AWS_PROFILE",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_CONFIG_FILE",
  "HOME",
  "USERPROFILE",
  "HOMEPATH",
  "HOMEDRIVE",
];

/** Whether profiles can be read without Deno asking for a permission, or refusing it. */
export function mayReadProfiles(): boolean {
  if (!hasPlatform() || !VARIABLES.every((variable) => isGranted({ name: "env", variable }))) return false;
  const home = homeDirectory();
  if (home === undefined) return false;
  return [
    environmentVariable("AWS_SHARED_CREDENTIALS_FILE") ?? "~/.aws/credentials",
    environmentVariable("AWS_CONFIG_FILE") ?? "~/.aws/config",
  ].every((path) => isGranted({ name: "read", path: path.replace(/^~(?=\/)/, home) }));
}
