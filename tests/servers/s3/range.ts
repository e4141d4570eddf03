/** The Range header: RFC 9110 section 14, one range. */
import { s3Error } from "./error.ts";

/** The range of an object of `size` bytes, end exclusive; `undefined` for the whole: no, several or malformed ranges. */
export function parseRange(
  value: string | undefined,
  size: number,
): { start: number; end: number } | undefined {
  const m = /^bytes=(\d*)-(\d*)$/.exec(value?.trim() ?? "");
  if (!m || (m[1] === "" && m[2] === "")) return undefined;
  const start = m[1] === "" ? Math.max(size - Number(m[2]), 0) : Number(m[1]);
  const end = m[1] === "" || m[2] === "" ? size : Math.min(Number(m[2]) + 1, size);
  if (m[1] !== "" && m[2] !== "" && Number(m[2]) < start) return undefined;
  if (start >= size) {
    throw s3Error("InvalidRange", "The requested range is not satisfiable", {
      ActualObjectSize: String(size),
      RangeRequested: value ?? "",
    }, { "content-range": `bytes */${size}` });
  }
  return { start, end };
}
