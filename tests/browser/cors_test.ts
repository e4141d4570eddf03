/** The CORS rules of docs/browser.md, and what is said where one of them is missing. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { startS3 } from "../servers/s3.ts";
import { bundle } from "./bundle.ts";
import { launch, servePages } from "./chromium.ts";
import type { PageServer } from "./smoke.ts";

const { directory } = await bundle(
  ["tests/browser/cors.ts"],
  fromFileUrl(new URL("../../.tmp/cors", import.meta.url)),
);
const guide = await Deno.readTextFile(new URL("../../docs/browser.md", import.meta.url));
const [{ ExposeHeaders: exposed }]: [{ ExposeHeaders: string[] }] = JSON.parse(
  /```json\n(.*?)```/s.exec(guide)?.[1] ?? "",
);

/** What a page says of arrays, plain and encrypted, on a store whose rules expose these headers. */
async function told(cors: readonly string[]): Promise<string> {
  await using s3 = await startS3({ buckets: ["lab"], cors });
  await using host = servePages(directory);
  await using browser = await launch();
  const page = await browser.newPage();
  await page.goto(host.url);
  const server: PageServer = { bucket: "lab", endpoint: s3.endpoint, credentials: s3.credentials };
  return await page.evaluate(
    ([specifier, server]): Promise<string> => import(specifier).then(({ run }) => run(server)),
    ["/cors.js", server] as const,
  );
}

Deno.test("the guide's CORS rules are enough for arrays, in parts and encrypted", async () => {
  assert(exposed.length > 10);
  assertEquals(await told(exposed), "ok");
});

Deno.test("without ETag in the rules, writing says what is missing", async () => {
  assertMatch(await told(exposed.filter((name) => name !== "ETag")), /CORS rules must expose/);
});
