/**
 * What is chosen: the view, the axes, the index along the others, and how values become colours.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { COLORMAPS, type ComplexPart } from "../../../lib/array/plotting/mod.ts";
import { h, icon } from "../dom.ts";
import type { Saved } from "./save.ts";
import {
  type Drawable,
  drawnDType,
  hiddenAxes,
  numericFields,
  PARTS,
  type Settings,
  type View,
  viewsOf,
  withAxis,
  withView,
} from "./state.ts";

/** What is told of what a person did. */
export interface ControlEvents {
  /** Something was chosen: it is changed in what holds by then, since a picture may have been moved meanwhile. */
  onSettings(change: (settings: Settings) => Settings): void;
  onPlay(axis: number | undefined): void;
  onZoom(factor: number | "all"): void;
  onSave(what: Saved): void;
}

const VIEWS: Readonly<Record<View, string>> = {
  heat: "Heat map",
  line: "Line",
  rgb: "RGB",
  spy: "Spy",
  matrix: "Table",
};
const PLAY = "M4 2.5v11l9-5.5z";
const PAUSE = "M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z";

/** The controls above and below a picture. */
export class Controls {
  readonly top: HTMLElement = h("div", { class: "draw-top" });
  readonly bottom: HTMLElement = h("div", { class: "draw-bottom" });
  readonly #array: Drawable;
  readonly #events: ControlEvents;
  #settings: Settings;
  #playing: number | undefined;
  /** What the controls were made for: others are needed only for other axes or another view. */
  #made = "";
  #update: (() => void)[] = [];
  #frame = 0;

  /** Controls of an array. */
  constructor(array: Drawable, settings: Settings, events: ControlEvents) {
    this.#array = array;
    this.#settings = settings;
    this.#events = events;
    this.#draw();
  }

  /** Shows what is chosen, with the next picture of the screen: what was chosen is asked for first. */
  show(settings: Settings, playing: number | undefined): void {
    [this.#settings, this.#playing] = [settings, playing];
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Takes everything back. */
  destroy(): void {
    cancelAnimationFrame(this.#frame);
  }

  #draw(): void {
    const { view, x, y } = this.#settings;
    const made = [view, x, y].join();
    if (made !== this.#made) {
      this.#made = made;
      this.#update = [];
      const focused = document.activeElement?.id;
      this.top.replaceChildren(this.#views(), ...this.#axes());
      this.bottom.replaceChildren(...this.#colours(), this.#zoom(), this.#save());
      if (focused?.startsWith("draw-")) document.getElementById(focused)?.focus();
    }
    for (const update of this.#update) update();
  }

  #change(change: Partial<Settings>): void {
    this.#events.onSettings((settings) => ({ ...settings, ...change }));
  }

  #views(): HTMLElement {
    const views = viewsOf(this.#array);
    return h(
      "div",
      { class: "draw-views", role: "radiogroup", "aria-label": "View" },
      ...views.map((view, place) => {
        const isChosen = view === this.#settings.view;
        const button = h("button", {
          type: "button",
          id: `draw-view-${view}`,
          role: "radio",
          "aria-checked": `${isChosen}`,
          tabindex: isChosen ? 0 : -1,
          onclick: () => this.#events.onSettings((settings) => withView(this.#array, settings, view)),
        }, VIEWS[view]);
        button.addEventListener("keydown", (event) => {
          const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          const next = views[(place + by + views.length) % views.length];
          document.getElementById(`draw-view-${next}`)?.focus();
          this.#events.onSettings((settings) => withView(this.#array, settings, next));
        });
        return button;
      }),
    );
  }

  #axes(): HTMLElement[] {
    const { shape } = this.#array;
    const { x, y, channel } = this.#settings;
    if (shape.length < 2) return [];
    const choices = shape.map((length, axis) => ({ axis, text: `axis ${axis} (${length})` }))
      .filter(({ axis }) => axis !== channel);
    const role = (name: "x" | "y", label: string) =>
      labelled(
        label,
        select(
          `draw-axis-${name}`,
          choices.map(({ axis, text }) => [`${axis}`, text]),
          `${name === "x" ? x : y}`,
          (value) => {
            this.#events.onSettings((settings) => withAxis(settings, name, Number(value)));
          },
        ),
      );
    return [
      h(
        "div",
        { class: "draw-roles" },
        role("x", "→"),
        y === undefined ? undefined : role("y", "↓"),
        y === undefined ? undefined : button("draw-swap", "Swap the two axes", "⇄", () => {
          this.#events.onSettings((settings) => withAxis(settings, "x", y));
        }),
      ),
      ...hiddenAxes(this.#array, this.#settings).filter((axis) => shape[axis] > 1).map((axis) =>
        this.#slider(axis)
      ),
    ];
  }

  #slider(axis: number): HTMLElement {
    const last = this.#array.shape[axis] - 1;
    const go = (place: number) => {
      const index = Math.min(last, Math.max(0, Math.round(place) || 0));
      this.#change({ at: this.#settings.at.map((old, other) => other === axis ? index : old) });
    };
    const slider = h("input", {
      id: `draw-slider-${axis}`,
      type: "range",
      min: 0,
      max: last,
      "aria-label": `Index along axis ${axis}`,
      oninput: () => go(slider.valueAsNumber),
    });
    // What is being typed stays as it is, also while slices are played behind it, until it is entered.
    let isTyped = false;
    const enter = () => {
      if (!isTyped) return;
      isTyped = false;
      go(number.valueAsNumber);
    };
    const number = h("input", {
      id: `draw-index-${axis}`,
      type: "number",
      min: 0,
      max: last,
      "aria-label": `Index along axis ${axis}, as a number`,
      oninput: () => isTyped = true,
      onchange: enter,
      onblur: enter,
    });
    // There is no event of a change where the slice that was shown when typing began had the same number.
    number.addEventListener("keydown", ({ key }) => {
      if (key === "Enter") enter();
    });
    const play = h("button", {
      id: `draw-play-${axis}`,
      type: "button",
      class: "draw-icon",
      onclick: () => this.#events.onPlay(this.#playing === axis ? undefined : axis),
    });
    this.#update.push(() => {
      const place = this.#settings.at[axis];
      if (slider.valueAsNumber !== place) slider.value = `${place}`;
      if (!isTyped && number.valueAsNumber !== place) number.value = `${place}`;
      const isPlaying = this.#playing === axis;
      if (play.ariaPressed === `${isPlaying}`) return;
      play.ariaPressed = `${isPlaying}`;
      play.title = play.ariaLabel = isPlaying ? "Stop" : `Play along axis ${axis}`;
      play.replaceChildren(icon(isPlaying ? PAUSE : PLAY));
    });
    return h(
      "div",
      { class: "draw-slider" },
      h("span", { class: "draw-name" }, `axis ${axis}`),
      play,
      slider,
      number,
      h("span", { class: "draw-of" }, `of ${this.#array.shape[axis]}`),
    );
  }

