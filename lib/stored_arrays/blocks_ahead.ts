import { anySignal } from "../async.ts";
import type { LazyBlock } from "./stored_array.ts";

/** A block that is to be read. */
export interface PlannedBlock {
  /** Bytes of its items. */
  readonly bytes: number;
  /** Reads it. */
  readonly read: (signal: AbortSignal | undefined) => Promise<LazyBlock>;
}

/** How much may be read ahead. */
export interface AheadOptions {
  /** How many blocks. */
  readonly concurrency: number;
  /** How many bytes of them. */
  readonly inFlight: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** Blocks in their order, of which the next are read while one is being used. Who leaves early ends what is under way. */
export async function* blocksAhead(
  planned: Iterable<PlannedBlock>,
  { concurrency, inFlight, signal: own }: AheadOptions,
): AsyncIterable<LazyBlock> {
  const left = new AbortController();
  const signal = anySignal(own, left.signal);
  const ahead: { block: Promise<LazyBlock>; bytes: number }[] = [];
  let held = 0;
  try {
    for (const { bytes, read } of planned) {
      while (ahead.length > 0 && (ahead.length >= concurrency || held + bytes > inFlight)) {
        const next = ahead.shift();
        held -= next?.bytes ?? 0;
        if (next) yield await next.block;
      }
      const block = read(signal);
      // It is awaited when its turn comes, or never.
      block.catch(() => {});
      ahead.push({ block, bytes });
      held += bytes;
    }
    for (let next = ahead.shift(); next; next = ahead.shift()) yield await next.block;
  } finally {
    left.abort();
    await Promise.allSettled(ahead.map(({ block }) => block));
  }
}
