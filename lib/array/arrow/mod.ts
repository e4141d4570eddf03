/**
 * Arrays as [Apache Arrow](https://arrow.apache.org) has them, and back: for DuckDB, Polars, pandas, Perspective, Arquero, and whatever else reads Arrow. Needs the package
 * `apache-arrow`, which npm installs only where it is asked for (`npm install apache-arrow`).
 *
 * ```ts
 * import { ndarray } from "@cottoncandy/cottoncandy/array";
 * import { fromArrow, toArrow } from "@cottoncandy/cottoncandy/arrow";
 * import { tableToIPC } from "apache-arrow";
 *
 * const betas = ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);
 * const table = await toArrow(betas, { name: "betas" });
 * console.assert(table.numRows === 3);
 *
 * const bytes = tableToIPC(table, "stream");
 * console.assert((await fromArrow(bytes)).get(2, 1) === 6);
 * ```
 *
 * @module
 */
export { type ArrowInput, fromArrow, type FromArrowOptions } from "./from_arrow.ts";
export { toArrow, type ToArrowOptions } from "./to_arrow.ts";
