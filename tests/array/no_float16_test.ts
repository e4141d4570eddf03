import { assertEquals } from "@std/assert";

Deno.test("half precision numbers in a runtime without Float16Array", async () => {
  const worker = new Worker(new URL("./no_float16_worker.ts", import.meta.url), { type: "module" });
  try {
    const seen = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
    const third = 0.333251953125;
    assertEquals(seen, {
      missing: true,
      data: Uint16Array.of(0x3e00, 0xfc00, 0x3555),
      nested: [1.5, -Infinity, third],
      text: "array([1.5   ,   -inf, 0.3333], dtype=float16)",
      most: 1.5,
      native: Uint16Array.of(0x3e00),
      zarrita: Float32Array.of(third, -Infinity, 1.5),
    });
  } finally {
    worker.terminate();
  }
});
