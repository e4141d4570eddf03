/**
 * What things are that are stored: a type for each kind.
 *
 * @module
 */
import type { Chunks } from "../../array/chunks/mod.ts";
import type { DType, Field, SparseFormat } from "../../array/mod.ts";

/** What every object tells. */
export interface IdentifiedObject {
  /** The full key. */
  readonly key: string;
  /** Stored bytes. */
  readonly size: number;
  /** When it was written. */
  readonly lastModified: Date;
  /** Names the version. */
  readonly etag?: string;
  /** MIME type, where the store has one. */
  readonly contentType?: string;
  /** The object's metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** How it is encrypted, where the store that was asked does not decrypt it. */
  readonly encryption?: string;
  /** Why it is not what it claims to be: `kind` is what can be made of it. */
  readonly problem?: string;
}

/** What every dense array tells. */
export interface IdentifiedArray {
  /** numpy `dtype.str`. */
  readonly dtype: DType;
  /** The fields of a structured dtype. */
  readonly fields?: readonly Field[];
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** Bytes of all items, as they are when they are not compressed. */
  readonly byteLength: number;
  /** How the items are compressed, `false` when they are not; absent where nothing tells. */
  readonly codec?: string | false;
  /** Whether parts are read without the rest. */
  readonly sliceable: boolean;
}

/** A raw array object: its metadata say what it is. */
export interface RawIdentity extends IdentifiedObject, IdentifiedArray {
  /** Tells the kinds apart. */
  readonly kind: "raw";
  /** In which order its metadata say that the items lie. */
  readonly order: "C" | "F";
}

/** A `.npy` file. */
export interface NpyIdentity extends IdentifiedObject, IdentifiedArray {
  /** Tells the kinds apart. */
  readonly kind: "npy";
  /** In which order the items lie. */
  readonly order: "C" | "F";
}

/** A `.npz` archive. */
export interface NpzIdentity extends IdentifiedObject {
  /** Tells the kinds apart. */
  readonly kind: "npz";
  /** The arrays' names; each is a name below the archive's. */
  readonly names: readonly string[];
}

/** An array of a `.npz` archive. */
export interface NpzMemberIdentity extends IdentifiedArray {
  /** Tells the kinds apart. */
  readonly kind: "npz-member";
  /** The archive's full key. */
  readonly key: string;
  /** Its name in the archive. */
  readonly member: string;
}

/** An array in chunks: a folder as dask arrays are stored in. */
export interface ChunkedIdentity extends IdentifiedArray {
  /** Tells the kinds apart. */
  readonly kind: "chunked";
  /** The folder's full key. */
  readonly key: string;
  /** Lengths of the chunks along each axis. */
  readonly chunks: Chunks;
  /** What is wrong with it. */
  readonly problem?: string;
}

/** A Zarr array. */
export interface ZarrIdentity extends IdentifiedArray {
  /** Tells the kinds apart. */
  readonly kind: "zarr";
  /** The folder's full key. */
  readonly key: string;
  /** The format's version. */
  readonly version: 2 | 3;
  /** Items of a chunk along each axis. */
  readonly chunkShape: readonly number[];
  /** Items of a shard along each axis, where chunks are stored in shards. */
  readonly shardShape?: readonly number[];
}

/** A Zarr group. */
export interface ZarrGroupIdentity {
  /** Tells the kinds apart. */
  readonly kind: "zarr-group";
  /** The folder's full key. */
  readonly key: string;
  /** The format's version. */
  readonly version: 2 | 3;
}

/** A sparse array: a folder with its parts. */
export interface SparseIdentity {
  /** Tells the kinds apart. */
  readonly kind: "sparse";
  /** The folder's full key. */
  readonly key: string;
  /** scipy's name of the format. */
  readonly format: SparseFormat;
  /** Rows and columns; absent of those that have them in an object of its own, as in 2016. */
  readonly shape?: readonly number[];
  /** The dtype of what is stored. */
  readonly dtype?: DType;
  /** How the values are compressed. */
  readonly codec?: string | false;
  /** How many values are stored. */
  readonly stored?: number;
  /** What is wrong with it. */
  readonly problem?: string;
}

/** A folder: a dictionary of arrays, or whatever else there is below it. */
export interface FolderIdentity {
  /** Tells the kinds apart. */
  readonly kind: "folder";
  /** Its full key, without a slash at its end. */
  readonly key: string;
  /** How the object is encrypted that would say what it is (`metadata.json`, `.zarray`, …), where the store that was asked does not decrypt it: it may be an array. */
  readonly encryption?: string;
  /** Why it is no array, where it seems to be one. */
  readonly problem?: string;
}

/** An object that is no array, by its name, its MIME type and its first bytes. */
export interface ContentIdentity extends IdentifiedObject {
  /** Tells the kinds apart. */
  readonly kind: "json" | "pickle" | "text" | "image" | "bytes";
  /** Of an image: its MIME type by its bytes. */
  readonly mediaType?: string;
}

/** What there is under a name; `kind` tells which. */
export type Identity =
  | RawIdentity
  | NpyIdentity
  | NpzIdentity
  | NpzMemberIdentity
  | ChunkedIdentity
  | SparseIdentity
  | ZarrIdentity
  | ZarrGroupIdentity
  | FolderIdentity
  | ContentIdentity;
