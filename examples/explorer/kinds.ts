/**
 * What things are called, and their pictures.
 *
 * @module
 */
import type { Identity } from "@cottoncandy/cottoncandy/identify";

/** A kind of thing, of the library's. */
export type Kind = Identity["kind"];

/** What a kind is called. */
export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  raw: "Raw array",
  npy: "NumPy file",
  npz: "NumPy archive",
  "npz-member": "Array of an archive",
  chunked: "Chunked array",
  sparse: "Sparse array",
  zarr: "Zarr array",
  "zarr-group": "Zarr group",
  folder: "Folder",
  json: "JSON",
  pickle: "Pickle",
  text: "Text",
  image: "Image",
  bytes: "Bytes",
};

const GRID = "M2 2h12v12H2zM2 6h12M2 10h12M6 2v12M10 2v12";

/** A picture for each kind: paths in a square of 16. */
export const KIND_ICONS: Readonly<Record<string, string>> = {
  raw: GRID,
  npy: GRID,
  "npz-member": GRID,
  npz: "M2 4l6-3 6 3v8l-6 3-6-3zM2 4l6 3 6-3M8 7v8",
  chunked: "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z",
  zarr: "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z",
  sparse: "M3 3h1v1H3zM9 4h1v1H9zM6 8h1v1H6zM12 9h1v1h-1zM4 12h1v1H4zM10 13h1v1h-1z",
  "zarr-group": "M1 4h5l2 2h7v8H1z",
  folder: "M1 4h5l2 2h7v8H1z",
  json: "M6 2c-2 0-2 1-2 3s0 3-2 3c2 0 2 1 2 3s0 3 2 3M10 2c2 0 2 1 2 3s0 3 2 3c-2 0-2 1-2 3s0 3-2 3",
  pickle: "M5 2c4-1 8 3 9 7 0 3-3 5-6 4C4 12 1 7 2 4c0-1 2-2 3-2M6 6h.5M9 8h.5M8 11h.5",
  text: "M3 1h7l3 3v11H3zM5 7h6M5 9h6M5 11h4",
  image: "M2 3h12v10H2zM2 11l4-4 3 3 2-2 3 3M10 6h.5",
  bytes: "M3 1h7l3 3v11H3zM10 1v3h3",
};
