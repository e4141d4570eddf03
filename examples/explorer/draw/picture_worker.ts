/**
 * Pictures on a thread of their own: the module that the page's worker begins with. Anywhere else it does nothing but tell where it is.
 *
 * @module
 */
import { arrayFromBytes, type ArrayHeader } from "../../../lib/array/mod.ts";
import type { ImagePixels, Rgba, ValueRange } from "../../../lib/array/plotting/mod.ts";
import { messageOf } from "../../../lib/error_context.ts";
import { type Bars, pictureOf, type PictureSettings } from "./picture.ts";

/** This module's address. */
export const PICTURE_WORKER_URL: string = import.meta.url;
/** What a worker is named to begin with this module. */
export const PICTURE_WORKER_NAME = "cottoncandy-pictures";

/** What a worker is to draw. */
export interface PictureTask {
  /** The plane's items, in C order. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly header: ArrayHeader;
  readonly settings: PictureSettings;
  readonly missing: Rgba;
}

/** What it answers: that it has begun; then to each task the picture and the bars, or what is wrong. */
export type PictureAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "picture"; readonly pixels: ImagePixels; readonly range: ValueRange | undefined }
  | { readonly kind: "bars"; readonly bars: Bars | undefined }
  | { readonly kind: "error"; readonly message: string };

/** The names of a web worker's global scope that are used here. */
interface WebScope {
  readonly name: string;
  postMessage(answer: PictureAnswer, transfer?: ArrayBuffer[]): void;
  onmessage: ((event: MessageEvent<PictureTask>) => void) | null;
}

function isOwnScope(scope: object): scope is WebScope {
  return "WorkerGlobalScope" in scope && "name" in scope && scope.name === PICTURE_WORKER_NAME;
}

function serve(scope: WebScope): void {
  scope.onmessage = ({ data: { bytes, header, settings, missing } }) => {
    try {
      const { pixels, range, count } = pictureOf(arrayFromBytes(bytes, header), settings, missing);
      scope.postMessage({ kind: "picture", pixels, range }, [pixels.data.buffer]);
      scope.postMessage({ kind: "bars", bars: count() });
    } catch (error) {
      scope.postMessage({ kind: "error", message: messageOf(error) });
    }
  };
  scope.postMessage({ kind: "ready" });
}

const scope: object = globalThis;
if (isOwnScope(scope)) serve(scope);
