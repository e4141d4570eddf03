/**
 * Clients that are measured, each in a process of its own: this package, the AWS SDK, `fetch`, node:zlib. It is told what to do in lines of JSON, and answers each
 * with the seconds and the CPU seconds that it took ({@linkcode Job}, {@linkcode Answer}); `client.py` does the same for Python.
 *
 *     deno run -A bench/client.ts ours '{"address": {"endpoint": …}}'
 *
 * @module
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { TextLineStream } from "../tests/interop/lines.ts";
import type { S3Address } from "./versitygw.ts";

/** What a client is to do. The bytes are those of the file that was loaded last. */
export type Job =
  /** Not measured: the data of the jobs that follow. */
  | { readonly op: "load"; readonly file: string }
  /** Stores the data as one object; `codec` where they are an array to compress. */
  | { readonly op: "put"; readonly key: string; readonly codec?: string }
  /** Reads an object, which must be the data. */
  | { readonly op: "get"; readonly key: string; readonly url?: string }
  /** So many objects or arrays of 1 KiB, several at once. */
  | {
    readonly op: "putMany" | "getMany" | "putArrays" | "getArrays";
    readonly prefix: string;
    readonly count: number;
    readonly atOnce: number;
  }
  /** Encodes the data; `file`, where given, receives the result. */
  | { readonly op: "encode"; readonly codec: string; readonly level: number; readonly file?: string }
  /** Decodes a file, which must become the data. */
  | { readonly op: "decode"; readonly codec: string; readonly file: string }
  /** Runs a process to its end; only Python sees what the CPU time of another process is. */
  | { readonly op: "spawn"; readonly command: readonly string[] };

/** What a job took: seconds by the clock, and CPU seconds of all threads. */
export interface Took {
  readonly seconds: number;
  readonly cpu: number;
}

/** What a client answers: what the job took, or why it failed. */
export type Answer = Took | { readonly error: string };

/** What a client is started with. */
export interface Settings {
  /** The store, for those who need one. */
  readonly address?: S3Address;
  /** The folder of an earlier state of this repository, for `our-codecs`. */
  readonly root?: string;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** What a client can do; what it lacks it is not asked for. */
interface Client {
  put?(key: string, data: Bytes, codec?: string): Promise<void>;
  get?(key: string, size: number, url?: string): Promise<Uint8Array>;
  putSmall?(key: string, data: Bytes): Promise<void>;
  getSmall?(key: string): Promise<Uint8Array>;
  putArray?(key: string, array: Float32Array<ArrayBuffer>): Promise<void>;
  getArray?(key: string): Promise<Float32Array>;
  encode?(codec: string, level: number, data: Bytes): Promise<Uint8Array>;
  decode?(codec: string, stored: Bytes, size: number): Promise<Uint8Array>;
}

function only<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`this client has no ${what}`);
  return value;
}

/** This package; `into`: arrays are read into memory that was used before. */
async function ours(settings: Settings, reuse: boolean): Promise<Client> {
  const { getInterface } = await import("../mod.ts");
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = only(settings.address, "address");
  const cci = await getInterface(`s3://${bucket}?endpoint=${endpoint}&region=${region}`, {
    credentials: { accessKeyId, secretAccessKey },
  });
  let memory: Float32Array<ArrayBuffer> | undefined;
  return {
    async put(key, data, codec) {
      await cci.uploadRawArray(key, new Float32Array(data.buffer), { compression: codec ?? false });
    },
    async get(key, size) {
      if (reuse) memory ??= new Float32Array(size / 4).fill(1);
      const { data } = await cci.downloadRawArray(key, memory && { into: memory });
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    },
    async putSmall(key, data) {
      await cci.uploadObject(key, data);
    },
    getSmall: (key) => cci.downloadObject(key),
    async putArray(key, array) {
      await cci.uploadRawArray(key, array, { compression: false });
    },
    async getArray(key) {
      const array = await cci.downloadRawArray(key);
      if (!array.is("<f4")) throw new Error(`an array of ${array.dtype} came back`);
      return array.data;
    },
    ...await ourCodecs({}),
  };
}

/** This package's codecs alone, as they are or as they were. */
async function ourCodecs({ root = new URL("../", import.meta.url).href }: Settings): Promise<Client> {
  const { compress, decompress }: typeof import("../codecs/mod.ts") = await import(`${root}codecs/mod.ts`);
  const streams: typeof import("../lib/streams/mod.ts") = await import(`${root}lib/streams/mod.ts`);
  const { fill, readAll, streamOf } = streams;
  return {
    encode: (codec, level, data) =>
      readAll(streamOf(data).pipeThrough(compress(codec, { level, size: data.length }))),
    async decode(codec, stored, size) {
      const target = new Uint8Array(size);
      await fill(streamOf(stored).pipeThrough(decompress(codec, { size })), target);
      return target;
    },
  };
}

