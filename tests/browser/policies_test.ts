/** Pages under a Content-Security-Policy: what works, and what is said of what doesn't. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { bundle } from "./bundle.ts";
import { launch, servePages } from "./chromium.ts";
import type { Told } from "./policies.ts";

const { directory } = await bundle(
  ["tests/browser/policies.ts"],
  fromFileUrl(new URL("../../.tmp/policies", import.meta.url)),
);

/** Calls a function of the page's module, in a page with that policy. */
async function inPage<T>(policy: string, name: string): Promise<T> {
  await using host = servePages(directory, { "content-security-policy": policy });
  await using browser = await launch();
  const page = await browser.newPage();
  await page.goto(host.url);
  // A handle, since policies forbid what Playwright evaluates as text.
  return await page.evaluate(
    ([specifier, name]): Promise<T> => import(specifier).then((module) => module[name]()),
    ["/policies.js", name] as const,
  );
}

const STRICT = "default-src 'self'; script-src 'self'";
const POLICIES = {
  "script-src 'self'": STRICT,
  "script-src 'self' 'wasm-unsafe-eval'": `${STRICT} 'wasm-unsafe-eval'`,
  "script-src 'self' 'unsafe-eval'": `${STRICT} 'unsafe-eval'`,
};

for (const [name, policy] of Object.entries(POLICIES)) {
  Deno.test(`policy ${name}: every codec reads and writes, every kind of key works`, async () => {
    const told = await inPage<Told>(policy, "run");
    const failed = Object.entries(told).filter(([, outcome]) => outcome !== "ok");
    if (policy === STRICT) {
      assertEquals(failed.map(([what]) => what), ["write BZ2"]);
      assertMatch(failed[0][1], /^UnsupportedError: BZ2: .*'wasm-unsafe-eval'/);
    } else assertEquals(failed, []);
    assert(Object.keys(told).length > 60, `${Object.keys(told).length} were tried`);
  });
}

Deno.test("policy script-src 'self': passphrases don't hold up the page", async () => {
  const { elapsed, longest } = await inPage<{ elapsed: number; longest: number }>(STRICT, "passphraseTicks");
  assert(longest < elapsed / 4, `nothing for ${longest} of ${elapsed} ms`);
});

Deno.test("policy worker-src 'none': passphrases work, on the page's thread", async () => {
  const { elapsed, longest } = await inPage<{ elapsed: number; longest: number }>(
    `${STRICT}; worker-src 'none'`,
    "passphraseTicks",
  );
  assert(longest > 0 && elapsed > 0);
});

Deno.test("policy script-src 'self': arrays' codecs run in workers of the bundle", async () => {
  assertEquals(await inPage<string[]>(STRICT, "arraysInWorkers"), []);
});

Deno.test("policy worker-src 'none': arrays' codecs run on the page's thread, and it is told once", async () => {
  const warnings = await inPage<string[]>(`${STRICT}; worker-src 'none'`, "arraysInWorkers");
  assert(warnings.length > 0 && warnings.every((warning) => /worker/.test(warning)), warnings.join("\n"));
});
