// The table of codecs: names, codecs of others, and code that is loaded when it is needed.
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import {
  bz2,
  codecNamed,
  compress,
  compressBytes,
  decompress,
  gzip,
  listCodecs,
  lz4,
  registerCodec,
  zlib,
  zstd,
} from "../../codecs/mod.ts";
import { ndarray } from "../../lib/array/mod.ts";
import { CottonCandyError, IntegrityError, InvalidArgumentError } from "../../lib/errors.ts";
import { readRaw, writeRaw } from "../../lib/stored_arrays/raw.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import "./brotli.ts";
import { codecs } from "./implementations.ts";
import { noise, smooth } from "./samples.ts";

const root = new URL("../../", import.meta.url);
const levels = { min: 1, max: 1, default: 1 };
const unused = () => Promise.reject(new Error("nobody reads"));

Deno.test("a codec of somebody else's is one file and one line: raw arrays are written and read in it", async () => {
  const backend = new MemoryBackend();
  const array = ndarray(Float32Array.from({ length: 600 }, (_, i) => Math.sin(i / 50)), [20, 30]);
  const { metadata, size } = await writeRaw(backend, "a", array, { compression: "Brotli", level: 11 });
  assertEquals(metadata.compression, "Brotli");
  assert(size < array.nbytes);
  assertEquals((await readRaw(backend, "a")).toBytes(), array.toBytes());
  await assertRejects(
    () => writeRaw(backend, "b", array, { compression: "Brotli", level: 12 }),
    InvalidArgumentError,
    "levels 0 to 11",
  );
});

Deno.test("names that are taken, can't be stored, or levels that make no sense", () => {
  for (const name of ["gzip", "GZIP", "lzma", "Brotli"]) {
    assertThrows(() => registerCodec(name, { levels, load: unused }), InvalidArgumentError, "already");
  }
  for (const name of ["", "False", "none", "true", "a b", "é", "a\n"]) {
    assertThrows(() => registerCodec(name, { levels, load: unused }), InvalidArgumentError, "metadata");
  }
  assertThrows(() => registerCodec("mine", { ids: ["ZSTD"], load: unused }), InvalidArgumentError, '"zstd"');
  for (
    const wrong of [{ min: 2, max: 1, default: 1 }, { min: 0.5, max: 1, default: 1 }, {
      min: 1,
      max: 2,
      default: NaN,
    }]
  ) {
    assertThrows(
      () => registerCodec("mine", { levels: wrong, load: unused }),
      InvalidArgumentError,
      "levels",
    );
  }
  assert(!listCodecs().written.some(({ name }) => name === "mine"), "nothing is left of what was refused");
});

Deno.test("a codec goes by all of its names, and is written by its own", async () => {
  registerCodec("identity-1", {
    ids: ["identity-one"],
    levels,
    load: () => Promise.resolve({ encode: (source) => source, decode: (source) => source }),
  });
  const bytes = smooth(100);
  assertEquals(await readAll(streamOf(bytes).pipeThrough(compress("identity-1"))), bytes);
  assertEquals(await readAll(streamOf(bytes).pipeThrough(decompress("Identity-ONE"))), bytes);
  assertThrows(() => compress("identity-one"), CottonCandyError, "identity-1");
  registerCodec("identity-2", { load: () => Promise.resolve({ decode: (source) => source }) });
  assertThrows(() => compress("identity-2"), CottonCandyError);
  assertThrows(() => decompress("no such"), CottonCandyError, "identity-2");
});

Deno.test("the named codecs are those of the table", () => {
  for (const codec of [gzip, zlib, zstd, lz4, bz2]) assertStrictEquals(codecNamed(codec.name), codec);
});

Deno.test("code that fails to load is an error that says so, on both sides of the stage; it is tried again", async () => {
  const cause = new TypeError("error loading dynamically imported module");
  let tries = 0;
  const load = () => {
    if (++tries < 3) return Promise.reject(cause);
    return Promise.resolve({
      encode: (s: AsyncIterable<Uint8Array<ArrayBuffer>>) => s,
      decode: (s: AsyncIterable<Uint8Array<ArrayBuffer>>) => s,
    });
  };
  registerCodec("unreachable", { levels, load });
  for (const stage of [compress("unreachable"), decompress("unreachable")]) {
    const writing = streamOf(smooth(10)).pipeTo(stage.writable);
    writing.catch(() => {});
    const error = await assertRejects(() => readAll(stage.readable), CottonCandyError, "could not be loaded");
    assertStrictEquals(error.cause, cause);
    assertStrictEquals(await writing.catch((reason) => reason), error);
  }
  assertEquals((await readAll(streamOf(smooth(10)).pipeThrough(decompress("unreachable")))).length, 10);
});

