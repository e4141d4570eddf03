import type { Backend, RequestOptions } from "../../../backends/backend.ts";
import { partsOf } from "../../array/dtype/mod.ts";
import { itemCount } from "../../array/layout/mod.ts";
import { NotFoundError } from "../../errors.ts";
import type { NpzArchive } from "../npz/mod.ts";
import type { NpzMemberIdentity } from "./identity.ts";

/** The archive that a name leads into, and the array in it. */
export interface ArchivePath {
  /** The open archive. */
  readonly archive: NpzArchive;
  /** The array's name in it. */
  readonly member: string;
}

/** Opens the archive that a name leads into; `undefined` where none is on its way. */
export async function archiveOf(
  backend: Backend,
  key: string,
  options: RequestOptions,
): Promise<ArchivePath | undefined> {
  const slash = key.indexOf(".npz/");
  if (slash < 0) return undefined;
  const { openNpz } = await import("../npz/mod.ts");
  try {
    const archive = await openNpz(backend, key.slice(0, slash + 4), options);
    return { archive, member: key.slice(slash + 5) };
  } catch (error) {
    if (error instanceof NotFoundError && error.key !== undefined) return undefined;
    throw error;
  }
}

/** What an array of an archive is; `undefined` where the name leads into none. */
export async function npzMember(
  backend: Backend,
  key: string,
  options: RequestOptions,
): Promise<NpzMemberIdentity | undefined> {
  // Who asks what it is need not be warned of what reading it would cost.
  const path = await archiveOf(backend, key, { ...options, onWarning: () => {} });
  if (!path) return undefined;
  const { archive, member } = path;
  const { dtype, fields, shape, sliceable } = await archive.open(member);
  return {
    kind: "npz-member",
    key: archive.key,
    member,
    dtype,
    ...(fields && { fields }),
    shape,
    byteLength: itemCount(shape) * partsOf(dtype).itemsize,
    codec: sliceable ? false : "deflate",
    sliceable,
  };
}
