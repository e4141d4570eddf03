/** The Range header as S3 takes it. */
import { parseRange } from "../http/range.ts";
import { s3Error } from "./error.ts";

/** The range of an object of `size` bytes, end exclusive; `undefined` for the whole. InvalidRange beyond its end. */
export function objectRange(
  value: string | undefined,
  size: number,
): { start: number; end: number } | undefined {
  const range = parseRange(value, size);
  if (range !== "beyond") return range;
  throw s3Error("InvalidRange", "The requested range is not satisfiable", {
    ActualObjectSize: String(size),
    RangeRequested: value ?? "",
  }, { "content-range": `bytes */${size}` });
}
