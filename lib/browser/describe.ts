import { mebibytes } from "../interfaces/table.ts";
import { keyOf, type Sight, type Tree } from "./look.ts";

// Python's cottoncandy takes a path for one of HDF when it has one of these anywhere.
const HDF = /\.(?:hdf|h5|hf5|hdf5|h5py|grp|arr|dar)/;

/** The `repr` that Python's cottoncandy has for a node: a directory, a file, a group or a dataset. */
export function describe(tree: Tree, { path, names, head }: Sight): string {
  const key = keyOf(tree, path).replace(/\/$/, "");
  const name = key.slice(key.lastIndexOf("/") + 1);
  const bucket = bucketOf(tree);
  if (HDF.test(key)) {
    const shape = head?.metadata.shape;
    return head === undefined || shape === undefined
      ? `<cottoncandy-group <${bucket}> (${name}: ${names.length} keys)>`
      : `cottoncandy-dataset <${bucket} [${mebibytes(head.size)}MB:shape=(${shape})]>`;
  }
  return head === undefined
    ? `cottoncandy-path <${bucket}> ${name}`
    : `cottoncandy-file <${bucket}> [${mebibytes(head.size)}MB]`;
}

/** What a node is called that has not been looked at. */
export function describeUnseen(tree: Tree, path: string): string {
  const key = keyOf(tree, path).replace(/\/$/, "");
  return `cottoncandy-node <${bucketOf(tree)}> ${key && `${key} `}(await it to look)`;
}

function bucketOf({ backend }: Tree): string {
  return `bucket:${backend.bucket ?? backend.name}`;
}
