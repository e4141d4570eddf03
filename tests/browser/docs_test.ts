// The site of `deno task docs` in Chromium: the front page, a guide, the reference, and one search over all of them.
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { buildSite } from "../../docs/site.ts";
import { launch } from "./chromium.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
const site = join(root, ".tmp/docs-test");

/** Links of a page that lead nowhere within the site. */
async function deadLinks(page: string): Promise<string[]> {
  const html = await Deno.readTextFile(join(site, page));
  const links = [...html.matchAll(/<a href="([^"]*)"/g)].map(([, href]) => href);
  const dead = [];
  for (const link of links.filter((link) => !/^[a-z]+:/.test(link) && link !== "")) {
    const [file, hash] = link.replaceAll("&#x2F;", "/").split("#");
    const target = await Deno.readTextFile(join(site, file || page)).catch(() => undefined);
    if (target === undefined || (hash && !target.includes(`id="${hash}"`))) dead.push(`${page}: ${link}`);
  }
  return dead;
}

Deno.test("the site of the documentation", async (t) => {
  await buildSite(site);
  const pages = (await Array.fromAsync(Deno.readDir(site))).map(({ name }) => name).filter((name) =>
    name.endsWith(".html") && name !== "all_symbols.html"
  );

  await t.step("has no link that leads nowhere", async () => {
    assertEquals((await Promise.all(pages.map(deadLinks))).flat(), []);
  });

  await using browser = await launch();
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(`${error.stack ?? error}`));

  await t.step("shows the README first, and leads to guides", async () => {
    await page.goto(`file://${site}/index.html`);
    assertEquals(await page.title(), "cottoncandy");
    await page.click("text=Stores and credentials");
    assert((await page.textContent("h1"))?.includes("Stores and credentials"));
  });

  await t.step("finds methods and guides by one search", async () => {
    await page.fill("#searchbar", "uploadRawArray");
    await page.waitForSelector("#searchResults a");
    const methods = await page.locator("#searchResults a").allTextContents();
    assert(
      methods.some((text) => text.includes("ArrayInterface.prototype.uploadRawArray")),
      methods.join(),
    );
    await page.fill("#searchbar", "Arrays: Compression");
    await page.waitForSelector("#searchResults a[href='arrays.html#compression']");
    await page.click("#searchResults a[href='arrays.html#compression']");
    await page.waitForURL(/arrays\.html.*#compression$/);
    await page.goto(`file://${site}/index.html?q=uploadRawArray`);
    await page.locator("#searchResults a", { hasText: "ArrayInterface.prototype.uploadRawArray" }).first()
      .click();
    await page.waitForURL(/uploadRawArray/);
    assert((await page.textContent("#content"))?.includes("Stores an array as a raw array object"));
  });

  assertEquals(problems, []);
});
