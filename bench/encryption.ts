/**
 * How fast objects are encrypted and decrypted, and in how much memory.
 *
 *     deno task bench:encryption [--mib 1024] [AES | RSA | age …]
 *
 * The source makes no bytes, it gives the same piece again and again; the sink drops them. So what is measured is the encryption, together with the streams
 * around it. WebCrypto's own rate, of the same segments and as many at once, is the limit.
 *
 * @module
 */
import { MemoryBackend } from "../backends/memory/mod.ts";
import { ageKeys, generateAgeIdentity } from "../crypto/age/mod.ts";
import {
  aesKeys,
  decrypt,
  encrypt,
  EncryptingBackend,
  generateAesKey,
  generateRsaKeys,
  type Keys,
  rsaKeys,
} from "../crypto/mod.ts";
import { peakRss, resetPeak } from "./rss.ts";

const MiB = 1024 * 1024;

function argument(name: string, fallback: number): number {
  const at = Deno.args.indexOf(name);
  return at < 0 ? fallback : Number(Deno.args[at + 1]);
}

const size = argument("--mib", 1024) * MiB;
const wanted = Deno.args.filter((argument) => ["AES", "RSA", "age"].includes(argument));

function random(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 65_536) {
    crypto.getRandomValues(bytes.subarray(i, Math.min(length, i + 65_536)));
  }
  return bytes;
}

const piece = random(MiB);

function source(length: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let given = 0;
  return new ReadableStream({
    pull(controller) {
      if (given >= length) return controller.close();
      controller.enqueue(piece.subarray(0, Math.min(MiB, length - given)));
      given += MiB;
    },
  }, { highWaterMark: 0 });
}

async function drained(stream: ReadableStream<Uint8Array>): Promise<number> {
  let length = 0;
  for await (const bytes of stream) length += bytes.length;
  return length;
}

interface Figure {
  readonly rate: number;
  readonly peak: number;
}

async function measured(bytes: number, work: () => Promise<unknown>): Promise<Figure> {
  const before = await resetPeak();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  return { rate: bytes / 1e6 / seconds, peak: await peakRss() - before };
}

function show(what: string, { rate, peak }: Figure): void {
  // deno-lint-ignore no-console -- a benchmark's purpose
  console.log(
    `${what.padEnd(34)} ${rate.toFixed(0).padStart(5)} MB/s   ${
      peak.toFixed(0).padStart(5)
    } MiB above the start`,
  );
}

async function webCrypto(): Promise<Figure> {
  const key = await crypto.subtle.importKey("raw", random(32), "AES-GCM", false, ["encrypt"]);
  const iv = new Uint8Array(12);
  return await measured(size, async () => {
    const running: Promise<unknown>[] = [];
    for (let done = 0; done < size; done += MiB) {
      running.push(crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, piece));
      if (running.length === 4) await running.shift();
    }
    await Promise.all(running);
  });
}

async function stages(name: string, keys: Keys): Promise<void> {
  const sealing = encrypt(keys, { name: "a" });
  show(`${name} encrypt`, await measured(size, () => drained(source(size).pipeThrough(sealing))));
  // What is decrypted has to be encrypted first: as much of it as fits into memory without counting for much.
  const store = new MemoryBackend();
  const part = Math.min(size, 256 * MiB);
  const backend = new EncryptingBackend(store, keys);
  show(`${name} put in memory`, await measured(part, () => backend.put("a", source(part), { size: part })));
  const { metadata } = (await store.head("a")) ?? {};
  const stored = await store.open("a");
  show(
    `${name} decrypt`,
    await measured(part, () => drained(stored.stream().pipeThrough(decrypt(keys, { name: "a", metadata })))),
  );
  show(
    `${name} read through the store`,
    await measured(part, async () => drained((await backend.open("a")).stream())),
  );
  const into = new Uint8Array(part);
  show(
    `${name} read in place, in parallel`,
    await measured(part, async () => (await backend.open("a", { parallel: true })).read(undefined, { into })),
  );
}

const makers: Record<string, () => Promise<Keys>> = {
  AES: () => Promise.resolve(aesKeys(generateAesKey())),
  RSA: async () => rsaKeys(await generateRsaKeys()),
  age: async () => ageKeys({ identities: (await generateAgeIdentity()).identity }),
};

show("WebCrypto AES-GCM alone, 4 at once", await webCrypto());
for (const [name, make] of Object.entries(makers)) {
  if (wanted.length === 0 || wanted.includes(name)) await stages(name, await make());
}
