/** The stand-in for Google Drive. */
import { type DriveCredentials, GDriveBackend } from "../../../backends/gdrive/mod.ts";
import { loginOf } from "../../backends/gdrive/setup.ts";
import { type Fault as ServerFault, type FaultAction, startDrive } from "../../servers/gdrive.ts";
import type { FaultKind } from "../steps.ts";
import { disturbServer } from "./server.ts";
import type { StoreKind } from "./store.ts";

const HTML = "<!doctype html><title>Welcome</title>";

/** Which requests fail how; `undefined` for what is not the server's affair. */
const FAULTS: Partial<Record<FaultKind, FaultAction & Pick<ServerFault, "operation">>> = {
  unavailable: { kind: "status", status: 503, reason: "backendError" },
  denied: { kind: "status", status: 403, reason: "insufficientFilePermissions" },
  reset: { kind: "reset" },
  hostile: { kind: "answer", body: HTML },
  "hostile, done": { kind: "answer", body: HTML, applied: true },
  lost: { kind: "loseAnswer" },
  cut: { kind: "cutResponse", afterBytes: 9 },
  flip: { kind: "flipBit", atByte: 2, operation: "files.download" },
};

/** A drive. */
export const GDRIVE: StoreKind = {
  faults: [
    "unavailable",
    "denied",
    "reset",
    "lost",
    "cut",
    "flip",
    "hostile",
    "hostile, done",
    "abort",
    "source",
  ],
  retries: true,
  lags: true,
  large: 600_000,
  async open() {
    const drive = await startDrive();
    const open = (credentials: DriveCredentials) =>
      new GDriveBackend({
        credentials,
        endpoint: drive.endpoint,
        partSize: 256 * 1024,
        retries: { attempts: 3, delay: 1 },
        onWarning: () => {},
      });
    const [backend, witness] = [open(loginOf(drive)), open(loginOf(drive))];
    // Who has a function for tokens may be anybody: nothing is shared with him, as between processes.
    const other = open(() => Promise.resolve(drive.token()));
    // Before anything goes wrong: tokens are tested by themselves.
    for (const each of [backend, witness, other]) await each.head("none");
    return {
      backend,
      witness,
      other,
      deletesVersions: false,
      disturb: (disturbance) => disturbServer(drive, ({ kind }) => FAULTS[kind], disturbance),
      idle: () => drive.idle(),
      leftovers: () => Promise.resolve([...drive.sessions.keys()].map((id) => `the session ${id}`)),
      mayLeave: (met) => ["upload.start", "upload.cancel"].some((operation) => met.has(operation)),
      sweep: () => Promise.resolve(),
      async dispose() {
        backend.close();
        witness.close();
        other.close();
        await drive.shutdown();
      },
    };
  },
};
