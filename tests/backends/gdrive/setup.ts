/** A stand-in and a backend on it, for tests of what goes wrong. */
import { type DriveKey, GDriveBackend, type GDriveOptions } from "../../../backends/gdrive/mod.ts";
import type { CottonCandyWarning } from "../../../lib/warnings.ts";
import { type DriveOptions, type FakeDrive, startDrive } from "../../servers/gdrive.ts";

/** MiB in bytes. */
export const MiB = 1024 * 1024;

/** What a test works with. */
export interface Setup {
  readonly drive: FakeDrive;
  readonly backend: GDriveBackend;
  readonly warnings: CottonCandyWarning[];
  /** Operations asked for since the last call. */
  operations(): string[];
  /** Names of files that are there, and not in the trash; a name as often as there are files of it. */
  names(): string[];
  /** Another process on the same drive. */
  another(options?: Partial<GDriveOptions>): GDriveBackend;
}

/** A person's login at a stand-in. */
export function loginOf({ clientSecrets, refreshToken, tokenUrl }: FakeDrive): DriveKey {
  const { client_id, client_secret } = clientSecrets.installed;
  return {
    type: "authorized_user",
    client_id,
    client_secret,
    refresh_token: refreshToken,
    token_uri: tokenUrl,
  };
}

/** A backend on a stand-in. */
export function backendOn(drive: FakeDrive, options: Partial<GDriveOptions> = {}): GDriveBackend {
  return new GDriveBackend({
    credentials: () => Promise.resolve(drive.token()),
    endpoint: drive.endpoint,
    retries: { attempts: 4, budget: 10_000, delay: 5 },
    timeout: { connect: 5000, idle: 20_000 },
    onWarning: () => {},
    ...options,
  });
}

/** Runs a test on a stand-in of its own. */
export async function onDrive(
  work: (setup: Setup) => Promise<void>,
  options: Partial<GDriveOptions> = {},
  server: DriveOptions = {},
): Promise<void> {
  const drive = await startDrive(server);
  const warnings: CottonCandyWarning[] = [];
  const backends: GDriveBackend[] = [];
  const another = (more: Partial<GDriveOptions> = {}) => {
    const backend = backendOn(drive, {
      onWarning: (warning) => void warnings.push(warning),
      ...options,
      ...more,
    });
    backends.push(backend);
    return backend;
  };
  try {
    await work({
      drive,
      backend: another(),
      warnings,
      operations: () => drive.requests.splice(0).map(({ operation }) => operation ?? "?"),
      names: () =>
        [...drive.store.files.values()].filter(({ id, trashed }) => id !== drive.store.rootId && !trashed)
          .map(({ name }) => name).sort(),
      another,
    });
  } finally {
    for (const backend of backends) backend.close();
    await drive.shutdown();
  }
}
