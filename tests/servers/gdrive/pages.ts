/** Tokens for the next page of a list. */
import { secret } from "./account.ts";
import { parameterError } from "./error.ts";
import type { Parameters } from "./parameters.ts";

interface Rest {
  /** What the list was asked for. */
  readonly signature: string;
  readonly ids: readonly string[];
  readonly start: number;
}

/** A page of ids. */
export interface Page {
  readonly ids: readonly string[];
  readonly nextPageToken?: string;
}

/** So many are remembered: older ones have expired. */
const MOST = 1000;

/** The tokens given out: each stands for a place in a list as it was when its first page was asked for. */
export class PageTokens {
  readonly #rests = new Map<string, Rest>();

  /** The page that a request asks for, of at most `size`; `list` makes the whole list for a first one. */
  page(parameters: Parameters, size: number, list: () => readonly string[]): Page {
    const { ids, start } = this.#rest(parameters) ?? { ids: list(), start: 0 };
    const end = start + size;
    if (end >= ids.length) return { ids: ids.slice(start) };
    const nextPageToken = secret("~!!~");
    this.#rests.set(nextPageToken, { signature: parameters.signature(), ids, start: end });
    for (const oldest of this.#rests.keys()) {
      if (this.#rests.size <= MOST) break;
      this.#rests.delete(oldest);
    }
    return { ids: ids.slice(start, end), nextPageToken };
  }

  #rest(parameters: Parameters): Rest | undefined {
    const token = parameters.text("pageToken");
    if (token === undefined) return undefined;
    const rest = this.#rests.get(token);
    if (rest?.signature !== parameters.signature()) throw parameterError("invalid", "pageToken");
    return rest;
  }
}
