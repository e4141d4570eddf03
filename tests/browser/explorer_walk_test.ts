/** The explorer's frame in Chromium, by real clicks and keys: the tree, search, what things are, addresses, keys, failures in words. */
/// <reference lib="dom" />
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { ageKeys, EncryptingBackend, generateAgeIdentity } from "../../crypto/mod.ts";
import { ndarray, npyEncode } from "../../lib/array/mod.ts";
import { writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import { readAll } from "../../lib/streams/mod.ts";
import { startS3 } from "../servers/s3.ts";
import { filesOf, startWeb } from "../servers/web.ts";
import { launch } from "./chromium.ts";
import { built, lines, openExplorer, openStatic, pathOf, shows } from "./explorer.ts";

/** The key of the sample's encrypted objects, which its README tells. */
const KEY = "c2FtcGxlLWtleS1vZi10aGUtZXhwbG9yZXItMzJiISE=";
const PROGRAM = "examples/explorer/main.ts";

Deno.test("explorer: no part of it is more than 250 kB", async () => {
  const { initial } = built.sizes.get(PROGRAM) ?? { initial: Infinity };
  assert(initial <= 80_000, `${initial} bytes at once`);
  for (const [entry, { initial }] of built.sizes) assert(initial <= 250_000, `${entry}: ${initial} bytes`);
  await Promise.resolve();
});

Deno.test("explorer: walks by clicks and keys, with addresses that go back and forward", async () => {
  await using browser = await launch();
  await using opened = await openExplorer(browser);
  const { page, problems, origins } = opened;
  await page.getByRole("treeitem", { name: "volumes" }).click();
  await shows(page, "volumes");
  // What is in chunks is one thing, and not a folder of parts.
  const bold = page.getByRole("treeitem", { name: "bold" });
  await bold.click();
  await shows(page, "bold");
  assertEquals(pathOf(page), "volumes/bold");
  await page.locator("#tree .kind-chunked").waitFor();
  assertEquals(await bold.getAttribute("aria-expanded"), null);
  const facts = await page.locator(".facts").innerText();
  for (
    const fact of ["float32 (<f4)", "40 × 24 × 48 × 40", "4 × 24 × 48 × 40, 10 chunks", "LZ4", "7.0 MiB"]
  ) {
    assertStringIncludes(facts, fact);
  }
  assert(!page.url().includes("t="), "the token is not in the address");

  await page.locator("#tree").focus();
  await page.keyboard.press("Home");
  await page.keyboard.type("sig");
  const isActive = (name: string) => page.locator(`#tree-active .name:text-is("${name}")`).waitFor();
  await isActive("signals");
  await page.keyboard.press("ArrowRight");
  await page.getByRole("treeitem", { name: "days.npy" }).waitFor();
  await page.keyboard.press("ArrowRight");
  await isActive("days.npy");
  await page.keyboard.press("Enter");
  await shows(page, "days.npy");
  assertEquals(pathOf(page), "signals/days.npy");
  assertStringIncludes(await page.locator(".facts").innerText(), "datetime64[D]");
  await page.keyboard.press("ArrowLeft");
  await isActive("signals");
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("treeitem", { name: "days.npy" }).waitFor({ state: "detached" });
  await page.keyboard.press("End");
  await isActive("slices.npz");

  await page.goBack();
  await shows(page, "bold");
  await page.goForward();
  await shows(page, "days.npy");
  await page.locator("#crumbs a", { hasText: "signals" }).click();
  await shows(page, "signals");
  // A reload of the tab still has the server's token.
  await page.reload();
  await shows(page, "signals");
  assertEquals(problems, []);
  assertEquals(origins.size, 1, "nothing is sent elsewhere");
});

Deno.test("explorer: shows text, JSON, pickles, pictures, bytes, sparse arrays and Zarr as what they are", async () => {
  const odd = new MemoryBackend();
  const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i % 256);
  await odd.put("blob.bin", bytes);
  await odd.put("lie", bytes.slice(0, 10), {
    metadata: { dtype: "<f4", shape: "100,100", compression: "False", order: "C" },
  });
  await odd.put("bad.json", new TextEncoder().encode("{ no json"));
  await odd.put("empty", new Uint8Array());
  await using browser = await launch();
  {
    await using opened = await openExplorer(browser);
    const { page, problems } = opened;
    const look = async (path: string, kind: string, body: string, expected: RegExp | string) => {
      await page.evaluate((path) => location.hash = `#p=${path}`, path);
      await shows(page, path.split("/").at(-1) ?? "");
      assertEquals(await page.locator(".title .chip").first().innerText(), kind);
      await page.locator(body, { hasText: expected }).first().waitFor();
    };
    await look("README.txt", "Text", "pre.text", "Something of every kind");
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: /^Download \(\d+ bytes\)$/ }).click(),
    ]);
    assertEquals(saved.suggestedFilename(), "README.txt");
    assertStringIncludes(await Deno.readTextFile(await saved.path()), "Something of every kind");
    await look("subjects.json", "JSON", ".value", /study: "reading"[^]*sessions 3 items[^]*left early/);
    await look(
      "fits/model.pkl",
      "Pickle",
      ".value",
      /weights: array, float64, 3: \[0.25,-1.5,3\][^]*alphas 3 items/,
    );
    await look("rasters/volcano.png", "Image", "figcaption", "87 × 61 pixels");
    await look("graphs/links", "Sparse array", ".facts", /coo[^]*1,800/);
    await page.locator(".sum", { hasText: /KiB in \d+ objects/ }).waitFor();
    await look("maps/waves.zarr", "Zarr array", ".facts", "64 × 80, 16 chunks");
    await page.locator(".sum", { hasText: "in 18 objects" }).waitFor();
    await look("rasters/volcano", "Raw array", ".facts", /int16[^]*61 × 87/);
    await look("volumes/slices.npz", "NumPy archive", ".entries", /mask[^]*heights/);
    await page.locator(".entry", { hasText: "heights" }).click();
    await page.locator(".facts", { hasText: "61 × 87" }).waitFor();
    assertEquals(pathOf(page), "volumes/slices.npz/heights");
    await page.locator(".draw-plot > canvas[data-plot]").waitFor();
    await look("fits/sub01", "Folder", ".entries", /betas[^]*roi\/[^]*tr/);
    await page.getByRole("button", { name: "Add up its size" }).click();
    await page.locator(".sum", { hasText: "15 KiB in 4 objects" }).waitFor();
    assertEquals(problems, []);
  }
  await using opened = await openExplorer(browser, { backend: odd, title: "odd" }, { hash: "&p=blob.bin" });
  const { page, problems } = opened;
  await shows(page, "blob.bin");
  const hex = page.locator("pre.hex");
  await hex.waitFor();
  await page.locator("pre.hex", { hasText: "00000ff0" }).waitFor();
  const told = await hex.innerText();
  assertEquals(told.trimEnd().split("\n").length, 256);
  assertStringIncludes(told, "00000040  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO");
  await page.getByRole("button", { name: "more" }).click();
  await page.locator("pre.hex", { hasText: "00002700" }).waitFor();
  assertEquals((await hex.innerText()).trimEnd().split("\n").length, 625);
  // What lies, and what is broken, is told in words, and its bytes can be seen.
  for (
    const [name, words] of [["lie", /40000|shape|bytes/], ["bad.json", /JSON/], [
      "missing",
      /nothing here/,
    ]] as const
  ) {
    await page.evaluate((name) => location.hash = `#p=${name}`, name);
    await page.locator(".warning, .failure", { hasText: words }).first().waitFor();
  }
  await page.evaluate(() => location.hash = "#p=empty");
  await page.getByText("It is empty.").waitFor();
  assertEquals(problems, []);
});

