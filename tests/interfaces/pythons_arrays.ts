import { arrayFromBytes, type DType, type NDArray } from "../../lib/array/mod.ts";

// As numpy says f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, int and float.
const dtypes = ["<f2", "<f4", "<f8", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<i8", "<f8"] as const;

/** The 72 arrays of the round trips in the tests of Python's cottoncandy: order × dtype × whole, an empty slice or some rows. */
export function* pythonsArrays(): Generator<NDArray> {
  for (const order of ["C", "F"] as const) {
    for (const dtype of dtypes) {
      const whole = filled(dtype, [20, 10, 5], order);
      yield whole;
      yield whole.slice(null, null, [10, null]);
      yield filled(dtype, [3, 10, 5], order);
    }
  }
}

function filled(dtype: DType, shape: readonly number[], order: "C" | "F"): NDArray {
  const bytes = new Uint8Array(shape.reduce((product, length) => product * length, Number(dtype.slice(2))));
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7919) % 101;
  return arrayFromBytes(bytes, { dtype, shape, order });
}
