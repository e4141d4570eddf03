/**
 * A strict stand-in for Google Drive's API v3, in this process and in memory: it gives out and checks tokens, parses queries and
 * fields, keeps Drive's rules for parents, ids, properties, uploads in sessions and shared drives, remembers every request, and lets
 * things go wrong on demand.
 *
 * ```ts
 * await using drive = await startDrive();
 * const { id } = drive.store.add({ name: "key", text: "hello" });
 * drive.inject({ operation: "files.download", kind: "delay", ms: 10, at: "answer" });
 * const headers = { authorization: `Bearer ${drive.token()}` };
 * const response = await fetch(`${drive.endpoint}/drive/v3/files/${id}?alt=media`, { headers });
 * console.assert(await response.text() === "hello" && drive.requests[0].status === 200);
 * ```
 *
 * It shares no code with the product, so that each checks the other. Its own oracle is Google's client: see gdrive_test.ts.
 *
 * @module
 */
import { keyPair } from "./gdrive/keys.ts";
import type { DriveOptions } from "./gdrive/options.ts";
import type { FakeDrive } from "./gdrive/fake.ts";
import { DriveServer } from "./gdrive/server.ts";

export { FOLDER, SHORTCUT } from "./gdrive/store.ts";
export type { Fault, FaultAction, FaultMatch, FaultRequest } from "./gdrive/fault.ts";
export type { ClientSecrets, ServiceAccount } from "./gdrive/keys.ts";
export type { DriveName, DriveOptions, Role } from "./gdrive/options.ts";
export type { Operation } from "./gdrive/route.ts";
export type { FakeDrive, RequestRecord, TokenOptions } from "./gdrive/fake.ts";
export type { UploadSession } from "./gdrive/sessions.ts";
export type {
  DriveStore,
  FileChanges,
  NewFile,
  Properties,
  Revision,
  SharedDrive,
  StoredFile,
} from "./gdrive/store.ts";
export type { InjectedFault } from "./http/fault.ts";

/** Starts a stand-in on a free port of 127.0.0.1. */
export async function startDrive(options: DriveOptions = {}): Promise<FakeDrive> {
  const server = new DriveServer(options, await keyPair());
  await server.listen(options.port ?? 0);
  return server;
}
