/**
 * What a page loads at once of each subpath, bundled alone as a user's bundler does it, minified and gzipped. Needs no browser.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { bundle } from "./bundle.ts";

const directory = fromFileUrl(new URL("../../.tmp/sizes", import.meta.url));

/**
 * Limits in kB (1000 bytes). No codec is in any of them: a decoder is loaded with the first object that needs it, and so is whatever only writes. What
 * grows beyond its limit imports too much at once: see "Loaded when needed" in docs/architecture.md.
 */
const LIMITS: Readonly<Record<string, readonly [file: string, limit: number]>> = {
  // JSON of a slice is its items, wherever it comes from: half of one. What is loaded late (identifying, converting, drawing) shares pieces with it, for which esbuild cuts seven files
  // where it cut five: each is compressed alone, which is another half. Its own code grew by 0.2 before gzip.
  "/npy": ["lib/stored_arrays/npy.ts", 18],
  "/raw": ["lib/stored_arrays/raw.ts", 25],
  // Thirteen files where there were ten, for the same reason; and blocks read ahead.
  "/chunked": ["lib/stored_arrays/chunked/mod.ts", 31],
  // Two thirds of it are what all stores have that are reached by HTTP.
  "/backends/web": ["backends/web/mod.ts", 18],
  "/backends/gdrive": ["backends/gdrive/mod.ts", 45],
  "/backends/s3": ["backends/s3/mod.ts", 35],
  // The AWS SDK is not in it, which is 88 alone: a bundler can drop none of the schemas of operations that nobody calls.
  "/backends/s3, objects": ["tests/browser/s3_objects.ts", 49],
  // Text and statistics of arrays are 6 of them: a console can't wait for them. One is what begins and resumes uploads in memory and encrypted, up to the point where the rest is loaded.
  "": ["mod.ts", 69],
};

Deno.test("what a page loads of each subpath", async () => {
  const rows = [["subpath", "at once", "limit", "when needed"]];
  const grown: string[] = [];
  for (const [subpath, [file, limit]] of Object.entries(LIMITS)) {
    const { sizes } = await bundle([file], directory);
    const size = sizes.get(file);
    assert(size, `${file} was not bundled`);
    const name = `@cottoncandy/cottoncandy${subpath}`;
    rows.push([name, kB(size.initial), kB(limit * 1000), kB(size.lazy)]);
    if (size.initial > limit * 1000) grown.push(`${name} is ${kB(size.initial)}, and may have ${limit}`);
  }
  // deno-lint-ignore no-console -- figures to look at
  console.log(
    rows.map(([name, ...cells]) => name.padEnd(42) + cells.map((cell) => cell.padStart(12)).join("")).join(
      "\n",
    ),
  );
  assert(grown.length === 0, grown.join("; "));
});

/**
 * The whole page of examples/page, in kB: what it has loaded when the slice is there. Of 85 kB before gzip arrays are 31 (dtypes, views, slices, their texts), reading of parts 10,
 * .npy 5, HTTP 16, plain URLs 15, names, options and errors 8. Joined into one file it would be a tenth less: esbuild cuts files apart for what the page never asks for, too.
 */
const PAGE = 39;

Deno.test("what a page costs that shows a slice of a public array", async () => {
  const page = "examples/page/slice.js";
  const { loadedBy } = await bundle([page], directory);
  const size = await loadedBy([page, "lib/stored_arrays/lazy_array.ts"]);
  // deno-lint-ignore no-console -- as above
  console.log(`${page}: ${kB(size)}, limit ${PAGE} kB`);
  assert(size <= PAGE * 1000, kB(size));
});

function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

Deno.test("the table of docs/browser.md has the limits", async () => {
  const guide = await Deno.readTextFile(new URL("../../docs/browser.md", import.meta.url));
  const rows = Array.from(
    guide.matchAll(/^\| (?:all of )?`\.(.*?)` \| (\d+) \|$/gm),
    ([, subpath, kB]) => [subpath, Number(kB)],
  );
  const limits = Object.entries(LIMITS).flatMap(([subpath, [, limit]]) =>
    subpath.includes(",") ? [] : [[subpath, limit]]
  );
  assertEquals(rows, limits);
});
