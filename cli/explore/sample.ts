/**
 * Something of every kind to look at: real rasters, and arrays that are made here.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { aesKeys, EncryptingBackend } from "../../crypto/mod.ts";
import { type NDArray, ndarray } from "../../lib/array/mod.ts";
import { encodePng, toImageData } from "../../lib/array/plotting/mod.ts";
import { writeJson } from "../../lib/objects/json.ts";
import { writeObject } from "../../lib/objects/mod.ts";
import { Tuple, writePickle } from "../../lib/objects/pickle.ts";
import { writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { writeDict } from "../../lib/stored_arrays/dict.ts";
import { writeNpz } from "../../lib/stored_arrays/npz/mod.ts";
import { openNpy, writeNpy } from "../../lib/stored_arrays/npy.ts";
import { writeRaw } from "../../lib/stored_arrays/raw.ts";
import { SparseArray, writeSparse } from "../../lib/stored_arrays/sparse.ts";

/** A raster of npm:vega-datasets. */
export interface Raster {
  /** Items a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Items row by row, from the top. */
  readonly values: readonly number[];
}

/** The rasters that come with the page, as its `sample.json`. */
export interface Rasters {
  /** Heights of Maungawhau in metres. */
  readonly volcano: Raster;
  /** Rain and snow of a year in mm, by degrees from 87° N and 180° W on. */
  readonly precipitation: Raster;
}

/** The key of what is encrypted in the sample: no secret, since it is here. */
const SAMPLE_KEY = "c2FtcGxlLWtleS1vZi10aGUtZXhwbG9yZXItMzJiISE=";

/** Puts something of every kind into a store. */
export async function fillSample(backend: Backend, rasters: Rasters): Promise<void> {
  const volcano = int16(rasters.volcano);
  const volume = bold();
  const heights = toImageData(volcano, "viridis");
  await Promise.all([
    text(backend, "README.txt", README),
    writeRaw(backend, "rasters/volcano", volcano, { sliceable: true }),
    writeNpy(backend, "rasters/volcano.npy", volcano),
    writeNpy(
      backend,
      "rasters/volcano_rgba.npy",
      ndarray(new Uint8Array(heights.data), [...volcano.shape, 4]),
    ),
    writeRaw(backend, "rasters/precipitation", float32(rasters.precipitation), { compression: "Zstd" }),
    encodePng(heights).then((png) => backend.put("rasters/volcano.png", png, { contentType: "image/png" })),
    writeChunked(backend, "volumes/bold", volume, { chunks: [4, null, null, null], compression: "LZ4" }),
    writeNpy(backend, "volumes/mask.npy", mask()),
    writeNpy(backend, "signals/heartbeat.npy", heartbeat()),
    writeRaw(backend, "signals/spectrum", spectrum(), { sliceable: true }),
    writeNpy(backend, "signals/days.npy", days()),
    writeSparse(backend, "graphs/links", links(600)),
    writeDict(backend, "fits/sub01", {
      tr: 2.2,
      betas: smooth([40, 60], 3),
      roi: { v1: smooth([30, 30], 5), v4: smooth([20, 25], 7) },
    }, { compression: false }),
    writeJson(backend, "subjects.json", SUBJECTS),
    writePickle(backend, "fits/model.pkl", {
      weights: new Float64Array([0.25, -1.5, 3]),
      shape: Tuple.of(3, 1),
      name: "ridge",
      alphas: [0.1, 1, 10],
    }),
    zarr(backend, "maps/waves.zarr", smooth([256, 320], 11), [64, 80]),
    secret(backend, volume),
  ]);
  await writeNpz(
    backend,
    "volumes/slices.npz",
    new Map([
      ["mask", await openNpy(backend, "volumes/mask.npy")],
      ["heights", await openNpy(backend, "rasters/volcano.npy")],
    ]),
  );
}

async function text(backend: Backend, name: string, words: string): Promise<void> {
  await writeObject(backend, name, words, { contentType: "text/plain; charset=utf-8" });
}

/** What only who has the key can read. */
async function secret(backend: Backend, volume: NDArray): Promise<void> {
  const encrypting = new EncryptingBackend(backend, aesKeys(SAMPLE_KEY));
  await text(backend, "encrypted/KEY.txt", `The AES key of what is beside this:\n\n${SAMPLE_KEY}\n`);
  await writeChunked(encrypting, "encrypted/bold", volume, {
    chunks: [4, null, null, null],
    compression: "LZ4",
  });
  await writeSparse(encrypting, "encrypted/links", links(200));
  await zarr(encrypting, "encrypted/map.zarr", smooth([96, 128], 11), [32, 64]);
  await writeRaw(encrypting, "encrypted/waves", smooth([120, 160], 13), { sliceable: true });
  await writeJson(encrypting, "encrypted/notes.json", { lost: ["run 3", "run 7"], reason: "motion" });
}

function int16({ width, height, values }: Raster): NDArray {
  return ndarray(Int16Array.from(values), [height, width]);
}

/** Where nothing was measured there is no number. */
function float32({ width, height, values }: Raster): NDArray {
  return ndarray(Float32Array.from(values, (value) => value < 0 ? NaN : value), [height, width]);
}

/** Hills that are the same each time. */
function smooth([height, width]: readonly [number, number], seed: number): NDArray {
  const items = Float32Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width) / height, i % width / width];
    return Math.sin(seed * x + 2 * Math.cos(seed * y)) * Math.cos(seed * y - x);
  });
  return ndarray(items, [height, width]);
}

