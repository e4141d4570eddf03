import type { Backend } from "../../../backends/backend.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import type { ReadOptions } from "../../objects/mod.ts";
import { sealedFolderError } from "../folder.ts";
import type { StoredArray } from "../stored_array.ts";
import type { Identity } from "./identity.ts";
import { archiveOf } from "./npz_member.ts";

/** What arrays are called in messages that are something else. */
const OTHERS: Readonly<
  Record<Exclude<Identity["kind"], "raw" | "npy" | "npz-member" | "chunked" | "zarr">, string>
> = {
  "npz": "an archive of arrays: name one of them behind it",
  "zarr-group": "a Zarr group: name one of the arrays below it",
  "sparse": "a sparse array: readSparse gives it, and its toDense() an array",
  "folder": "a folder: name one of the arrays below it",
  "json": "JSON",
  "pickle": "a pickle",
  "text": "text",
  "image": "an image",
  "bytes": "bytes of no array that is known",
};

/**
 * Opens the array that something was identified as.
 *
 * @param options `workers`: in how many workers codecs may run, where they do.
 */
export async function openIdentified(
  backend: Backend,
  found: Identity,
  { workers, ...options }: ReadOptions & { readonly workers?: number | false },
): Promise<StoredArray> {
  switch (found.kind) {
    case "raw": {
      const { openRaw } = await import("../raw.ts");
      return await openRaw(backend, found.key, { ...options, workers });
    }
    case "npy": {
      const { openNpy } = await import("../npy.ts");
      return await openNpy(backend, found.key, options);
    }
    case "npz-member": {
      const path = await archiveOf(backend, `${found.key}/${found.member}`, options);
      if (path) return await path.archive.open(path.member);
      break;
    }
    case "chunked": {
      const { openChunked } = await import("../chunked/mod.ts");
      return await openChunked(backend, found.key, { ...options, workers });
    }
    case "zarr": {
      const { openZarr } = await import("../zarr/mod.ts");
      return await openZarr(backend, found.key, { ...options, workers });
    }
    default: {
      const { key, kind } = found;
      if (kind === "folder" && found.encryption !== undefined) throw sealedFolderError(key, found.encryption);
      // It says what it is, and isn't: cut short, or spoilt.
      if ("problem" in found && found.problem !== undefined) {
        if (kind === "bytes") await refuseDType(backend, key, options);
        throw new IntegrityError(`"${key}" can't be read as an array: ${found.problem}`, { key });
      }
      throw new InvalidArgumentError(`"${key}" is no array but ${OTHERS[kind]}`, { key });
    }
  }
  throw new InvalidArgumentError(`"${found.key}" is no archive any more`, { key: found.key });
}

/** Tells a `.npy` file whose dtype can't be had here, such as Python's objects, from one that is damaged. */
async function refuseDType(backend: Backend, key: string, options: ReadOptions): Promise<void> {
  const { openNpy } = await import("../npy.ts");
  try {
    await openNpy(backend, key, options);
  } catch (error) {
    if (error instanceof UnsupportedError) throw error;
  }
}
