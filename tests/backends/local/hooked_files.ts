import { type FileAccess, type OpenFile, platformFiles } from "../../../lib/file_access.ts";

/** What happens before an operation: it may look around, or throw in the operation's stead. */
export type Hook = (operation: string, path: string) => void | Promise<void>;

/** The runtime's files, with a hook before each operation that touches the disk. Closing is never refused, so that nothing leaks. */
export function hookedFiles(hook: Hook): FileAccess {
  const files = platformFiles();
  const wrap = (file: OpenFile, path: string): OpenFile => ({
    read: async (view, position) => (await hook("read", path), await file.read(view, position)),
    write: async (view, position) => (await hook("write", path), await file.write(view, position)),
    stat: async () => (await hook("fstat", path), await file.stat()),
    sync: async () => (await hook("sync", path), await file.sync()),
    close: () => file.close(),
  });
  return {
    windows: files.windows,
    foldsNames: files.foldsNames,
    resolve: files.resolve,
    join: files.join,
    realpath: async (path) => (await hook("realpath", path), await files.realpath(path)),
    open: async (path) => (await hook("open", path), wrap(await files.open(path), path)),
    reopen: async (path) => (await hook("reopen", path), wrap(await files.reopen(path), path)),
    create: async (path) => (await hook("create", path), wrap(await files.create(path), path)),
    stat: async (path) => (await hook("stat", path), await files.stat(path)),
    readDirectory: async (path) => (await hook("readDirectory", path), await files.readDirectory(path)),
    makeDirectory: async (
      path,
      recursive,
    ) => (await hook("makeDirectory", path), await files.makeDirectory(path, recursive)),
    removeDirectory: async (path) => (await hook("removeDirectory", path), await files.removeDirectory(path)),
    rename: async (from, to) => (await hook("rename", to), await files.rename(from, to)),
    link: async (from, to) => (await hook("link", to), await files.link(from, to)),
    unlink: async (path) => (await hook("unlink", path), await files.unlink(path)),
    copy: async (from, to) => (await hook("copy", to), await files.copy(from, to)),
    setModified: async (path, time) => (await hook("setModified", path), await files.setModified(path, time)),
    syncDirectory: async (path) => (await hook("syncDirectory", path), await files.syncDirectory(path)),
    lock: async (path) => (await hook("lock", path), await files.lock(path)),
  };
}

/** A failure as the platform gives it. */
export function platformError(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code });
}
