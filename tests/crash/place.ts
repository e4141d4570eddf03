/** Where a write happens: a store, seen through an interface, and a directory with the user's files. */
import type { Backend } from "../../backends/backend.ts";
import type { LocalBackend } from "../../backends/local/mod.ts";
import { aesKeys, EncryptingBackend } from "../../crypto/mod.ts";
import { platformFiles, readFully, unlessMissing } from "../../lib/file_access.ts";
import { DefaultInterface, EncryptedInterface } from "../../lib/interface/mod.ts";
import { fileResumeStore } from "../../lib/objects/resuming/mod.ts";

/** The keys of encrypted places, and those that are rotated to. */
export const KEYS = aesKeys(new Uint8Array(32).fill(7));
export const NEXT_KEYS = aesKeys(new Uint8Array(32).fill(8));

/** A place. */
export interface Place {
  /** The interface that writes. */
  readonly cci: DefaultInterface;
  /** The store as it is. */
  readonly store: Backend;
  /** A directory of the user's. */
  readonly files: string;
  /** A directory of the user's as a store. */
  readonly directory: (path: string) => LocalBackend;
  /** Bytes of an object that does not go in one piece there. */
  readonly large: number;
}

/** A place over a store. */
export function placeOf(
  store: Backend,
  files: string,
  { encrypted, large, directory }: Pick<Place, "large" | "directory"> & { readonly encrypted: boolean },
): Place {
  const cci = encrypted ? new EncryptedInterface(store, { keys: KEYS }) : new DefaultInterface(store);
  return { cci, store, files, large, directory };
}

/** The records of uploads that go on: in the user's directory, out of sight. */
export const resumeStore = ({ files }: Place) => fileResumeStore(`${files}/.resume`);

/** The store with the encrypting one around it, where that can read an object: with these keys or those that are rotated to. */
export function* readersOf({ cci, store }: Place): Generator<Backend> {
  yield cci.backend;
  if (cci instanceof EncryptedInterface) yield new EncryptingBackend(store, NEXT_KEYS);
}

/** Makes a file of the user's, through the files that the product uses. */
export async function writeFile({ files }: Place, name: string, bytes: Uint8Array): Promise<string> {
  const access = platformFiles();
  const path = access.join(files, name);
  await access.makeDirectory(access.join(path, ".."), true);
  await unlessMissing(access.unlink(path));
  const file = await access.create(path);
  try {
    for (let start = 0; start < bytes.length;) start += await file.write(bytes.subarray(start), start);
  } finally {
    await file.close();
  }
  return path;
}

/** All files below a directory by their paths in it; an empty one has a `/` at its end. */
export async function filesBelow(directory: string, below = ""): Promise<Map<string, Uint8Array>> {
  const access = platformFiles();
  const found = new Map<string, Uint8Array>();
  for (const { name, kind } of await unlessMissing(access.readDirectory(directory)) ?? []) {
    const path = access.join(directory, name);
    if (kind === "directory") {
      const inside = await filesBelow(path, `${below}${name}/`);
      for (const [path, bytes] of inside) found.set(path, bytes);
      if (inside.size === 0) found.set(`${below}${name}/`, new Uint8Array());
      continue;
    }
    const file = await access.open(path);
    try {
      const bytes = new Uint8Array((await file.stat()).size);
      await readFully(file, bytes, 0);
      found.set(below + name, bytes);
    } finally {
      await file.close();
    }
  }
  return found;
}
