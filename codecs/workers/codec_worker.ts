/**
 * Codecs on a thread of their own: the module that a worker begins with. Anywhere else it does nothing but tell where it is: beside the importing module
 * there may be a `.ts`, a `.js` or a bundler's chunk, and only the module itself knows.
 *
 * @module
 */
import { asError } from "../../lib/error_context.ts";
import { CottonCandyError, type ErrorCode } from "../../lib/errors.ts";
import { streamFrom } from "../../lib/streams/mod.ts";
import type { DecodeOptions, EncodeOptions } from "../codec.ts";
import { compress, decompress } from "../registry.ts";
import { Duplex, type DuplexMessage } from "./duplex.ts";

/** This module's address. */
export const WORKER_URL: string = import.meta.url;
/** What a worker is named (or, in Node, given as its data) to begin with this module. */
export const WORKER_NAME = "cottoncandy-codecs";

/** What a worker is to do with a stream. */
export type CodecTask =
  | { readonly direction: "compress"; readonly codec: string; readonly options: EncodeOptions }
  | { readonly direction: "decompress"; readonly codec: string; readonly options: DecodeOptions };

/** An error on its way between threads, where classes are lost. */
export interface ToldError {
  /** What kind of `CottonCandyError` it is, if it is one. */
  readonly code?: ErrorCode;
  readonly name: string;
  readonly message: string;
  readonly cause?: ToldError;
}

/** What the calling thread tells a worker; `job` is a number for each stream. */
export type Request =
  & { readonly job: number }
  & (DuplexMessage | { readonly kind: "start"; readonly task: CodecTask } | { readonly kind: "cancel" });

/** What a worker answers. */
export type Answer =
  /** It takes requests now. */
  | { readonly kind: "ready" }
  | { readonly job: number } & (DuplexMessage | { readonly kind: "error"; readonly error: ToldError });

/** The worker's side of its port, however the platform calls it. */
interface Port {
  post(answer: Answer, transfer?: ArrayBuffer[]): void;
  receive(accept: (request: Request) => void): void;
}

/** The names of a web worker's global scope that are used here. */
interface WebScope {
  readonly name: string;
  postMessage(answer: Answer, transfer: ArrayBuffer[]): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
}

function webPort(scope: object): Port | undefined {
  if (!isWebScope(scope)) return undefined;
  return {
    post: (answer, transfer = []) => scope.postMessage(answer, transfer),
    receive: (accept) => scope.onmessage = ({ data }) => accept(data),
  };
}

/** A page's own worker may import this library: only the name tells that this one is ours. */
function isWebScope(scope: object): scope is WebScope {
  return "WorkerGlobalScope" in scope && "name" in scope && scope.name === WORKER_NAME;
}

function nodePort(): Port | undefined {
  const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads");
  const port = threads?.workerData === WORKER_NAME ? threads.parentPort : null;
  if (!port) return undefined;
  return {
    post: (answer, transfer = []) => port.postMessage(answer, transfer),
    receive: (accept) => void port.on("message", accept),
  };
}

function serve(port: Port): void {
  const jobs = new Map<number, Duplex>();
  port.receive(async (request) => {
    const { job } = request;
    if (request.kind === "cancel") {
      jobs.get(job)?.break(new CottonCandyError("nobody waits for this any more"));
      jobs.delete(job);
    } else if (request.kind === "start") {
      const duplex = new Duplex((message, transfer) => port.post({ job, ...message }, transfer));
      jobs.set(job, duplex);
      try {
        await duplex.sendJoined(
          streamFrom(duplex.received({ kept: request.task.direction === "decompress" })).pipeThrough(
            stageOf(request.task),
          ),
        );
      } catch (error) {
        // Who cancelled has no use for it, and drops it.
        port.post({ job, kind: "error", error: toldError(error) });
      }
      jobs.delete(job);
    } else {
      jobs.get(job)?.accept(request);
    }
  });
  port.post({ kind: "ready" });
}

function stageOf(task: CodecTask) {
  return task.direction === "compress"
    ? compress(task.codec, task.options)
    : decompress(task.codec, task.options);
}

function toldError(thrown: unknown): ToldError {
  const { name, message, cause } = asError(thrown);
  return {
    ...(thrown instanceof CottonCandyError && { code: thrown.code }),
    name,
    message,
    ...(cause !== undefined && { cause: toldError(cause) }),
  };
}

const port = webPort(globalThis) ?? nodePort();
if (port) serve(port);
