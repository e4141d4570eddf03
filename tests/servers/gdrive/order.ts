/** The `orderBy` parameter of files.list. */
import { parameterError } from "./error.ts";
import { FOLDER, type StoredFile } from "./store.ts";

type Compare = (a: StoredFile, b: StoredFile) => number;

const by = (key: (file: StoredFile) => number): Compare => (a, b) => key(a) - key(b);
const names = (numeric: boolean): Compare => {
  const { compare } = new Intl.Collator("en", { numeric, sensitivity: "base" });
  return (a, b) => compare(a.name, b.name);
};
const modified = by((file) => file.modifiedTime.getTime());

/** Folders come first; what nothing is known of orders nothing. */
const KEYS: Readonly<Record<string, Compare>> = {
  createdTime: by((file) => file.createdTime.getTime()),
  folder: by((file) => file.mimeType === FOLDER ? 0 : 1),
  modifiedByMeTime: modified,
  modifiedTime: modified,
  name: names(false),
  name_natural: names(true),
  quotaBytesUsed: by((file) => file.bytes?.length ?? 0),
  recency: modified,
  sharedWithMeTime: () => 0,
  starred: by((file) => file.starred ? 0 : 1),
  viewedByMeTime: () => 0,
};

/** How files are ordered. Without keys, by their ids: in no order that a client could make use of. */
export function parseOrder(text: string | undefined): Compare {
  const compares: Compare[] = (text ?? "").split(",").filter((key) => text !== undefined || key !== "").map(
    (key) => {
      const [, name, descends] = /^\s*(\w+)( desc)?\s*$/.exec(key) ?? [];
      const compare = name !== undefined && Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
      if (!compare) throw parameterError("invalid", "orderBy");
      return descends ? (a, b) => compare(b, a) : compare;
    },
  );
  compares.push((a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  return (a, b) => {
    for (const compare of compares) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };
}
