/** Writes to Drive whose requests fail for good, over a file that has the same bytes already. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { CottonCandyError } from "../../../lib/errors.ts";
import { pattern } from "../s3/setup.ts";
import type { FakeDrive } from "../../servers/gdrive.ts";
import { MiB, onDrive, type Setup } from "./setup.ts";

const BYTES = pattern(100);
const LARGE = pattern(6 * MiB);
const OLD = { metadata: { run: "1" }, contentType: "text/plain" };

const WAYS: readonly {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly commit:
    readonly ("upload.create" | "upload.update" | "upload.put" | "files.copy" | "files.update")[];
  write(backend: Setup["backend"], metadata: Record<string, string>): Promise<unknown>;
}[] = [
  {
    name: "put",
    bytes: BYTES,
    commit: ["upload.create", "upload.update"],
    write: (backend, metadata) => backend.put("key", BYTES, { ...OLD, metadata }),
  },
  {
    name: "put in a session",
    bytes: LARGE,
    commit: ["upload.put"],
    write: (backend, metadata) => backend.put("key", LARGE, { ...OLD, metadata }),
  },
  {
    name: "copy",
    bytes: BYTES,
    commit: ["files.copy"],
    write: (backend, metadata) => backend.copy("from", "key", { metadata }),
  },
  {
    name: "copy onto itself",
    bytes: BYTES,
    commit: ["files.update"],
    write: (backend, metadata) => backend.copy("key", "key", { metadata }),
  },
];

const NEVER = [{ kind: "reset" }, { kind: "status", status: 500, reason: "internalError" }] as const;
const options = { retries: { attempts: 3, delay: 5 } };

function stored(drive: FakeDrive): unknown {
  const { id, version, bytes, properties, mimeType } = drive.store.find("key") ?? {};
  return { id, version, bytes: bytes?.length, properties, mimeType };
}

for (const { name, bytes, commit, write } of WAYS) {
  for (const fault of NEVER) {
    for (const run of ["1", "2"]) {
      Deno.test(`${name}, ${fault.kind} for good, over ${run === "1" ? "the very same" : "other metadata"}: an error, and what is there stays`, () =>
        onDrive(async ({ drive, backend, names }) => {
          await backend.put("from", bytes, OLD);
          await backend.put("key", bytes, OLD);
          const before = stored(drive);
          const injected = drive.inject({ ...fault, operation: commit, times: Infinity });
          const error = await write(backend, { run }).catch((error: unknown) => error);
          assert(injected.hits > 0);
          assertInstanceOf(error, CottonCandyError, Deno.inspect(error));
          assert(error.committed === "no" || error.committed === "unknown", error.committed);
          assertEquals(stored(drive), before);
          assertEquals(names(), ["from", "key"]);
          injected.remove();
          assertEquals(drive.sessions.size, 0);
        }, options));
    }
  }
  Deno.test(`${name}, whose answer is lost each time, is never told as not stored`, () =>
    onDrive(async ({ drive, backend }) => {
      await backend.put("from", bytes, OLD);
      await backend.put("key", bytes, OLD);
      drive.inject({ kind: "loseAnswer", operation: commit, times: Infinity });
      const result = await write(backend, { run: "2" }).then(() => "yes", (error) => error.committed);
      assert(result === "yes" || result === "unknown", result);
      assertEquals((await backend.head("key"))?.metadata, { run: "2" });
    }, options));
}

for (const fault of NEVER) {
  Deno.test(`a deletion on Drive, ${fault.kind} for good, is an error`, () =>
    onDrive(async ({ drive, backend, names }) => {
      await backend.put("key", BYTES, OLD);
      drive.inject({ ...fault, operation: ["files.delete", "files.update"], times: Infinity });
      for (const trash of [false, true]) {
        const [{ error }] = await Array.fromAsync(backend.delete(["key"], { trash }));
        assertInstanceOf(error, CottonCandyError);
        assertEquals(error.committed, "no", "it is looked at, and is there");
      }
      assertEquals(names(), ["key"]);
    }, options));
}
