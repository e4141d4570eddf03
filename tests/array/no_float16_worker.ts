// Run as a worker by no_float16_test.ts: a runtime without Float16Array.
Reflect.deleteProperty(globalThis, "Float16Array");
const { arrayFromBytes, ndarray } = await import("../../lib/entries/array.ts");

const half = ndarray(new Uint16Array(3), [3], { dtype: "<f2" });
half.set(1.5, 0);
half.set(-Infinity, 1);
half.set(1 / 3, 2);
const swapped = arrayFromBytes(Uint8Array.of(0x3e, 0x00), { dtype: ">f2", shape: [1] });
self.postMessage({
  missing: !("Float16Array" in globalThis),
  data: half.data,
  nested: half.toNested(),
  text: String(half),
  most: half.max(),
  native: swapped.toNative().data,
  zarrita: half.slice([null, null, -1]).toZarrita().data,
});

declare const self: { postMessage(message: unknown): void };
