/**
 * Who asks: keys, regions and endpoints from the environment, from Amazon's shared files, from roles, and where Python's cottoncandy looks.
 *
 * @module
 */
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { abortable } from "../../lib/async.ts";
import { environmentVariable, hasPlatform, homeDirectory, isGranted } from "../../lib/environment.ts";
import { AccessDeniedError, InvalidArgumentError } from "../../lib/errors.ts";
import { messageOf } from "../../lib/error_context.ts";
import { HttpHandler, timeoutsOf } from "../transport/mod.ts";
import type { S3Credentials, S3Options } from "./options.ts";

/**
 * Settings of the SDK's client that it would otherwise look up, which fails where Deno was not allowed to let it, or makes Deno ask. Empty where all is
 * allowed.
 */
export function withoutAsking(): S3ClientConfig {
  if (!hasPlatform()) return {};
  return {
    ...(isGranted({ name: "env" }) && mayReadProfiles() ? {} : {
      authSchemePreference: [],
      disableClockSkewCorrection: false,
      disableS3ExpressSessionAuth: false,
      useArnRegion: false,
      useDualstackEndpoint: false,
      useFipsEndpoint: false,
      sigv4aSigningRegionSet: undefined,
      userAgentAppId: () => Promise.resolve(undefined),
    }),
    ...(isGranted({ name: "sys", kind: "osRelease" })
      ? {}
      : { defaultUserAgentProvider: () => Promise.resolve([["aws-sdk-js"]]) }),
  };
}

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
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
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

/** Whether the environment or, where Amazon's own addresses are meant, the profile asks for FIPS or dual-stack endpoints, or names an endpoint: what the SDK follows. */
export async function usesEndpointVariant(endpoint: string | undefined): Promise<boolean> {
  const isTrue = (setting: string | undefined) => setting?.toLowerCase() === "true";
  if (["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"].map(environmentVariable).some(isTrue)) {
    return true;
  }
  if (endpoint !== undefined) return false;
  if ((await sharedConfig()).endpoint !== undefined) return true;
  if (!mayReadProfiles()) return false;
  const setting = await lookUp(
    undefined,
    (entries) => [entries.use_fips_endpoint, entries.use_dualstack_endpoint].find(isTrue),
  );
  return setting !== undefined;
}

type Entries = Readonly<Record<string, string | undefined>>;

/** Takes something from a profile, as the SDK reads it; `undefined` where it isn't there. */
async function lookUp(
  profile: string | undefined,
  select: (profile: Entries, file?: Readonly<Record<string, Entries>>) => string | undefined,
): Promise<string | undefined> {
  // Most machines have none, and what reads them takes as long to load as all the rest.
  const { platformFiles } = await import("../../lib/file_access.ts");
  const present = await Promise.all(
    profileFiles(homeDirectory() ?? "").map((path) => platformFiles().realpath(path).catch(() => undefined)),
  );
  if (present.every((path) => path === undefined)) return undefined;
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
  return profileFiles(home).every((path) => isGranted({ name: "read", path }));
}

function profileFiles(home: string): string[] {
  return [
    environmentVariable("AWS_SHARED_CREDENTIALS_FILE") ?? "~/.aws/credentials",
    environmentVariable("AWS_CONFIG_FILE") ?? "~/.aws/config",
  ].map((path) => path.replace(/^~(?=\/)/, home));
}

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
    const fromEnvironment = profile === undefined
      ? environmentCredentials() ?? await afterEnvironment?.()
      : undefined;
    return fromEnvironment ?? await fromProfile(profile) ?? await afterProfiles?.() ?? await fromRole();
  };
}

function environmentCredentials(): S3Credentials | undefined {
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
        `the profile "${named ?? "default"}" gave no credentials: ${messageOf(cause)}`,
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
  if (!granted || !isGranted({ name: "net", host: "169.254.169.254" })) throw noCredentialsError();
  try {
    return await askSdk();
  } catch (error) {
    throw noCredentialsError(error);
  }
}

/** The SDK's own chain: that of a client that was given no credentials. */
async function askSdk(profile?: string): Promise<S3Credentials> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  const handler = new HttpHandler(timeoutsOf(), { ca: environmentVariable("AWS_CA_BUNDLE") });
  const client = new S3Client({
    ...withoutAsking(),
    profile,
    region: environmentVariable("AWS_REGION") ?? "us-east-1",
    // Roles and SSO are asked by the way that the store is: through proxies, and with a private CA.
    requestHandler: handler,
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

function noCredentialsError(cause?: unknown): AccessDeniedError {
  const unseen = hasPlatform() && !isGranted({ name: "env" })
    ? " Deno was not allowed to look into all of the environment."
    : "";
  const said = cause === undefined ? "" : ` (${messageOf(cause)})`;
  return new AccessDeniedError(
    `no credentials were found in the environment, in profiles or from a role${said}.${unseen} Pass \`credentials\`, set AWS_ACCESS_KEY_ID ` +
      'and AWS_SECRET_ACCESS_KEY, or use "anonymous" for public data.',
    { cause },
  );
}

/** Milliseconds before their end at which credentials are renewed. */
const EARLY = 5 * 60_000;

/** Credentials that a function gives: asked for once, and again when they end, or a store says that they have. */
export class RenewedCredentials {
  readonly #ask: () => Promise<S3Credentials>;
  #current?: Promise<S3Credentials>;
  #generation = 0;

  /** Asks nothing yet. */
  constructor(ask: () => Promise<S3Credentials>) {
    this.#ask = ask;
  }

  /** Tells credentials apart: with which of them a request was signed. */
  get generation(): number {
    return this.#generation;
  }

  /** Those that hold now. An abort ends the waiting of this caller, with the signal's reason; others wait on. */
  async get(signal?: AbortSignal): Promise<S3Credentials> {
    if (signal) return await abortable(this.get(), signal);
    const credentials = await (this.#current ??= this.#asked());
    const { expiration } = credentials;
    if (expiration === undefined || expiration.getTime() - Date.now() >= EARLY) return credentials;
    this.drop(this.#generation);
    return await (this.#current ??= this.#asked());
  }

  /** Has others asked for, when those of this generation were refused; they may have been replaced since. */
  drop(generation: number): void {
    if (generation !== this.#generation) return;
    this.#generation++;
    this.#current = undefined;
  }

  async #asked(): Promise<S3Credentials> {
    const generation = this.#generation;
    try {
      const credentials = await this.#ask();
      const { accessKeyId, secretAccessKey } = credentials ?? {};
      if (typeof accessKeyId === "string" && typeof secretAccessKey === "string") return credentials;
      throw new Error("`credentials` gave no accessKeyId and secretAccessKey");
    } catch (error) {
      this.drop(generation);
      throw error;
    }
  }
}

/** The credentials of a store's options, where a function gives them. */
export function renewedCredentials({ client, credentials }: S3Options): RenewedCredentials | undefined {
  if (client || (credentials !== undefined && typeof credentials !== "function")) return undefined;
  return new RenewedCredentials(credentials ?? credentialChain());
}
