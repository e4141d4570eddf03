/**
 * Makes pictures in a worker, so that the page answers meanwhile; on the page's own thread where they are small, or no worker can be started.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { NDArray } from "../../../lib/array/mod.ts";
import type { Rgba } from "../../../lib/array/plotting/mod.ts";
import { abortable, type Resolvers, withResolvers } from "../../../lib/async.ts";
import { checkWorkerUrl, startWebWorker } from "../../../lib/web_worker.ts";
import { type Bars, pictureOf, type PictureParts, type PictureSettings, planeBars } from "./picture.ts";
import type { PictureAnswer, PictureRequest, PictureTask } from "./picture_worker.ts";
import { sampleSize, shownField } from "./pixels.ts";
import { type Room, thinned } from "./thinned.ts";

/** A picture of so many items is there sooner than a worker would have answered: two milliseconds. */
const SMALL = 2 ** 18;
/** So many are counted in a millisecond. */
const FEW = 2 ** 16;
/** How long a worker may take to begin, in milliseconds. */
const START_LIMIT = 5_000;

/** How a picture is to look. */
export interface PaintOptions {
  readonly settings: PictureSettings;
  /** The colour of what is not a number. */
  readonly missing: Rgba;
  /** Pixels of the screen that there are for the plane: no more are made. */
  readonly room: Room;
  /** Ends it, in the worker too. */
  readonly signal: AbortSignal;
}

/** A picture that was made. */
export interface Painted extends PictureParts {
  /** Of how many values the ends of the colours are percentiles; nothing where it is of all there are, or they are none. */
  readonly sample: number | undefined;
  /** How many values are where, once that is counted. */
  readonly bars: Promise<Bars | undefined>;
}

/**
 * Makes pictures; those of large screens, and the histograms of large planes, in the page's worker, which is started when it is first needed and stays. It has one task at a time: what waits for its turn holds
 * no more memory than what is seen of it.
 */
class Painter {
  #thread: Promise<PictureThread | undefined> | undefined;
  #turn: Promise<void> = Promise.resolve();

  /** Makes a picture. */
  async paint(plane: NDArray, { settings, missing, room, signal }: PaintOptions): Promise<Painted> {
    const items = shownField(plane, settings);
    // The least and the greatest value are those of all items.
    const seen = settings.range === "all" ? items : thinned(items, room);
    const sample = settings.view === "rgb" ? undefined : sampleSize(settings, seen.size, items.size);
    const drawn = seen.size > SMALL
      ? await this.#inWorker(signal, (thread) => thread.draw(seen, settings, missing, signal))
      : undefined;
    const picture = drawn ?? await pictureOf(seen, settings, missing, () => pause(signal));
    const bars = settings.view === "rgb" ? undefined : this.#count(items, settings, signal);
    return { ...picture, sample, bars: bars?.catch(() => undefined) ?? Promise.resolve(undefined) };
  }

  /** Counts values, once the picture is there: what a worker counts is a copy. */
  async #count(items: NDArray, settings: PictureSettings, signal: AbortSignal): Promise<Bars | undefined> {
    await pause(signal);
    const counted = items.size > FEW
      ? await this.#inWorker(signal, (thread) => thread.count(items, settings, signal))
      : undefined;
    return counted ?? await planeBars(items, settings, () => pause(signal));
  }

  /** Has the worker do something, once it has nothing else to do; nothing comes of it where there is none, or it was lost. */
  async #inWorker<T>(
    signal: AbortSignal,
    work: (thread: PictureThread) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const before = this.#turn;
    const { promise, resolve: done } = withResolvers<void>();
    this.#turn = before.then(() => promise);
    try {
      await abortable(before, signal);
      const thread = await abortable(this.#thread ??= startThread(), signal);
      const made = thread && await work(thread);
      if (made === undefined) this.#thread = Promise.resolve(undefined);
      return made;
    } finally {
      done();
    }
  }
}

/** That of this page. */
export const painter: Painter = new Painter();

/** Lets the page answer; rejects with the reason of a signal that has aborted. */
export async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  signal.throwIfAborted();
}

/** A worker that has begun, and its task. */
class PictureThread {
  readonly #worker: Worker;
  #answer: Resolvers<PictureAnswer | undefined> | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<PictureAnswer>) => this.#answer?.resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#answer?.resolve(undefined);
    };
  }

  /** A picture; nothing where the worker was lost. Rejects with the signal's reason once the worker has stopped. */
  async draw(
    plane: NDArray,
    settings: PictureSettings,
    missing: Rgba,
    signal: AbortSignal,
  ): Promise<PictureParts | undefined> {
    const answer = await this.#run({ kind: "draw", ...planeOf(plane), settings, missing }, signal);
    signal.throwIfAborted();
    if (answer?.kind === "error") throw new Error(answer.message);
    return answer?.kind === "picture" ? answer.picture : undefined;
  }

  /** How many values are where; as {@linkcode PictureThread.draw}. */
  async count(plane: NDArray, settings: PictureSettings, signal: AbortSignal): Promise<Bars | undefined> {
    const answer = await this.#run({ kind: "count", ...planeOf(plane), settings }, signal);
    signal.throwIfAborted();
    if (answer?.kind === "error") throw new Error(answer.message);
    return answer?.kind === "bars" ? answer.bars : undefined;
  }

  /** Does a task, the one before having ended. */
  async #run(task: PictureTask, signal: AbortSignal): Promise<PictureAnswer | undefined> {
    signal.throwIfAborted();
    const { promise, reject } = this.#answer = withResolvers<PictureAnswer | undefined>();
    const stop = () => this.#post({ kind: "stop" });
    signal.addEventListener("abort", stop, { once: true });
    try {
      this.#post(task, [task.bytes.buffer]);
    } catch (error) {
      reject(error);
    }
    return await promise.finally(() => signal.removeEventListener("abort", stop));
  }

  #post(request: PictureRequest, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(request, transfer);
  }
}

/** A plane for the worker: a copy, since it may be a view of what is kept. */
function planeOf(plane: NDArray): Pick<PictureTask, "bytes" | "header"> {
  const { dtype, shape } = plane;
  return { bytes: plane.toBytes(), header: { dtype, shape } };
}

/** Starts a worker; nothing where the page's policy forbids it, or its code does not come. */
async function startThread(): Promise<PictureThread | undefined> {
  try {
    const { PICTURE_WORKER_URL, PICTURE_WORKER_NAME } = await import("./picture_worker.ts");
    checkWorkerUrl(PICTURE_WORKER_URL, "picture_worker");
    const { worker, end } = startWebWorker(PICTURE_WORKER_URL, PICTURE_WORKER_NAME);
    const begun = await new Promise<boolean>((resolve) => {
      worker.onmessage = () => resolve(true);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve(false);
      };
      setTimeout(() => resolve(false), START_LIMIT);
    });
    if (begun) return new PictureThread(worker);
    end();
  } catch {
    // The page's own thread does the work.
  }
  return undefined;
}
