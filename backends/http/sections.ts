import type { Extent } from "../range.ts";

/**
 * Cuts an extent into pieces that are fetched at once. What a first answer holds, from the extent's start or up to its end, is a piece of its own.
 *
 * @param partLength Bytes a piece, at most, but for the first answer's.
 */
export function sectionsOf(
  { offset, length }: Extent,
  first: { readonly start: number; readonly end: number } | undefined,
  partLength: number,
): Extent[] {
  if (length === 0) return [];
  const end = offset + length;
  if (first && first.start <= offset) {
    const mine = Math.min(first.end, end) - offset;
    return [{ offset, length: mine }, ...cut(offset + mine, end, partLength)];
  }
  if (first) {
    return [...cut(offset, first.start, partLength), { offset: first.start, length: end - first.start }];
  }
  return cut(offset, end, partLength);
}

function cut(start: number, end: number, partLength: number): Extent[] {
  const sections: Extent[] = [];
  for (let offset = start; offset < end; offset += partLength) {
    sections.push({ offset, length: Math.min(partLength, end - offset) });
  }
  return sections;
}
