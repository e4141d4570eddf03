/**
 * A store whose reads are counted as they come: for progress of what reads several objects at once.
 *
 * @module
 */
import type { Backend, OnProgress, Progress } from "@cottoncandy/cottoncandy";

/** A store, and who watches what is read of it. */
export interface Metered {
  /** The same store. */
  readonly backend: Backend;
  /** Runs a read, telling of all bytes that come meanwhile under one key. */
  watch<T>(key: string, onProgress: OnProgress | undefined, read: () => Promise<T>): Promise<T>;
}

/** Counts what is read of a store. */
export function meter(backend: Backend): Metered {
  const watchers = new Set<(bytes: number) => void>();
  const counted = (onProgress?: OnProgress): OnProgress => {
    let before = 0;
    return (progress: Progress) => {
      const bytes = progress.loaded - before;
      before = progress.loaded;
      for (const watch of watchers) watch(bytes);
      onProgress?.(progress);
    };
  };
  return {
    backend: {
      name: backend.name,
      bucket: backend.bucket,
      capabilities: backend.capabilities,
      rootPath: backend.rootPath && ((options) => backend.rootPath?.(options) ?? Promise.resolve("")),
      head: (key, options) => backend.head(key, options),
      open: (key, options) => backend.open(key, { ...options, onProgress: counted(options?.onProgress) }),
      list: (options) => backend.list(options),
      put: (key, body, options) => backend.put(key, body, options),
      delete: (items, options) => backend.delete(items, options),
      copy: (from, to, options) => backend.copy(from, to, options),
    },
    async watch(key, onProgress, read) {
      if (!onProgress) return await read();
      let loaded = 0;
      const watch = (bytes: number) => onProgress({ key, loaded: loaded += bytes, done: false });
      watchers.add(watch);
      try {
        const value = await read();
        onProgress({ key, loaded, total: loaded, done: true });
        return value;
      } finally {
        watchers.delete(watch);
      }
    },
  };
}
