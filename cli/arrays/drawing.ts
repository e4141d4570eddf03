/**
 * Arrays drawn by characters: an image by half blocks, two pixels a character; a line by dots of braille, eight a character. Pure functions, without a terminal.
 *
 * @module
 */
import type { ImagePixels, ValueRange } from "../../lib/array/plotting/mod.ts";
import { lengthOf } from "../../lib/bytes.ts";

/** What colours a terminal shows. */
export type ColorDepth = "none" | "256" | "24-bit";

/** Characters from little to much, for terminals without colours. */
const SHADES = " .:-=+*#%@";
const HALF = "▀";
const RESET = "\x1b[0m";

/** What a terminal shows, by what the environment says of it. */
export function colorDepth(variable: (name: string) => string | undefined, colors: boolean): ColorDepth {
  if (!colors) return "none";
  const isTrue = /^(?:truecolor|24bit)$/i.test(variable("COLORTERM") ?? "") ||
    /direct|kitty|ghostty/.test(variable("TERM") ?? "");
  return isTrue ? "24-bit" : "256";
}

/** The lines of an image. What is transparent stays as the terminal is. */
export function imageLines({ data, width, height }: ImagePixels, depth: ColorDepth): string[] {
  const lines: string[] = [];
  const at = (x: number, y: number) => {
    const place = (y * width + x) * 4;
    return y < height && data[place + 3] > 0 ? data.subarray(place, place + 3) : undefined;
  };
  if (depth === "none") {
    // Characters are twice as high as wide: a line for two rows.
    for (let y = 0; y < height; y += 2) {
      let line = "";
      for (let x = 0; x < width; x++) line += shade(at(x, y) ?? at(x, y + 1));
      lines.push(line.trimEnd());
    }
    return lines;
  }
  for (let y = 0; y < height; y += 2) {
    let line = "";
    let before = "";
    for (let x = 0; x < width; x++) {
      const [upper, lower] = [at(x, y), at(x, y + 1)];
      const color = upper
        ? `${code(upper, "38", depth)}${lower ? code(lower, "48", depth) : "\x1b[49m"}`
        : lower
        ? `${code(lower, "38", depth)}\x1b[49m`
        : RESET;
      if (color !== before) line += color;
      before = color;
      line += upper ? HALF : lower ? "▄" : " ";
    }
    lines.push(line + RESET);
  }
  return lines;
}

/** An image of another size: each pixel is the nearest one. */
export function scaledPixels({ data, width, height }: ImagePixels, wide: number, tall: number): ImagePixels {
  const from = new Uint32Array(data.buffer);
  const to = new Uint32Array(wide * tall);
  for (let y = 0; y < tall; y++) {
    const row = Math.min(height - 1, Math.floor((y + 0.5) * height / tall)) * width;
    for (let x = 0; x < wide; x++) {
      to[y * wide + x] = from[row + Math.min(width - 1, Math.floor((x + 0.5) * width / wide))];
    }
  }
  return { data: new Uint8ClampedArray(to.buffer), width: wide, height: tall };
}

function shade(color: ArrayLike<number> | undefined): string {
  // What is no number must be seen as that: no shade stands for it.
  if (!color) return "?";
  const brightness = (0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]) / 255;
  return SHADES[Math.min(SHADES.length - 1, Math.floor(brightness * SHADES.length))];
}

function code(color: ArrayLike<number>, where: "38" | "48", depth: "256" | "24-bit"): string {
  if (depth === "24-bit") return `\x1b[${where};2;${color[0]};${color[1]};${color[2]}m`;
  // The cube of 6 × 6 × 6 colours.
  const level = (value: number) =>
    value < 48 ? 0 : value < 115 ? 1 : Math.min(5, Math.floor((value - 35) / 40));
  return `\x1b[${where};5;${16 + 36 * level(color[0]) + 6 * level(color[1]) + level(color[2])}m`;
}

/** Dots of a braille character, by column and row from its top. */
const DOTS = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/**
 * The lines of a curve: of the values that fall into one column of dots all from the least to the greatest are drawn, so that no peak is lost. Where nothing is a number there is a gap,
 * which a mark below the curve shows.
 *
 * @param columns Characters a line.
 * @param rows Lines.
 * @param ascii Whether only characters of ASCII are used: a dot a character.
 */
export function curveLines(
  values: Float64Array,
  [low, high]: ValueRange,
  columns: number,
  rows: number,
  ascii: boolean,
): string[] {
  const [wide, tall] = ascii ? [1, 1] : [2, 4];
  const [width, height] = [columns * wide, rows * tall];
  const dots = Array.from({ length: rows }, () => new Uint8Array(columns));
  const gaps = new Uint8Array(columns);
  const rowOf = (value: number) => {
    const share = high > low ? (value - low) / (high - low) : 0.5;
    return Math.round((1 - Math.min(1, Math.max(0, share))) * (height - 1));
  };
  const count = lengthOf(values);
  let last: number | undefined;
  for (let x = 0; x < width; x++) {
    const first = Math.floor(x * count / width);
    const end = Math.max(first + 1, Math.floor((x + 1) * count / width));
    let [top, bottom] = [Infinity, -Infinity];
    let any = false;
    for (let i = first; i < end && i < count; i++) {
      if (Number.isNaN(values[i])) {
        gaps[Math.floor(x / wide)] = 1;
        last = undefined;
        continue;
      }
      const row = rowOf(values[i]);
      any = true;
      top = Math.min(top, row);
      bottom = Math.max(bottom, row);
      // From one value to the next the line goes on.
      if (last !== undefined) [top, bottom] = [Math.min(top, last), Math.max(bottom, last)];
      last = row;
    }
    if (!any) continue;
    for (let y = top; y <= bottom; y++) {
      dots[Math.floor(y / tall)][Math.floor(x / wide)] |= ascii ? 1 : DOTS[x % 2][y % 4];
    }
  }
  const lines = dots.map((line) =>
    Array.from(line, (bits) => ascii ? (bits ? "*" : " ") : String.fromCharCode(0x2800 + bits)).join("")
  );
  if (gaps.some((gap) => gap === 1)) {
    lines.push(Array.from(gaps, (gap) => gap ? "?" : " ").join("").trimEnd());
  }
  return lines;
}

/** A number in few characters, for axes. */
export function tick(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return String(Number(value.toPrecision(4)));
}
