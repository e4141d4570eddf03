/**
 * Codecs in a pool of workers: threads of their own, which are there only while somebody has work for them. Loaded on first use.
 *
 * @module
 */
import { withResolvers } from "../../lib/async.ts";
import { isGranted } from "../../lib/environment.ts";
import { errorOf, messageOf, shown } from "../../lib/error_context.ts";
import { checkWorkerUrl, startWebWorker } from "../../lib/web_worker.ts";
import { CottonCandyError, InvalidArgumentError } from "../../lib/errors.ts";
import { type ByteIterable, GeneratorTransform, streamFrom } from "../../lib/streams/mod.ts";
import { type OnWarning, warnOncePerKind } from "../../lib/warnings.ts";
import type { ByteTransform, DecodeOptions, EncodeOptions, Pieces } from "../codec.ts";
import { type AnyCodecName, codecNamed, compress, isBuiltIn } from "../registry.ts";
import type { Answer, CodecTask, Request, ToldError } from "./codec_worker.ts";
import { Duplex } from "./duplex.ts";

/** How many workers there are at most where nobody says: one thread feeds them all. */
const MOST = 4;
/** How long a worker may take to begin, in milliseconds: it takes 50, and more where its code comes over a network. */
const START_LIMIT = 15_000;

/** The workers there are. They are shared by all operations, and end with the last of these. */
let pool: readonly CodecWorker[] = [];
let users = 0;
/** Why no worker can be started here; once that is known, none is tried. */
let impossible: string | undefined;

/** Stages of one operation, which workers run. */
export interface WorkerStages {
  /** A stage that compresses; wrong options throw at once. */
  compress(codec: AnyCodecName, options: EncodeOptions): ByteTransform;
  /** A stage that decompresses. A piece that comes out holds until the next one is asked for. */
  decompress(codec: AnyCodecName, options: DecodeOptions): ByteTransform;
  /** To be called once all stages have ended. */
  close(): void;
}

/**
 * Throws for what is no number of workers.
 *
 * @throws {InvalidArgumentError}
 */
export function checkWorkers(workers: number | undefined): void {
  if (workers === undefined || Number.isSafeInteger(workers) && workers > 0) return;
  throw new InvalidArgumentError(
    `workers is a positive whole number, or false for none, not ${shown(workers)}`,
  );
}

/**
 * Takes part in the pool until `close` is called. Stages run on the calling thread where no worker can be started, and those of codecs that a program has
 * registered always do.
 *
 * @param work What most stages do.
 * @param workers How many workers there may be; default {@linkcode usualWorkers}.
 * @param onWarning Is told where a number is given and no worker can be started. Who gave none has lost nothing that was promised.
 * @param streams How many stages work at once.
 * @returns Nothing where no workers are usual and no number is given.
 */
export function joinWorkers(
  work: CodecTask["direction"],
  workers?: number,
  onWarning: OnWarning = warnOncePerKind,
  streams: "one" | "several" = "several",
): WorkerStages | undefined {
  const most = workers ?? usualWorkers(work, streams);
  if (most === 0) return undefined;
  const stage = (task: CodecTask, here: ByteTransform): ByteTransform => {
    if (!isBuiltIn(task.codec)) return here;
    return new GeneratorTransform(async function* (source) {
      const worker = await pickWorker(most);
      if (worker) return yield* worker.run(task, source);
      if (impossible !== undefined && workers !== undefined) {
        onWarning({
          kind: "workers",
          message: `codecs run on the calling thread, since no worker can be started: ${impossible}`,
        });
      }
      yield* streamFrom(source).pipeThrough(here);
    });
  };
  users++;
  return {
    // The calling thread's own stage is made first: what is wrong with the options shows at once.
    compress: (codec, options) => stage({ direction: "compress", codec, options }, compress(codec, options)),
    decompress: (codec, options) =>
      stage({ direction: "decompress", codec, options }, codecNamed(codec).decode(options)),
    close: leaveOnce(),
  };
}

