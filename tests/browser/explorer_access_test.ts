/** The explorer without eyes and without a mouse: names and landmarks of Chromium's accessibility tree, the order of focus, and what is said. */
/// <reference lib="dom" />
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { launch } from "./chromium.ts";
import { openExplorer, openStatic, shows } from "./explorer.ts";

/** Roles of what is operated, or is a place to go to: each needs a name. */
const NAMED = new Set([
  "button",
  "checkbox",
  "combobox",
  "dialog",
  "application",
  "DisclosureTriangle",
  "grid",
  "image",
  "link",
  "listbox",
  "navigation",
  "option",
  "progressbar",
  "radio",
  "radiogroup",
  "region",
  "searchbox",
  "slider",
  "spinbutton",
  "textbox",
  "tree",
  "treeitem",
]);

interface Item {
  readonly role: string;
  readonly name: string;
}

/** What of the page there is to who does not see it. */
async function itemsOf(page: Page): Promise<Item[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  return nodes.filter(({ ignored }) => !ignored).map(({ role, name }) => ({
    role: String(role?.value ?? ""),
    name: String(name?.value ?? "").trim(),
  }));
}

async function assertNamed(page: Page, where: string, ...roles: string[]): Promise<Item[]> {
  const items = await itemsOf(page);
  const nameless = items.filter(({ role, name }) => NAMED.has(role) && name === "");
  assertEquals(nameless, [], where);
  for (const role of roles) {
    assert(items.some((item) => item.role === role && item.name !== ""), `${where} has no ${role}`);
  }
  return items;
}

/** What has the focus: its name, whether that is seen, and whether it comes after what had the focus when this was asked before. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return undefined;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { left, top, width, height } = element.getBoundingClientRect();
  const before = globalThis.before ?? document.body;
  globalThis.before = element;
  return {
    name: element.id || element.textContent.trim().slice(0, 30) || element.ariaLabel,
    isSeen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && width > 0 && height > 0 && left >= 0 && top >= 0,
    isAfter: (before.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0,
  };
})()`;

async function said(page: Page): Promise<string> {
  return await page.locator("#status").textContent() ?? "";
}

Deno.test("explorer: everything has a name, wherever one is", async () => {
  await using browser = await launch();
  {
    await using opened = await openStatic(browser, "");
    await opened.page.getByRole("dialog").waitFor();
    await opened.page.getByText("Credentials", { exact: true }).click();
    await assertNamed(opened.page, "the form", "dialog", "textbox", "button");
    await opened.page.keyboard.press("Escape");
    await assertNamed(opened.page, "the welcome", "button", "tree");
  }
  await using opened = await openExplorer(browser);
  const { page, problems } = opened;
  const look = async (path: string) => {
    await page.evaluate((path) => location.hash = `#p=${path}`, path);
    await shows(page, path.split("/").at(-1) ?? "");
  };
  await page.getByRole("treeitem", { name: "volumes" }).waitFor();
  await page.locator("#detail .entry").first().waitFor();
  const items = await assertNamed(page, "the root", "tree", "treeitem", "searchbox", "heading", "link");
  const landmarks = items.filter(({ role }) => ["banner", "navigation", "main"].includes(role));
  assertEquals(landmarks.map(({ role, name }) => name === "" ? role : `${role} "${name}"`), [
    "banner",
    'navigation "What is in the store"',
    "main",
    'navigation "Path"',
  ]);
  assertEquals(
    items.filter(({ role, name }) => role === "heading" && name.startsWith("cottoncandy")).length,
    1,
  );

  await look("volumes/bold");
  assertEquals(await said(page), "bold, Chunked array");
  await page.locator('.draw[aria-busy="false"]').waitFor();
  await assertNamed(page, "a heat map", "application", "slider", "spinbutton", "combobox", "radio", "button");
  for (const view of ["line", "matrix"]) {
    await page.locator(`#draw-view-${view}`).click();
    await page.locator('.draw[aria-busy="false"]').waitFor();
    await assertNamed(page, view, "radio", view === "matrix" ? "grid" : "application");
  }
  await look("fits/model.pkl");
  await page.locator(".value").waitFor();
  await assertNamed(page, "a pickle", "DisclosureTriangle");
  await look("encrypted/waves");
  assertMatch(await said(page), /^waves, .*, Encrypted$/);
  await assertNamed(page, "a key's form", "combobox", "textbox");
  await page.evaluate(() => location.hash = "#p=gone");
  await page.getByRole("alert").waitFor();
  await assertNamed(page, "a failure", "button");
  await page.locator("#search").fill("bold");
  await page.keyboard.press("Enter");
  await page.locator("#search-more", { hasText: "That is all." }).waitFor();
  await assertNamed(page, "a search", "treeitem");
  assertEquals(problems, []);
});

Deno.test("explorer: the keyboard goes through the page in its order, and is seen where it is", async () => {
  await using browser = await launch();
  await using opened = await openExplorer(browser, {}, { hash: "&p=volumes/bold" });
  const { page, problems } = opened;
  await page.locator('.draw[aria-busy="false"]').waitFor();
  const names: string[] = [];
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(FOCUSED) as
      | { name: string; isSeen: boolean; isAfter: boolean }
      | undefined;
    if (!at) break;
    assert(at.isSeen, `${at.name} does not show that it has the focus`);
    assert(at.isAfter, `${at.name} comes after ${names.at(-1)}, and is before it`);
    names.push(at.name);
  }
  assertEquals(names.slice(0, 5), ["Skip to what is shown", "open", "theme", "search", "tree"]);
  for (
    const name of ["draw-axis-x", "draw-slider-0", "draw-play-0", "Value of the last colour", "draw-python"]
  ) {
    assert(names.includes(name), `${name} can't be reached: ${names}`);
  }
  // The link at the top leads behind the tree.
  await page.evaluate("document.activeElement.blur()");
  await page.locator(".skip").focus();
  await page.keyboard.press("Enter");
  assertEquals(await page.evaluate("document.activeElement.id"), "main");
  await page.keyboard.press("Tab");
  assert(await page.evaluate('document.activeElement.closest("#crumbs") !== null'));
  assertEquals(problems, []);
});

Deno.test("explorer: nothing moves for who wants less motion", async () => {
  await using browser = await launch();
  await using opened = await openExplorer(browser);
  const { page } = opened;
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.evaluate(() => {
    const spinner = document.createElement("span");
    spinner.className = "spinner";
    document.body.append(spinner);
  });
  assertEquals(await page.evaluate("document.getAnimations().length"), 0);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  // The page's own may turn as well.
  assertEquals(await page.evaluate('document.querySelector("body > .spinner").getAnimations().length'), 1);
});
