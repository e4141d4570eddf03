// rclone and `sync` mean the same by `mtime`. rclone is taken where it is installed or built: `deno task test:rclone` builds it first.
import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { builtProgram } from "../../bench/go_program.ts";
import { RCLONE, rcloneEnvironment } from "../../bench/rclone.ts";
import { LocalBackend } from "../../backends/local/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { sync } from "../../lib/sync/mod.ts";
import { pattern } from "../../testing/case.ts";
import { server } from "./servers.ts";

/** Names and times in seconds since 1970, as text: what no clock of a computer rounds. */
type Times = Readonly<Record<string, string>>;

const TIMES: Times = {
  "notes.txt": "1700000000.123",
  "sub01/whole second": "1600000000.000",
  "sub01/in parts": "1234567890.987",
};

async function output(program: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, env, stdin: "null" }).output();
  const [out, log] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${program} ${args.join(" ")} failed: ${log}`);
  return out + log;
}

const installed = await output("rclone", ["version"]).then(() => "rclone", () => undefined);
const program = await builtProgram(RCLONE) ?? installed;

/** A directory of files with these times, and a bucket as both sides see it. */
interface Scene {
  readonly directory: LocalBackend;
  readonly path: string;
  readonly store: S3Backend;
  /** For rclone. */
  readonly remote: string;
  rclone(...args: string[]): Promise<string>;
  /** Another directory, empty. */
  readonly other: string;
}

function test(name: string, times: Times, work: (scene: Scene) => Promise<void>): void {
  const ignore = program === undefined;
  Deno.test(`rclone: ${name}${ignore ? " (deno task test:rclone builds it)" : ""}`, { ignore }, async () => {
    const { endpoint, accessKeyId, secretAccessKey } = await server("moto");
    const bucket = `rclone-${Deno.pid}-${Date.now()}`;
    const credentials = { accessKeyId, secretAccessKey };
    const store = new S3Backend({ bucket, endpoint, credentials, partSize: 5 * 2 ** 20 });
    const root = await Deno.makeTempDir({ prefix: "cottoncandy-interop-" });
    const path = `${root}/lab`;
    try {
      await store.buckets.create(bucket);
      for (const [name, seconds] of Object.entries(times)) {
        const file = `${path}/${name}`;
        await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
        await Deno.writeFile(file, pattern(name.endsWith("parts") ? 12 * 2 ** 20 : name.length));
        await output("touch", ["-d", `@${seconds}`, file]);
      }
      const env = {
        ...rcloneEnvironment({ endpoint, region: "us-east-1", accessKeyId, secretAccessKey }),
        TZ: "UTC",
      };
      await work({
        directory: new LocalBackend(path),
        path,
        store,
        remote: `:s3:${bucket}`,
        rclone: (...args) => output(program ?? "", args, env),
        other: `${root}/other`,
      });
    } finally {
      store.close();
      await Deno.remove(root, { recursive: true });
    }
  });
}

/** What `rclone lsl` prints, as names and seconds. */
function listed(lines: string): Record<string, string> {
  return Object.fromEntries(
    [...lines.matchAll(/^ *\d+ (\S+) (\S+?)(\.\d+) (.+)$/gm)].map(([, day, time, fraction, name]) => [
      name,
      Date.parse(`${day}T${time}Z`) / 1000 + fraction,
    ]),
  );
}

test("sees the times of what is synced here, and has nothing to send", TIMES, async (scene) => {
  const { directory, path, store, remote, rclone } = scene;
  await sync({ backend: directory }, { backend: store, prefix: "lab" });
  const wanted = Object.entries(TIMES).map(([name, seconds]) => [name, `${seconds}000000`]);
  assertEquals(listed(await rclone("lsl", `${remote}/lab`)), Object.fromEntries(wanted));
  const log = await rclone("sync", path, `${remote}/lab`, "-v");
  assertNotMatch(log, /Copied|Updated/);
  assertMatch(log, /nothing to transfer/);
});

const NANOSECONDS: Times = Object.fromEntries(
  Object.entries(TIMES).map(([name, seconds], i) => [name, `${seconds}${456 + i}789`]),
);

test("has its copies skipped here, and files get the times that it kept", NANOSECONDS, async (scene) => {
  const { directory, path, store, remote, rclone, other } = scene;
  await rclone("sync", path, `${remote}/lab`);
  assertEquals(listed(await rclone("lsl", `${remote}/lab`)), NANOSECONDS);
  const place = { backend: store, prefix: "lab" };
  for (const compare of ["auto", "time"] as const) {
    const { copied, skipped } = await sync({ backend: directory }, place, { compare });
    assertEquals([copied, skipped], [0, 3], compare);
  }
  await sync(place, { backend: new LocalBackend(other, { create: true }) });
  for (const [name, seconds] of Object.entries(TIMES)) {
    assertEquals((await Deno.stat(`${other}/${name}`)).mtime?.getTime(), Math.round(1000 * Number(seconds)));
  }
});

test("takes times of milliseconds for those of files, when it is told to", NANOSECONDS, async (scene) => {
  const { directory, path, store, remote, rclone } = scene;
  await sync({ backend: directory }, { backend: store, prefix: "lab" });
  const log = await rclone("sync", path, `${remote}/lab`, "-v", "--modify-window", "1ms");
  assertNotMatch(log, /Copied|Updated/);
});
