/**
 * The files below a directory on disk.
 *
 * @module
 */
import { compareKeys } from "../../backends/keys.ts";
import { type FailedObject, InvalidArgumentError, UnsupportedError } from "../errors.ts";
import type { FileAccess, FileKind } from "../files.ts";
import { asError } from "../thrown.ts";
import { withFile } from "./file_failure.ts";

const READ = "can't be read";

/** A file of a tree. */
export interface TreeFile {
  /** Its path. */
  readonly path: string;
  /** Its path below the tree's root, with `/` between the parts. */
  readonly name: string;
}

/** What a walk found. */
export interface Tree {
  /** The files, each directory's sorted. */
  readonly files: readonly TreeFile[];
  /** What could not be looked into, or has no content to read. By path. */
  readonly failed: readonly FailedObject[];
}

/**
 * Finds the files of a directory, hidden ones included, and with `recursive` those of all directories below it. Symbolic links are followed, but not back to
 * a directory that they are in. What isn't there (a link that leads nowhere) or has no end (a pipe, a device) is told, not left out in silence.
 *
 * @throws {NotFoundError} when there is no such directory.
 * @throws {InvalidArgumentError} when it is no directory.
 */
export async function walkTree(
  files: FileAccess,
  root: string,
  { recursive = false, signal }: { readonly recursive?: boolean; readonly signal?: AbortSignal },
): Promise<Tree> {
  const found: TreeFile[] = [];
  const failed: FailedObject[] = [];

  const enter = async (directory: string, below: string, above: readonly string[]) => {
    const entries = [...await files.readDirectory(directory)].sort((a, b) => compareKeys(a.name, b.name));
    for (const entry of entries) {
      signal?.throwIfAborted();
      const path = files.join(directory, entry.name);
      const name = below + entry.name;
      try {
        await withFile(path, READ, async () => {
          const kind = await kindBehind(files, path, entry.kind);
          if (kind === "file") found.push({ path, name });
          else if (kind !== "directory") throw new UnsupportedError(`${path} is no file: it has no end`);
          else if (recursive) {
            const real = await files.realpath(path);
            if (above.includes(real)) {
              throw new InvalidArgumentError(`${path} leads back to a directory that it is in`);
            }
            await enter(path, `${name}/`, [...above, real]);
          }
        });
      } catch (error) {
        signal?.throwIfAborted();
        failed.push({ key: path, error: asError(error) });
      }
    }
  };

  await withFile(root, READ, async () => {
    const real = await files.realpath(root);
    if ((await files.stat(real)).kind !== "directory") {
      throw new InvalidArgumentError(`${root} is no directory: upload it with uploadFromFile`);
    }
    await enter(root, "", [real]);
  });
  return { files: found, failed };
}

/** What stands at a path, behind symbolic links. */
async function kindBehind(files: FileAccess, path: string, kind: FileKind): Promise<FileKind> {
  return kind === "link" ? (await files.stat(await files.realpath(path))).kind : kind;
}
