/** What a kind of write is. */
import type { Place } from "./place.ts";

/** One kind of write. */
export interface Write {
  readonly name: string;
  /** Where it makes sense; default everywhere. `versions`: in a bucket that keeps them. */
  readonly on?: { readonly encrypted?: boolean; readonly store?: "S3" | "local"; readonly versions?: true };
  /** Writes files of the user's, for which nobody waits until they are on the medium. */
  readonly files?: true;
  /** Fills the place, beside what is there already. */
  prepare?(place: Place): Promise<unknown>;
  /** Writes, and tells of each thing once it is done. */
  run(place: Place, tell: (thing: string) => void): Promise<unknown>;
  /** Moves what is there, or changes what is told of it: its bytes must be somewhere, whatever happens. */
  readonly keeps?: true;
  /** Its parts have fixed names, which Python knows: from the first on that is replaced to the last, reading it as a whole is refused. It is never mixed. */
  readonly mayBeRefused?: true;
  /** Takes objects that an earlier run has stored for whole by their sizes and times. After a loss of power that needs a store that had waited for the medium. */
  readonly trustsStore?: true;
  /** Where objects have names that the write chooses by what it finds, so that a second run may choose others. */
  readonly choosesBelow?: string;
  /** What several objects are together. */
  read?(place: Place): Promise<string>;
}
