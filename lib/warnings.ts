/**
 * Warnings: what a user should know of, and that is no failure.
 *
 * @module
 */

/** The kinds of warning. */
export type WarningKind =
  /** A raw array says Fortran order where its writer most likely stored C order. */
  | "suspect-order"
  /** An object can't be read in parts, since it is compressed, or its server gives none: it is read whole, or from its beginning. */
  | "read-whole"
  /** A checksum could not be used with this store. */
  | "checksum"
  /** Conditions of writes are looked up, since the store is not known to keep them. */
  | "conditions"
  /** A metadata entry could not be read. */
  | "metadata"
  /** A transfer that was to be taken up begins anew: its source has changed, or what was sent before is gone. */
  | "resume"
  /** Objects that nothing refers to any more could not be removed. */
  | "leftover"
  /** What is there is no object that can be listed, or no file that can be downloaded: a symbolic link, a pipe, a document without bytes. */
  | "left-out"
  /** An object in a directory could not be a file of its name: other programs don't find it. */
  | "escaped"
  /** An object hides others, whose names begin with its own and a `/`. */
  | "hidden"
  /** Codecs run on the calling thread, though workers were asked for. */
  | "workers"
  /** A configuration file asks for what can't be done. */
  | "configuration"
  /** An object was read that nothing protects from being changed. */
  | "legacy-encryption"
  /** Several files have one object's name: the oldest counts. */
  | "duplicates"
  /** What was to be deleted for good went to the store's trash. */
  | "trashed"
  /** A deprecated name or option. */
  | "deprecated";

/** Something that a user should know of. */
export interface CottonCandyWarning {
  /** What kind of warning this is. */
  readonly kind: WarningKind;
  /** One sentence or two that say what was seen and what to do. */
  readonly message: string;
  /** The object concerned, where there is one. */
  readonly key?: string;
}

/** What receives warnings. */
export type OnWarning = (warning: CottonCandyWarning) => void;

/** Of these every object is told once, since each may be read wrongly; of the others only the first. */
const PER_OBJECT: readonly WarningKind[] = ["suspect-order"];

const seen = new Set<string>();

/** Receives warnings where nobody else does: prints the first of each kind to the console, and of `suspect-order` one for every object. */
export const warnOncePerKind: OnWarning = ({ kind, message, key }) => {
  const told = PER_OBJECT.includes(kind) ? `${kind} ${key}` : kind;
  if (seen.has(told)) return;
  seen.add(told);
  const named = key === undefined || message.includes(key);
  // deno-lint-ignore no-console -- the documented default of `onWarning`
  console.warn(`cottoncandy: ${message}${named ? "" : ` (${key})`}`);
};
