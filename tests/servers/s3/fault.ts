/** Faults: what goes wrong, for which requests, how often. */
import type { Operation } from "./route.ts";
import type { Store } from "./store.ts";

/** What a fault can be chosen by. */
export interface FaultRequest {
  readonly method: string;
  readonly operation?: Operation;
  readonly bucket?: string;
  readonly key?: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Which requests a fault meets; all that is given must hold. */
export interface FaultMatch {
  readonly operation?: Operation | readonly Operation[];
  readonly method?: string;
  readonly bucket?: string;
  readonly key?: string | RegExp | ((key: string) => boolean);
  /** Anything else. */
  readonly when?: (request: FaultRequest) => boolean;
  /** So many matching requests go well first. Default 0. */
  readonly skip?: number;
  /** How many then fail. Default 1; `Infinity` for all. */
  readonly times?: number;
}

/** What goes wrong. */
export type FaultAction =
  /** Answer an error; nothing is done. `early`: before the request's body is read. */
  | {
    readonly kind: "status";
    readonly status: number;
    readonly code: string;
    readonly message?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly early?: boolean;
  }
  /** Answer 200 with an error in the body, as CompleteMultipartUpload and copies can. Nothing is done unless `applied`. */
  | {
    readonly kind: "errorIn200";
    readonly code: string;
    readonly message?: string;
    readonly applied?: boolean;
  }
  /** Send the head and so many bytes of the body, then close the connection. */
  | { readonly kind: "cutResponse"; readonly afterBytes: number }
  /** Do it, then close the connection without an answer. */
  | { readonly kind: "loseAnswer" }
  /** Close the connection before doing anything; after so many bytes of the request's body, by default none. */
  | { readonly kind: "reset"; readonly afterRequestBytes?: number }
  /** Flip the lowest bit of one byte of the body sent. Default: of its first. */
  | { readonly kind: "flipBit"; readonly atByte?: number }
  /** Send other headers; `null` leaves one out. */
  | { readonly kind: "changeHeaders"; readonly headers: Readonly<Record<string, string | null>> }
  /**
   * Wait: before anything is done (`"request"`, the default), with the answer done but unsent (`"answer"`), or in its body after so
   * many bytes (`"body"`). `Infinity` waits until the client gives up or the server is shut down.
   */
  | {
    readonly kind: "delay";
    readonly ms: number;
    readonly at?: "request" | "answer" | "body";
    readonly afterBytes?: number;
  }
  /** The server's clock is off by so much. */
  | { readonly kind: "skewClock"; readonly ms: number }
  /** Change what is stored just before the request is served. */
  | { readonly kind: "run"; readonly run: (store: Store) => void };

/** A fault to inject. */
export type Fault = FaultMatch & FaultAction;

/** An injected fault. */
export interface InjectedFault {
  /** How many requests it has met. */
  readonly hits: number;
  /** Takes it away. */
  remove(): void;
}

/** The faults in force. */
export class Faults {
  readonly #entries = new Set<{ fault: Fault; seen: number; hits: number }>();

  /** Adds one. */
  inject(fault: Fault): InjectedFault {
    const entry = { fault, seen: 0, hits: 0 };
    this.#entries.add(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => void this.#entries.delete(entry),
    };
  }

  /** Takes all away. */
  clear(): void {
    this.#entries.clear();
  }

  /** The faults that meet a request; counts it. */
  meet(request: FaultRequest): FaultAction[] {
    const met: FaultAction[] = [];
    for (const entry of this.#entries) {
      if (!matches(entry.fault, request)) continue;
      const { skip = 0, times = 1 } = entry.fault;
      const nth = entry.seen++;
      if (nth < skip || nth >= skip + times) continue;
      entry.hits++;
      met.push(entry.fault);
    }
    return met;
  }
}

function matches(fault: FaultMatch, request: FaultRequest): boolean {
  const { operation, method, bucket, key, when } = fault;
  if (operation !== undefined) {
    const operations: readonly (Operation | undefined)[] = typeof operation === "string"
      ? [operation]
      : operation;
    if (!operations.includes(request.operation)) return false;
  }
  if (method !== undefined && method !== request.method) return false;
  if (bucket !== undefined && bucket !== request.bucket) return false;
  if (key !== undefined) {
    if (request.key === undefined) return false;
    const holds = typeof key === "string"
      ? key === request.key
      : key instanceof RegExp
      ? key.test(request.key)
      : key(request.key);
    if (!holds) return false;
  }
  return when?.(request) ?? true;
}

/** The first fault of a kind. */
export function faultOf<K extends FaultAction["kind"]>(
  faults: readonly FaultAction[],
  kind: K,
): Extract<FaultAction, { kind: K }> | undefined {
  return faults.find((fault): fault is Extract<FaultAction, { kind: K }> => fault.kind === kind);
}
