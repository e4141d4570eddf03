import { UnsupportedError } from "../../errors.ts";

/**
 * Runs `work`. Strings, maps and the call stack have limits that differ from engine to engine; meeting one is an error of ours.
 *
 * @throws {UnsupportedError} when `work` meets a limit of the engine.
 */
export function withinLimits<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UnsupportedError(`the value is more than this JavaScript engine can pickle: ${cause.message}`, {
      cause,
    });
  }
}
