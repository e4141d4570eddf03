/**
 * An array drawn: what was chosen is read, only that, and shown; what was asked for before is not any more.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { NDArray } from "../../../lib/array/mod.ts";
import { messageOf } from "../../../lib/error_context.ts";
import { h } from "../dom.ts";
import type { ArrayView, Drawing, DrawState } from "../view.ts";
import { Controls } from "./controls.ts";
import { Figure, type Place } from "./figure.ts";
import { lookOf } from "./look.ts";
import { Matrix } from "./matrix.ts";
import { Notice } from "./notice.ts";
import { RangeBar } from "./range_bar.ts";
import { Readout } from "./readout.ts";
import { save, type Saved } from "./save.ts";
import { readLine, readPicture, type Scene, spyScene, wholeBox, windowBox } from "./scene.ts";
import { type Entries, entriesOf } from "./spy.ts";
import { hiddenAxes, type Settings, settingsOf, stateOf, type Window } from "./state.ts";
import { tableOf } from "./table.ts";
import { type Box, type Cost, TileSource, weightOf } from "./tiles.ts";
import { allOf, contentOf, fittingWindow, labelOf, readableAxes } from "./window.ts";

/** So many bytes are read unasked: about as many as a page of pictures has. */
export const UNASKED = 4 * 2 ** 20;
/** How long a slice stays while slices are played, in milliseconds. */
const FRAME = 120;
/** How long it takes until a bar says how far reading is. */
const PATIENCE = 200;
/** After so many milliseconds without another change of the window its items are read. */
const SETTLED = 80;

