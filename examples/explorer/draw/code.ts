/**
 * The line of code that reads exactly what is shown, in TypeScript and in Python.
 *
 * @module
 */
import type { Selection } from "../../../lib/array/mod.ts";
import type { ArrayPlace } from "../view.ts";

/** A program that reads a slice into `part`, in both languages. */
export interface SliceCode {
  readonly typescript: string;
  readonly python: string;
}

/** Code for a slice: an index or a range with both ends for each axis. */
export function sliceCode(place: ArrayPlace, selection: readonly Selection[]): SliceCode {
  return { typescript: typescript(place, selection), python: python(place, selection) };
}

function typescript({ target, key, kind, member }: ArrayPlace, selection: readonly Selection[]): string {
  const name = JSON.stringify(key);
  const index = selection.map((each) => Array.isArray(each) ? `[${each.join(", ")}]` : `${each}`).join(", ");
  const opened = {
    raw: `(await cci.openRawArray(${name})).slice(${index})`,
    npy: `(await cci.openNpyArray(${name})).slice(${index})`,
    npz: `(await (await cci.openNpz(${name})).open(${JSON.stringify(member ?? "")})).slice(${index})`,
    chunked: `(await cci.downloadDaskArray(${name})).slice(${index})`,
    sparse: `(await cci.downloadSparseArray(${name})).toDense().slice(${index})`,
    zarr: "",
  }[kind];
  const start = `const cci = await getInterface(${JSON.stringify(target ?? "…")});`;
  const cottoncandy = `import { getInterface } from "@cottoncandy/cottoncandy";`;
  if (kind !== "zarr") return [cottoncandy, start, `const part = await ${opened};`, ""].join("\n");
  const parts = selection.map((each) => Array.isArray(each) ? `zarr.slice(${each.join(", ")})` : `${each}`)
    .join(", ");
  return [
    cottoncandy,
    `import { zarrStore } from "@cottoncandy/cottoncandy/zarr";`,
    `import * as zarr from "zarrita";`,
    start,
    `const array = await zarr.open(zarrStore(cci.backend, ${name}), { kind: "array" });`,
    `const part = await zarr.get(array, [${parts}]);`,
    "",
  ].join("\n");
}

function python({ target = "", key, kind, member }: ArrayPlace, selection: readonly Selection[]): string {
  const index = selection.length === 0 ? "()" : selection.map((each) => {
    if (!Array.isArray(each)) return `${each}`;
    const [start, stop, step] = each;
    return step === 1 || step === undefined ? `${start}:${stop}` : `${start}:${stop}:${step}`;
  }).join(", ");
  const s3 = /^s3:\/\/([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(target);
  const endpoint = new URLSearchParams(s3?.[3] ?? "").get("endpoint");
  const prefix = s3?.[2] ? `${s3[2].replace(/\/$/, "")}/` : "";
  const full = JSON.stringify(prefix + key);
  const start = `cci = cottoncandy.get_interface(${pythonStore(target, s3?.[1], endpoint)})`;
  const plain = ["import cottoncandy", start];
  switch (kind) {
    case "raw":
      return [...plain, `part = cci.download_raw_array(${full})[${index}]`, ""].join("\n");
    case "npy":
      return [...plain, `part = cci.download_npy_array(${full})[${index}]`, ""].join("\n");
    case "chunked":
      return [...plain, `part = cci.download_dask_array(${full})[${index}].compute()`, ""].join("\n");
    case "sparse":
      return [...plain, `part = cci.download_sparse_array(${full}).toarray()[${index}]`, ""].join("\n");
    case "npz":
      return [
        "import io",
        ...plain.slice(0, 1),
        "import numpy",
        start,
        `part = numpy.load(io.BytesIO(cci.download_object(${full})))[${
          JSON.stringify(member ?? "")
        }][${index}]`,
        "",
      ].join("\n");
    case "zarr": {
      const options = endpoint ? `, storage_options={"endpoint_url": ${JSON.stringify(endpoint)}}` : "";
      const url = s3 ? `s3://${s3[1]}/${prefix}${key}` : key;
      return [
        "import zarr",
        `part = zarr.open_array(${JSON.stringify(url)}, mode="r"${options})[${index}]`,
        "",
      ].join("\n");
    }
  }
}

/** How Python's cottoncandy opens a store; it knows no others than these. */
function pythonStore(target: string, bucket: string | undefined, endpoint: string | null): string {
  if (target.startsWith("file:")) {
    return `${JSON.stringify(decodeURIComponent(new URL(target).pathname))}, backend="local"`;
  }
  if (target.startsWith("gdrive:")) return `backend="gdrive"`;
  return JSON.stringify(bucket ?? "bucket") + (endpoint ? `, endpoint_url=${JSON.stringify(endpoint)}` : "");
}
