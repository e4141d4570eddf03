import type { Place } from "../address.ts";
import { refusalError } from "../errors.ts";
import { readWhole } from "../../transport/mod.ts";
import type { WebStore } from "../store.ts";

/** An answer that was read whole. */
export interface IndexAnswer {
  /** The HTTP status: 200, or one of those that are expected. */
  readonly status: number;
  /** Its MIME type in lower case, without parameters. */
  readonly type: string;
  /** What it says. */
  readonly text: string;
}

/**
 * Asks for an index.
 *
 * @param what What it is of, for errors.
 * @param expected Statuses that are an answer as well.
 */
export async function askIndex(
  store: WebStore,
  what: string,
  place: Place,
  signal: AbortSignal | undefined,
  { accept, expected = [] }: { readonly accept?: string; readonly expected?: readonly number[] } = {},
): Promise<IndexAnswer> {
  const headers: Record<string, string> = accept === undefined ? {} : { accept };
  return await store.receive({ method: "GET", key: what, place, headers }, signal, async (answer) => {
    const { status, headers, body } = answer;
    if (status !== 200 && !expected.includes(status)) {
      await body.cancel().catch(() => {});
      throw refusalError(status, "GET", store.placeOf(what));
    }
    const bytes = await readWhole(body, { idle: store.timeouts.idle, signal });
    const [type] = (headers["content-type"] ?? "").toLowerCase().split(";");
    return { status, type: type.trim(), text: new TextDecoder().decode(bytes) };
  });
}
