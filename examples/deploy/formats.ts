/**
 * What a slice can be answered as.
 *
 * @module
 */
import type { NDArray } from "@cottoncandy/cottoncandy";
import { InvalidArgumentError } from "@cottoncandy/cottoncandy/errors";

/** One way to write an array into an answer. */
export interface Format {
  /** The media type. */
  readonly type: string;
  /** Bytes that are held for an answer, an item of `itemsize` bytes each. */
  readonly cost: (itemsize: number) => number;
  /** The bytes. `query` has what else a request asks of the format. */
  readonly encode: (
    array: NDArray,
    query: URLSearchParams,
  ) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
}

/** By what `as` says. */
export const FORMATS: Readonly<Record<string, Format>> = {
  json: {
    type: "application/json",
    cost: (itemsize) => itemsize + 48,
    encode: (array) =>
      new TextEncoder().encode(JSON.stringify({ dtype: array.dtype, shape: array.shape, data: array })),
  },
  npy: {
    type: "application/octet-stream",
    cost: (itemsize) => 3 * itemsize,
    async encode(array) {
      const { npyEncode } = await import("@cottoncandy/cottoncandy");
      return new Uint8Array(await new Response(npyEncode(array)).arrayBuffer());
    },
  },
  arrow: {
    type: "application/vnd.apache.arrow.stream",
    cost: (itemsize) => 3 * itemsize + 100,
    async encode(array) {
      const [{ toArrow }, { tableToIPC }] = await Promise.all([
        import("@cottoncandy/cottoncandy/arrow"),
        import("apache-arrow"),
      ]);
      return new Uint8Array(tableToIPC(await toArrow(array), "stream"));
    },
  },
  png: {
    type: "image/png",
    cost: (itemsize) => itemsize + 12,
    async encode(array, query) {
      const { COLORMAPS, encodePng, toImageData } = await import("@cottoncandy/cottoncandy/plot");
      const map = query.get("cmap") ?? "viridis";
      const colormap = COLORMAPS.find((name) => name === map);
      if (!colormap) {
        throw new InvalidArgumentError(`there is no colour map "${map}": take ${COLORMAPS.join(", ")}`);
      }
      return await encodePng(toImageData(array, colormap));
    },
  },
};