/** The drawing of an array. */
export class ArrayDrawing implements Drawing {
  readonly #array: ArrayView;
  readonly #source: TileSource;
  readonly #figure: Figure;
  readonly #matrix = new Matrix();
  readonly #bar: RangeBar;
  readonly #controls: Controls;
  readonly #onState: (state: DrawState) => void;
  readonly #root: HTMLElement;
  readonly #bitmap = h("canvas");
  readonly #notice = new Notice();
  readonly #progress = h("progress", {
    class: "draw-progress",
    max: 1,
    hidden: true,
    "aria-label": "Reading",
  });
  readonly #readout = new Readout();
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #theme = new MutationObserver(() => this.#recolour());
  #settings: Settings;
  /** What is seen; nothing where that is not decided yet. */
  #window: Window | undefined;
  #scene: Scene | undefined;
  /** Whether the scene is of what is chosen: not while something else is read. */
  #isRead = false;
  #entries: Promise<Entries> | undefined;
  /** So many bytes may be read for a view. */
  #allowed = UNASKED;
  readonly #ending = new AbortController();
  #reading = new AbortController();
  #colouring = new AbortController();
  #playing: number | undefined;
  #size = { width: 0, height: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Draws at once. */
  constructor(element: HTMLElement, array: ArrayView, state: DrawState, onState: (state: DrawState) => void) {
    this.#array = array;
    this.#onState = onState;
    this.#source = new TileSource(array);
    this.#settings = settingsOf(array, state);
    this.#figure = new Figure({
      onWindow: (window) => this.#look(window),
      onCursor: (place, by) => this.#point(place, by),
      onResize: () => this.#resized(),
      onKey: (event) => this.#key(event),
    });
    this.#bar = new RangeBar((range) => this.#choose({ ...this.#settings, range }));
    this.#controls = new Controls(array, this.#settings, {
      onSettings: (change) => this.#choose(change(this.#settings)),
      onPlay: (axis) => this.#play(axis),
      onZoom: (factor) => factor === "all" ? this.#showAll() : this.#figure.zoom(factor),
      onSave: (what) => void this.#save(what),
    });
    this.#root = h(
      "section",
      { class: "draw", "aria-label": `Drawing of ${array.name}` },
      this.#controls.top,
      this.#notice.note,
      h(
        "div",
        { class: "draw-stage" },
        this.#figure.element,
        this.#matrix.element,
        this.#notice.message,
        this.#progress,
      ),
      this.#readout.element,
      this.#readout.spoken,
      this.#bar.element,
      this.#bar.note,
      this.#controls.bottom,
    );
    element.append(this.#root);
    this.#dark.addEventListener("change", this.#recolour);
    this.#theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.#begin();
    if (state.i === undefined && this.#settings.view === "heat") {
      this.#settings = readableAxes(array, this.#settings, (settings) => {
        return weightOf(this.#source.cost(this.#boxOfAll(settings))) <= UNASKED;
      });
      this.#controls.show(this.#settings, undefined);
      this.#begin();
    }
    this.#read();
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#playing = undefined;
    this.#reading.abort();
    this.#colouring.abort();
    this.#ending.abort();
    this.#dark.removeEventListener("change", this.#recolour);
    this.#theme.disconnect();
    this.#controls.destroy();
    this.#figure.destroy();
    this.#matrix.destroy();
    this.#bar.destroy();
    this.#root.remove();
  }

  /** Another choice: read anew where that is needed, else only coloured. */
  #choose(settings: Settings): void {
    const before = this.#settings;
    this.#settings = settings;
    const isSame = settings.view === before.view && settings.x === before.x && settings.y === before.y;
    if (!isSame) this.#begin();
    this.#controls.show(settings, this.#playing);
    const isRead = isSame && `${settings.at}` === `${before.at}` && settings.field === before.field &&
      settings.part === before.part;
    this.#read(isRead && this.#isRead ? this.#scene : undefined);
    this.#tell();
  }

  /** Empty axes: what is there is of others. */
  #begin(): void {
    this.#scene = undefined;
    this.#window = this.#settings.window;
    const empty = contentOf(this.#array, this.#settings, undefined);
    this.#figure.show(empty, this.#window ?? allOf(empty), labelOf(this.#array, this.#settings));
    this.#size = this.#figure.pixels;
    this.#point(this.#figure.cursor, "pointer");
  }

  /** With another number of pixels other items may be needed. */
  #resized(): void {
    const { pixels } = this.#figure;
    if (pixels.width === this.#size.width && pixels.height === this.#size.height) return;
    this.#size = pixels;
    this.#later();
  }

  #tell(): void {
    this.#onState(stateOf(this.#array, this.#settings));
  }

  /** Another window: the picture that is there is stretched at once, and what is missing is read once the person rests. */
  #look(window: Window): void {
    this.#window = window;
    const { width, height } = contentOf(this.#array, this.#settings, this.#scene);
    const isAll = window.x.from <= 0 && window.x.to >= width && window.y.from <= 0 && window.y.to >= height;
    this.#settings = { ...this.#settings, window: isAll ? undefined : window };
    this.#later();
  }

  #showAll(): void {
    this.#figure.reset();
    if (this.#notice.isPart) this.#ask(this.#source.cost(this.#boxOfAll()));
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#tell();
      this.#read();
    }, SETTLED);
  }

  /** Reads what is to be seen, unless that was read already, and shows it; asks first where that is much. */
  async #read(read?: Scene): Promise<void> {
    const settings = this.#settings;
    const before = this.#reading;
    const reading = this.#reading = new AbortController();
    const { signal } = reading;
    this.#colouring.abort();
    // What both need goes on: it has been asked for again by then.
    setTimeout(() => before.abort());
    this.#isRead = read !== undefined;
    this.#notice.hide();
    this.#root.ariaBusy = "true";
    this.#figure.element.hidden = settings.view === "matrix";
    this.#matrix.element.hidden = settings.view !== "matrix";
    const waiting = setTimeout(() => this.#progress.hidden = signal.aborted, PATIENCE);
    try {
      if (this.#array.shape.includes(0)) {
        return this.#notice.show(`There are no items: the shape is (${this.#array.shape.join(", ")}).`);
      }
      if (settings.view === "matrix") await this.#showTable();
      else {
        const scene = read ?? await this.#sceneOf(settings, signal);
        if (signal.aborted || this.#reading !== reading || !scene) return;
        [this.#scene, this.#isRead] = [scene, true];
        await this.#show(scene);
      }
      if (this.#reading === reading) this.#next();
    } catch (error) {
      if (!signal.aborted && this.#reading === reading) this.#failed(error);
    } finally {
      clearTimeout(waiting);
      if (this.#reading === reading) {
        this.#progress.hidden = true;
        this.#root.ariaBusy = "false";
      }
    }
  }

  #failed(error: unknown): void {
    this.#stop();
    this.#notice.failed(error, this.#array, () => this.#read());
  }

  /** There is something else than a picture: nothing is played, and there are no colours to tell of. */
  #stop(): void {
    this.#playing = undefined;
    this.#controls.show(this.#settings, undefined);
    this.#bar.hide();
  }

  async #sceneOf(settings: Settings, signal: AbortSignal): Promise<Scene | undefined> {
    const array = this.#array;
    const onShare = (share: number) => this.#progress.value = share;
    this.#progress.removeAttribute("value");
    if (settings.view === "spy" && array.sparse) {
      const cost = { bytes: array.entriesSize ?? 0, requests: 1 };
      if (!this.#entries && weightOf(cost) > this.#allowed) return this.#ask(cost);
      this.#entries ??= array.sparse({ signal: this.#ending.signal }).then(entriesOf);
      const entries = await this.#entries.catch((error) => {
        this.#entries = undefined;
        throw error;
      });
      return spyScene(settings, entries, this.#box(settings));
    }
    const box = this.#box(settings);
    const cost = this.#source.cost(box);
    if (weightOf(cost) > this.#allowed) return this.#ask(cost);
    return settings.view === "line"
      ? await readLine(this.#source, array, settings, box, 2 * this.#figure.pixels.width, { signal, onShare })
      : await readPicture(this.#source, array, settings, box, { signal, onShare });
  }

  /** What of the array is read: all, where that is not much; else, until somebody says so, a part. */
  #box(settings: Settings): Box {
    const { pixels } = this.#figure;
    if (!this.#window) {
      const fitting = fittingWindow(
        this.#array,
        settings,
        pixels,
        (box) => settings.view === "spy" || weightOf(this.#source.cost(box)) <= this.#allowed,
      );
      this.#window = fitting.window;
      this.#notice.tellPart(
        fitting.isAll ? undefined : this.#source.cost(this.#boxOfAll()),
        () => this.#readAll(),
      );
    }
    return windowBox(this.#array, settings, this.#window, pixels);
  }

  #boxOfAll(settings: Settings = this.#settings): Box {
    const all = allOf(contentOf(this.#array, settings, undefined));
    return windowBox(this.#array, settings, all, this.#figure.pixels);
  }

  #readAll(): void {
    this.#allowed = Math.max(this.#allowed, weightOf(this.#source.cost(this.#boxOfAll())));
    this.#settings = { ...this.#settings, window: undefined };
    this.#window = undefined;
    this.#read();
  }

  #ask(cost: Cost): undefined {
    this.#stop();
    this.#notice.ask(cost, this.#array, () => {
      this.#allowed = Math.max(this.#allowed, weightOf(cost));
      this.#read();
    });
  }

  async #show(scene: Scene): Promise<void> {
    const settings = this.#settings;
    const { signal } = this.#colouring = new AbortController();
    const window = this.#window ??= allOf(contentOf(this.#array, settings, scene));
    const { pixels } = this.#figure;
    await scene.colour(settings, { ...lookOf(this.#root), bitmap: this.#bitmap, window, pixels }, signal);
    const content = contentOf(this.#array, settings, scene);
    this.#figure.show(content, this.#window ?? window, labelOf(this.#array, settings));
    this.#bar.show(scene, settings);
    this.#point(this.#figure.cursor, "pointer");
  }

  readonly #recolour = (): void => {
    // What is still read is coloured once it is there.
    if (this.#scene && this.#isRead) this.#read(this.#scene);
  };

  #point(place: Place | undefined, by: "pointer" | "keys"): void {
    const found = place && this.#scene?.at(place);
    const text = found ? `[${found.index.join(", ")}] = ${found.text}` : "";
    // What a mouse runs over is not read aloud.
    if (by === "keys") this.#readout.say(text);
    else this.#readout.show(text);
  }

  #key(event: KeyboardEvent): void {
    const [axis] = hiddenAxes(this.#array, this.#settings).filter((axis) => this.#array.shape[axis] > 1);
    if (axis === undefined) return;
    if (event.key === " ") this.#play(this.#playing === undefined ? axis : undefined);
    else if (event.key === "PageUp") this.#step(axis, -1);
    else if (event.key === "PageDown") this.#step(axis, 1);
    else return;
    event.preventDefault();
  }

  #step(axis: number, by: number): void {
    const length = this.#array.shape[axis];
    const at = this.#settings.at.map((place, other) =>
      other === axis ? (place + by + length) % length : place
    );
    this.#choose({ ...this.#settings, at });
  }

  #play(axis: number | undefined): void {
    this.#playing = axis;
    this.#controls.show(this.#settings, axis);
    this.#next();
  }

  /** The next slice, while slices are played: once this one is there. */
  #next(): void {
    const axis = this.#playing;
    if (axis === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#playing === axis && this.#step(axis, 1), FRAME);
  }

  async #showTable(): Promise<void> {
    this.#bar.hide();
    const read = async (box: Box, signal: AbortSignal) => {
      const items = await this.#readBox(box, signal);
      // What was said of other cells is of no more use.
      if (items && !signal.aborted) this.#notice.hide();
      return items;
    };
    await this.#matrix.show(tableOf(this.#array, this.#settings, read, {
      onCell: (index, text) => this.#readout.say(`[${index.join(", ")}] = ${text}`),
      onFailure: (error) => this.#failed(error),
    }));
  }

  /** A box, or nothing where that is much and has to be asked. */
  async #readBox(box: Box, signal: AbortSignal): Promise<NDArray | undefined> {
    const cost = this.#source.cost(box);
    return weightOf(cost) > this.#allowed ? this.#ask(cost) : await this.#source.read(box, { signal });
  }

  async #save(what: Saved): Promise<void> {
    const [array, settings] = [this.#array, this.#settings];
    const box = settings.view === "matrix" ? wholeBox(array, settings) : this.#scene?.box;
    if (!box) return this.#readout.say("There is nothing to be saved: no items are shown.");
    try {
      const told = await save(what, array, settings, box, {
        canvas: this.#figure.canvas,
        background: lookOf(this.#root).background,
        read: (box) => this.#readBox(box, this.#reading.signal),
      });
      if (told !== undefined) this.#readout.say(told);
    } catch (error) {
      this.#notice.show(`That could not be saved: ${messageOf(error)}`);
    }
  }
}
