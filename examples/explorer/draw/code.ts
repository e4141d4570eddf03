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

/** What is put where the page does not know how a store is called. */
const UNKNOWN = "…";

/**
 * Code for a slice: an index or a range with both ends for each axis.
 *
 * @param axes The slice's axes in the order in which they are shown, where that is another than theirs.
 */
export function sliceCode(
  place: ArrayPlace,
  selection: readonly Selection[],
  axes: readonly number[] = [],
): SliceCode {
  const transposed = axes.every((axis, i) => axis === i) ? "" : `.transpose(${axes.join(", ")})`;
  return {
    typescript: typescript(place, selection, transposed),
    python: python(place, `[${indexText(selection)}]`, transposed),
  };
}

/** What stands in Python's brackets for a slice. */
export function indexText(selection: readonly Selection[]): string {
  if (selection.length === 0) return "()";
  return selection.map((each) => {
    if (!Array.isArray(each)) return `${each}`;
    const [start, stop, step] = each;
    return step === 1 || step === undefined ? `${start}:${stop}` : `${start}:${stop}:${step}`;
  }).join(", ");
}

function typescript(
  { target = UNKNOWN, key, kind, member, isEncrypted = false }: ArrayPlace,
  selection: readonly Selection[],
  transposed: string,
): string {
  const name = JSON.stringify(key);
  const index = selection.map((each) => Array.isArray(each) ? `[${each.join(", ")}]` : `${each}`).join(", ");
  const opened = {
    raw: `await cci.openRawArray(${name})`,
    npy: `await cci.openNpyArray(${name})`,
    npz: `await (await cci.openNpz(${name})).open(${JSON.stringify(member ?? "")})`,
    chunked: `await cci.downloadDaskArray(${name})`,
    sparse: `await cci.downloadSparseArray(${name})`,
    zarr: `await openZarr(cci.backend, ${name})`,
  }[kind];
  const slice = `(${opened})${kind === "sparse" ? ".toDense()" : ""}.slice(${index})`;
  const open = isEncrypted ? "getEncryptedInterface" : "getInterface";
  // Keys are never in what the page gives away.
  const keys = isEncrypted ? `, { encryption: "AES", key: ${JSON.stringify(UNKNOWN)} }` : "";
  return [
    ...isEncrypted ? [`// It is encrypted: put its key in, or those of RSA or age.`] : [],
    `import { ${open} } from "@cottoncandy/cottoncandy";`,
    ...kind === "zarr" ? [`import { openZarr } from "@cottoncandy/cottoncandy/zarr";`] : [],
    `const cci = await ${open}(${JSON.stringify(target)}${keys});`,
    `const part = ${transposed === "" ? `await ${slice}` : `(await ${slice})${transposed}`};`,
    "",
  ].join("\n");
}

function python(
  { target = "", key, kind, member, isEncrypted = false }: ArrayPlace,
  index: string,
  transposed: string,
): string {
  const store = pythonStore(target);
  const full = JSON.stringify(store.prefix + key);
  const open = `cci = cottoncandy.get_interface(${store.arguments})`;
  const note = isEncrypted
    ? [
      `# It is encrypted, as Python's cottoncandy does not read it: "cottoncandy cp --key-file …" decrypts it into a directory.`,
    ]
    : [];
  const program = (modules: readonly string[], lines: readonly string[]) =>
    [...note, ...modules.map((name) => `import ${name}`), ...lines, ""].join("\n");
  const plain = (read: string, end = "") =>
    program(["cottoncandy"], [open, `part = ${read}${index}${transposed}${end}`]);
  if (store.url !== undefined) {
    const url = JSON.stringify(joined(store.url, key.split("/").map(encodeURIComponent).join("/")));
    if (kind === "npy" || kind === "npz") {
      const of = kind === "npz" ? `[${JSON.stringify(member ?? "")}]` : "";
      const load = `numpy.load(io.BytesIO(urllib.request.urlopen(${url}).read()))`;
      return program(["io", "urllib.request", "numpy"], [`part = ${load}${of}${index}${transposed}`]);
    }
    if (kind !== "zarr") {
      return program([], [
        `# Python's cottoncandy reads no URLs: download what is below ${url} into a directory`,
      ])
        .concat(plain(pythonRead(kind, full), kind === "chunked" ? ".compute()" : ""));
    }
  }
  switch (kind) {
    case "npz": {
      const load = `numpy.load(io.BytesIO(cci.download_object(${full})))[${JSON.stringify(member ?? "")}]`;
      return program(["io", "cottoncandy", "numpy"], [open, `part = ${load}${index}${transposed}`]);
    }
    case "zarr": {
      const options = store.endpoint
        ? `, storage_options={"endpoint_url": ${JSON.stringify(store.endpoint)}}`
        : "";
      const url = JSON.stringify(joined(store.url ?? store.root, key));
      return program(["zarr"], [
        `part = zarr.open_array(${url}, mode="r"${options})${index}${transposed}`,
      ]);
    }
    default:
      return plain(pythonRead(kind, full), kind === "chunked" ? ".compute()" : "");
  }
}

function pythonRead(kind: "raw" | "npy" | "chunked" | "sparse", name: string): string {
  return {
    raw: `cci.download_raw_array(${name})`,
    npy: `cci.download_npy_array(${name})`,
    chunked: `cci.download_dask_array(${name})`,
    sparse: `cci.download_sparse_array(${name}).toarray()`,
  }[kind];
}

/** How Python opens a store. */
interface PythonStore {
  /** The arguments of `get_interface`. */
  readonly arguments: string;
  /** What the names of its objects begin with. */
  readonly prefix: string;
  /** Where fsspec, and so zarr, finds what is in it. */
  readonly root: string;
  /** The address of S3, where it is not Amazon's. */
  readonly endpoint?: string;
  /** Where it is on the web: Python's cottoncandy knows no such store. */
  readonly url?: string;
}

function pythonStore(target: string): PythonStore {
  const [, scheme = "", place = "", query = ""] =
    /^([a-z][a-z0-9+.-]*):\/\/([^?]*)(?:\?(.*))?$/i.exec(target) ??
      [];
  const [first, ...rest] = place.split("/");
  switch (scheme.toLowerCase()) {
    case "file": {
      const path = decodeURIComponent(new URL(target).pathname);
      return { arguments: `${JSON.stringify(path)}, backend="local"`, prefix: "", root: path };
    }
    case "gdrive":
      return { arguments: `backend="gdrive"`, prefix: folder(decodeURIComponent(place)), root: place };
    case "s3": {
      const endpoint = new URLSearchParams(query).get("endpoint") ?? undefined;
      const at = endpoint === undefined ? "" : `, endpoint_url=${JSON.stringify(endpoint)}`;
      return {
        arguments: JSON.stringify(first) + at,
        prefix: folder(rest.join("/")),
        root: `s3://${place}`,
        endpoint,
      };
    }
    case "http":
    case "https": {
      const url = target.replace(/\?.*$/s, "");
      return { arguments: `${JSON.stringify(UNKNOWN)}, backend="local"`, prefix: "", root: url, url };
    }
    default:
      return { arguments: JSON.stringify(UNKNOWN), prefix: "", root: UNKNOWN };
  }
}

function folder(path: string): string {
  return path === "" || path.endsWith("/") ? path : `${path}/`;
}

function joined(root: string, key: string): string {
  return folder(root) + key;
}
