// deno-lint-ignore-file no-console -- a program that prints
/**
 * `deno run -A examples/explorer/build.ts [directory]`: the explorer as a folder of static files, for any web server or bucket.
 *
 * @module
 */
import { fromFileUrl, join, resolve } from "@std/path";
import precipitation from "vega-datasets/data/annual-precip.json" with { type: "json" };
import volcano from "vega-datasets/data/volcano.json" with { type: "json" };
import { bundle } from "../../tests/browser/bundle.ts";

const here = fromFileUrl(new URL(".", import.meta.url));

/** The page's program, from the repository's root. */
export const PROGRAM = "examples/explorer/main.ts";

/** Style sheets, which become one. */
const STYLES = ["style.css", "draw/style.css"];

/** Where the page is built to where nobody says: where `cottoncandy explore` looks for it. */
export const BUILT: string = fromFileUrl(new URL("../../cli/explore/page", import.meta.url));

/** Builds the page into a directory. */
export async function buildExplorer(directory: string = BUILT): ReturnType<typeof bundle> {
  const bundled = await bundle([PROGRAM], directory);
  await Deno.copyFile(join(here, "index.html"), join(directory, "index.html"));
  const styles = await Promise.all(STYLES.map((file) => Deno.readTextFile(join(here, file))));
  await Deno.writeTextFile(join(directory, "style.css"), styles.join("\n"));
  const rasters = Object.fromEntries(
    Object.entries({ volcano, precipitation }).map(([name, { width, height, values }]) => [name, {
      width,
      height,
      values,
    }]),
  );
  await Deno.writeTextFile(join(directory, "sample.json"), JSON.stringify(rasters));
  return bundled;
}

if (import.meta.main) {
  const directory = resolve(Deno.args[0] ?? BUILT);
  await buildExplorer(directory);
  console.log(`${directory}: open its index.html from any web server`);
}