async function sdk(settings: Settings, managed: boolean): Promise<Client> {
  const { GetObjectCommand, PutObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  const { address } = settings;
  const { endpoint, region, bucket: Bucket, accessKeyId, secretAccessKey } = only(address, "address");
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  const put = async (Key: string, Body: Bytes) =>
    void await client.send(new PutObjectCommand({ Bucket, Key, Body }));
  const get = async (Key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return await only(Body, "body").transformToByteArray();
  };
  if (!managed) return { put, get, putSmall: put, getSmall: get };
  // deno-lint-ignore no-import-prefix -- not a dependency of the package, but of this bench alone
  const { Upload } = await import("npm:@aws-sdk/lib-storage@3.1169.0");
  return {
    put: async (Key, Body) => void await new Upload({ client, params: { Bucket, Key, Body } }).done(),
  };
}

/** What the wire gives: no signing, no checksum. `copy`: into a new array. */
function bare(copy: boolean): Client {
  return {
    async get(_key, size, url) {
      const bytes = new Uint8Array(await (await fetch(only(url, "URL"))).arrayBuffer());
      if (!copy) return bytes;
      const array = new Uint8Array(size);
      array.set(bytes);
      return array;
    },
  };
}

async function nodeZlib(): Promise<Client> {
  const zlib = await import("node:zlib");
  const { promisify } = await import("node:util");
  const zstd = (level: number) => ({ params: { [zlib.constants.ZSTD_c_compressionLevel]: level } });
  return {
    encode: (codec, level, data) =>
      codec === "Zstd"
        ? promisify(zlib.zstdCompress)(data, zstd(level))
        : promisify(zlib.gzip)(data, { level }),
    decode: (codec, stored) =>
      codec === "Zstd" ? promisify(zlib.zstdDecompress)(stored) : promisify(zlib.gunzip)(stored),
  };
}

const CLIENTS: Readonly<Record<string, (settings: Settings) => Client | Promise<Client>>> = {
  "ours": (settings) => ours(settings, false),
  "ours-into": (settings) => ours(settings, true),
  "our-codecs": ourCodecs,
  "sdk": (settings) => sdk(settings, false),
  "lib-storage": (settings) => sdk(settings, true),
  "fetch": () => bare(false),
  "fetch-copy": () => bare(true),
  "node-zlib": nodeZlib,
};

/** What earlier jobs left is not to be cleared away while another one is measured; there is nothing to call without `--expose-gc`. */
const collectGarbage: (() => void) | undefined = Reflect.get(globalThis, "gc");

/** What is between two calls: seconds, and CPU seconds of all threads of this process. */
async function measured<T>(work: () => Promise<T>): Promise<Took & { readonly result: T }> {
  collectGarbage?.();
  const before = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { result, seconds, cpu: (user + system) / 1e6 };
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

const bytesOf = ({ buffer }: Float32Array): Uint8Array<ArrayBuffer> => new Uint8Array(buffer as ArrayBuffer);

async function serve(client: Client): Promise<void> {
  let data: Bytes = new Uint8Array();
  const run = async (job: Job): Promise<Took> => {
    if (job.op === "load") {
      data = await Deno.readFile(job.file);
      return { seconds: 0, cpu: 0 };
    }
    if (job.op === "put") {
      return await measured(() => only(client.put, "put")(job.key, data, job.codec));
    }
    if (job.op === "get") {
      const { result, ...took } = await measured(() =>
        only(client.get, "get")(job.key, data.length, job.url)
      );
      check(result, data);
      return took;
    }
    if (job.op === "encode") {
      const { result, ...took } = await measured(() =>
        only(client.encode, "encode")(job.codec, job.level, data)
      );
      if (job.file) await Deno.writeFile(job.file, result);
      return took;
    }
    if (job.op === "decode") {
      const stored = await Deno.readFile(job.file);
      const { result, ...took } = await measured(() =>
        only(client.decode, "decode")(job.codec, stored, data.length)
      );
      check(result, data);
      return took;
    }
    if (job.op === "spawn") throw new Error("this client runs no processes");
    const { op, prefix, count, atOnce } = job;
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
    return await measured(() => many(count, atOnce, one));
  };
  const output = Deno.stdout.writable.getWriter();
  const encoder = new TextEncoder();
  const answer = (value: Answer) => output.write(encoder.encode(`${JSON.stringify(value)}\n`));
  for await (
    const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
  ) {
    try {
      const { seconds, cpu } = await run(JSON.parse(line));
      await answer({ seconds, cpu });
    } catch (error) {
      await answer({ error: error instanceof Error ? error.stack ?? error.message : String(error) });
    }
  }
}

const [name, settings] = Deno.args;
const make = CLIENTS[name];
if (!make) throw new Error(`no client "${name}"; there are ${Object.keys(CLIENTS).join(", ")}`);
await serve(await make(JSON.parse(settings)));
