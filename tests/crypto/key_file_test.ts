import { assert, assertEquals, assertRejects } from "@std/assert";
import { readKeyFile } from "../../crypto/mod.ts";
import { InvalidArgumentError, NotFoundError } from "../../lib/errors.ts";

Deno.test("key files: text, bytes of a key, and what is none", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const write = async (content: Uint8Array | string) => {
      const path = `${directory}/${crypto.randomUUID()}`;
      await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
      return path;
    };
    const raw = Uint8Array.from({ length: 32 }, (_, i) => 7 * i);
    assertEquals(await readKeyFile(await write(raw)), raw.toBase64());
    assertEquals(await readKeyFile(await write(raw.subarray(0, 16))), raw.subarray(0, 16).toBase64());
    // Text that happens to have the length of a key: 24 characters are the base64 of 16 bytes.
    const text = raw.subarray(0, 16).toBase64();
    assertEquals(text.length, 24);
    assertEquals(await readKeyFile(await write(text)), text);
    // And bytes that happen to be text.
    assertEquals(await readKeyFile(await write("0123456789abcde!")), btoa("0123456789abcde!"));
    assertEquals(await readKeyFile(await write(`${raw.toBase64()}\n`)), raw.toBase64());
    const path = await write("-----BEGIN X-----\r\n");
    assertEquals(await readKeyFile(new URL(`file://${path}`)), "-----BEGIN X-----");
    await assertRejects(() => readKeyFile(`${directory}/missing`), NotFoundError);
    await assertRejects(() => readKeyFile(directory), InvalidArgumentError);
    const long = await assertRejects(() => readKeyFile("Secret".repeat(1000)), InvalidArgumentError);
    assert(!Deno.inspect(long).includes("SecretSecret"));
    for (const content of [raw.subarray(0, 31), new Uint8Array(2 * 1024 * 1024)]) {
      const wrong = await write(content);
      await assertRejects(() => readKeyFile(wrong), InvalidArgumentError);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
