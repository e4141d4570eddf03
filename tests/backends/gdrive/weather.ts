/** Bad weather: of all that can go wrong with Drive and pass, something does all the time. */
import type { FakeDrive, Fault, Operation } from "../../servers/gdrive.ts";

/** Every so many-th request. */
function every(n: number): { when: () => boolean; times: number } {
  let count = 0;
  return { when: () => ++count % n === 0, times: Infinity };
}

const READS: readonly Operation[] = ["files.get", "files.list", "files.download", "files.generateIds"];
const WRITES: readonly Operation[] = ["files.copy", "files.create", "files.delete", "files.update"];
const UPLOADS: readonly Operation[] = ["upload.create", "upload.update"];
const now = { "retry-after": "0" };

/** The faults; a number each, so that they don't march in step. */
const FAULTS: readonly Fault[] = [
  { kind: "status", operation: [...READS, ...WRITES], status: 503, reason: "backendError", ...every(101) },
  { kind: "status", operation: [...READS, ...WRITES], status: 500, reason: "internalError", ...every(157) },
  {
    kind: "status",
    operation: READS,
    status: 403,
    reason: "userRateLimitExceeded",
    headers: now,
    ...every(83),
  },
  { kind: "status", operation: WRITES, status: 429, reason: "rateLimitExceeded", headers: now, ...every(29) },
  { kind: "status", operation: "upload.start", status: 503, reason: "backendError", ...every(3) },
  { kind: "status", operation: UPLOADS, status: 503, reason: "backendError", ...every(23) },
  { kind: "loseAnswer", operation: UPLOADS, ...every(17) },
  { kind: "loseAnswer", operation: WRITES, ...every(11) },
  { kind: "reset", operation: UPLOADS, afterRequestBytes: 100, ...every(31) },
  { kind: "loseAnswer", operation: "upload.put", ...every(3) },
  { kind: "partial", operation: "upload.put", keep: 1_000_000, ...every(5) },
  { kind: "reset", operation: "upload.put", afterRequestBytes: 700_000, ...every(7) },
  { kind: "status", operation: "upload.put", status: 502, reason: "", ...every(11) },
  { kind: "status", operation: "upload.status", status: 503, reason: "backendError", ...every(2) },
  { kind: "status", operation: "upload.cancel", status: 500, reason: "internalError", ...every(2) },
  { kind: "cutResponse", operation: "files.download", afterBytes: 70_000, ...every(3) },
  { kind: "cutResponse", operation: "files.download", afterBytes: 3, ...every(13) },
  { kind: "loseAnswer", operation: READS, ...every(149) },
  { kind: "expireToken", ...every(37) },
  { kind: "shortPage", operation: "files.list", most: 2, ...every(9) },
];

/** Lets all of that go wrong; and Drive's bug with several folders at once. */
export function badWeather(drive: FakeDrive): void {
  for (const fault of FAULTS) drive.inject(fault);
  let seen = 0;
  const several = (q = "") => / in parents or /.test(q);
  drive.inject({
    kind: "emptyList",
    operation: "files.list",
    when: ({ query }) => several(query.q) && ++seen % 2 === 0,
    times: Infinity,
  });
  drive.inject({
    kind: "omitFromList",
    operation: "files.list",
    // All that is in some of the folders.
    omit: ({ parents }) => parents.some((id) => id.charCodeAt(id.length - 1) % 2 === 0),
    when: ({ query }) => several(query.q),
    times: Infinity,
  });
}
