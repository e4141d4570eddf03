/**
 * Queries of files.list.
 *
 * Source: https://developers.google.com/workspace/drive/api/guides/ref-search-terms
 *
 * @module
 */

/** A string as queries hold it. */
export function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

/** At least one of several terms holds. */
export function anyOf(terms: readonly string[]): string {
  return terms.length === 1 ? terms[0] : `(${terms.join(" or ")})`;
}

/** What is in one of these folders, and not in the trash. */
export function within(parents: readonly string[]): string {
  return `trashed=false and ${anyOf(parents.map((id) => `${quoted(id)} in parents`))}`;
}
