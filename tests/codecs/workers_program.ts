// Stores and reads an array with workers, by default and by number, and prints what it saw of that. `workers_test.ts` runs it.
import { type CottonCandyWarning, getInterface, type NDArray, ndarray } from "../../mod.ts";

const items = Float32Array.from({ length: 9 * 1024 * 1024 }, (_, i) => i % 1000);
const array: NDArray = ndarray(items, [9, 1024 * 1024]);
const warnings: CottonCandyWarning[] = [];
const cci = await getInterface("memory://workers", {
  compression: "gzip",
  onWarning: (told) => warnings.push(told),
});
const bodies: Uint8Array[] = [];
for (const workers of [false, undefined, 1] as const) {
  await cci.uploadRawArray(`array-${workers}`, array, { workers });
  bodies.push(await cci.downloadObject(`array-${workers}`));
  const back = await cci.downloadRawArray(`array-${workers}`, { workers });
  if (!back.is("<f4") || back.data.some((value, i) => value !== items[i])) {
    throw new Error("it came back different");
  }
}
const kinds = [...new Set(warnings.map(({ kind, message }) => `${kind}: ${message}`))];
// deno-lint-ignore no-console -- what it is there for
console.log(
  JSON.stringify({
    same: bodies.every((body) => body.every((byte, i) => byte === bodies[0][i])),
    warnings: kinds,
  }),
);
