/** The Range header: RFC 9110 section 14, one range. */

/**
 * The range of `size` bytes, end exclusive; `"beyond"` when none of them is in it; `undefined` for the whole: no, several or
 * malformed ranges.
 */
export function parseRange(
  value: string | undefined,
  size: number,
): { start: number; end: number } | "beyond" | undefined {
  const m = /^bytes=(\d*)-(\d*)$/.exec(value?.trim() ?? "");
  if (!m || (m[1] === "" && m[2] === "")) return undefined;
  const start = m[1] === "" ? Math.max(size - Number(m[2]), 0) : Number(m[1]);
  const end = m[1] === "" || m[2] === "" ? size : Math.min(Number(m[2]) + 1, size);
  if (m[1] !== "" && m[2] !== "" && Number(m[2]) < start) return undefined;
  return start >= size ? "beyond" : { start, end };
}
