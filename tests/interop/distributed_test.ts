// Arrays stored here, computed on by a dask cluster of two processes; and what Python stores there, read here.
import { assertEquals } from "@std/assert";
import { type NDArray, ndarray } from "../../mod.ts";
import { environments, type PythonStore } from "./reference.ts";
import { storesFor } from "./stores.ts";

/** What cluster.py computes on an array. */
interface Computed {
  readonly chunks: number[][];
  readonly sum: number;
  /** `array[1, ::-2, 2:9]` */
  readonly slice: number[][];
  /** Which processes have worked on its chunks. */
  readonly processes: number[];
}

async function cluster(
  environment: string,
  store: PythonStore,
  names: readonly string[],
  upload: { name: string; shape: readonly number[]; axis: number | null } | null,
): Promise<Record<string, Computed>> {
  const root = new URL("../../.tmp/", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(`${root}venv-${environment}/bin/python`, {
    args: [new URL("cluster.py", import.meta.url).pathname, JSON.stringify({ store, names, upload })],
    env: {
      NO_PROXY: "127.0.0.1,localhost",
      PYTHONWARNINGS: "ignore",
      // Reading it writes it: not into the user's home.
      XDG_CONFIG_HOME: `${root}python-config`,
    },
  }).output();
  if (!success) throw new Error(`the cluster failed:\n${new TextDecoder().decode(stderr).slice(-4000)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function ramp(shape: readonly number[]): NDArray<"<f8"> {
  return ndarray(Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i), shape);
}

for (const environment of environments) {
  for (const { name: store, python, cci } of await storesFor(environment, "distributed")) {
    Deno.test(`a dask cluster computes on arrays from here, and we read its own, on ${store}, Python ${environment}`, async () => {
      const shape = [12, 30, 40];
      const array = ramp(shape);
      const sum = array.size * (array.size - 1) / 2;
      const slice = array.slice(1, [null, null, -2], [2, 9]).toNested();
      await cci.uploadDaskArray("isotropic", array, { chunks: [5, 9, 16], compression: "Zstd" });
      const slabs = Array.from({ length: 12 }, (_, i) => array.slice([i, i + 1]));
      await cci.uploadDaskArray("slabs", { shape, dtype: "<f8", slabs }, {
        axis: 0,
        chunks: [2, null, null],
        compression: false,
      });
      const own = { name: "python", shape, axis: null };
      const computed = await cluster(environment, python, ["isotropic", "slabs", "python"], own);
      for (const [name, result] of Object.entries(computed)) {
        const stored = await cci.downloadDaskArray(name);
        assertEquals([result.sum, result.slice], [sum, slice], name);
        assertEquals(stored.chunks, result.chunks);
        assertEquals((await stored.slice(1, [null, null, -2], [2, 9])).toNested(), slice);
        assertEquals((await stored.toArray()).toBytes(), array.toBytes());
        if (name !== "python") {
          assertEquals(result.processes.length, 2, `${name} was computed by two processes`);
        }
      }
    });
  }
}