/** Whether there is a worker, or one is being started: then it takes small streams, too, at no cost. */
export function areWorkersThere(): boolean {
  return pool.length > 0;
}

/**
 * Starts a worker that is there until `close` is called: for a page whose reads are small, but many, and must not hold its thread up.
 */
export function holdWorker(): Pick<WorkerStages, "close"> {
  users++;
  pickWorker(1).then((worker) => {
    if (worker) worker.load--;
  });
  return { close: leaveOnce() };
}

/** To be called by a user of the pool that joined it: the last one to leave ends it. */
function leaveOnce(): () => void {
  let joined = true;
  return () => {
    if (joined) users--;
    joined = false;
    if (users > 0) return;
    for (const worker of pool) worker.end("its work was over");
  };
}

/**
 * How many workers pay on this machine, 0 for none (measured by bench/workers.ts). Who writes several streams has little to do but to wait for them; who
 * writes one (slower by a fifth with two processors) or reads has work meanwhile, and with two processors nothing is gained. In Node the zlib works on threads of its own, and in Bun it takes less than what workers cost.
 */
export function usualWorkers(
  work: CodecTask["direction"],
  streams: "one" | "several" = "several",
): number {
  if (nodeThreads()) return 0;
  const { hardwareConcurrency = 1 } = navigator;
  const spare = work === "compress" && streams === "several" ? 0 : 1;
  const usual = Math.min(MOST, hardwareConcurrency - spare);
  return usual < 2 ? 0 : usual;
}

/** A worker that has the least to do, or a new one, once it has begun; none where none can be started. */
async function pickWorker(most: number): Promise<CodecWorker | undefined> {
  if (impossible !== undefined) return undefined;
  let worker = pool.toSorted((a, b) => a.load - b.load).at(0);
  if (!worker || worker.load > 0 && pool.length < most) pool = [...pool, worker = new CodecWorker()];
  worker.load++;
  if (await worker.started) return worker;
  worker.load--;
  return undefined;
}

/** A worker, and the streams that it works on. */
class CodecWorker {
  /** Whether it takes work, once that is known. */
  readonly started: Promise<boolean>;
  /** How many streams it has, or will have. */
  load = 0;
  readonly #begun = withResolvers<boolean>();
  readonly #jobs = new Map<number, Duplex>();
  #jobCount = 0;
  #compressing: Promise<void> = Promise.resolve();
  #thread: Thread | undefined;

  /** Begins to start one. */
  constructor() {
    this.started = this.#begun.promise;
    this.#start();
  }

