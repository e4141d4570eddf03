/** Takes the power away at every moment of a write to a directory, and looks at what is left. */
import { LocalBackend } from "../../../backends/local/mod.ts";
import { platformFiles } from "../../../lib/file_access.ts";
import { generator } from "../../array/random.ts";
import { type FileSystem, realFiles, useFiles } from "../file_system.ts";
import { type Place, placeOf } from "../place.ts";
import { onceMore } from "../once_more.ts";
import { type Promised, snapshot, violations } from "../snapshot.ts";
import type { Write } from "../write.ts";
import { bystanders } from "../writes.ts";
import { Disk } from "./disk.ts";
import { diskFiles } from "./disk_files.ts";
import { losses } from "./losses.ts";

/** How the power goes. */
export interface Outage {
  readonly encrypted: boolean;
  /** Whether the store waits for the medium. */
  readonly durable: boolean;
  readonly seed: number;
  /** How many sets of what was not synced are drawn for each moment, beside those that are always tried. */
  readonly samples: number;
  /** How many disks to look at, at most. */
  readonly atMost: number;
  /** A disk that does something else than it says. */
  readonly files?: (files: FileSystem) => FileSystem;
}

/** What was found. */
export interface Found {
  /** How many disks were looked at. */
  readonly losses: number;
  /** The first that may not be, with its story. */
  readonly wrong?: string;
}

/** More than is written at once. */
const LARGE = 200_077;
/** How many of the disks are written to once more. */
const ONCE_MORE = 8;

/** Runs a write, and looks at disks that the loss of power may leave of it. */
export async function losePower(write: Write, outage: Outage): Promise<Found> {
  const { durable, seed, samples, atMost, files = (files) => files } = outage;
  const random = generator(seed);
  const { setTimeout } = globalThis;
  // Nobody else is at work there whom it would be worth waiting for.
  Object.assign(globalThis, { setTimeout: (work: () => void) => setTimeout(work, 0) });
  try {
    let disk = Disk.empty();
    useFiles(diskFiles(disk));
    await platformFiles().makeDirectory("/files", true);
    await platformFiles().makeDirectory("/mnt", true);
    await bystanders(open(outage));
    await write.prepare?.(open(outage));
    const before = disk.settled();
    const was = await snapshot(open(outage), write);

    disk = before.settled();
    useFiles(files(diskFiles(disk)));
    const tell = (what: string) => disk.do({ kind: "told", what });
    await write.run(open(outage), tell);
    tell("all");
    const { log } = disk;
    useFiles(diskFiles(disk.settled()));
    const expected = { before: was, after: await snapshot(open(outage), write) };

    let count = 0;
    for (const loss of losses(before, [...log], { random, samples, atMost })) {
      count++;
      const mayBeLost = durable ? undefined : () => true;
      const promised: Promised = { told: loss.told, mayBeLost };
      useFiles(diskFiles(loss.disk.settled()));
      const wrong = violations(expected, await snapshot(open(outage), write), promised, write);
      if (wrong.length === 0 && (durable || !write.trustsStore) && random(ONCE_MORE) === 0) {
        wrong.push(...await onceMore(write, () => open(outage), expected, promised));
      }
      if (wrong.length > 0) return { losses: count, wrong: `${wrong.join("\n")}\n${loss.story}` };
    }
    return { losses: count };
  } finally {
    Object.assign(globalThis, { setTimeout });
    useFiles(realFiles);
  }
}

/** Opens the store as a process would that has just begun. */
function open({ encrypted, durable }: Outage): Place {
  const directory = (path: string, create = false) => {
    // The lock is of a real directory.
    const files = { ...platformFiles(), lock: () => Promise.resolve(() => {}) };
    return new LocalBackend(path, { create, durable, files });
  };
  return placeOf(directory("/mnt/store", true), "/files", { encrypted, large: LARGE, directory });
}
