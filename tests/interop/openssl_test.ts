/** RSA: openssl makes the keys, opens the data keys that are wrapped here, and wraps ones that are opened here. */
import { assert, assertEquals } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { EncryptingBackend, generateRsaKeys, rsaKeys } from "../../crypto/mod.ts";
import { assertBytes } from "../../testing/assert.ts";
import { pattern } from "../../testing/case.ts";
import { readWithTink, writeWithTink } from "./tink_object.ts";

async function openssl(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("openssl", { args, stdin: "null" }).output();
  const text = new TextDecoder();
  assert(success, text.decode(stderr));
  return text.decode(stdout);
}

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function exchange(directory: string): Promise<void> {
  const files = { publicKey: `${directory}/public.pem`, privateKey: `${directory}/private.pem` };
  const privateKey = await Deno.readTextFile(files.privateKey);
  const publicKey = await Deno.readTextFile(files.publicKey);
  const plain = pattern(1_200_000);
  const metadata = { dtype: "|u1", shape: "1200000" };
  const key = "a/b";
  const store = new MemoryBackend();
  const writer = new EncryptingBackend(store, await rsaKeys({ publicKey }));
  const reader = new EncryptingBackend(store, await rsaKeys({ privateKey }));

  await writer.put(key, plain, { metadata });
  const ours = await store.open(key);
  assertBytes(
    await readWithTink(files, { key, metadata: ours.info.metadata, body: await ours.read() }),
    plain,
  );

  const theirs = await writeWithTink(files, { key, metadata, body: plain });
  await store.put(key, theirs.body, { metadata: theirs.metadata });
  const back = await reader.open(key);
  assertEquals(back.info.metadata, metadata);
  assertBytes(await back.read(), plain);
}

for (const bits of [2048, 3072, 4096]) {
  Deno.test(`keys of ${bits} bits that openssl made, both ways`, () =>
    inDirectory(async (directory) => {
      const made = [
        "-algorithm",
        "RSA",
        "-pkeyopt",
        `rsa_keygen_bits:${bits}`,
        "-out",
        `${directory}/private.pem`,
      ];
      await openssl("genpkey", ...made);
      await openssl("pkey", "-in", `${directory}/private.pem`, "-pubout", "-out", `${directory}/public.pem`);
      await exchange(directory);
    }));
}

Deno.test("keys that are made here, the private one under a passphrase", () =>
  inDirectory(async (directory) => {
    const made = await generateRsaKeys({ passphrase: "s\u00fc\u00df" });
    await Deno.writeTextFile(`${directory}/sealed.pem`, made.privateKey);
    await Deno.writeTextFile(`${directory}/public.pem`, made.publicKey);
    const opened = ["-passin", "pass:s\u00fc\u00df", "-out", `${directory}/private.pem`];
    await openssl("pkey", "-in", `${directory}/sealed.pem`, ...opened);
    await exchange(directory);
  }));