  /** Runs a stream through a codec there. */
  async *run(task: CodecTask, source: ByteIterable): Pieces {
    const job = ++this.#jobCount;
    const duplex = new Duplex((message, transfer) => this.#thread?.post({ job, ...message }, transfer));
    this.#jobs.set(job, duplex);
    const encodes = task.direction === "compress";
    const ended = withResolvers<void>();
    try {
      if (encodes) {
        // One after the other, so that the first part is on its way while the next is compressed. What is read can't wait: its connection is open.
        const before = this.#compressing;
        this.#compressing = ended.promise;
        await before;
      }
      this.#thread?.post({ job, kind: "start", task });
      // What an encoder makes of its input may depend on how that is cut, and is to be the same as on this thread.
      const sending = encodes ? duplex.send(source) : duplex.sendJoined(source);
      // What the source fails with is what the stage fails with.
      sending.catch((reason) => duplex.break(reason));
      yield* duplex.received({ kept: encodes });
    } finally {
      ended.resolve();
      this.load--;
      this.#jobs.delete(job);
      duplex.break(new CottonCandyError("the stream has ended"));
      this.#thread?.post({ job, kind: "cancel" });
    }
  }

  /** Ends it, whatever it is doing. */
  end(why: string): void {
    pool = pool.filter((each) => each !== this);
    this.#thread?.end();
    this.#thread = undefined;
    this.#begun.resolve(false);
    const error = new CottonCandyError(
      `a worker ended before a stream through it did: ${why}; try again, or without workers (\`workers: false\`)`,
    );
    for (const duplex of this.#jobs.values()) duplex.break(error);
  }

  async #start(): Promise<void> {
    const timer = setTimeout(
      () => this.#lost(`one did not begin within ${START_LIMIT / 1000} seconds`),
      START_LIMIT,
    );
    this.started.finally(() => clearTimeout(timer));
    try {
      const { WORKER_URL, WORKER_NAME } = await import("./codec_worker.ts");
      // It may have been ended meanwhile.
      if (!pool.includes(this)) return;
      this.#thread = startThread(WORKER_URL, WORKER_NAME, {
        answer: (answer) => this.#accept(answer),
        lost: (why) => this.#lost(why),
      });
    } catch (error) {
      this.#lost(messageOf(error));
    }
  }

  #accept(answer: Answer): void {
    if (answer.kind === "ready") return this.#begun.resolve(true);
    const duplex = this.#jobs.get(answer.job);
    if (answer.kind === "error") duplex?.failed(restoredError(answer.error));
    else duplex?.accept(answer);
  }

  /** It failed by itself. One that never began will not begin the next time either. */
  async #lost(why: string): Promise<void> {
    this.#begun.resolve(false);
    if (!await this.started) impossible ??= why;
    this.end(why);
  }
}

/** A worker as the platform has it. */
interface Thread {
  post(request: Request, transfer?: ArrayBuffer[]): void;
  end(): void;
}

/** What is heard of one. */
interface ThreadEvents {
  answer(answer: Answer): void;
  lost(why: string): void;
}

/** Starts a worker with a module of this library; throws where that can't be. */
function startThread(url: string, name: string, events: ThreadEvents): Thread {
  checkWorkerUrl(url, "codec_worker");
  return nodeThread(url, name, events) ?? webThread(url, name, events);
}

/** Node's threads, in Node; and in Bun, where a web worker doesn't know its name. */
function nodeThreads(): typeof import("node:worker_threads") | undefined {
  if (typeof Deno !== "undefined") return undefined;
  return globalThis.process?.getBuiltinModule?.("node:worker_threads");
}

function nodeThread(url: string, name: string, events: ThreadEvents): Thread | undefined {
  const threads = nodeThreads();
  if (!threads) return undefined;
  const worker = new threads.Worker(new URL(url), { workerData: name });
  worker.on("message", events.answer);
  worker.on("error", (error) => events.lost(messageOf(error)));
  worker.on("exit", () => events.lost("its thread ended"));
  return {
    post: (request, transfer) => worker.postMessage(request, transfer),
    end: () => void worker.terminate(),
  };
}

/** In pages and in Deno. */
function webThread(url: string, name: string, events: ThreadEvents): Thread {
  if (typeof Worker === "undefined") throw new CottonCandyError("the platform has none");
  // Deno would print an error, or ask.
  if (url.startsWith("file:") && !isGranted({ name: "read", path: new URL(url) })) {
    throw new CottonCandyError("Deno was not allowed to read their code (--allow-read)");
  }
  const { worker, end } = startWebWorker(url, name);
  worker.onmessage = ({ data }: MessageEvent<Answer>) => events.answer(data);
  worker.onerror = (event) => {
    event.preventDefault();
    events.lost(event.message || "their code could not be loaded");
  };
  return { post: (request, transfer = []) => worker.postMessage(request, transfer), end };
}

function restoredError({ code, name, message, cause }: ToldError): Error {
  const details = cause === undefined ? {} : { cause: restoredError(cause) };
  if (code !== undefined && code !== "Partial") return errorOf(code, message, details);
  return Object.assign(new Error(message, details), { name });
}
