import {
  AlreadyExistsError,
  type ErrorDetails,
  NotFoundError,
  PreconditionFailedError,
} from "../lib/errors.ts";

/** Which object an error is about. */
export interface ObjectPlace extends ErrorDetails {
  /** The object. */
  readonly key: string;
  /** Where it is looked for, as messages name it: `"memory://lab"`, `'bucket "lab"'`. */
  readonly place: string;
}

/** Under which conditions an object is written. */
export interface WriteConditions {
  /** Only if there is none. */
  readonly ifAbsent?: boolean;
  /** Only over this version. */
  readonly ifMatch?: string;
}

/**
 * Throws unless a write's conditions hold for the object that is there.
 *
 * @param present What the store tells of it; `undefined` when there is none.
 * @throws {AlreadyExistsError} with `ifAbsent`, when there is one.
 * @throws {PreconditionFailedError} with `ifMatch`, when it is another version, or there is none.
 */
export function checkWriteConditions(
  present: { readonly etag?: string } | undefined,
  { ifAbsent, ifMatch }: WriteConditions,
  object: ObjectPlace,
): void {
  if (ifAbsent && present) throw objectExistsError({ ...object, committed: "no" });
  if (ifMatch !== undefined && present?.etag !== ifMatch) {
    throw otherVersionError({ ...object, committed: "no" });
  }
}

/** The error when an object is there that must not be replaced. */
export function objectExistsError({ place, ...details }: ObjectPlace): AlreadyExistsError {
  return new AlreadyExistsError(
    `"${details.key}" in ${place} exists already. Allow overwriting, or choose another name.`,
    details,
  );
}

/** The error when an object is not the version that was named. */
export function otherVersionError({ place, ...details }: ObjectPlace): PreconditionFailedError {
  return new PreconditionFailedError(
    `"${details.key}" in ${place} is not, or no longer, the version that was named. Look it up again.`,
    details,
  );
}

/** The error when an object is replaced or deleted while it is being read. */
export function versionGoneError({ place, ...details }: ObjectPlace): PreconditionFailedError {
  return new PreconditionFailedError(
    `"${details.key}" in ${place} is not, or no longer, the version that was opened. Open it again.`,
    details,
  );
}

/** The error when there is no such object. */
export function objectNotFoundError({ place, ...details }: ObjectPlace): NotFoundError {
  return new NotFoundError(`there is no object "${details.key}" in ${place}.`, details);
}