  #colours(): (HTMLElement | Node)[] {
    const { view } = this.#settings;
    const array = this.#array;
    const controls: HTMLElement[] = [];
    const fields = numericFields(array);
    if (fields.length > 0) {
      controls.push(
        this.#select(
          "field",
          "Field",
          fields.map((name) => [name, name]),
          ({ field }) => field ?? "",
          (field) => ({ field }),
        ),
      );
    }
    if (view === "matrix" || view === "rgb" || view === "spy") return controls;
    if (drawnDType(array, this.#settings)[1] === "c") {
      controls.push(
        this.#select("part", "Part", PARTS.map((part) => [part, part]), ({ part }) => part, (value) => ({
          part: PARTS.find((part) => part === value) ?? "magnitude" satisfies ComplexPart,
          range: "percentiles",
        })),
      );
    }
    if (view === "heat") {
      controls.push(
        this.#select(
          "map",
          "Colours",
          COLORMAPS.map((name) => [name, name === "RdBu" ? "RdBu (around 0)" : name]),
          ({ colormap }) => colormap,
          (value) => ({
            colormap: COLORMAPS.find((name) => name === value) ?? "viridis",
          }),
        ),
      );
    }
    controls.push(
      this.#select(
        "scale",
        "Scale",
        [["linear", "linear"], ["log", "logarithmic"]],
        ({ scale }) => scale,
        (scale) => ({
          scale: scale === "log" ? "log" : "linear",
        }),
      ),
    );
    const ranges: [string, string][] = view === "line"
      ? [["percentiles", "all values"]]
      : [["percentiles", "percentiles 1–99"], ["all", "all values"]];
    controls.push(
      this.#select(
        "range",
        "Range",
        [...ranges, ["own", "chosen"]],
        ({ range }) => typeof range === "string" ? range : "own",
        (value) => ({
          range: value === "all" ? "all" : value === "percentiles" ? "percentiles" : this.#settings.range,
        }),
      ),
    );
    return controls;
  }

  #select(
    name: string,
    label: string,
    choices: readonly (readonly [value: string, text: string])[],
    read: (settings: Settings) => string,
    change: (value: string) => Partial<Settings>,
  ): HTMLElement {
    const element = select(
      `draw-${name}`,
      choices,
      read(this.#settings),
      (value) => this.#change(change(value)),
    );
    this.#update.push(() => {
      const value = read(this.#settings);
      // Setting it lays the page out anew, also where it is the same.
      if (element.value !== value) element.value = value;
    });
    return labelled(label, element);
  }

  #zoom(): HTMLElement {
    const { onZoom } = this.#events;
    const group = h(
      "div",
      { class: "draw-group", role: "group", "aria-label": "Zoom" },
      button("draw-in", "Zoom in (+)", "+", () => onZoom(1.5)),
      button("draw-out", "Zoom out (-)", "−", () => onZoom(1 / 1.5)),
      button("draw-all", "Show all (0)", "All", () => onZoom("all")),
    );
    group.hidden = this.#settings.view === "matrix";
    return group;
  }

  #save(): HTMLElement {
    const { onSave } = this.#events;
    return h(
      "div",
      { class: "draw-group", role: "group", "aria-label": "Save what is shown" },
      button("draw-npy", "Save what is shown as .npy", "npy", () => onSave("npy")),
      button("draw-csv", "Save what is shown as CSV", "CSV", () => onSave("csv")),
      this.#settings.view === "matrix"
        ? undefined
        : button("draw-png", "Save the picture", "PNG", () => onSave("png")),
      button(
        "draw-typescript",
        "Copy the TypeScript that reads this slice",
        "Copy TypeScript",
        () => onSave("typescript"),
      ),
      button("draw-python", "Copy the Python that reads this slice", "Copy Python", () => onSave("python")),
    );
  }
}

function select(
  id: string,
  choices: readonly (readonly [value: string, text: string])[],
  chosen: string,
  onChoice: (value: string) => void,
): HTMLSelectElement {
  const element = h(
    "select",
    { id, onchange: () => onChoice(element.value) },
    ...choices.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
  );
  return element;
}

function labelled(label: string, element: HTMLSelectElement): HTMLElement {
  return h("label", { class: "draw-label" }, h("span", {}, label), element);
}

function button(id: string, title: string, text: string, onclick: () => void): HTMLButtonElement {
  return h("button", { id, type: "button", title, "aria-label": title, onclick }, text);
}
