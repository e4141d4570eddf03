/** What runs in pages with a Content-Security-Policy: all codecs in both directions, all kinds of keys, workers, and passphrases beside a timer. */
import { assert, assertEquals } from "@std/assert";
import { listCodecs } from "../../codecs/mod.ts";
import {
  compress,
  decompress,
  generateAesKey,
  generateAgeIdentity,
  generateRsaKeys,
  getEncryptedInterface,
  getInterface,
  MemoryBackend,
  ndarray,
  readAll,
} from "../../mod.ts";
import { streamOf } from "../../lib/streams/mod.ts";
import { goldenCases } from "../golden.ts";

/** What became of each thing that was tried: `"ok"`, or the error's name and message. */
export type Told = Record<string, string>;

/** Tries everything. */
export async function run(): Promise<Told> {
  const told: Told = {};
  const attempt = async (name: string, work: () => Promise<void>) => {
    try {
      await work();
      told[name] = "ok";
    } catch (error) {
      told[name] = String(error);
    }
  };
  const content = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251 ^ i >> 12);
  for (const { name } of listCodecs().written) {
    await attempt(`write ${name}`, async () => {
      const stored = await readAll(streamOf(content).pipeThrough(compress(name, { size: content.length })));
      assertEquals(await readAll(streamOf(stored).pipeThrough(decompress(name))), content);
    });
  }
  const { entries } = await (await fetch("/vectors/cottoncandy-0.4.0.json")).json();
  for (const { name, check } of await goldenCases(entries)) await attempt(`golden ${name}`, check);
  const others: { name: string; codec: string; plain: string; stored: string }[] =
    await (await fetch("/vectors/numcodecs.json")).json();
  for (const { name, codec, plain, stored } of others) {
    await attempt(`read ${codec}: ${name}`, async () => {
      assertEquals(
        await readAll(streamOf(fromBase64(stored)).pipeThrough(decompress(codec))),
        fromBase64(plain),
      );
    });
  }
  await attempt("AES", async () => await roundTrip({ encryption: "AES", key: generateAesKey() }));
  await attempt("RSA", async () => {
    const { privateKey } = await generateRsaKeys({ passphrase: "horse" });
    await roundTrip({ encryption: "RSA", privateKey, passphrase: "horse" });
  });
  await attempt("age", async () => {
    await roundTrip({ encryption: "age", identities: (await generateAgeIdentity()).identity });
  });
  await attempt(
    "passphrase",
    async () => await roundTrip({ encryption: "age", passphrase: "horse", workFactor: 12 }),
  );
  return told;
}

async function roundTrip(options: Parameters<typeof getEncryptedInterface>[1]): Promise<void> {
  const cci = await getEncryptedInterface(new MemoryBackend(), options);
  const array = ndarray(Float64Array.from({ length: 5000 }, (_, i) => Math.sin(i)));
  await cci.uploadRawArray("a", array);
  assertEquals((await cci.downloadRawArray("a")).toBytes(), array.toBytes());
}

/** How long passphrases took, and how long a timer of 5 ms did not tick meanwhile, in milliseconds. */
export async function passphraseTicks(): Promise<{ readonly elapsed: number; readonly longest: number }> {
  const cci = await getEncryptedInterface(new MemoryBackend(), {
    encryption: "age",
    passphrase: "horse",
    workFactor: 16,
  });
  const bytes = Uint8Array.of(1, 2, 3);
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  const start = last;
  await cci.uploadObject("a", bytes);
  assertEquals(await cci.downloadObject("a"), bytes);
  clearInterval(timer);
  longest = Math.max(longest, performance.now() - last);
  return { elapsed: performance.now() - start, longest };
}

/** Arrays through workers; what was warned of. */
export async function arraysInWorkers(): Promise<string[]> {
  const warnings: string[] = [];
  const cci = await getInterface(new MemoryBackend(), {
    workers: 2,
    onWarning: ({ message }) => void warnings.push(message),
  });
  const array = ndarray(Float32Array.from({ length: 2 ** 23 }, (_, i) => i % 1000));
  for (const compression of ["gzip", "Zstd", "LZ4"]) {
    await cci.uploadRawArray("a", array, { compression });
    const [back, there] = [(await cci.downloadRawArray("a")).toBytes(), array.toBytes()];
    assert(back.length === there.length && back.every((byte, i) => byte === there[i]), compression);
  }
  return warnings;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
