/** What was thrown, as an error: JavaScript may throw anything. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** What to tell of something that was thrown. */
export function messageOf(thrown: unknown): string {
  return asError(thrown).message;
}
