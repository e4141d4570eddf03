import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import * as esbuild from "esbuild";
import { bundle } from "../browser/bundle.ts";

const directory = fromFileUrl(new URL("../../.tmp/glob-bundle", import.meta.url));

Deno.test("globs bundle for browsers with no alias, and load picomatch when a pattern needs it", async () => {
  const { sizes } = await bundle(["lib/glob/mod.ts"], directory);
  const size = sizes.get("lib/glob/mod.ts");
  assert(size !== undefined && size.lazy > 5000, "picomatch is loaded later");
  assert(size.initial < 10_000, `${size.initial} bytes, gzipped`);
  // A module of its own process has neither `process` nor `Deno` here, as in a browser.
  const script = `
    delete globalThis.process; delete globalThis.Deno; delete globalThis.Buffer; delete globalThis.navigator;
    const { globMatcher } = await import(${JSON.stringify(`file://${directory}/mod.js`)});
    const matches = await globMatcher("data/**/sub{01,02}_[!x]?.npy");
    console.log(["data/a/b/sub01_y😀.npy", "data/sub02_yz.npy", "data/sub02_xz.npy"].map((key) => matches(key)).join());
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    stdin: "null",
  }).output();
  assertEquals(new TextDecoder().decode(stdout).trim(), "true,true,false", new TextDecoder().decode(stderr));
});

Deno.test("micromatch itself does not bundle for browsers", async () => {
  try {
    const failure = await esbuild.build({
      stdin: {
        contents: 'export { default } from "micromatch"',
        // Where `bundle` has put the packages.
        resolveDir: fromFileUrl(new URL("../../.tmp/browser-packages", import.meta.url)),
      },
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      logLevel: "silent",
    }).then(() => "none", String);
    // When this changes, micromatch may take picomatch's place in lib/glob/picomatch.ts.
    assert(/Could not resolve "(util|path)"/.test(failure), failure);
  } finally {
    await esbuild.stop();
  }
});
