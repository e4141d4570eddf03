import { GDriveBackend, type GDriveOptions } from "../../backends/gdrive/mod.ts";
import { conformance } from "../../testing/mod.ts";
import { type DriveOptions, type FakeDrive, FOLDER, startDrive } from "../servers/gdrive.ts";
import { loginOf } from "./gdrive/setup.ts";
import { badWeather } from "./gdrive/weather.ts";

interface Scene {
  readonly server?: DriveOptions;
  readonly options?: (drive: FakeDrive) => Partial<GDriveOptions>;
  /** What is done to the stand-in first. */
  readonly prepare?: (drive: FakeDrive) => void;
  /** Objects in the listing of many. */
  readonly many?: number;
}

function suite(name: string, { server = {}, options, prepare, many }: Scene = {}): void {
  conformance(name, async () => {
    const drive = await startDrive(server);
    prepare?.(drive);
    const backends: GDriveBackend[] = [];
    const made = options?.(drive);
    const open = () => {
      const backend = new GDriveBackend({
        credentials: loginOf(drive),
        endpoint: drive.endpoint,
        onWarning: () => {},
        ...made,
      });
      backends.push(backend);
      return backend;
    };
    return {
      backend: open(),
      reopen: open,
      // Sessions of uploads, and files that have a name in a folder twice.
      leftovers: () => Promise.resolve([...drive.sessions.keys(), ...duplicates(drive)]),
      dispose: async () => {
        for (const backend of backends) backend.close();
        await drive.shutdown();
      },
    };
  }, { many });
}

function duplicates({ store }: FakeDrive): string[] {
  const there = [...store.files.values()].filter(({ trashed, id }) => !trashed && id !== store.rootId);
  const places = there.map(({ name, mimeType, parents }) =>
    JSON.stringify([parents, name, mimeType === FOLDER])
  );
  return places.filter((place, index) => places.indexOf(place) !== index);
}

suite("Drive", { many: 1200 });
suite("Drive, whose listings are behind", { server: { lag: 2000 }, many: 300 });
suite("Drive in bad weather", {
  prepare: badWeather,
  options: () => ({ retries: { delay: 5 } }),
  many: 300,
});
suite("Drive, as a folder of a shared drive, for those who can't delete for good", {
  server: { drives: [{ id: "0ALab", name: "Lab" }], role: "fileOrganizer" },
  options: (drive) => ({
    folderId: drive.store.add({ name: "data", mimeType: FOLDER, driveId: "0ALab" }).id,
  }),
  many: 300,
});
suite("Drive, as a folder of a shared drive that one is no member of", {
  server: { drives: [{ id: "0ALab", name: "Lab", member: false }], role: "fileOrganizer" },
  options: (drive) => ({
    folderId: drive.store.add({ name: "data", mimeType: FOLDER, driveId: "0ALab", shared: true }).id,
  }),
  many: 100,
});
suite("Drive, for a service account in a shared drive", {
  server: { drives: [{ id: "0ALab", name: "Lab" }] },
  options: (drive) => ({ driveId: "0ALab", credentials: { ...drive.serviceAccount } }),
  many: 100,
});
