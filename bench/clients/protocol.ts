/**
 * What a client's process is told, and what it answers: lines of JSON. `main.ts` is this protocol's other end in Deno, `client.py` and `processes.py` in Python.
 *
 * @module
 */
import type { Profile } from "./profile.ts";
import type { S3Address } from "../versitygw.ts";

/** Bytes as clients take and give them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** How an array in parts is stored. */
export type PartsFormat = "chunked" | "zarr";

/** Where a slice begins and ends on each axis. */
export type Region = readonly (readonly [number, number])[];

/** What is measured. The bytes are those of the file that was loaded last. */
export type Work =
  /** Stores the data as one object; `codec` where they are an array to compress. `url` is presigned, for those who sign nothing. */
  | { readonly op: "put"; readonly key: string; readonly codec?: string; readonly url?: string }
  /** Reads an object, which must be the data. */
  | { readonly op: "get"; readonly key: string; readonly url?: string }
  /** The same as a `.npy` file. */
  | { readonly op: "putNpy" | "getNpy"; readonly key: string }
  /** Stores the data as an array of that shape, in parts. */
  | {
    readonly op: "putParts";
    readonly key: string;
    readonly format: PartsFormat;
    readonly shape: readonly number[];
    readonly part: readonly number[];
  }
  /** Reads a part of an array of that shape, which must be that of the data; `format` is `"raw"` for one object. */
  | {
    readonly op: "getSlice";
    readonly key: string;
    readonly format: PartsFormat | "raw";
    readonly shape: readonly number[];
    readonly region: Region;
  }
  /** So many objects or arrays of 1 KiB, several at once. */
  | {
    readonly op: "putMany" | "getMany" | "putArrays" | "getArrays";
    readonly prefix: string;
    readonly count: number;
    readonly atOnce: number;
  }
  /** Lists all keys below a prefix; `crc` is that of the keys, sorted, a line each. */
  | { readonly op: "list"; readonly prefix: string; readonly crc: number }
  /** Encodes the data; `file`, where given, receives the result. */
  | { readonly op: "encode"; readonly codec: string; readonly level: number; readonly file?: string }
  /** Decodes a file, which must become the data. */
  | { readonly op: "decode"; readonly codec: string; readonly file: string }
  /** Runs a process to its end; only `processes.py` does. */
  | { readonly op: "spawn"; readonly command: readonly string[] };

/** All that a client is told. */
export type Job =
  | Work
  /** Not measured: the data of the jobs that follow. */
  | { readonly op: "load"; readonly file: string }
  /** Not measured: the store is asked by another way from now on. */
  | { readonly op: "connect"; readonly address: S3Address }
  /** Does the work while V8 looks where it is. Only clients in Deno can. */
  | { readonly op: "profile"; readonly work: Work };

/** What some work took. */
export interface Took {
  /** Seconds by the clock. */
  readonly seconds: number;
  /** CPU seconds of all threads. */
  readonly cpu: number;
  /** The most memory that the process had meanwhile, in MiB: all of it, the data included. */
  readonly peak: number;
}

/** What a client answers: what the job took, nothing where nothing was measured, or why it failed. */
export type Answer = Took | { readonly done: true } | { readonly profile: Profile } | {
  readonly error: string;
};

/** How an interface encrypts, as {@linkcode Settings} can say it. */
export type Encryption = "AES" | "RSA" | "age";

/** What a client is started with. */
export interface Settings {
  /** The store, for those who need one. */
  readonly address?: S3Address;
  /** The folder of an earlier state of this repository, for `our-codecs`. */
  readonly root?: string;
  /** This package encrypts. */
  readonly encryption?: Encryption;
}

/** What a client in Deno can do; what it lacks it is not asked for. */
export interface Client {
  put?(key: string, data: Bytes, how: { readonly codec?: string; readonly url?: string }): Promise<void>;
  get?(key: string, size: number, url?: string): Promise<Uint8Array>;
  putNpy?(key: string, data: Bytes): Promise<void>;
  getNpy?(key: string): Promise<Uint8Array>;
  putParts?(key: string, data: Bytes, parts: Extract<Work, { op: "putParts" }>): Promise<void>;
  getSlice?(key: string, slice: Extract<Work, { op: "getSlice" }>): Promise<Uint8Array>;
  putSmall?(key: string, data: Bytes): Promise<void>;
  getSmall?(key: string): Promise<Uint8Array>;
  putArray?(key: string, array: Float32Array<ArrayBuffer>): Promise<void>;
  getArray?(key: string): Promise<Float32Array>;
  list?(prefix: string): Promise<string[]>;
  encode?(codec: string, level: number, data: Bytes): Promise<Uint8Array>;
  decode?(codec: string, stored: Bytes, size: number): Promise<Uint8Array>;
}

/** What must be there: fails where a client is asked for what it lacks. */
export function only<T>(value: T | null | undefined, what: string): T {
  if (value === undefined || value === null) throw new Error(`this client has no ${what}`);
  return value;
}
