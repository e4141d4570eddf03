/** What each content is read as, worked out from what it was made of, and from no stored byte. */
import { ndarray } from "../../lib/array/mod.ts";
import {
  arrayOf,
  bytesOf,
  type Content,
  dictOf,
  filesOf,
  jsonOf,
  membersOf,
  sparseItems,
  treeOf,
} from "./contents.ts";
import type { Reading } from "./steps.ts";

/** The ways to read a content, and what each gives. */
export function valuesOf(content: Content): readonly (readonly [Reading, unknown])[] {
  const { seed } = content;
  switch (content.kind) {
    case "bytes": {
      const bytes = bytesOf(content);
      return [
        ["bytes", bytes],
        ["range", bytes.subarray(3, 43)],
        ["stream", { bytes, metadata: { seed: `${seed}` } }],
        ["file", { files: ["file"], bytes }],
      ];
    }
    case "json":
      return [["json", jsonOf(seed)]];
    case "pickle":
      return [["pickle", jsonOf(seed)]];
    case "npz":
      return [["npz", Object.values(membersOf(seed))]];
    case "raw":
      return [["raw", arrayOf(content)], ["raw slice", arrayOf(content).slice([0, null, 2])]];
    case "npy":
      return [["npy", arrayOf(content)], ["npy slice", arrayOf(content).slice([0, null, 2])]];
    case "dask":
      return [["dask", arrayOf(content)], ["dask slice", arrayOf(content).slice([1, 3])]];
    case "zarr":
      return [["zarr", arrayOf(content)], ["zarr slice", arrayOf(content).slice([1, 3])]];
    case "sparse": {
      const { side } = content;
      const dense = new Float64Array(side * side);
      for (const [i, item] of sparseItems(content).entries()) dense[i * side + i] = item;
      return [["sparse", ndarray(dense, [side, side])]];
    }
    case "files":
      return [["directory", filesOf(content)]];
    case "dict": {
      const arrays = dictOf(content);
      const names = [...new Set(Array.from(arrays.keys(), (path) => path.split("/")[0]))].sort();
      return [["dict", treeOf(arrays)], ["dataset", names]];
    }
  }
}
