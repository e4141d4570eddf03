/**
 * What is said in the place of a picture, or above it: what it costs to read, and what went wrong.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { messageOf } from "../../../lib/error_context.ts";
import { CottonCandyError } from "../../../lib/errors.ts";
import { h } from "../dom.ts";
import type { ArrayView } from "../view.ts";
import { bytesText } from "../words.ts";
import type { Cost } from "./tiles.ts";

/** Something that can be done about it. */
export interface Offer {
  readonly text: string;
  readonly action: () => void;
}

/** The places for what is said. */
export class Notice {
  /** In the place of the picture. */
  readonly message: HTMLElement = h("div", { class: "draw-message", role: "status", hidden: true });
  /** Above it. */
  readonly note: HTMLElement = h("div", { class: "draw-note", hidden: true });

  /** Says something instead of a picture. */
  show(text: string, offer?: Offer): void {
    this.message.replaceChildren(h("p", {}, text), ...offer ? [buttonOf(offer)] : []);
    this.message.hidden = false;
  }

  /** Says what went wrong. What has been replaced or damaged meanwhile is opened anew; anything else is tried again. */
  failed(error: unknown, { reopen }: Pick<ArrayView, "reopen">, again: () => void): void {
    const isOther = error instanceof CottonCandyError &&
      ["NotFound", "PreconditionFailed", "Integrity"].includes(error.code);
    this.show(
      messageOf(error),
      isOther && reopen ? { text: "Open it again", action: reopen } : { text: "Try again", action: again },
    );
  }

  /** There is a picture. */
  hide(): void {
    this.message.hidden = true;
  }

  /** Asks whether so much may be read. */
  ask(cost: Cost, { sliceable, sparse }: Pick<ArrayView, "sliceable" | "sparse">, action: () => void): void {
    const bytes = costText(cost);
    const text = sparse
      ? `To show this, all of it is read, and takes ${bytes} of memory.`
      : sliceable
      ? `To show this, ${bytes} have to be read.`
      : `It is compressed in one piece, so that any part of it takes reading all of it: ${bytes}.`;
    this.show(text, { text: `Read ${bytes}`, action });
  }

  /** Whether only a part is shown. */
  get isPart(): boolean {
    return !this.note.hidden;
  }

  /** Says that only a part is shown, since all of it costs so much; or nothing. */
  tellPart(cost: Cost | undefined, action: () => void): void {
    this.note.hidden = cost === undefined;
    if (cost === undefined) return;
    this.note.replaceChildren(
      "A part is shown, since all of it would be much to read. ",
      buttonOf({ text: `Read all (${costText(cost)})`, action }),
    );
  }
}

function costText({ bytes, requests }: Cost): string {
  return `${bytesText(Math.round(bytes))}${
    requests > 200 ? ` in ${requests.toLocaleString("en")} requests` : ""
  }`;
}

function buttonOf({ text, action }: Offer): HTMLElement {
  return h("button", { type: "button", onclick: action }, text);
}
