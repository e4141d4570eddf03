/** What a sequence consists of: plain JSON, so that a failure can be printed, cut down and run again. */
import type { Content, FolderContent, ObjectContent } from "./contents.ts";

/** How the bytes of an object are handed over. */
export type Handover = "bytes" | "stream" | "blob" | "parts" | "file";

/** In which way something is read. */
export type Reading =
  | "bytes"
  | "range"
  | "stream"
  | "file"
  | "json"
  | "pickle"
  | "raw"
  | "raw slice"
  | "npy"
  | "npy slice"
  | "npz"
  | "dask"
  | "dask slice"
  | "sparse"
  | "dict"
  | "dataset"
  | "zarr"
  | "zarr slice"
  | "directory"
  | "head"
  | "exists";

/** In which way names are listed. */
export type Listing = "objects" | "size" | "ls" | "lsdir" | "glob" | "glob deep" | "browse";

/** Another place than the store: the files that are in it. */
export type Outside = Omit<Extract<FolderContent, { kind: "files" }>, "kind"> & {
  readonly at: "memory" | "directory";
};

/** An operation of the interface, or of the backend below it. */
export type Operation =
  /** Any content of one object, by its own method. */
  | {
    readonly op: "store";
    readonly name: string;
    readonly content: ObjectContent;
    readonly overwrite: boolean;
  }
  /** Bytes, however they are handed over. */
  | {
    readonly op: "upload";
    readonly name: string;
    readonly size: number;
    readonly seed: number;
    readonly how: Handover;
    readonly overwrite: boolean;
  }
  /** Bytes over the version that is there, which is looked up first. */
  | { readonly op: "replace"; readonly name: string; readonly size: number; readonly seed: number }
  /** An upload that is begun, broken off by whatever goes wrong, and resumed or ended when nothing does any more. */
  | {
    readonly op: "resumable";
    readonly name: string;
    readonly size: number;
    readonly seed: number;
    readonly end: "resume" | "abort";
  }
  | { readonly op: "store folder"; readonly name: string; readonly content: FolderContent }
  | {
    readonly op: "cp" | "mv";
    readonly from: string;
    readonly to: string;
    readonly overwrite: boolean;
    readonly recursive: boolean;
  }
  | { readonly op: "rm"; readonly name: string; readonly recursive: boolean }
  /** Between directories of the store, or one of them and another place. */
  | {
    readonly op: "sync";
    readonly from: string | Outside;
    readonly to: string | Outside;
    readonly compare: "auto" | "time" | "checksum" | "size" | "always" | "missing";
    readonly delete: boolean;
    /** `null`: any number. */
    readonly maxDelete: number | null;
    readonly allowEmptySource: boolean;
    readonly move: boolean;
    readonly dryRun: boolean;
  }
  /** Where the bucket keeps versions. */
  | { readonly op: "undelete"; readonly name: string }
  | {
    readonly op: "version";
    readonly name: string;
    readonly act: "list" | "read" | "restore" | "remove";
    /** How many versions are newer; counted around. */
    readonly age: number;
  }
  /** Another bucket than the one with all else; it has one object at most. */
  | {
    readonly op: "bucket";
    readonly name: string;
    readonly act: "create" | "remove" | "exists" | "list" | "tell" | "fill" | "empty";
    readonly seed: number;
  }
  /** A signed URL, and a plain request to it; for `"PUT"` of those bytes. */
  | {
    readonly op: "presign";
    readonly name: string;
    readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
    readonly size: number;
    readonly seed: number;
  }
  /** An upload that is begun, found, and ended as one that somebody has left. */
  | { readonly op: "uploads"; readonly name: string; readonly size: number }
  | { readonly op: "owner"; readonly name: string }
  /** New keys; on failure once more, as long as the old keys are kept. */
  | { readonly op: "rotate" }
  /** Encrypted bytes are copied by somebody without keys, and made an object of their new name. */
  | { readonly op: "rebind"; readonly from: string; readonly to: string }
  | { readonly op: "tag"; readonly name: string; readonly tags: Readonly<Record<string, string>> }
  | { readonly op: "read"; readonly name: string; readonly as: Reading }
  | { readonly op: "list"; readonly name: string; readonly as: Listing };

/** What somebody else does: stores something, or removes an object. */
export interface OtherWrite<Stored extends Content = ObjectContent> {
  readonly name: string;
  readonly content: Stored | null;
}

/** What can go wrong. */
export type FaultKind =
  /** Refused for the moment; on disk, an error of the medium. */
  | "unavailable"
  /** Refused for good: not allowed. */
  | "denied"
  /** The disk is full. */
  | "full"
  /** The connection breaks before anything is done. */
  | "reset"
  /** It is done, and the answer is lost. */
  | "lost"
  /** The answer breaks off. */
  | "cut"
  /** A bit of an object's bytes is turned on the way. */
  | "flip"
  /** Something that is no answer of such a server comes with a status of success; nothing is done. */
  | "hostile"
  /** The same, but it is done. */
  | "hostile, done"
  /** A status of success, and an error in the body, as S3 answers what takes it long; nothing is done. */
  | "in success"
  /** The caller aborts. */
  | "abort"
  /** The source of an upload fails. */
  | "source";

/** Something that goes wrong in a step. */
export interface Fault {
  readonly kind: FaultKind;
  /** How many of the step's requests go well first. */
  readonly skip: number;
  /** How many then fail; `null`: all, longer than anybody tries. */
  readonly times: number | null;
}

/** One step. */
export interface Step {
  readonly do: Operation | { readonly op: "other" } & OtherWrite<Content>;
  readonly fault?: Fault;
  /** What somebody else does before the request of that number. */
  readonly meanwhile?: OtherWrite & { readonly skip: number };
}

/** All steps, and where they are taken. */
export interface Sequence {
  /** One of the stores of `stores/mod.ts`. */
  readonly store: string;
  readonly prefix: string;
  /** How many requests the interface makes at once. */
  readonly concurrency: number;
  readonly steps: readonly Step[];
}
