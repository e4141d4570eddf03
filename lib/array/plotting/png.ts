import { allocate, concat, u32be } from "../../bytes.ts";
import { crc32 } from "../../checksums.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { readAll, streamOf } from "../../streams/mod.ts";

/** What {@linkcode encodePng} takes: the pixels of {@linkcode toImageData}, or a page's `ImageData`. */
export interface PngPixels {
  /** Red, green, blue and opacity of each pixel, 0 to 255, row by row from the top. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Pixels a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** A chunk: length, type, data, and the CRC of the last two. */
function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const named = concat(new TextEncoder().encode(type), data);
  return concat(u32be(data.byteLength), named, u32be(crc32(named)));
}

/**
 * Pixels as a PNG file: 8 bits of red, green, blue and opacity each, without filters. Source: https://www.w3.org/TR/png-3/
 *
 * @param pixels What {@linkcode toImageData} gives, or a page's `ImageData`.
 * @throws {InvalidArgumentError} when the data are not four bytes a pixel, or there are no pixels, which PNG has no files for.
 *
 * @example
 * ```ts
 * import { asNDArray } from "@cottoncandy/cottoncandy/array";
 * import { encodePng, toImageData } from "@cottoncandy/cottoncandy/plot";
 *
 * const png = await encodePng(toImageData(asNDArray([[0, 1], [2, NaN]])));
 * console.assert(new TextDecoder("latin1").decode(png.subarray(1, 4)) === "PNG");
 * // await Deno.writeFile("betas.png", png)
 * ```
 */
export async function encodePng({ width, height, data }: PngPixels): Promise<Uint8Array<ArrayBuffer>> {
  if (![width, height].every((side) => Number.isInteger(side) && side > 0 && side < 2 ** 31)) {
    throw new InvalidArgumentError(`a PNG file has pixels, and an image of ${width} × ${height} has none`);
  }
  if (data.byteLength !== width * height * 4) {
    throw new InvalidArgumentError(
      `${data.byteLength} bytes are not the four bytes a pixel of an image of ${width} × ${height}`,
    );
  }
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8); // bits
  header.setUint8(9, 6); // RGBA
  // Each row begins with its filter: none.
  const rows = allocate(height * (width * 4 + 1));
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(y * width * 4, (y + 1) * width * 4), y * (width * 4 + 1) + 1);
  }
  const packed = await readAll(streamOf(rows).pipeThrough(new CompressionStream("deflate")));
  return concat(
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", packed),
    chunk("IEND", new Uint8Array()),
  );
}
