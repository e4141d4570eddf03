/**
 * A page on an S3 server that nobody here wrote, under the CORS rules of docs/browser.md: Ceph's gateway, which checks signatures and keeps to
 * the rules of buckets. moto answers writes and HEAD by CORS headers of its own, which expose nothing. Runs where Ceph does
 * (tests/servers/ceph.sh start), and must where `REQUIRE_SERVERS` names radosgw.
 */
import { PutBucketCorsCommand } from "@aws-sdk/client-s3";
import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { S3Backend } from "../../backends/s3/mod.ts";
import { runningServers } from "../interop/servers.ts";
import { bundle } from "./bundle.ts";
import { launch, type PageHost, servePages } from "./chromium.ts";
import type { Check } from "./real_server.ts";
import type { PageServer } from "./smoke.ts";

const checks: readonly (readonly [Check, string])[] = [
  ["objects", "an object goes up and comes back, one that is missing is told as missing"],
  ["raw", "a raw array in Zstd comes back"],
  ["slice", "a slice is read lazily"],
  ["parts", "an array goes up in parts"],
  ["encrypted", "an array encrypted by AES comes back, whole and in slices"],
  ["names", "names are listed, and one is removed"],
  ["public", "a public array is read by its URL without keys, a private object is not"],
];

const radosgw = (await runningServers()).find(({ name }) => name === "radosgw");

Deno.test("a page on Ceph", { ignore: radosgw === undefined }, async (t) => {
  if (radosgw === undefined) return;
  const { endpoint, accessKeyId, secretAccessKey } = radosgw;
  const server = {
    bucket: `page-${crypto.randomUUID()}`,
    endpoint,
    credentials: { accessKeyId, secretAccessKey },
  };
  const entries = ["tests/browser/real_server.ts"];
  const { directory } = await bundle(
    entries,
    fromFileUrl(new URL("../../.tmp/real-server", import.meta.url)),
  );
  await using host = servePages(directory);
  await using stranger = servePages(directory);
  await letIn(server, new URL(host.url).origin);
  await using browser = await launch();

  const said = async ({ url }: PageHost, check: Check): Promise<string> => {
    const page = await browser.newPage();
    await page.goto(url);
    return await page.evaluate(
      ([specifier, check, server]): Promise<string> =>
        import(specifier).then(({ run }) => run(check, server)),
      ["/real_server.js", check, server] as const,
    );
  };
  for (const [check, name] of checks) {
    await t.step(name, async () => assertEquals(await said(host, check), "ok"));
  }
  await t.step("it is the rules that let a page in: one of another origin reads nothing", async () => {
    assertMatch(await said(stranger, "objects"), /^ConnectionError: .* CORS rules/);
  });
});

/** Makes the bucket, with the rules that the guide gives for S3, for this origin. */
async function letIn({ bucket, endpoint, credentials }: PageServer, origin: string): Promise<void> {
  const guide = await Deno.readTextFile(new URL("../../docs/browser.md", import.meta.url));
  const [rule] = JSON.parse(/```json\n(.*?)```/s.exec(guide)?.[1] ?? "");
  const backend = new S3Backend({ bucket, endpoint, credentials });
  await backend.buckets.create(bucket);
  const CORSConfiguration = { CORSRules: [{ ...rule, AllowedOrigins: [origin] }] };
  await backend.client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration }));
  backend.close();
}
