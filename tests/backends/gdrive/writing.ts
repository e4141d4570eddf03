/** What the tests of writing share. */
import { assert, assertEquals } from "@std/assert";
import type { CottonCandyError } from "../../../lib/errors.ts";
import type { FakeDrive, StoredFile } from "../../servers/gdrive.ts";
import { same } from "../s3/setup.ts";

/** The files of a name that are not in the trash, the oldest first. */
export function filesOf({ store }: FakeDrive, name: string): StoredFile[] {
  return [...store.files.values()].filter((file) => file.name === name && !store.isTrashed(file.id))
    .sort((a, b) => a.createdTime.getTime() - b.createdTime.getTime());
}

/** Checks that there is one file at a path, with such bytes, and no upload underway. */
export function assertStored(drive: FakeDrive, path: string, bytes: Uint8Array): StoredFile {
  const name = path.split("/").at(-1) ?? "";
  assertEquals(filesOf(drive, name).length, 1, `files "${name}"`);
  const file = drive.store.find(path);
  assert(file?.bytes, `no "${path}"`);
  assert(same(file.bytes, bytes), `other bytes in "${path}"`);
  assertEquals(drive.sessions.size, 0, "uploads underway");
  return file;
}

/** Checks that nothing was left behind: no file of the name, not in the trash either, and no upload. */
export function assertNothing(drive: FakeDrive, name: string): void {
  assertEquals([...drive.store.files.values()].filter((file) => file.name === name).length, 0);
  assertEquals(drive.sessions.size, 0, "uploads underway");
}

/** What a promise is rejected with, whatever it is, and `undefined` when it is not. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Checks an error and all that is beneath it: what it says of the write, and that it shows no secret. */
export function assertFailure(
  error: unknown,
  kind: new (message: string) => CottonCandyError,
  committed: CottonCandyError["committed"],
): void {
  assert(error instanceof kind, `${error}`);
  assertEquals(error.constructor, kind);
  assertEquals(error.committed, committed, error.message);
  assertSecret(error);
}

/** Checks that no token and no address of an upload is seen in something. */
export function assertSecret(value: unknown): void {
  const shown = [
    Deno.inspect(value, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(value),
    String(value),
  ];
  for (let at = value; at instanceof Error; at = at.cause) shown.push(at.message, at.stack ?? "");
  for (const text of shown) assert(!/upload_id|AHRPTWm|ya29\.|Bearer/.test(text ?? ""), text);
}

/** Waits until something is so, a minute at most. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!condition()) {
    assert(performance.now() < end, `never: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Aborts when a request of an operation has arrived. */
export function abortAt(drive: FakeDrive, operation: string, after = 0): AbortController {
  const control = new AbortController();
  const from = drive.requests.length;
  until(() => drive.requests.slice(from).some((request) => request.operation === operation))
    .then(() => setTimeout(() => control.abort(REASON), after), () => {});
  return control;
}

/** What aborts are made with. */
export const REASON = new Error("enough");
