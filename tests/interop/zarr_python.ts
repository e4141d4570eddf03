/** Python's zarr, asked by a process of its own, and the arrays that it makes. */
/** An array that Python makes; see zarr_reference.py. */
export interface Case {
  readonly path: string;
  readonly format: 2 | 3;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly compressor: string;
  readonly shards?: readonly number[];
  readonly order?: "F";
  readonly separator?: "/" | ".";
  readonly empty?: boolean;
}

/** What Python read: items in C order and little-endian. */
export interface Read {
  readonly dtype: string;
  readonly shape: number[];
  readonly data: string;
  readonly attributes: Record<string, unknown>;
}

export type PythonZarr = { readonly kind: "local"; readonly path: string } | {
  readonly kind: "obstore" | "s3fs";
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
};

export interface Request {
  readonly groups?: readonly { path: string; format: 2 | 3 }[];
  readonly write?: readonly Case[];
  readonly consolidate?: readonly string[];
  readonly read?: readonly string[];
}

/** Asks Python's zarr. */
export async function python(store: PythonZarr, request: Request): Promise<Record<string, Read>> {
  const process = new Deno.Command(new URL("../../.tmp/venv-zarr/bin/python", import.meta.url).pathname, {
    args: [new URL("zarr_reference.py", import.meta.url).pathname],
    env: { NO_PROXY: "127.0.0.1,localhost", PYTHONWARNINGS: "ignore" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify({ store, ...request })));
  await writer.close();
  const { success, stdout, stderr } = await process.output();
  if (!success) throw new Error(`Python's zarr failed:\n${new TextDecoder().decode(stderr).slice(-3000)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

export const whole = { shape: [5, 7], chunks: [2, 3], dtype: "<f4" } as const;

export const cases: readonly Case[] = [
  ...["none", "gzip", "zstd", "zstd-checksum", "blosc", "blosc-bits"].map((compressor) => ({
    ...whole,
    path: `v3/${compressor}`,
    format: 3 as const,
    compressor,
  })),
  ...["|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f8", ">f4", ">i8"].map((
    dtype,
  ) => ({
    ...whole,
    path: `v3/dtype${dtype.slice(1)}${dtype[0] === ">" ? "-big" : ""}`,
    format: 3 as const,
    dtype,
    compressor: "zstd",
  })),
  { ...whole, path: "v3/transposed", format: 3, compressor: "zstd", order: "F" },
  { ...whole, path: "v3/single", format: 3, compressor: "none", shape: [], chunks: [] },
  { ...whole, path: "v3/empty", format: 3, compressor: "none", empty: true },
  { ...whole, path: "v3/shards", format: 3, compressor: "zstd", shards: [4, 6] },
  { ...whole, path: "v3/shards-plain", format: 3, compressor: "none", shards: [2, 6] },
  { ...whole, path: "v3/shards-empty", format: 3, compressor: "blosc", shards: [4, 6], empty: true },
  ...["none", "zlib", "gzip", "zstd", "lz4", "blosc"].map((compressor) => ({
    ...whole,
    path: `v2/${compressor}`,
    format: 2 as const,
    compressor,
  })),
  { ...whole, path: "v2/fortran", format: 2, compressor: "zlib", order: "F" },
  { ...whole, path: "v2/slashes", format: 2, compressor: "zlib", separator: "/" },
  { ...whole, path: "v2/big", format: 2, compressor: "blosc", dtype: ">f8" },
  { ...whole, path: "v2/integers", format: 2, compressor: "none", dtype: "<i8" },
  { ...whole, path: "v2/truth", format: 2, compressor: "none", dtype: "|b1" },
];
