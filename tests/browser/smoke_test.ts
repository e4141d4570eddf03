// `deno task test:browser`: bundles mod.ts with smoke.ts, runs that in Chromium, and reports each of its checks as a test.
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { bundle } from "./bundle.ts";
import { launch } from "./chromium.ts";
import { startS3 } from "../servers/s3.ts";
import { startDrive } from "../servers/gdrive.ts";
import type { Outcome, PageDrive, PageServer } from "./smoke.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

const { directory } = await bundle(["mod.ts", "tests/browser/smoke.ts"], `${root}.tmp/browser`);
const { outcomes, problems } = await visit();

for (const { name, error } of outcomes) {
  Deno.test(`browser: ${name}`, () => {
    if (error !== undefined) throw new Error(error);
  });
}

Deno.test("browser: all checks were run", () => {
  assert(outcomes.length > 104, `${outcomes.length} checks`);
});

Deno.test("browser: no uncaught error, nothing on the console", () => {
  assertEquals(problems, []);
});

async function visit(): Promise<{ outcomes: Outcome[]; problems: string[] }> {
  const bucket = "smoke";
  await using s3 = await startS3({ buckets: [bucket], cors: true });
  const pageServer: PageServer = { bucket, endpoint: s3.endpoint, credentials: s3.credentials };
  await using drive = await startDrive({ cors: true, drives: [{ id: "0ALab", name: "Lab" }] });
  const pageDrive: PageDrive = {
    endpoint: drive.endpoint,
    token: drive.token(),
    serviceAccount: { ...drive.serviceAccount },
  };
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, serve);
  await using browser = await launch();
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.stack ?? error}`));
  page.on("console", (message) => {
    // Chromium itself reports every answer of 400 and above, also those that S3 is meant to give.
    const { url } = message.location();
    if (url.startsWith(s3.endpoint) || url.startsWith(drive.endpoint)) return;
    problems.push(`console ${message.type()}: ${message.text()}`);
  });
  await page.goto(`http://127.0.0.1:${server.addr.port}/`);
  const outcomes = await page.evaluate(
    // A specifier that Deno does not look at: it is the page's.
    ([specifier, server, drive]): Promise<Outcome[]> =>
      import(specifier).then(({ run }) => run(server, drive)),
    ["/tests/browser/smoke.js", pageServer, pageDrive] as const,
  );
  return { outcomes, problems };
}

async function serve(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/") {
    const page = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>smoke</title>';
    return new Response(page, { headers: { "content-type": "text/html" } });
  }
  if (pathname === "/cottoncandy-0.4.0.json") {
    return new Response(await Deno.readTextFile(`${root}tests/vectors${pathname}`));
  }
  const contentType = pathname.endsWith(".wasm") ? "application/wasm" : "text/javascript";
  try {
    return new Response(await Deno.readFile(directory + pathname), {
      headers: { "content-type": contentType },
    });
  } catch {
    return new Response(null, { status: 404 });
  }
}
