/** Copies to a disk whose process is killed by SIGKILL, at moments that a seed decides, and that go on in the next one. */
import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { generator } from "../array/random.ts";
import { isNumbered, numbered } from "../backends/killed.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { type FakeS3, startS3 } from "../servers/s3.ts";
import { tree } from "../backends/local/directory.ts";
import { inDirectory } from "./store.ts";

const MAIN = new URL("../../cli/main.ts", import.meta.url).pathname;
const MiB = 2 ** 20;
const SIZE = 40 * MiB + 3;

/** Runs `work` with an object of S3, and what copies it to `directory/to/large` in a process of its own. */
function withLarge(
  work: (
    c: { s3: FakeS3; backend: S3Backend; directory: string; start: () => Deno.ChildProcess },
  ) => Promise<void>,
): Promise<void> {
  return inDirectory({}, async (directory) => {
    await using s3 = await startS3({ buckets: ["bucket"] });
    const { endpoint, region, credentials } = s3;
    const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials, forcePathStyle: true });
    try {
      const metadata = { run: "7", mtime: "1000000000.25" };
      await backend.put("large", numbered(SIZE), { size: SIZE, metadata, contentType: "application/x-run" });
      const source = `s3://bucket/large?endpoint=${endpoint}&forcePathStyle=true`;
      await Deno.mkdir(`${directory}/to`);
      const args = ["run", "-q", "-A", "--no-check", "--frozen", MAIN, "cp", "--resume"];
      const env = {
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_REGION: region,
        XDG_STATE_HOME: `${directory}/state`,
      };
      const start = () =>
        new Deno.Command(Deno.execPath(), {
          args: [...args, source, `${directory}/to/large`],
          env,
          stdout: "null",
          stderr: "piped",
        }).spawn();
      await work({ s3, backend, directory, start });
    } finally {
      backend.close();
    }
  });
}

/** How long the file is that an upload writes. */
async function arrived(directory: string): Promise<number> {
  const uploads = `${directory}/to/.cottoncandy/uploads`;
  try {
    for await (const { name } of Deno.readDir(uploads)) {
      return (await Deno.stat(`${uploads}/${name}/data.meta.json`)).size;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return 0;
}

/** From which byte on the object was asked for, each time. */
function starts(s3: FakeS3): number[] {
  return s3.requests.splice(0).filter(({ operation }) => operation === "GetObject")
    .map(({ headers }) => Number(/^bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0));
}

/** Kills the process once about so many bytes are there; the server keeps back what follows. */
async function kill(
  { s3, directory, start }: Parameters<Parameters<typeof withLarge>[0]>[0],
  bytes: number,
  ms: number,
): Promise<void> {
  const before = await arrived(directory);
  const fault = s3.inject({
    operation: "GetObject",
    kind: "delay",
    at: "body",
    afterBytes: bytes,
    ms: Infinity,
    times: Infinity,
  });
  const process = start();
  const output = process.output();
  while (await arrived(directory) < before + bytes - 2 * MiB) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => setTimeout(resolve, ms));
  process.kill("SIGKILL");
  assertEquals((await output).signal, "SIGKILL");
  fault.remove();
}

Deno.test("cli: cp --resume to a disk, killed three times, fetches nothing again that is there but what was underway", () =>
  withLarge(async (c) => {
    const { s3, directory, start } = c;
    const random = generator(14);
    for (let times = 0; times < 3; times++) {
      const there = await arrived(directory);
      await kill(c, 3 * MiB + random(8 * MiB), random(60));
      const [from, ...more] = starts(s3);
      assertEquals(more, []);
      assertLessOrEqual(from, there);
      assertGreaterOrEqual(from, there - MiB);
    }
    const there = await arrived(directory);
    const { code, stderr } = await start().output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const [from] = starts(s3);
    assert(from > 0 && from <= there && from >= there - MiB, `from ${from}, ${there} were there`);
    assert(await isNumbered((await Deno.open(`${directory}/to/large`)).readable, SIZE));
    assertEquals((await Deno.stat(`${directory}/to/large`)).mtime?.getTime(), 1_000_000_000_250);
    const beside: Record<string, string> = JSON.parse(
      await Deno.readTextFile(`${directory}/to/large.meta.json`),
    );
    assertEquals([beside.run, JSON.parse(beside["cc-local"]).contentType], ["7", "application/x-run"]);
    assertEquals(
      (await tree(directory)).filter((path) => !path.endsWith("/")),
      ["to/large", "to/large.meta.json"],
    );
  }));

Deno.test("cli: cp --resume begins anew where the object was replaced meanwhile, and leaves nothing of the old one", () =>
  withLarge(async (c) => {
    const { s3, backend, directory, start } = c;
    await kill(c, 9 * MiB, 0);
    starts(s3);
    const bytes = new Uint8Array(SIZE).fill(7);
    await backend.put("large", bytes);
    const { code, stderr } = await start().output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    assertEquals(starts(s3), [0]);
    assertEquals(await Deno.readFile(`${directory}/to/large`), bytes);
    assertEquals(
      (await tree(directory)).filter((path) => !path.endsWith("/")),
      ["to/large"],
    );
  }));
