/** The power goes at every moment of every kind of write to a directory, by a disk in memory that loses what was not synced. */
import { assert, assertEquals } from "@std/assert";
import type { FileSystem, Handle } from "../file_system.ts";
import type { Write } from "../write.ts";
import { WRITES } from "../writes.ts";
import { losePower } from "./power_loss.ts";

/** Some of the disks each time; `deno task crash` looks at all. */
const OUTAGE = { seed: 16, samples: 2, atMost: 100 };

for (const write of WRITES) {
  if (write.on?.store === "S3") continue;
  const encrypted = write.on?.encrypted ?? false;
  for (const durable of write.files ? [false] : [true, false]) {
    const name = `the power goes, ${durable ? "durable" : "not durable"}: ${write.name}`;
    Deno.test(name, async () => {
      const { losses, wrong } = await losePower(write, { ...OUTAGE, encrypted, durable });
      assertEquals(wrong, undefined);
      assert(losses > 3, `${losses} disks`);
    });
  }
}

// That it can fail.

function named(name: string): Write {
  const write = WRITES.find((write) => write.name === name);
  assert(write);
  return write;
}

/** Files that say that they were synced and were not, where `isLost` says so of how a file was opened. */
function withoutSync(isLost: (flags: number | string) => boolean) {
  return (files: FileSystem): FileSystem => ({
    ...files,
    open: async (path, flags, ...mode): Promise<Handle> => {
      const file = await files.open(path, flags, ...mode);
      return isLost(flags) ? { ...file, sync: () => Promise.resolve() } : file;
    },
  });
}

for (
  const [what, isLost] of [
    ["contents", (flags: number | string) => typeof flags === "string"],
    ["names of directories", (flags: number | string) => typeof flags === "number"],
  ] as const
) {
  for (const name of ["an object replaced", "a moved object"]) {
    Deno.test(`a store that does not sync ${what} is found out: ${name}`, async () => {
      const outage = { ...OUTAGE, atMost: 1000, encrypted: false, durable: true };
      const { wrong } = await losePower(named(name), { ...outage, files: withoutSync(isLost) });
      assert(wrong?.includes("found"), wrong);
    });
  }
}
