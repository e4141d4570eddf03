/** The stores that every interface is tested on: memory, a local directory, S3 and Google Drive as strict stand-ins. */
import type { Backend } from "../../backends/backend.ts";
import { GDriveBackend } from "../../backends/gdrive/mod.ts";
import { LocalBackend } from "../../backends/local/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { type FakeDrive, FOLDER, startDrive } from "../servers/gdrive.ts";
import { type FakeS3, startS3 } from "../servers/s3.ts";

/** A fresh, empty store. */
export interface OpenStore {
  /** Its first bucket, or directory. */
  readonly backend: Backend;
  /** Its second bucket; a second directory or folder where there are no buckets. */
  readonly other: Backend;
  /** The server behind it, for the S3 store. */
  readonly s3?: FakeS3;
  /** The server behind it, for Drive. */
  readonly drive?: FakeDrive;
  /** Ends it, with all that is stored. */
  dispose(): Promise<void>;
}

/** Opens a fresh store. */
export type OpenNewStore = () => Promise<OpenStore>;

function openMemory(): Promise<OpenStore> {
  // A name of its own, so that no two tests share buckets.
  const backend = new MemoryBackend(`first-${crypto.randomUUID()}`);
  const other = new MemoryBackend(`second-${crypto.randomUUID()}`);
  const { buckets } = backend;
  return Promise.resolve({
    backend,
    other,
    async dispose() {
      for (const each of [backend, other]) {
        const keys: string[] = [];
        if (!await buckets.exists(each.bucket)) continue;
        for await (const entry of each.list()) if ("key" in entry) keys.push(entry.key);
        for await (const { error } of each.delete(keys)) if (error) throw error;
        await buckets.remove(each.bucket);
      }
    },
  });
}

async function openLocal(): Promise<OpenStore> {
  const directory = await Deno.makeTempDir();
  await Deno.mkdir(`${directory}/first`);
  await Deno.mkdir(`${directory}/second`);
  return {
    backend: new LocalBackend(`${directory}/first`),
    other: new LocalBackend(`${directory}/second`),
    dispose: () => Deno.remove(directory, { recursive: true }),
  };
}

async function openS3(): Promise<OpenStore> {
  const s3 = await startS3({ buckets: ["first", "second"] });
  const backend = new S3Backend({
    bucket: "first",
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3.credentials,
  });
  return {
    backend,
    other: backend.withBucket("second"),
    s3,
    async dispose() {
      backend.close();
      await s3.shutdown();
    },
  };
}

async function openDrive(): Promise<OpenStore> {
  const drive = await startDrive();
  const open = (name: string) =>
    new GDriveBackend({
      credentials: () => Promise.resolve(drive.token()),
      endpoint: drive.endpoint,
      folderId: drive.store.add({ name, mimeType: FOLDER }).id,
    });
  const backend = open("first");
  const other = open("second");
  return {
    backend,
    other,
    drive,
    async dispose() {
      backend.close();
      other.close();
      await drive.shutdown();
    },
  };
}

/**
 * Registers tests for each store.
 *
 * @param register Is given the store's name, for the tests' names, and what opens a fresh one; each test disposes of its own.
 */
export function forEachStore(register: (name: string, open: OpenNewStore) => void): void {
  register("memory", openMemory);
  register("local", openLocal);
  register("S3", openS3);
  register("Drive", openDrive);
}

/** Runs a test on a fresh store, and disposes of it whatever comes. */
export async function withStore(
  open: OpenNewStore,
  test: (store: OpenStore) => Promise<void>,
): Promise<void> {
  const store = await open();
  try {
    await test(store);
  } finally {
    await store.dispose();
  }
}