Deno.test("explorer: a store that is a Zarr array as a whole takes what its parts take", async () => {
  const backend = new MemoryBackend();
  await writeZarr(backend, "z", ndarray(new Float32Array(12), [3, 4]), { chunks: [2, 2] });
  for await (const entry of backend.list({ prefix: "z/" })) {
    if ("key" in entry) await backend.copy(entry.key, entry.key.slice(2));
  }
  for await (const _ of backend.delete(["z/zarr.json", "z/c/0/0", "z/c/0/1", "z/c/1/0", "z/c/1/1"]));
  await using browser = await launch();
  await using opened = await openExplorer(browser, { backend, title: "all of it" });
  await opened.page.locator(".sum", { hasText: /Stored: \d+ bytes in 5 objects/ }).waitFor();
});

Deno.test("explorer: decrypts in the page, with a key that nothing keeps; a wrong one is told", async () => {
  await using browser = await launch();
  await using opened = await openExplorer(browser, {}, { hash: "&p=encrypted/notes.json" });
  const { page, problems } = opened;
  await shows(page, "notes.json");
  await page.locator(".chip.lock").waitFor();
  const wrong = "A".repeat(43) + "=";
  await page.locator("#key-text").fill("nonsense");
  await page.getByRole("button", { name: "Decrypt" }).click();
  await page.locator(".key-form .warning:visible").waitFor();
  await page.locator("#key-text").fill(wrong);
  await page.getByRole("button", { name: "Decrypt" }).click();
  await page.locator(".failure", { hasText: "can't be decrypted with this key" }).waitFor();
  await page.locator("#key-text").fill(KEY);
  await page.getByRole("button", { name: "Decrypt" }).click();
  await page.locator(".value", { hasText: "motion" }).waitFor();
  await page.getByRole("treeitem", { name: "waves" }).click();
  await shows(page, "waves");
  assertStringIncludes(await page.locator(".facts").innerText(), "120 × 160");
  assertEquals(await page.locator(".chip.lock").count(), 1);
  const kept = await page.evaluate(() =>
    [location.href, JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.body.innerHTML]
      .join()
  );
  assert(!kept.includes(KEY) && !kept.includes(wrong), "the key is nowhere");
  assertEquals(problems, []);
});