/** Forty volumes of a head, from the eyes to above the ears, in which something happens every ten. */
function bold(): NDArray {
  const [times, depth, height, width] = [40, 24, 48, 40];
  const size = depth * height * width;
  const [anatomy, activity] = [new Float32Array(size), new Float32Array(size)];
  for (let i = 0; i < size; i++) {
    const [z, y, x] = [Math.floor(i / width / height), Math.floor(i / width) % height, i % width];
    const [u, v, w] = [x / 19.5 - 1, y / 23.5 - 1, z / 23 - 0.25];
    const radius = Math.hypot(u / 0.85, v / 0.92, w / 0.98);
    const folds = Math.sin(9 * u + 3 * Math.sin(5 * v)) * Math.cos(8 * w + 2 * u);
    const [gap, skull] = [radius > 0.84 && radius <= 0.9, radius > 0.9 && radius <= 1];
    anatomy[i] = skull ? 380 : radius > 1 ? 0 : gap ? 900 : 620 + 160 * folds;
    if (radius <= 0.84) {
      activity[i] = 120 * Math.exp(-10 * ((Math.abs(u) - 0.4) ** 2 + (v - 0.45) ** 2 + w ** 2));
    }
  }
  const items = new Float32Array(times * size);
  for (let t = 0; t < times; t++) {
    const phase = Math.sin(2 * Math.PI * t / 10);
    for (let i = 0; i < size; i++) items[t * size + i] = anatomy[i] + phase * activity[i];
  }
  return ndarray(items, [times, depth, height, width]);
}

function mask(): NDArray {
  const items = Array.from({ length: 40 * 48 }, (_, i) => {
    const [u, v] = [Math.floor(i / 48) / 19.5 - 1, i % 48 / 23.5 - 1];
    return Math.hypot(u / 0.85, v / 0.92) <= 1 ? 1 : 0;
  });
  return ndarray(Uint8Array.from(items), [40, 48], { dtype: "|b1" });
}

/** Ten seconds at 500 Hz, of which half a second is lost. */
function heartbeat(): NDArray {
  const items = Float64Array.from({ length: 5000 }, (_, i) => {
    const phase = i / 500 % 0.85;
    if (i >= 3100 && i < 3350) return NaN;
    const peak = (at: number, height: number, width: number) =>
      height * Math.exp(-(((phase - at) / width) ** 2));
    return peak(0.2, 0.15, 0.04) + peak(0.32, -0.12, 0.01) + peak(0.35, 1.2, 0.012) +
      peak(0.38, -0.25, 0.012) +
      peak(0.6, 0.3, 0.06);
  });
  return ndarray(items, [5000]);
}

function spectrum(): NDArray {
  const items = new Float32Array(2 * 512);
  for (let i = 0; i < 512; i++) {
    const response = 1 / Math.hypot(1 - (i / 120) ** 2, i / 400);
    const phase = -Math.atan2(i / 400, 1 - (i / 120) ** 2);
    items.set([response * Math.cos(phase), response * Math.sin(phase)], 2 * i);
  }
  return ndarray(items, [512], { dtype: "<c8" });
}

function days(): NDArray {
  return ndarray(BigInt64Array.from({ length: 366 }, (_, i) => BigInt(19_723 + i)), [366], {
    dtype: "<M8[D]",
  });
}

/** A ring with some shortcuts. */
function links(size: number): SparseArray {
  const entries = Array.from({ length: size }, (_, i) => [
    [i, (i + 1) % size, 1],
    [i, (i * i + 7) % size, 0.5],
    [(i * 37) % size, i, 0.25],
  ]).flat();
  return new SparseArray("coo", [size, size], {
    row: Int32Array.from(entries, ([row]) => row),
    col: Int32Array.from(entries, ([, col]) => col),
    data: Float32Array.from(entries, ([, , value]) => value),
  });
}

/** An array of Zarr version 2, without compression, by hand: the format's own library is not loaded for one sample. */
async function zarr(
  backend: Backend,
  name: string,
  array: NDArray,
  chunks: readonly [number, number],
): Promise<void> {
  const [height, width] = array.shape;
  const about = {
    zarr_format: 2,
    shape: array.shape,
    chunks,
    dtype: array.dtype,
    compressor: null,
    fill_value: 0,
    order: "C",
    filters: null,
  };
  await text(backend, `${name}/.zarray`, JSON.stringify(about));
  await text(backend, `${name}/.zattrs`, JSON.stringify({ long_name: "waves", units: "mm" }));
  for (let y = 0; y < height; y += chunks[0]) {
    for (let x = 0; x < width; x += chunks[1]) {
      const part = array.slice([y, y + chunks[0]], [x, x + chunks[1]]);
      await backend.put(`${name}/${y / chunks[0]}.${x / chunks[1]}`, part.toBytes());
    }
  }
}

const SUBJECTS = {
  study: "reading",
  sessions: [
    { subject: "sub01", runs: 8, tr: 2.2, notes: null, scanned: true },
    { subject: "sub02", runs: 6, tr: 2.2, notes: "left early", scanned: true },
    { subject: "sub03", runs: 0, tr: 2.2, notes: "", scanned: false },
  ],
};

const README = `Something of every kind

rasters/    a volcano's heights and a year's precipitation (npm:vega-datasets): raw, .npy, a picture
volumes/    time and space in chunks of four volumes, a mask, and an archive of two arrays
signals/    a line with a gap, complex numbers, days
graphs/     a sparse array
fits/       a nested dictionary of arrays, and a pickle
maps/       an array of Zarr
encrypted/  what needs a key: it stands in KEY.txt
`;
