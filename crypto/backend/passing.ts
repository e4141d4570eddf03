import { isResumable } from "../../backends/arguments.ts";
import type { Backend } from "../../backends/backend.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import type { Keys } from "../scheme.ts";
import type { NameBinding } from "./binding.ts";

/** What a store may be able to do that encryption has little to do with. */
export type PassedOn = Pick<
  Backend,
  | "owner"
  | "getTags"
  | "setTags"
  | "presign"
  | "listVersions"
  | "undelete"
  | "listUploads"
  | "abortUploads"
  | "clockOffset"
>;

/** What a store can do by itself, as one that encrypts passes it on: sizes are made those of the plain objects, and URLs are refused. */
export function passedOn(store: Backend, keys: Keys): PassedOn {
  const { listVersions, undelete } = store;
  return {
    owner: store.owner?.bind(store),
    getTags: store.getTags?.bind(store),
    setTags: store.setTags?.bind(store),
    presign: store.presign && ((key) => Promise.reject(presignError(store, key))),
    listVersions: listVersions && (async function* (options) {
      for await (const version of listVersions.call(store, options)) {
        yield version.isDeleteMarker ? version : { ...version, size: keys.advisorySize(version.size) };
      }
    }),
    undelete: undelete && (async (key, options) => {
      const version = await undelete.call(store, key, options);
      return { ...version, size: keys.advisorySize(version.size) };
    }),
    listUploads: store.listUploads?.bind(store),
    abortUploads: store.abortUploads?.bind(store),
    clockOffset: store.clockOffset?.bind(store),
  };
}

/** What begins and resumes uploads, where the store does. */
export function resumable(
  store: Backend,
  keys: Keys,
  binding: NameBinding,
): Pick<Backend, "startUpload" | "resumeUpload" | "abortUpload"> {
  if (!isResumable(store)) return {};
  return {
    startUpload: async (key, options) =>
      await (await import("./resuming.ts")).startEncrypted(store, keys, binding, key, options),
    resumeUpload: async (token, body, options = {}) =>
      await (await import("./resuming.ts")).resumeEncrypted(store, keys, token, body, options),
    abortUpload: async (token, options = {}) =>
      await (await import("./resuming.ts")).abortEncrypted(store, keys, token, options),
  };
}

function presignError(store: Backend, key: string): UnsupportedError {
  return new UnsupportedError(
    `a URL of "${key}" would give what is stored, which is encrypted, and store what it is given, which is not. Sign one of the store itself (\`backend.store.presign\`) for who has the key.`,
    { key, bucket: store.bucket },
  );
}

/** A store with another bucket. */
export function storeWithBucket(store: Backend, name: string): Backend {
  if (store.withBucket) return store.withBucket(name);
  throw new UnsupportedError(`${store.name} has no buckets, so there is no bucket "${name}" to look into`);
}
