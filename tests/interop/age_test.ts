/**
 * Files exchanged with age's own tools: Debian's `age`, and a 1.3 that setup.sh builds where there is a Go toolchain, since older ones have no
 * post-quantum keys. What is not installed is skipped.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import {
  ageKeys,
  ageRecipients,
  decrypt,
  encrypt,
  EncryptingBackend,
  generateAgeIdentity,
  type Keys,
} from "../../crypto/mod.ts";
import { IntegrityError } from "../../lib/errors.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import { agePlain } from "../crypto/age_files.ts";

const built = new URL("../../.tmp/age/", import.meta.url).pathname;
const passphrase = "battery staple";

/** A tool's folder. */
interface Tool {
  readonly folder: string;
  readonly version: string;
}

interface RunOptions {
  readonly stdin?: Uint8Array;
  readonly args?: readonly string[];
}

async function run({ folder }: Tool, name: string, options: RunOptions): Promise<Uint8Array<ArrayBuffer>> {
  const child = new Deno.Command(`${folder}${name}`, {
    args: [...options.args ?? []],
    env: {
      PATH: `${built}:${Deno.env.get("PATH")}`,
      AGE_PASSPHRASE: passphrase,
      AGE_PASSPHRASE_WORK_FACTOR: "12",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [output] = await Promise.all([
    child.output(),
    // A tool that fails does not read to the end; what it says then is in its output.
    streamOf(options.stdin ?? new Uint8Array()).pipeTo(child.stdin).catch(() => {}),
  ]);
  assert(output.success, `${name} ${options.args?.join(" ")}: ${new TextDecoder().decode(output.stderr)}`);
  return new Uint8Array(output.stdout);
}

async function text(tool: Tool, name: string, options: RunOptions): Promise<string> {
  return new TextDecoder().decode(await run(tool, name, options));
}

async function find(folder: string): Promise<Tool | undefined> {
  try {
    const { stdout } = await new Deno.Command(`${folder}age`, { args: ["--version"] }).output();
    return { folder, version: new TextDecoder().decode(stdout).trim().replace(/^v/, "") };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const tools = (await Promise.all([find("/usr/bin/"), find(built)])).filter((tool) => tool !== undefined);
const recent = tools.find(({ version }) => /^1\.[3-9]|^1\.\d\d|^[2-9]/.test(version));
const sizes = [0, 1, 65535, 65536, 65537, 1_000_003];

/** A test with files in a folder of its own. */
function test(
  name: string,
  tool: Tool | undefined,
  body: (tool: Tool, folder: string) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: tool === undefined,
    fn: async () => {
      const folder = await Deno.makeTempDir();
      try {
        if (tool) await body(tool, folder);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

async function seal(keys: Keys, plain: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return await readAll(streamOf(plain).pipeThrough(encrypt(keys, { name: "a" })));
}

async function open(keys: Keys, stored: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return await readAll(streamOf(stored).pipeThrough(decrypt(keys, { name: "a" })));
}

async function exchange(tool: Tool, folder: string, identity: string): Promise<void> {
  const file = `${folder}/identity.txt`;
  await Deno.writeTextFile(file, identity);
  const recipient = (await text(tool, "age-keygen", { args: ["-y", file] })).trim();
  assertEquals(await ageRecipients(identity), [recipient]);
  const keys = await ageKeys({ identities: identity });
  const writer = await ageKeys({ recipients: recipient });
  for (const size of sizes) {
    const plain = agePlain(size);
    for (const by of [keys, writer]) {
      const stored = await seal(by, plain);
      assertEquals(
        await run(tool, "age", { args: ["-d", "-i", file], stdin: stored }),
        plain,
        `to age, ${size}`,
      );
    }
    const stored = await run(tool, "age", { args: ["-r", recipient], stdin: plain });
    assertEquals(await open(keys, stored), plain, `from age, ${size}`);
  }
  const other = await ageKeys({ identities: (await generateAgeIdentity()).identity });
  const stored = await run(tool, "age", { args: ["-r", recipient], stdin: agePlain(9) });
  await assertRejects(() => open(other, stored), IntegrityError);
}

for (const [i, where] of ["Debian's age", "age 1.3"].entries()) {
  const tool = i === 0 ? tools.find(({ folder }) => folder !== built) : recent;
  test(`${where}: files for identities that it made`, tool, async (tool, folder) => {
    await exchange(tool, folder, await text(tool, "age-keygen", {}));
  });
  test(`${where}: files for identities made here`, tool, async (tool, folder) => {
    await exchange(tool, folder, (await generateAgeIdentity()).identity);
  });
  test(`${where}: an object out of a store, and one for several recipients`, tool, async (tool, folder) => {
    const file = `${folder}/identity.txt`;
    const mine = await generateAgeIdentity();
    const theirs = await generateAgeIdentity();
    await Deno.writeTextFile(file, theirs.identity);
    const keys = await ageKeys({
      identities: mine.identity,
      recipients: [mine.recipient, theirs.recipient],
    });
    const store = new MemoryBackend();
    const backend = new EncryptingBackend(store, keys);
    await backend.put("a", streamOf(agePlain(200_000)), { metadata: { run: "7" } });
    const stored = await (await store.open("a")).read();
    assertEquals(await run(tool, "age", { args: ["-d", "-i", file], stdin: stored }), agePlain(200_000));
    const args = ["-r", mine.recipient, "-r", theirs.recipient];
    await store.put("b", await run(tool, "age", { args, stdin: agePlain(200_000) }));
    const reader = await backend.open("b", { range: { offset: 131_000, length: 5000 } });
    assertEquals(await reader.read(), agePlain(136_000).subarray(131_000));
  });
}

test("age 1.3: post-quantum files for identities that it made", recent, async (tool, folder) => {
  await exchange(tool, folder, await text(tool, "age-keygen", { args: ["-pq"] }));
});

test("age 1.3: post-quantum files for identities made here", recent, async (tool, folder) => {
  await exchange(tool, folder, (await generateAgeIdentity({ postQuantum: true })).identity);
});

test("age 1.3: files under a passphrase", recent, async (tool) => {
  const keys = await ageKeys({ passphrase, workFactor: 12 });
  for (const size of [0, 65537]) {
    const plain = agePlain(size);
    const stored = await seal(keys, plain);
    assertEquals(await run(tool, "age", { args: ["-d", "-j", "batchpass"], stdin: stored }), plain);
    assertEquals(
      await open(keys, await run(tool, "age", { args: ["-e", "-j", "batchpass"], stdin: plain })),
      plain,
    );
  }
});

test("age 1.3: identity files under a passphrase", recent, async (tool) => {
  const { identity, recipient } = await generateAgeIdentity({ passphrase, workFactor: 12 });
  const stdin = new TextEncoder().encode(identity);
  const unlocked = await text(tool, "age", { args: ["-d", "-j", "batchpass"], stdin });
  assertEquals(await ageRecipients(unlocked), [recipient]);
  for (const armor of [true, false]) {
    const args = ["-e", "-j", "batchpass", ...armor ? ["-a"] : []];
    const file = await run(tool, "age", { args, stdin: new TextEncoder().encode(unlocked) });
    const given = armor ? new TextDecoder().decode(file) : file;
    assertEquals(await ageRecipients(given, passphrase), [recipient]);
    assertEquals(await ageRecipients(file, passphrase), [recipient]);
  }
});
