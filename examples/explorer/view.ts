/**
 * What the half of the page that walks gives to the half that draws, and gets from it.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { DType, Field, NDArray, OnProgress, Selection, SparseArray } from "@cottoncandy/cottoncandy";

/** Options of one read. */
export interface ReadSlice {
  /** Ends the read: its requests too. */
  readonly signal: AbortSignal;
  /** Bytes of the store so far, where that is known. */
  readonly onProgress?: OnProgress;
}

/** Where an array is stored: what a line of code needs to read it. */
export interface ArrayPlace {
  /** How `getInterface` opens the store, without secrets: `s3://bucket?endpoint=…`; absent for stores that only this page can reach. */
  readonly target?: string;
  /** The object's name, or that of the folder, as an interface to the target has it: below the target's own prefix. */
  readonly key: string;
  /** What it is stored as; a member is one of an `.npz` archive. */
  readonly kind: "raw" | "npy" | "npz" | "chunked" | "zarr" | "sparse";
  /** Whether it is encrypted in the store: then code needs a key. */
  readonly isEncrypted?: boolean;
  /** The name in the archive, of an npz's member. */
  readonly member?: string;
}

/** An array that was opened, to be drawn: raw, npy, member of an npz, chunked, zarr or sparse. */
export interface ArrayView {
  /** What to call it: the last part of its path. */
  readonly name: string;
  /** Where it is. */
  readonly place: ArrayPlace;
  /** numpy's `dtype.str`. */
  readonly dtype: DType;
  /** Fields of a structured dtype. */
  readonly fields?: readonly Field[];
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** Which axis varies fastest in the stored bytes: the last one (C) or the first one (F), within a chunk where there are chunks. */
  readonly order: "C" | "F";
  /** Lengths of the stored chunks along each axis, as dask gives them; absent where the array is one object. */
  readonly chunks?: readonly (readonly number[])[];
  /** Whether the chunks are stored as they are: then a part of one is read without the rest. */
  readonly hasPlainChunks?: boolean;
  /** Whether a slice reads only what it needs; otherwise the first one reads `storedSize` bytes, and is asked for by a person. */
  readonly sliceable: boolean;
  /** Bytes in the store, all chunks together; `undefined` where telling that would cost a listing. */
  readonly storedSize: number | undefined;
  /** A slice by numpy's rules, one selection an axis. */
  slice(selection: readonly Selection[], options: ReadSlice): Promise<NDArray>;
  /** Opens it anew, as it is stored by now: what was read of it before may be of another one. */
  readonly reopen?: () => void;
  /** Bytes of a sparse array's entries in memory, each with its place; absent where it is not told how many there are. */
  readonly entriesSize?: number;
  /** The places and values of a sparse array; absent for dense ones. */
  sparse?(options: ReadSlice): Promise<SparseArray>;
}

/**
 * The drawing's part of the page's address: names and values of its own choosing, all but `s` and `p`, without secrets. An empty one is the first view.
 */
export type DrawState = Readonly<Record<string, string>>;

/** What was drawn. */
export interface Drawing {
  /** Ends what is going on, and takes everything out of the element. */
  destroy(): void;
}

/**
 * Draws into an element that is empty.
 *
 * @param onState Told of every new state; the page debounces.
 */
export type DrawArray = (
  element: HTMLElement,
  array: ArrayView,
  state: DrawState,
  onState: (state: DrawState) => void,
) => Drawing;