Deno.test("explorer: what is encrypted part by part is one thing for who has the key: chunked, sparse, Zarr; AES and age", async () => {
  const { identity, recipient } = await generateAgeIdentity();
  const aged = new MemoryBackend();
  const values = ndarray(Float32Array.from({ length: 480 }, (_, i) => i), [20, 24]);
  const writer = new EncryptingBackend(aged, await ageKeys({ recipients: recipient }));
  await writeChunked(writer, "lab/volume", values, { chunks: [10, 24] });
  await using browser = await launch();
  const unlock = async (page: Page, kind: string, key: string) => {
    await page.locator("#key-kind").selectOption(kind);
    await page.locator("#key-text").fill(key);
    await page.getByRole("button", { name: "Decrypt" }).click();
  };
  const isDrawn = async (page: Page) => {
    await page.locator(".chip.lock", { hasText: "Decrypted in this page" }).waitFor();
    await page.locator(".draw-plot > canvas[data-plot]").waitFor();
  };
  {
    await using opened = await openExplorer(browser, { backend: aged, title: "aged" }, { hash: "&p=lab/" });
    const { page, problems } = opened;
    await page.getByRole("treeitem", { name: "volume" }).click();
    await shows(page, "volume");
    // Until then it is a folder of noise.
    await page.locator(".entries .name", { hasText: "metadata.json" }).waitFor();
    await unlock(page, "age", (await generateAgeIdentity()).identity);
    await page.locator(".failure", { hasText: "can't be decrypted with this key" }).waitFor();
    await unlock(page, "age", identity);
    await isDrawn(page);
    assertEquals(await page.locator(".title .chip").first().innerText(), "Chunked array");
    await page.locator("#tree .kind-chunked").waitFor();
    assertEquals(await page.getByRole("treeitem", { name: "volume" }).getAttribute("aria-expanded"), null);
    assertEquals(pathOf(page), "lab/volume");
    assertEquals(problems, []);
  }
  await using opened = await openExplorer(browser, {}, { hash: "&p=encrypted/bold" });
  const { page, problems } = opened;
  await shows(page, "bold");
  await unlock(page, "AES", KEY);
  for (
    const [path, kind, facts] of [
      ["bold", "Chunked array", "40 × 24 × 48 × 40"],
      ["links", "Sparse array", "200 × 200"],
      ["map.zarr", "Zarr array", "32 × 64, 6 chunks"],
    ] as const
  ) {
    await page.evaluate((path) => location.hash = `#p=encrypted/${path}`, path);
    await shows(page, path);
    await page.locator(".title .chip", { hasText: kind }).waitFor();
    await page.locator(".facts", { hasText: facts }).waitFor();
    await isDrawn(page);
  }
  for (const kind of ["chunked", "sparse", "zarr"]) {
    await page.locator(`#tree .kind-${kind}`).first().waitFor();
  }
  assertEquals(problems, []);
});

