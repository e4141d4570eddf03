/**
 * Whether what the explorer writes can be read: contrasts of its colours, light and dark, as WCAG 2.2 counts them.
 *
 * Source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";

const css = await Deno.readTextFile(new URL("../../examples/explorer/style.css", import.meta.url));
const drawCss = await Deno.readTextFile(new URL("../../examples/explorer/draw/style.css", import.meta.url));

type Rgb = readonly [red: number, green: number, blue: number];

/** The colours that a rule declares. */
function coloursOf(selector: string): Map<string, Rgb> {
  const rule = css.slice(css.indexOf(`${selector} {`)).split("}")[0];
  return new Map(
    Array.from(rule.matchAll(/--([\w-]+): #([0-9a-f]{6});/g), ([, name, hex]) => [name, rgb(hex)]),
  );
}

function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex.length === 3 ? [...hex].map((each) => each + each).join("") : hex, 16);
  return [value >> 16, value >> 8 & 255, value & 255];
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((each) => {
    const share = each / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** What is written on what: texts, 4.5; marks and icons, 3. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  ink: ["paper", "surface", "sunken", "accent-soft"],
  soft: ["paper", "surface", "sunken", "accent-soft"],
  accent: ["paper", "surface", "sunken", "accent-soft"],
  "accent-ink": ["accent"],
  warn: ["warn-soft"],
  array: ["surface", "paper"],
  folder: ["surface"],
  "text-kind": ["surface"],
};
const MARKS: Readonly<Record<string, readonly string[]>> = {
  array: ["paper", "sunken", "accent-soft"],
  folder: ["paper", "sunken", "accent-soft"],
  "text-kind": ["paper", "sunken", "accent-soft"],
  warn: ["surface"],
  accent: ["surface", "sunken"],
  edge: ["surface", "sunken", "paper"],
};

Deno.test("explorer: its texts have a contrast of 4.5 and its marks of 3, light and dark", () => {
  const light = coloursOf(":root");
  const themes = { light, dark: new Map([...light, ...coloursOf(':root[data-theme="dark"]')]) };
  const faint: string[] = [];
  for (const [theme, colours] of Object.entries(themes)) {
    for (const [pairs, least] of [[TEXTS, 4.5], [MARKS, 3]] as const) {
      for (const [over, unders] of Object.entries(pairs)) {
        for (const under of unders) {
          const [a, b] = [colours.get(over), colours.get(under)];
          assert(a && b, `${theme} has no --${a ? under : over}`);
          const found = contrast(a, b);
          if (found < least) {
            faint.push(`${theme}: ${over} on ${under} has ${found.toFixed(2)}, not ${least}`);
          }
        }
      }
    }
  }
  assertEquals(faint, []);
  // The view that is chosen, in the drawing.
  const [, onLight, onDark] =
    /\[aria-checked="true"\] \{[^}]* color: light-dark\(#(\w+), #(\w+)\)/.exec(drawCss) ?? [];
  for (const [hex, colours] of [[onLight, themes.light], [onDark, themes.dark]] as const) {
    const under = colours.get("array");
    assert(under && contrast(rgb(hex), under) >= 4.5, hex);
  }
});

Deno.test("explorer: contrasts are counted as WCAG counts them", () => {
  assertEquals(contrast(rgb("000"), rgb("fff")), 21);
  assertEquals(contrast(rgb("777777"), rgb("ffffff")).toFixed(2), "4.48");
});

Deno.test("explorer: what moves by itself does not for who wants less motion, and the drawing takes the page's colours", () => {
  for (const [sheet, name] of [[css, "style.css"], [drawCss, "draw/style.css"]]) {
    const moves = sheet.match(/^ *(?:animation|transition)[\w-]*:(?! none)/gm) ?? [];
    const [, reduced = ""] = /@media \(prefers-reduced-motion: reduce\) \{([^]*?)\n\}/.exec(sheet) ?? [];
    const stilled = reduced.match(/(?:animation|transition): none/g) ?? [];
    assertEquals(moves.length, stilled.length, name);
  }
  // Hence the colours of buttons and lines are those of the table above.
  for (const [own, page] of [["line", "array"], ["edge", "line"], ["soft", "sunken"], ["quiet", "soft"]]) {
    assert(drawCss.includes(`--draw-${own}: var(--${page},`), own);
  }
});
