/**
 * Pictures on a thread of their own: the module that the page's worker begins with. Anywhere else it does nothing but tell where it is.
 *
 * @module
 */
import { arrayFromBytes, type ArrayHeader } from "../../../lib/array/mod.ts";
import type { Rgba } from "../../../lib/array/plotting/mod.ts";
import { detach } from "../../../lib/bytes.ts";
import { messageOf } from "../../../lib/error_context.ts";
import { type Bars, pictureOf, type PictureParts, type PictureSettings, planeBars } from "./picture.ts";

/** This module's address. */
export const PICTURE_WORKER_URL: string = import.meta.url;
/** What a worker is named to begin with this module. */
export const PICTURE_WORKER_NAME = "cottoncandy-pictures";

/** A plane on its way to the worker. */
interface PlaneTask {
  /** The plane's items, in C order. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly header: ArrayHeader;
  readonly settings: PictureSettings;
}

/** What a worker is to do: one thing at a time. */
export type PictureTask =
  | PlaneTask & { readonly kind: "draw"; readonly missing: Rgba }
  | PlaneTask & { readonly kind: "count" };

/** What it is told: a task, or that the one it has is not wanted any more. */
export type PictureRequest = PictureTask | { readonly kind: "stop" };

/** What it answers: that it has begun; then one answer to each task. */
export type PictureAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "picture"; readonly picture: PictureParts }
  | { readonly kind: "bars"; readonly bars: Bars | undefined }
  | { readonly kind: "stopped" }
  | { readonly kind: "error"; readonly message: string };

/** The names of a web worker's global scope that are used here. */
interface WebScope {
  readonly name: string;
  postMessage(answer: PictureAnswer, transfer?: ArrayBuffer[]): void;
  onmessage: ((event: MessageEvent<PictureRequest>) => void) | null;
}

function isOwnScope(scope: object): scope is WebScope {
  return "WorkerGlobalScope" in scope && "name" in scope && scope.name === PICTURE_WORKER_NAME;
}

/** A moment in which the worker hears whether it is to stop: timers would wait for some milliseconds each. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

function serve(scope: WebScope): void {
  let running = new AbortController();
  const run = async (task: PictureTask): Promise<void> => {
    const { signal } = running = new AbortController();
    const pause = async () => {
      await turn();
      signal.throwIfAborted();
    };
    const plane = arrayFromBytes(task.bytes, task.header);
    try {
      if (task.kind === "count") {
        return scope.postMessage({ kind: "bars", bars: await planeBars(plane, task.settings, pause) });
      }
      const picture = await pictureOf(plane, task.settings, task.missing, pause);
      scope.postMessage({ kind: "picture", picture }, [picture.pixels.data.buffer]);
    } catch (error) {
      scope.postMessage(
        signal.aborted ? { kind: "stopped" } : { kind: "error", message: messageOf(error) },
      );
    } finally {
      // Planes follow each other quickly: what is left to be collected adds up.
      detach(task.bytes.buffer);
    }
  };
  scope.onmessage = ({ data }) => {
    if (data.kind === "stop") running.abort();
    else void run(data);
  };
  scope.postMessage({ kind: "ready" });
}

const scope: object = globalThis;
if (isOwnScope(scope)) serve(scope);
