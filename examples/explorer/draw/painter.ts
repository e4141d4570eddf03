/**
 * Makes pictures in a worker, so that the page answers meanwhile; on the page's own thread where they are small, or no worker can be started.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { NDArray } from "../../../lib/array/mod.ts";
import type { ImagePixels, Rgba, ValueRange } from "../../../lib/array/plotting/mod.ts";
import { abortable, type Resolvers, withResolvers } from "../../../lib/async.ts";
import { checkWorkerUrl, startWebWorker } from "../../../lib/web_worker.ts";
import { type Bars, pictureOf, type PictureSettings } from "./picture.ts";
import type { PictureAnswer, PictureTask } from "./picture_worker.ts";

/** A picture of up to so many items is there sooner than a worker would have answered. */
const SMALL = 2 ** 16;
/** How long a worker may take to begin, in milliseconds. */
const START_LIMIT = 5_000;

/** A picture that was made. */
export interface Painted {
  readonly pixels: ImagePixels;
  /** The values at the ends of the colours; nothing where colours are the array's own, or no value counts. */
  readonly range: ValueRange | undefined;
  /** How many values are where, once that is counted. */
  readonly bars: Promise<Bars | undefined>;
}

/**
 * The worker of a page, which is started at the first large picture and stays. It has one plane at a time: what waits for its turn holds no memory of its own.
 */
class Painter {
  #thread: Promise<PictureThread | undefined> | undefined;
  #turn: Promise<void> = Promise.resolve();

  /**
   * Makes a picture.
   *
   * @param signal Takes it out of the queue; of what has begun, nobody waits for the end.
   */
  async paint(
    plane: NDArray,
    settings: PictureSettings,
    missing: Rgba,
    signal: AbortSignal,
  ): Promise<Painted> {
    if (plane.size <= SMALL) return paintHere(plane, settings, missing);
    const before = this.#turn;
    const turn = withResolvers<void>();
    this.#turn = before.then(() => turn.promise);
    let worked: Promise<unknown> = Promise.resolve();
    try {
      await abortable(before, signal);
      const thread = await abortable(this.#thread ??= startThread(), signal);
      if (thread) {
        const { picture, bars } = thread.run(taskOf(plane, settings, missing));
        worked = bars;
        const made = await abortable(picture, signal);
        if (made) return { ...made, bars };
        this.#thread = Promise.resolve(undefined);
      }
      return paintHere(plane, settings, missing);
    } finally {
      worked.then(() => turn.resolve());
    }
  }
}

/** That of this page. */
export const painter: Painter = new Painter();

function paintHere(plane: NDArray, settings: PictureSettings, missing: Rgba): Painted {
  const { pixels, range, count } = pictureOf(plane, settings, missing);
  return { pixels, range, bars: new Promise((resolve) => setTimeout(() => resolve(count()))) };
}

/** What the worker needs of a plane: a copy, since the plane may be a view of what is kept. */
function taskOf(plane: NDArray, settings: PictureSettings, missing: Rgba): PictureTask {
  const { field } = settings;
  const items = plane.fields && field !== undefined ? plane.field(field) : plane;
  const { dtype, shape } = items;
  return { bytes: items.toBytes(), header: { dtype, shape }, settings, missing };
}

/** A worker that has begun, and its task. */
class PictureThread {
  readonly #worker: Worker;
  #picture: Resolvers<Omit<Painted, "bars"> | undefined> | undefined;
  #bars: Resolvers<Bars | undefined> | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<PictureAnswer>) => this.#accept(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#picture?.resolve(undefined);
      this.#bars?.resolve(undefined);
    };
  }

  /** Begins a task, the one before having ended. There is no picture where the worker was lost; `bars` comes last, and never rejects. */
  run(task: PictureTask): {
    readonly picture: Promise<Omit<Painted, "bars"> | undefined>;
    readonly bars: Promise<Bars | undefined>;
  } {
    const picture = this.#picture = withResolvers<Omit<Painted, "bars"> | undefined>();
    const bars = this.#bars = withResolvers<Bars | undefined>();
    this.#worker.postMessage(task, [task.bytes.buffer]);
    return { picture: picture.promise, bars: bars.promise };
  }

  #accept(answer: PictureAnswer): void {
    if (answer.kind === "picture") this.#picture?.resolve(answer);
    else if (answer.kind === "bars") this.#bars?.resolve(answer.bars);
    else if (answer.kind === "error") {
      this.#picture?.reject(new Error(answer.message));
      this.#bars?.resolve(undefined);
    }
  }
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
