import type { ClockOffset } from "../backend.ts";

/** Milliseconds by which clocks may differ before a signature is refused: S3 takes a quarter of an hour; so much does the SDK. */
const SKEW = 5 * 60_000;
/** What `Date` headers are cut to. */
const SECOND = 1000;
/** How long an answer may be underway. */
const UNDERWAY = 1000;

/** What the server's clock says, as its answers tell: requests are signed by it where this machine's is wrong, and it tells whether an object is older than a write. */
export class ServerClock {
  #seen?: { readonly date: number; readonly at: number };

  /** Takes note of an answer's `Date`, in milliseconds, which is a whole second. */
  note(date: number | undefined): void {
    if (date !== undefined) this.#seen = { date, at: performance.now() };
  }

  /** What it said at a moment of `performance.now()`, cut to a second; `undefined` before the first answer. */
  at(moment: number): number | undefined {
    return this.#seen && this.#seen.date - (this.#seen.at - moment);
  }

  /** Between which bounds it is ahead of this machine's; `undefined` before the first answer. */
  offset(): ClockOffset | undefined {
    const there = this.at(performance.now());
    if (there === undefined) return undefined;
    // The answer's second had begun when it was sent, and may have ended before it came.
    const least = there - Date.now();
    return { least, most: least + SECOND + UNDERWAY };
  }

  /** The time to sign by: this machine's, unless the server's is another. */
  signingDate(): Date {
    const [here, there] = [Date.now(), this.at(performance.now())];
    return new Date(there !== undefined && this.isWrong(here, there) ? there : here);
  }

  /** Whether a time is too far from the server's for it to take a signature. */
  isWrong(time: number, server: number): boolean {
    return Math.abs(time - server) >= SKEW;
  }
}
