/**
 * What is stored with a copy: the source's metadata, and when its content last changed.
 *
 * @module
 */
import type { ObjectInfo } from "../../backends/backend.ts";
import { formatContentTime, MTIME } from "../content_time.ts";
import { metadataSize } from "../objects/mod.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";
import { sourceTime } from "./comparing.ts";
import type { Side } from "./pairs.ts";

/** Metadata with the time at which the content last changed, where there is room. */
export function withTime(
  from: Side,
  info: ObjectInfo,
  metadata: Readonly<Record<string, string>>,
  limit: number,
): Readonly<Record<string, string>> {
  if (MTIME in metadata && !from.backend.capabilities.contentTimes) return metadata;
  const time = sourceTime(from, info, metadata);
  const known = mayRecur(from, time) ? time - UNEQUAL : time;
  const timed = { ...metadata, [MTIME]: formatContentTime(known) };
  return metadataSize(timed) <= limit ? timed : metadata;
}

/** How far a time is put off that is not to be found equal. */
const UNEQUAL = 2;
/** For how long clocks give the same time: those that tell whole seconds, with what answers are underway, and those of file systems. In milliseconds. */
const TICK = { seconds: 2000, milliseconds: 20 };

/**
 * Whether what replaces an object right now may be given the time that it has, so that the two can't be told apart by it. As git does with files that are as young as its
 * index, its copy is given a time that is not found equal, and is copied once more when the time has passed.
 */
function mayRecur({ backend }: Side, time: number): boolean {
  const tick = time % 1000 === 0 ? TICK.seconds : TICK.milliseconds;
  // A clock of which nothing is known is taken to be right.
  const { least, most } = backend.clockOffset?.() ?? { least: 0, most: 0 };
  const now = Date.now();
  return time > now + least - tick && time < now + most + tick;
}

/** Says that a copy is encoded as its source is, which it does not say of itself. */
export function warnOfCoding(
  coding: string | undefined,
  key: string,
  warn: OnWarning = warnOncePerKind,
): void {
  if (coding === undefined) return;
  warn({
    kind: "metadata",
    key,
    message:
      `"${key}" is copied as it is stored, encoded as ${coding}, and the copy does not say so: decode it when you read it`,
  });
}
