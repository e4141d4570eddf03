/** Faults of any stand-in: what can go wrong between a client and a server, for which requests, how often. */

/** What goes wrong with the connection and the answer, whatever the request asks for. */
export type TransportFault =
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
  };

const TRANSPORT: ReadonlySet<string> = new Set(
  [
    "cutResponse",
    "loseAnswer",
    "reset",
    "flipBit",
    "changeHeaders",
    "delay",
  ] satisfies TransportFault["kind"][],
);

/** Those of a stand-in's faults that any could have. */
export function transportFaults<F extends { readonly kind: string }>(
  faults: readonly (F | TransportFault)[],
): TransportFault[] {
  return faults.filter((fault): fault is TransportFault => TRANSPORT.has(fault.kind));
}

/** Faults after which the connection is closed by the server. */
export const CLOSING: ReadonlySet<string> = new Set(["cutResponse", "loseAnswer", "reset"]);

/** How often a fault meets a request. */
export interface FaultTimes {
  /** So many matching requests go well first. Default 0. */
  readonly skip?: number;
  /** How many then fail. Default 1; `Infinity` for all. */
  readonly times?: number;
}

/** An injected fault. */
export interface InjectedFault {
  /** How many requests it has met. */
  readonly hits: number;
  /** Takes it away. */
  remove(): void;
}

/** The faults in force. */
export class Faults<Fault extends FaultTimes, Request> {
  readonly #entries = new Set<{ fault: Fault; seen: number; hits: number }>();
  readonly #matches: (fault: Fault, request: Request) => boolean;

  /** `matches` tells whether a fault is meant for a request. */
  constructor(matches: (fault: Fault, request: Request) => boolean) {
    this.#matches = matches;
  }

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

  /** The faults that meet a request, of those that are `eligible`; counts it. */
  meet(request: Request, eligible: (fault: Fault) => boolean = () => true): Fault[] {
    const met: Fault[] = [];
    for (const entry of this.#entries) {
      if (!eligible(entry.fault) || !this.#matches(entry.fault, request)) continue;
      const { skip = 0, times = 1 } = entry.fault;
      const nth = entry.seen++;
      if (nth < skip || nth >= skip + times) continue;
      entry.hits++;
      met.push(entry.fault);
    }
    return met;
  }
}

/** Whether a value is what is looked for, or one of it. */
export function isOneOf<T extends string>(value: T | undefined, wanted: T | readonly T[]): boolean {
  const all: readonly (T | undefined)[] = typeof wanted === "string" ? [wanted] : wanted;
  return all.includes(value);
}

/** Whether a name is the one, fits the pattern, or pleases the function. */
export function fits(
  name: string | undefined,
  wanted: string | RegExp | ((name: string) => boolean),
): boolean {
  if (name === undefined) return false;
  if (typeof wanted === "string") return wanted === name;
  return wanted instanceof RegExp ? wanted.test(name) : wanted(name);
}

/** The first fault of a kind. */
export function faultOf<F extends { readonly kind: string }, K extends F["kind"]>(
  faults: readonly F[],
  kind: K,
): Extract<F, { kind: K }> | undefined {
  return faults.find((fault): fault is Extract<F, { kind: K }> => fault.kind === kind);
}