Deno.test("explorer: a hundred thousand names scroll, of which few are elements; a search looks through all", async () => {
  const backend = new MemoryBackend();
  for (let i = 0; i < 100_000; i++) {
    await backend.put(`run/n${String(i).padStart(6, "0")}${i % 1000 === 7 ? ".npy" : ""}`, new Uint8Array(1));
  }
  await using browser = await launch();
  await using opened = await openExplorer(browser, { backend, title: "many" });
  const { page, problems } = opened;
  await page.getByRole("treeitem", { name: "run" }).click();
  await page.getByRole("treeitem", { name: "n000000" }).waitFor();
  assert((await lines(page)).length < 60);
  await page.locator("#search").fill("**/*.npy");
  await page.locator("#search-more", { hasText: "1 match in what is listed" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator("#search-more", { hasText: "100 matches, 100,000 objects looked at. That is all." })
    .waitFor();
  await page.locator("#tree").focus();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await shows(page, "n099007.npy");
  // Every line that is looked at is there, and no more than fit.
  await page.locator("#search").fill("");
  await page.getByRole("treeitem", { name: "n000000" }).waitFor();
  await page.locator("#tree").focus();
  // Each end that is reached brings more of them, and lies further down then.
  const last = page.locator('#tree [role=treeitem] .name:text-is("n099999")');
  for (const end = Date.now() + 60_000; await last.count() === 0 && Date.now() < end;) {
    await page.keyboard.press("End");
  }
  assertEquals((await lines(page)).at(-1), "n099999");
  assert((await lines(page)).length < 60);
  assertEquals(problems, []);
});

Deno.test("explorer: what takes for ever is stopped by its button: a search, and a look at a thing", async () => {
  const ended = new AbortController();
  const never = new Promise<never>((_, reject) => ended.signal.addEventListener("abort", reject));
  never.catch(() => {});
  class Slow extends MemoryBackend {
    override async *list(options: Parameters<MemoryBackend["list"]>[0] = {}) {
      if (options.delimiter === undefined) await never;
      yield* super.list(options);
    }
    override open(...args: Parameters<MemoryBackend["open"]>) {
      return args[0] === "stuck" ? never : super.open(...args);
    }
  }
  const backend = new Slow();
  await backend.put("stuck", new Uint8Array(3));
  await using browser = await launch();
  await using opened = await openExplorer(browser, { backend, title: "slow" });
  const { page, problems } = opened;
  await page.getByRole("treeitem", { name: "stuck" }).click();
  await page.locator("#detail").getByRole("button", { name: "Stop" }).click();
  await page.locator("#detail").getByRole("button", { name: "Try again" }).waitFor();
  await page.locator("#search").fill("anything");
  await page.keyboard.press("Enter");
  await page.locator("#search-more").getByRole("button", { name: "Stop" }).click();
  await page.locator("#search-more", { hasText: "Stopped." }).waitFor();
  assertEquals(problems, []);
  ended.abort();
});

Deno.test("explorer: plain URLs and S3 with typed keys, as a file of any web server; failures are told apart", async () => {
  const npy = await readAll(npyEncode(ndarray(Float32Array.from({ length: 600 }, (_, i) => i), [20, 30])));
  const files = filesOf({
    "sub/ramp.npy": { bytes: npy },
    "notes.txt": { bytes: new TextEncoder().encode("hello") },
  });
  await using browser = await launch();
  const hashOf = (target: string, path = "") =>
    `#${new URLSearchParams({ s: target, ...(path === "" ? {} : { p: path }) })}`;
  {
    await using web = await startWeb({ files, cors: "exposed", index: "nginx" });
    await using opened = await openStatic(browser, hashOf(`${web.url}/`, "sub/ramp.npy"));
    const { page } = opened;
    await shows(page, "ramp.npy");
    assertStringIncludes(await page.locator(".facts").innerText(), "20 × 30");
    assertEquals(await lines(page), ["notes.txt", "sub", "ramp.npy"]);
    await page.evaluate((hash) => location.hash = hash, hashOf(`${web.url}/`, "gone.npy"));
    await page.locator(".failure h2", { hasText: "There is nothing here" }).waitFor();
  }
  {
    await using web = await startWeb({ files });
    await using opened = await openStatic(browser, hashOf(`${web.url}/sub/ramp.npy`));
    await opened.page.locator(".failure h2", { hasText: "(CORS)" }).waitFor();
  }
  {
    await using web = await startWeb({ files, cors: "exposed", authorization: "Bearer right" });
    await using opened = await openStatic(browser, hashOf(`${web.url}/sub/ramp.npy`));
    const { page } = opened;
    await page.locator(".failure h2", { hasText: "Access denied" }).waitFor();
  }
  await using s3 = await startS3({ buckets: ["lab"], cors: true });
  s3.store.put("lab", "sub01/ramp.npy", npy);
  const target = `s3://lab/sub01?endpoint=${s3.endpoint}`;
  await using opened = await openStatic(browser, hashOf(target));
  const { page, problems, origins } = opened;
  await page.locator(".failure h2", { hasText: "Access denied" }).waitFor();
  await page.getByRole("button", { name: "Credentials …" }).click();
  await page.locator("#accessKeyId").fill(s3.credentials.accessKeyId);
  await page.locator("#secretAccessKey").fill(s3.credentials.secretAccessKey);
  await page.getByRole("dialog").getByRole("button", { name: "Open" }).click();
  await page.getByRole("treeitem", { name: "ramp.npy" }).click();
  await shows(page, "ramp.npy");
  const kept = await page.evaluate(() =>
    [
      location.href,
      JSON.stringify(localStorage),
      JSON.stringify(sessionStorage),
      document.documentElement.outerHTML,
    ].join()
  );
  assert(!kept.includes(s3.credentials.secretAccessKey), "the key is nowhere");
  assertEquals(pathOf(page), "ramp.npy");
  assertEquals([...origins].sort(), [new URL(page.url()).origin, s3.endpoint].sort());
  assertEquals(problems, []);
});

Deno.test("explorer: 360 pixels and 4k, light and dark; no line is wider than the screen", async () => {
  await using browser = await launch();
  for (const [width, height, dark] of [[360, 740, true], [3840, 2160, false]] as const) {
    await using opened = await openExplorer(browser, {}, { width, height, dark, hash: "&p=encrypted/waves" });
    const { page, problems } = opened;
    await shows(page, "waves");
    assertEquals(await page.evaluate(() => document.documentElement.dataset.theme), dark ? "dark" : "light");
    assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width}`);
    if (width === 360) {
      assert(!await page.locator("#tree").isVisible());
      await page.getByRole("button", { name: "Browse" }).click();
      await page.getByRole("treeitem", { name: "KEY.txt" }).click();
      await page.locator("pre.text").waitFor();
      assert(!await page.locator("#tree").isVisible());
    }
    await page.evaluate(() => location.hash = "#p=volumes/bold");
    await page.locator('.draw[aria-busy="false"]').waitFor();
    const beyond = await page.evaluate(() =>
      [...document.querySelectorAll(".draw button, .draw select, .draw input")]
        .filter((each) => each.getBoundingClientRect().right > innerWidth).map(({ id }) => id)
    );
    assertEquals(beyond, [], `at ${width}`);
    await page.locator("#theme").click();
    assertEquals(await page.evaluate(() => document.documentElement.dataset.theme), dark ? "light" : "dark");
    assertEquals(problems, []);
  }
});
