/**
 * Arrays as numpy has them: dtypes, views with strides, the .npy format, and cottoncandy's raw format. Nothing here knows of stores.
 *
 * @module
 */
// Arrays have the methods that small pages go without.
import "../array/reducing/mod.ts";
import "../array/repr/mod.ts";

export * from "../array/mod.ts";
