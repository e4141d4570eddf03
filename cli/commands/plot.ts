/**
 * `plot`: an array in the terminal, or as a PNG file.
 *
 * @module
 */
import { type Colormap, COLORMAPS, type ImagePixels } from "../../lib/array/plotting/mod.ts";
import type { NDArray } from "../../lib/array/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import type { StoredArray } from "../../lib/stored_arrays/mod.ts";
import {
  colorDepth,
  curveLines,
  identifyTarget,
  imageLines,
  openFound,
  plainFile,
  sampled,
  scaledPixels,
  sliced,
  tick,
} from "../arrays/mod.ts";
import { type CliCommand, defineCommand, flag, value } from "../command.ts";
import { UsageError } from "../report.ts";
import { printable, wholeNumber } from "../text.ts";

/** Items that a file has a pixel for each of, unless all are asked for. */
const MOST_PIXELS = 16 * 1024 * 1024;

/** `plot`. */
export const command: CliCommand = defineCommand({
  arguments: "<target>",
  description:
    "Draws an array, or a slice of it: one axis as a line, two as an image. Of large arrays a sample is taken, for which about 4 MB are read; --all takes all.",
  examples: [
    ["plot 's3://bucket/sub01/bold[:,:,20,0]'", "a plane of a volume"],
    ["plot s3://bucket/trace.npy", "a line"],
    ["plot 's3://bucket/sub01/bold[:,:,20,0]' -o plane.png", "as a file, a pixel an item"],
  ],
  options: {
    output: value("-o, --output <file.png>", "write a PNG file instead", String),
    colormap: value("--colormap <name>", `${COLORMAPS.join(", ")} (default: viridis)`, parseColormap),
    range: value(
      "--range <low,high>",
      "values of the first and the last colour (default: percentiles 1 and 99)",
      parseRange,
    ),
    width: value("--width <columns>", "columns to draw in (default: the terminal's)", wholeNumber(2)),
    all: flag("--all", "read all items, however many"),
  },
  async run(context, [target], { output, colormap = "viridis", range, width, all }) {
    const { report } = context;
    const identified = await identifyTarget(context, target);
    const stored = await openFound(context, identified);
    const array = await sliced(stored, identified.selection);
    checkAxes(array);
    const items = array.shape.reduce((product, length) => product * length, 1);
    const { part, told } = all || output !== undefined && items <= MOST_PIXELS
      ? { part: await array.toArray(context.request), told: "" }
      : await sampled(array, stored, context);
    report.count(part.nbytes);
    const { toImageData, toNumbers, valueRange, encodePng } = await import("../../lib/array/plotting/mod.ts");
    const ends = range ?? valueRange(toNumbers(part), { percentiles: [1, 99] }) ?? [0, 0];
    const taken = told === "" ? "" : ` (${told})`;
    const head = `${array.dtype} [${array.shape.join(", ")}]${taken}, ${tick(ends[0])} to ${tick(ends[1])}`;
    const shown = ends[0] < ends[1] ? { range: ends } : {};
    if (output !== undefined) {
      if (part.shape.length !== 2 && part.shape.length !== 3) {
        throw new UsageError("only images are written as PNG files");
      }
      const png = await encodePng(toImageData(part, colormap, shown));
      if (output === "-") await report.bytes(png);
      else {
        const place = await context.openDestination({ kind: "path", text: output, path: output });
        await place.backend.put(place.key, png, {
          ...context.request,
          ...plainFile(place),
          contentType: "image/png",
        });
        await report.did({ target: output, bytes: png.byteLength }, `wrote ${output}`);
      }
      return;
    }
    const columns = width ?? report.columns ?? 80;
    const depth = colorDepth(context.io.variable, report.colors.isColorSupported);
    const lines = part.shape.length === 1
      ? framed(part, toNumbers(part), ends, columns, report.rows, depth === "none")
      : imageLines(fitted(toImageData(part, colormap, shown), columns, report.rows), depth);
    await report.result(
      { target, dtype: array.dtype, shape: array.shape, sample: told, range: ends, lines },
      [printable(head), ...lines].join("\n"),
    );
  },
});

/**
 * Makes sure that an array is drawn, which takes one or two axes, or three of which the last are colours.
 *
 * @throws {InvalidArgumentError} when it isn't.
 */
function checkAxes({ shape, key }: StoredArray): void {
  if (shape.length === 0 || shape.length > 3 || shape.length === 3 && shape[2] !== 3 && shape[2] !== 4) {
    const zeros = "0,".repeat(Math.max(0, shape.length - 2));
    throw new InvalidArgumentError(
      `"${key}" has ${shape.length} axes, [${
        shape.join(", ")
      }], and one or two are drawn: take a slice, such as ${key}[${zeros}:,:]`,
    );
  }
  if (shape.includes(0)) {
    throw new InvalidArgumentError(`there is nothing in "${key}", [${shape.join(", ")}]`);
  }
}

/** A curve with its axis. */
function framed(
  part: NDArray,
  values: Float64Array,
  ends: readonly [number, number],
  columns: number,
  rows: number | undefined,
  ascii: boolean,
): string[] {
  const [low, high] = ends;
  const labels = [tick(high), tick(low)];
  const margin = Math.max(...labels.map((label) => label.length)) + 1;
  const height = Math.max(4, Math.min(16, (rows ?? 24) - 6));
  const lines = curveLines(values, ends, Math.max(2, columns - margin - 1), height, ascii);
  const bar = ascii ? "|" : "┤";
  const framedLines = lines.map((line, i) => {
    const label = i === 0 ? labels[0] : i === height - 1 ? labels[1] : "";
    return `${label.padStart(margin - 1)} ${i < height ? bar : " "}${line}`.trimEnd();
  });
  const end = String(part.shape[0] - 1);
  const width = Math.max(2, columns - margin - 1);
  return [
    ...framedLines,
    `${" ".repeat(margin + 1)}0${end.padStart(Math.max(end.length + 1, width - 1))}`.slice(0, columns),
  ];
}

/** An image as large as fits, with its proportions; a small one is drawn larger. */
function fitted(image: ImagePixels, columns: number, rows: number | undefined): ImagePixels {
  const { width, height } = image;
  const most = { width: columns, height: rows === undefined ? Infinity : Math.max(8, (rows - 3) * 2) };
  const share = Math.min(most.width / width, most.height / height);
  const scale = share >= 1 ? Math.min(Math.floor(share), 8) : share;
  return scaledPixels(image, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
}

function parseColormap(text: string): Colormap {
  const map = COLORMAPS.find((each) => each === text);
  if (map !== undefined) return map;
  throw new UsageError(`write one of ${COLORMAPS.join(", ")}`);
}

function parseRange(text: string): readonly [number, number] {
  const ends = text.split(",").map((end) => end.trim() === "" ? NaN : Number(end));
  if (ends.length === 2 && ends.every(Number.isFinite) && ends[0] < ends[1]) return [ends[0], ends[1]];
  throw new UsageError("write two numbers, the lower one first: 0,10");
}
