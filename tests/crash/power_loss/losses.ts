/** Which disks the loss of power may leave. */
import type { Change, Disk, Fate } from "./disk.ts";

/** A disk after the loss. */
export interface Loss {
  /** What is on it. */
  readonly disk: Disk;
  /** What the program had been told as done by then. */
  readonly told: readonly string[];
  /** What became of what was not synced, for people. */
  readonly story: string;
}

/** How the losses are chosen. */
export interface Choice {
  /** Whole numbers from 0 to below `below`. */
  readonly random: (below: number) => number;
  /** How many sets of what was not synced are drawn at random for each moment. */
  readonly samples: number;
  /** How many losses at most, drawn at random. */
  readonly atMost: number;
}

/**
 * The losses at every moment of a log. Of what was not synced by then: nothing, everything, everything but one, one alone, and sets drawn at random; of writes also a half, or zeros.
 *
 * @param before The disk as it was when the log began, all of it on the medium.
 */
export function* losses(
  before: Disk,
  log: readonly Change[],
  { random, samples, atMost }: Choice,
): Generator<Loss> {
  const found = new Map<string, { readonly done: readonly Change[]; readonly fates: Fates }>();
  for (let end = 0; end <= log.length; end++) {
    const done = log.slice(0, end);
    const told = done.filter(({ kind }) => kind === "told").length;
    const floating = unsynced(done);
    for (const fates of choices(done, floating, random, samples)) {
      const kept = [...fates].filter(([, fate]) => fate !== "nothing");
      found.set(`${told}:${end - floating.length}:${kept.join(";")}`, { done, fates });
    }
  }
  const all = [...found.values()];
  while (all.length > atMost) all.splice(random(all.length), 1);
  for (const { done, fates } of all) {
    const told = done.flatMap((change) => change.kind === "told" ? [change.what] : []);
    yield { disk: after(before, done, fates), told, story: storyOf(done, fates) };
  }
}

/** Which changes are not certain to be on the medium. */
function unsynced(log: readonly Change[]): number[] {
  const floating: number[] = [];
  const isSynced = (change: Change, index: number): boolean => {
    const later = log.slice(index).flatMap((other) => other.kind === "sync" ? [other.inode] : []);
    switch (change.kind) {
      case "names":
        return change.set.some(([directory]) => later.includes(directory));
      case "write":
      case "time":
        return later.includes(change.inode);
      default:
        return true;
    }
  };
  log.forEach((change, index) => {
    if (!isSynced(change, index)) floating.push(index);
  });
  return floating;
}

type Fates = ReadonlyMap<number, Fate>;

function* choices(
  log: readonly Change[],
  floating: readonly number[],
  random: (below: number) => number,
  samples: number,
): Generator<Fates> {
  const all = (fate: (index: number) => Fate): Fates =>
    new Map(floating.map((index) => [index, fate(index)] as const));
  yield all(() => "nothing");
  yield all(() => "whole");
  for (const one of floating) {
    yield all((index) => index === one ? "nothing" : "whole");
    yield all((index) => index === one ? "whole" : "nothing");
    if (log[one].kind !== "write") continue;
    yield all((index) => index === one ? "half" : "whole");
    yield all((index) => index === one ? "zeros" : "whole");
  }
  for (let i = 0; i < samples && floating.length > 2; i++) {
    yield all((index) => {
      const fates: readonly Fate[] = log[index].kind === "write"
        ? ["whole", "nothing", "half", "zeros"]
        : ["whole", "nothing"];
      return fates[random(fates.length)];
    });
  }
}

function after(before: Disk, log: readonly Change[], fates: Fates): Disk {
  const disk = before.settled();
  for (const change of log) {
    if (change.kind !== "names") continue;
    for (const [, , inode] of change.set) {
      if (inode === undefined || disk.has(inode)) continue;
      disk.make(change.operation === "mkdir" ? "directory" : "file", inode);
    }
  }
  log.forEach((change, index) => disk.do(change, fates.get(index)));
  return disk.settled();
}

function storyOf(log: readonly Change[], fates: Fates): string {
  return log.map((change, index) => `${(fates.get(index) ?? "synced").padEnd(8)}${describe(change)}`).join(
    "\n",
  );
}

function describe(change: Change): string {
  switch (change.kind) {
    case "names":
      return `${change.operation} ${
        change.set.map(([directory, name, inode]) => `${directory}/${name}=${inode ?? "none"}`).join(" ")
      }`;
    case "write":
      return `write ${change.inode} ${change.position}+${change.bytes.length}`;
    case "told":
      return `told ${change.what}`;
    default:
      return `${change.kind} ${change.inode}`;
  }
}
