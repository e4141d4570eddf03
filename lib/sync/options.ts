import type { Backend, RequestOptions, StorageOptions } from "../../backends/backend.ts";
import type { FailedObject } from "../errors.ts";
import { PartialFailureError } from "../errors.ts";
import type { ResumeStore } from "../objects/resuming/mod.ts";
import type { OptionTable } from "../options.ts";
import { REQUEST_OPTIONS } from "../objects/mod.ts";
import type { CopyReason, SkipReason, SyncCompare } from "./comparing.ts";
import type { SyncFilter } from "./filters.ts";

/** A part of a store. */
export interface SyncPlace {
  /** The store. */
  readonly backend: Backend;
  /** The directory: the objects `prefix/…`, and no `prefix2/…`. `""`, the default, is all of the store. */
  readonly prefix?: string;
}

/** What was done with one object, or in a dry run what would be. */
export type SyncAction =
  & {
    /** What follows the prefix in the keys of both sides. */
    readonly name: string;
    /** Bytes: of the object to copy, or of the one that is deleted. */
    readonly size: number;
    /** Why it could not be done; absent when it is. */
    readonly error?: Error;
  }
  & (
    | {
      /** The object was copied. */
      readonly action: "copy";
      /** Why. */
      readonly reason: CopyReason;
    }
    | {
      /** It was left as it is. */
      readonly action: "skip";
      /** Why. */
      readonly reason: SkipReason;
    }
    | {
      /** It was deleted from the target. */
      readonly action: "delete";
      /** The source has none of its name. */
      readonly reason: "absent";
    }
  );

/** How far a sync has come. */
export interface SyncProgress {
  /** Whether both sides have been listed to their ends: what is counted as found is all there is then. */
  readonly listed: boolean;
  /** Objects: done are those that were copied or need not be. */
  readonly objects: { readonly done: number; readonly found: number };
  /** Bytes of the objects that are to be copied: done are those of objects that are stored, and what has been sent of others. */
  readonly bytes: { readonly done: number; readonly found: number };
}

/** What a sync did. */
export interface SyncResult {
  /** How many objects were copied; in a dry run, would be. */
  readonly copied: number;
  /** How many were left as they are. */
  readonly skipped: number;
  /** How many were deleted from the target. */
  readonly deleted: number;
  /** Bytes of those that were copied. */
  readonly bytes: number;
  /** How many could not be copied or deleted. */
  readonly failed: number;
}

/** Options of {@linkcode sync}. */
export interface SyncOptions extends RequestOptions, Pick<StorageOptions, "storageClass"> {
  /**
   * By what objects of one name and size are the same:
   * - `"auto"`, the default: equal ETags of S3's kind; a file that has not been changed since the object was stored, by the file system's and the store's own times; an equal
   *   checksum; an equal time of the content (a file's, or the metadata entry `mtime`). What none of these says is copied. No more is asked for than the listings, where they suffice.
   * - `"time"`: an equal time of the content, asked for object by object where listings don't tell it.
   * - `"checksum"`: an equal checksum; where the stores don't know one, the bytes are read.
   * - `"size"`: nothing else is looked at.
   * - `"etag"`: equal ETags, whatever the sizes.
   * - `"always"`: none, all are copied. `"missing"`: all, so that nothing is replaced that is there. What somebody stores after it was listed is left as well where the target decides on that
   *   itself (`capabilities.atomicCreate`: directories, memory, Amazon's S3 and stores that are opened with `conditionalWrites`), and replaced elsewhere.
   */
  readonly compare?: SyncCompare;
  /** Which names are synced: the first pattern that matches decides. Default all. What is excluded is never deleted. */
  readonly filters?: readonly SyncFilter[];
  /** Deletes from the target what the source doesn't have, once all else is done and nothing has failed. Default false. */
  readonly delete?: boolean;
  /** With `delete`: the most objects to delete. Where there are more, none is deleted, and it is an error. Default any number. */
  readonly maxDelete?: number;
  /** With `delete`: whether a source without any object empties the target; default false, which makes it an error. */
  readonly allowEmptySource?: boolean;
  /**
   * Moves: each object of the source is deleted once its copy is stored, in the version that was copied, and in one step where the store can. One that is skipped stays. Default false.
   */
  readonly move?: boolean;
  /** Changes nothing, and tells what would be done. Default false. */
  readonly dryRun?: boolean;
  /** How many objects are copied at once; default 16. Fewer where they are large: together they hold up to 128 MiB in memory. */
  readonly concurrency?: number;
  /**
   * Remembers uploads of objects of more than a part, so that a sync in another process goes on with them: `true` is `fileResumeStore()`. Default false: what fails leaves nothing
   * behind. Only for targets that can (S3, Drive, directories, memory), and objects whose store names their versions by ETags. A directory keeps what has arrived in its `.cottoncandy`, and
   * only the rest is fetched.
   */
  readonly resume?: boolean | ResumeStore;
  /** Canned ACL of the copies; sent only when given. */
  readonly acl?: string;
  /**
   * Is told of each object once it is done, or has failed; in a dry run what would be done. A promise is waited for before as many others as run at once (`concurrency`) go on, so that what can't be
   * told as fast as it is done does not pile up; one that rejects ends the sync.
   */
  readonly onAction?: (action: SyncAction) => void | Promise<void>;
  /** Is told how far it has come, after each object and while large ones are sent. */
  readonly onProgress?: (progress: SyncProgress) => void;
}

/** The names of {@linkcode SyncOptions}. */
export const SYNC_OPTIONS: OptionTable<SyncOptions> = {
  ...REQUEST_OPTIONS,
  storageClass: true,
  compare: true,
  filters: true,
  delete: true,
  maxDelete: true,
  allowEmptySource: true,
  move: true,
  dryRun: true,
  concurrency: true,
  resume: true,
  acl: true,
  onAction: true,
  onProgress: true,
};

/**
 * Some objects could not be copied or deleted; all others were, and nothing is deleted when copies failed. `failed` has the first thousand.
 *
 * @category Errors and warnings
 */
export class SyncError extends PartialFailureError {
  /** What was done. */
  readonly result: SyncResult;

  /** Makes an error of what was done and what was not. */
  constructor(result: SyncResult, failed: readonly FailedObject[], bucket: string | undefined) {
    super("synced", [], failed, {
      bucket,
      counts: { done: result.copied + result.deleted, failed: result.failed },
    });
    this.result = result;
  }
}
