// Each program of the README and the guides, as a reader would run it: pasted into an empty folder, against a store that is there.
import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { EncryptedInterface } from "../mod.ts";
import { startS3 } from "./servers/s3.ts";

const root = fromFileUrl(new URL("..", import.meta.url));

/** A fenced block that is TypeScript, and not marked as a fragment by `ignore`. */
interface Program {
  readonly place: string;
  readonly text: string;
}

async function documents(): Promise<string[]> {
  const guides = await Array.fromAsync(Deno.readDir(join(root, "docs")));
  return ["README.md", ...guides.filter(({ name }) => name.endsWith(".md")).map(({ name }) => `docs/${name}`)]
    .sort();
}

async function programs(path: string): Promise<Program[]> {
  const text = await Deno.readTextFile(join(root, path));
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => ({
    place: `${path}:${text.slice(0, match.index).split("\n").length}`,
    text: match[1],
  }));
}

Deno.test("programs of the README and the guides work in an empty folder", async (t) => {
  await using s3 = await startS3({ buckets: [{ name: "my-bucket" }] });
  const home = await Deno.makeTempDir();
  try {
    const config = {
      imports: { "@cottoncandy/cottoncandy": "jsr:@cottoncandy/cottoncandy@0" },
      links: [root, join(root, "links/std-path"), join(root, "links/std-streams")],
    };
    const env = {
      HOME: home,
      AWS_ENDPOINT_URL: s3.endpoint,
      AWS_REGION: s3.region,
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    };
    for (const path of await documents()) {
      for (const { place, text } of await programs(path)) {
        await t.step(place, async () => {
          const folder = await Deno.makeTempDir({ dir: home });
          await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(config));
          await Deno.writeTextFile(join(folder, "main.ts"), text);
          const { code, stderr } = await new Deno.Command(Deno.execPath(), {
            args: [
              "run",
              "-A",
              "-q",
              "--no-lock",
              "--preload",
              join(root, "tests/doc_asserts.ts"),
              "main.ts",
            ],
            cwd: folder,
            env,
            stdout: "null",
          }).output();
          if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
        });
      }
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

/** The names of a class's methods and properties, and of those that it is based on. */
function members(prototype: object): string[] {
  const base = Object.getPrototypeOf(prototype);
  const names = Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
  return base === Object.prototype ? names : [...members(base), ...names];
}

/** What is for subclasses alone, and what consoles and JSON call. */
const UNLISTED = ["toString", "toJSON", "below", "inBucket", "reading", "rooted", "run", "writing"];

Deno.test("the guide for Python's users names every method of the interfaces", async () => {
  const guide = await Deno.readTextFile(join(root, "docs/python.md"));
  const words = new Set(guide.match(/\w+/g));
  const missing = members(EncryptedInterface.prototype).filter((name) =>
    !UNLISTED.includes(name) && !words.has(name)
  );
  assertEquals(missing, []);
});
