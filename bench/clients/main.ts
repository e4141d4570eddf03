/**
 * A client that is measured, in a process of its own: it is told what to do in lines of JSON, and answers each with what that took (`protocol.ts`); `client.py`
 * does the same for Python.
 *
 *     deno run -A bench/clients/main.ts ours '{"address": {"endpoint": …}}'
 *
 * @module
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { crc32 } from "../../lib/checksums.ts";
import { TextLineStream } from "../../tests/interop/lines.ts";
import { peakRss, resetPeak } from "../rss.ts";
import { bare, webCrypto } from "./floor.ts";
import { ourCodecs, ours } from "./ours.ts";
import { age, nodeZlib, s3mini, sdk, zarrita } from "./peers.ts";
import { profiled } from "./profile.ts";
import {
  type Answer,
  type Bytes,
  type Client,
  type Job,
  only,
  type Region,
  type Settings,
  type Took,
  type Work,
} from "./protocol.ts";

const CLIENTS: Readonly<Record<string, (settings: Settings) => Client | Promise<Client>>> = {
  "ours": (settings) => ours(settings, false),
  "ours-into": (settings) => ours(settings, true),
  "our-codecs": ourCodecs,
  "sdk": (settings) => sdk(settings, false),
  "lib-storage": (settings) => sdk(settings, true),
  "s3mini": s3mini,
  "zarrita": zarrita,
  "age": age,
  "fetch": () => bare("fetch"),
  "fetch-copy": () => bare("fetch", true),
  "node-http": () => bare("node:http"),
  "webcrypto": webCrypto,
  "node-zlib": nodeZlib,
};

/** What earlier jobs left is not to be cleared away while another one is measured; there is nothing to call without `--expose-gc`. */
const collectGarbage: (() => void) | undefined = Reflect.get(globalThis, "gc");

/** What is between two calls. */
async function measured<T>(work: () => Promise<T>): Promise<{ readonly took: Took; readonly result: T }> {
  collectGarbage?.();
  await resetPeak();
  const before = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { result, took: { seconds, cpu: (user + system) / 1e6, peak: await peakRss() } };
}

function check(found: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(found, expected) !== 0) throw new Error("what came back are other bytes");
}

/** Calls `work` for all numbers below `count`, so many at once. */
async function many(count: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** One kibibyte, another one for each index. */
function small(index: number): Float32Array<ArrayBuffer> {
  return new Float32Array(256).map((_, i) => index + i);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Bytes =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** The bytes of a part of a matrix of float32, row by row. */
function partOf(data: Bytes, [, width]: readonly number[], [rows, columns]: Region): Bytes {
  const length = (columns[1] - columns[0]) * 4;
  const part = new Uint8Array((rows[1] - rows[0]) * length);
  for (let row = rows[0]; row < rows[1]; row++) {
    const start = (row * width + columns[0]) * 4;
    part.set(data.subarray(start, start + length), (row - rows[0]) * length);
  }
  return part;
}

/** Does some work with a client, measured, and holds what comes back against the data. */
async function run(client: Client, data: Bytes, work: Work): Promise<Took> {
  const compared = async (get: () => Promise<Uint8Array>, expected: () => Bytes = () => data) => {
    const { result, took } = await measured(get);
    check(result, expected());
    return took;
  };
  const { key = "" } = "key" in work ? work : {};
  switch (work.op) {
    case "put":
      return (await measured(() => only(client.put, work.op)(key, data, work))).took;
    case "get":
      return await compared(() => only(client.get, work.op)(key, data.length, work.url));
    case "putNpy":
      return (await measured(() => only(client.putNpy, work.op)(key, data))).took;
    case "getNpy":
      return await compared(() => only(client.getNpy, work.op)(key));
    case "putParts":
      return (await measured(() => only(client.putParts, work.op)(key, data, work))).took;
    case "getSlice":
      return await compared(
        () => only(client.getSlice, work.op)(key, work),
        () => partOf(data, work.shape, work.region),
      );
    case "list": {
      const { result, took } = await measured(() => only(client.list, work.op)(work.prefix));
      const found = crc32(new TextEncoder().encode(result.toSorted().join("\n")));
      if (found !== work.crc) throw new Error(`${result.length} other keys were listed`);
      return took;
    }
    case "encode": {
      const { result, took } = await measured(() =>
        only(client.encode, work.op)(work.codec, work.level, data)
      );
      if (work.file) await Deno.writeFile(work.file, result);
      return took;
    }
    case "decode": {
      const stored = await Deno.readFile(work.file);
      return await compared(() => only(client.decode, work.op)(work.codec, stored, data.length));
    }
    case "spawn":
      throw new Error("this client runs no processes");
    default: {
      const { op, prefix, count, atOnce } = work;
      const one: (index: number) => Promise<void> = {
        putMany: (index: number) => only(client.putSmall, op)(`${prefix}${index}`, bytesOf(small(index))),
        getMany: async (index: number) =>
          check(await only(client.getSmall, op)(`${prefix}${index}`), bytesOf(small(index))),
        putArrays: (index: number) => only(client.putArray, op)(`${prefix}${index}`, small(index)),
        getArrays: async (index: number) => {
          const { buffer, byteOffset, byteLength } = await only(client.getArray, op)(`${prefix}${index}`);
          check(new Uint8Array(buffer, byteOffset, byteLength), bytesOf(small(index)));
        },
      }[op];
      return (await measured(() => many(count, atOnce, one))).took;
    }
  }
}

/** Answers jobs until there are no more. */
async function serve(make: () => Client | Promise<Client>, connect: Connect): Promise<void> {
  let client = await make();
  let data: Bytes = new Uint8Array();
  const answerTo = async (job: Job): Promise<Answer> => {
    if (job.op === "load") {
      data = await Deno.readFile(job.file);
      return { done: true };
    }
    if (job.op === "connect") {
      client = await connect(job.address);
      return { done: true };
    }
    if (job.op === "profile") return { profile: await profiled(() => run(client, data, job.work)) };
    return await run(client, data, job);
  };
  const output = Deno.stdout.writable.getWriter();
  const encoder = new TextEncoder();
  const answer = (value: Answer) => output.write(encoder.encode(`${JSON.stringify(value)}\n`));
  for await (
    const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
  ) {
    try {
      await answer(await answerTo(JSON.parse(line)));
    } catch (error) {
      await answer({ error: error instanceof Error ? error.stack ?? error.message : String(error) });
    }
  }
}

/** Makes the client anew, for another way to the store. */
type Connect = (address: Settings["address"]) => Client | Promise<Client>;

const [name, text] = Deno.args;
const make = CLIENTS[name];
if (!make) throw new Error(`no client "${name}"; there are ${Object.keys(CLIENTS).join(", ")}`);
const settings: Settings = JSON.parse(text);
await serve(() => make(settings), (address) => make({ ...settings, address }));