Deno.test("nothing is loaded before a stream is read, and a stream that ends while its code is loading ends quietly", async () => {
  let asked = 0;
  const arrived = Promise.withResolvers<void>();
  const work = (source: AsyncIterable<Uint8Array<ArrayBuffer>>) => source;
  registerCodec("slow", {
    levels,
    load: async () => {
      asked++;
      await arrived.promise;
      return { encode: work, decode: work };
    },
  });
  const reason = new Error("enough");
  const stages = [compress("slow"), decompress("slow"), compress("slow"), decompress("slow")];
  assertEquals(asked, 0);
  const ends: Promise<unknown>[] = [];
  const sources: unknown[] = [];
  for (const [i, stage] of stages.entries()) {
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: (why) => void sources.push(why),
    });
    const controller = new AbortController();
    ends.push(source.pipeTo(stage.writable, { signal: controller.signal }).catch((why) => why));
    const reader = stage.readable.getReader();
    ends.push(reader.read().then(({ value }) => value, (why) => why));
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (i < 2) ends.push(reader.cancel(reason));
    else controller.abort();
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(
    [asked, sources],
    [4, [reason, reason]],
    "what is cancelled lets go at once; a pipe that is aborted waits for its last write",
  );
  arrived.resolve();
  const results = await Promise.all(ends);
  assertEquals(sources.length, 4);
  const expected = (result: unknown) =>
    result === undefined || result === reason || isAbort(result) || result instanceof Uint8Array;
  assertEquals(results.filter((result) => !expected(result)), []);
});

const isAbort = (error: unknown) => error instanceof DOMException && error.name === "AbortError";

for (const { name, encode, decode } of codecs) {
  Deno.test(`${name}: what comes late, after the end of the data, is not overlooked`, async () => {
    const bytes = smooth(500);
    const stored = await readAll(streamOf(bytes).pipeThrough(encode({ size: 500 })));
    const failure = new Error("the connection broke");
    const late = (then: (controller: ReadableStreamDefaultController<Uint8Array>) => void) => {
      let turn = 0;
      return new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (turn++ === 0) return controller.enqueue(stored);
          await new Promise((resolve) => setTimeout(resolve, 20));
          if (turn === 2) then(controller);
          else controller.close();
        },
      }, { highWaterMark: 0 });
    };
    const junk = late((controller) => controller.enqueue(Uint8Array.of(0x55)));
    await assertRejects(() => readAll(junk.pipeThrough(decode({ size: 500 }))), IntegrityError);
    const broken = late((controller) => controller.error(failure));
    const error = await assertRejects(() => readAll(broken.pipeThrough(decode({ size: 500 }))));
    assertStrictEquals(error, failure);
  });
}

Deno.test("an error of a decoder's own is damage, and names the format", async () => {
  registerCodec("picky", {
    load: () =>
      Promise.resolve({
        // deno-lint-ignore require-yield -- it fails before
        async *decode() {
          await Promise.resolve();
          throw new RangeError("bad magic");
        },
      }),
  });
  const error = await assertRejects(
    () => readAll(streamOf(smooth(9)).pipeThrough(decompress("picky"))),
    IntegrityError,
  );
  assert(error.message.startsWith("picky: bad magic"));
  assertInstanceOf(error.cause, RangeError);
});

Deno.test("arrays bring no codec's code: the contract and the table, and the rest when it is first used", async () => {
  for (const entry of ["lib/stored_arrays/raw.ts", "codecs/mod.ts"]) {
    const loaded = (await staticModules(entry)).filter((file) => file.startsWith("codecs/"));
    assertEquals(loaded.sort(), ["codecs/codec.ts", "codecs/mod.ts", "codecs/registry.ts"], entry);
  }
});

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/** The files that importing one brings at once. */
async function staticModules(entry: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", entry],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const { modules }: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const reached = new Set([new URL(entry, root).href]);
  for (const specifier of reached) {
    for (const { code, isDynamic } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code?.specifier && !isDynamic) reached.add(code.specifier);
    }
  }
  return [...reached].map((specifier) => specifier.replace(root.href, ""));
}

for (const { name } of listCodecs().written) {
  Deno.test(`${name}: bytes that are compressed in one call are the same as those of a stream`, async () => {
    const codec = codecNamed(name);
    for (const length of [0, 1, 1000, 64 * 1024, 64 * 1024 + 1]) {
      for (const bytes of [smooth(length), noise(length)]) {
        const streamed = await readAll(streamOf(bytes).pipeThrough(compress(name, { size: length })));
        const compressed = await compressBytes(name, bytes);
        assertEquals(compressed, streamed, `${length} bytes`);
        assertEquals(await readAll(streamOf(compressed).pipeThrough(codec.decode())), bytes);
      }
    }
    const tooHigh = Math.max(...listCodecs().written.map(({ levels }) => levels.max)) + 1;
    await assertRejects(
      () => compressBytes(name, new Uint8Array(), { level: tooHigh }),
      InvalidArgumentError,
      "levels",
    );
  });
}
