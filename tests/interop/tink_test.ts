/** Google's Tink for Python reads what is encrypted here, and the other way round. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { isResumable } from "../../backends/arguments.ts";
import type { UploadToken } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { aesKeys, EncryptingBackend } from "../../crypto/mod.ts";
import { EncryptedInterface } from "../../mod.ts";
import { assertBytes } from "../../testing/assert.ts";
import { oddStream, pattern } from "../../testing/case.ts";
import { server } from "./servers.ts";
import { readWithTink, runWithTink, writeWithTink } from "./tink_object.ts";

const MiB = 2 ** 20;

for (const bytes of [16, 32]) {
  for (const length of [0, 5, 1_048_520, 1_048_521, 3_000_001]) {
    Deno.test(`${length} bytes under an AES key of ${bytes} bytes, both ways`, async () => {
      const raw = crypto.getRandomValues(new Uint8Array(bytes));
      const plain = pattern(length);
      const metadata = { dtype: "<f8", shape: "", note: "a, b" };
      const key = "sub01/caf\u00e9 \u{1F36C}";
      const store = new MemoryBackend();
      const backend = new EncryptingBackend(store, aesKeys(raw));

      await backend.put(key, oddStream(plain), { metadata });
      const ours = await store.open(key);
      const object = { key, metadata: ours.info.metadata, body: await ours.read() };
      assertBytes(await readWithTink({ aes: raw.toHex() }, object), plain);
      await assertRejects(() => readWithTink({ aes: raw.toHex() }, { ...object, key: "sub02" }));

      const theirs = await writeWithTink({ aes: raw.toHex() }, { key, metadata, body: plain });
      await store.put(key, theirs.body, { metadata: theirs.metadata });
      const reader = await backend.open(key);
      assertEquals(reader.info.metadata, metadata);
      assertBytes(await reader.read(), plain);
    });
  }
}

Deno.test("an encrypted upload to S3 that two processes have sent is one object for Tink", async () => {
  const { endpoint, accessKeyId, secretAccessKey } = await server("moto");
  const bucket = `tink-${Deno.pid}-${Date.now()}`;
  const raw = crypto.getRandomValues(new Uint8Array(32));
  const opened = () => {
    const store = new S3Backend({ bucket, endpoint, credentials: { accessKeyId, secretAccessKey } });
    const backend = new EncryptingBackend(store, aesKeys(raw));
    assert(isResumable(backend));
    return { store, backend };
  };
  const [first, second] = [opened(), opened()];
  try {
    await first.store.buckets.create(bucket);
    const plain = pattern(12 * MiB + 5);
    const [key, source, metadata] = ["sub01/scan", "the pattern", { dtype: "<f8", note: "a, b" }];
    const started = { size: plain.length, source, metadata, partSize: 5 * MiB };
    const token = await first.backend.startUpload(key, started);
    const stop = new AbortController();
    await assertRejects(() =>
      first.backend.resumeUpload(token, oddStream(plain), {
        source,
        concurrency: 1,
        signal: stop.signal,
        onProgress: ({ loaded }) => void (loaded > 6 * MiB && stop.abort()),
      })
    );
    const kept: UploadToken = JSON.parse(JSON.stringify(token));
    const loaded: number[] = [];
    await second.backend.resumeUpload(kept, oddStream(plain), {
      source,
      onProgress: (progress) => loaded.push(progress.loaded),
    });
    assert(loaded[0] > 4 * MiB, "what the first has sent is not sent again");
    const reader = await second.store.open(key);
    const object = { key, metadata: reader.info.metadata, body: await reader.read() };
    assertBytes(await readWithTink({ aes: raw.toHex() }, object), plain);
  } finally {
    for (const { store } of [first, second]) store.close();
  }
});

Deno.test("a raw array is readable by who has Tink, the key and this library's guide", async () => {
  const guide = await Deno.readTextFile(new URL("../../docs/encryption.md", import.meta.url));
  const [, program] = /```python\n(.*?)```/s.exec(guide) ?? [];
  assert(program);
  const raw = crypto.getRandomValues(new Uint8Array(32));
  const store = new MemoryBackend();
  const cci = new EncryptedInterface(store, { keys: aesKeys(raw) });
  const items = Float64Array.from({ length: 300_000 }, (_, i) => i / 7);
  await cci.uploadRawArray("sub01/run1", items, { compression: false });
  const reader = await store.open("sub01/run1");
  const object = { key: "sub01/run1", metadata: reader.info.metadata, body: await reader.read() };
  assertBytes(await readWithTink({ aes: raw.toHex() }, object), new Uint8Array(items.buffer));
  const said = { key: raw.toBase64(), name: object.key, metadata: object.metadata };
  assertBytes(
    await runWithTink(
      `${program}
import json, sys
said = json.loads(sys.argv[1])
body = sys.stdin.buffer.read()
sys.stdout.buffer.write(read(base64.b64decode(said["key"]), said["name"], said["metadata"], body))
`,
      JSON.stringify(said),
      object.body,
    ),
    new Uint8Array(items.buffer),
  );
});
