/**
 * The product needs no more of JavaScript than the oldest Node has that the package is for (`OLDEST_NODE` in packaging/pack.ts): that is ES2023. TypeScript
 * knows what came later, so it is asked; what it can't know (the platform's own APIs), the package's suite finds, which runs there.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import config from "../../deno.json" with { type: "json" };

const root = new URL("../..", import.meta.url).pathname;

/** What the product may use although ES2023 and the types of pages lack it. */
const ALLOWED: readonly RegExp[] = [
  // Node has it since 20.0.
  /Property 'isWellFormed' does not exist/,
  // Asked for by `typeof Deno`: architecture_test.ts says where.
  /Cannot find (name|namespace) 'Deno'/,
  // False or absent in older Nodes: then a module is no program, and the package's own programs call its function.
  /Property 'main' does not exist on type 'ImportMeta'/,
  // crypto/primitives.ts tries ChaCha20-Poly1305 of WebCrypto, and has a twin.
  /'"raw" \| "raw-secret"' is not assignable/,
  /The last overload is declared here/,
];

async function check(files: readonly string[]): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const { imports, compilerOptions } = config;
    const path = join(folder, "deno.json");
    const lib = ["es2023", "dom", "dom.iterable", "dom.asynciterable"];
    const links = config.links.map((link) => join(root, link));
    await Deno.writeTextFile(
      path,
      JSON.stringify({ imports, links, compilerOptions: { ...compilerOptions, lib } }),
    );
    await Deno.copyFile(join(root, "deno.lock"), join(folder, "deno.lock"));
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", path, ...files],
      cwd: root,
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stderr);
    const faults = text.split(/^(?=TS\d+ \[ERROR\])/m).filter((fault) => fault.startsWith("TS"));
    assert(faults.length > 0, `nothing was checked: ${text}`);
    return faults.filter((fault) => !ALLOWED.some((allowed) => allowed.test(fault)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the product needs nothing that came after ES2023", async () => {
  assertEquals(await check(Object.values(config.exports)), []);
});

Deno.test("what came after ES2023 is found", async () => {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      path,
      "Deno;\nPromise.withResolvers<void>();\nArray.fromAsync([]);\nMap.groupBy([1], String);\nnew ArrayBuffer(1).transfer();\nnew Set([1]).union(new Set([2]));\n" +
        "[1].values().map(String);\nnew Uint8Array(1).toHex();\n",
    );
    assertEquals((await check([path])).length, 7);
  } finally {
    await Deno.remove(path);
  }
});
