import { readWhole } from "./body.ts";
import { NetworkFailure, networkFailure } from "./failure.ts";
import {
  type HandleOptions,
  mostOf,
  requestBody,
  requestUrl,
  type Timeouts,
  type WireRequest,
  type WireResponse,
} from "./wire.ts";

/** Headers that `fetch` sets by itself, and refuses or doubles. */
const OWN = new Set(["host", "content-length"]);

/** Bytes of a body that are on their way as soon as a request has begun. */
const AT_ONCE = 64 * 1024;

/** Bytes a second that an upload must move at least: `fetch` tells nothing of a body underway. */
const SLOWEST_UPLOAD = 16 * 1024;

/** Tries to connect, and gives what came of it: `undefined` where a connection stands. */
export type Probe = (signal: AbortSignal) => Promise<Error | undefined>;

/**
 * Makes a request with `fetch`.
 *
 * @param probe Asked when no answer has come by the time that a connection should stand: `fetch` doesn't tell whether it has one.
 */
export async function fetchRequest(
  request: WireRequest,
  timeouts: Timeouts,
  options: HandleOptions,
  browser: boolean,
  probe?: Probe,
): Promise<WireResponse> {
  const { signal, patience = 1, onSent } = options;
  signal?.throwIfAborted();
  // Not `Headers`: making them, and `fetch` reading them out again, costs as much as a signature.
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    const lower = name.toLowerCase();
    if (!OWN.has(lower)) headers[lower] = value;
  }
  // Else Deno's fetch would unpack objects that are stored with a content encoding. After signing, since proxies change it.
  headers["accept-encoding"] = "identity";
  const body = requestBody(request);
  const idle = timeouts.idle * patience;
  const control = new AbortController();
  const onAbort = () => control.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const limit = timeouts.connect + idle + (body ? body.byteLength / SLOWEST_UPLOAD * 1000 : 0);
  const timer = setTimeout(
    () => control.abort(new NetworkFailure("broken", `no answer came within ${Math.round(limit)} ms`)),
    limit,
  );
  // Nothing is made for it before it is needed: an error and a signal cost as much as a small request's signature.
  let waiting: AbortController | undefined;
  const connecting = probe && setTimeout(async () => {
    waiting = new AbortController();
    const failure = await probe(waiting.signal);
    if (failure && !waiting.signal.aborted) control.abort(failure);
  }, timeouts.connect);
  const answered = () => {
    clearTimeout(timer);
    clearTimeout(connecting);
    waiting?.abort();
  };
  try {
    // `fetch` doesn't tell when the last byte has left. Of little, from now on it may have; much can be stopped for as long as it takes, and an abort that came too late is told all the same.
    if ((body?.byteLength ?? 0) <= AT_ONCE) onSent?.();
    const response = await fetch(requestUrl(request), {
      method: request.method,
      headers,
      body,
      signal: control.signal,
      redirect: options.follow ? "follow" : "manual",
      cache: "no-store",
      credentials: "omit",
    });
    answered();
    if (response.status === 0) {
      await response.body?.cancel();
      throw new NetworkFailure("unreachable", "the store answered with a redirection, which a browser hides");
    }
    const answer = { statusCode: response.status, headers: Object.fromEntries(response.headers) };
    if (!response.body) return { ...answer, body: new Uint8Array() };
    if (options.streaming && response.ok) return { ...answer, body: response.body };
    return { ...answer, body: await readWhole(response.body, { idle, signal, most: mostOf(response.ok) }) };
  } catch (error) {
    signal?.throwIfAborted();
    if (control.signal.aborted) throw control.signal.reason;
    throw networkFailure(error, browser);
  } finally {
    answered();
    signal?.removeEventListener("abort", onAbort);
  }
}
