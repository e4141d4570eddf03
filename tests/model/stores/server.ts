/** Disturbs a stand-in: what goes wrong is injected, and taken away again. */
import type { Fault } from "../steps.ts";
import type { Disturbance, Disturbed } from "./store.ts";

/** What is injected of any stand-in. */
interface Injected {
  readonly skip: number;
  readonly times: number;
  /** Other writers' own requests are left alone. */
  readonly when: () => boolean;
}

/** A stand-in. */
interface Disturbable<Action> {
  readonly requests: readonly { readonly operation?: string; readonly faults: readonly string[] }[];
  inject(
    fault: Injected & (Action | { readonly kind: "run"; readonly run: () => unknown }),
  ): { readonly hits: number };
  clearFaults(): void;
}

/**
 * Disturbs a stand-in.
 *
 * @param actionOf What a fault is there; `undefined` where it is none of the server's.
 */
export function disturbServer<Action>(
  server: Disturbable<Action>,
  actionOf: (fault: Fault) => Action | undefined,
  { fault, abort, meanwhile }: Disturbance,
): Disturbed {
  const from = server.requests.length;
  let others = 0;
  const when = () => others === 0;
  if (abort) server.inject({ skip: abort.skip, times: 1, when, kind: "run", run: () => abort.run() });
  if (meanwhile) {
    const run = async () => {
      others++;
      try {
        await meanwhile.run();
      } finally {
        others--;
      }
    };
    server.inject({ skip: meanwhile.skip, times: 1, when, kind: "run", run });
  }
  const action = fault && actionOf(fault);
  const injected = fault && action &&
    server.inject({ skip: fault.skip, times: fault.times ?? Infinity, when, ...action });
  return {
    get hits() {
      return injected?.hits ?? 0;
    },
    get met() {
      const met = server.requests.slice(from).filter(({ faults }) => faults.some((kind) => kind !== "run"));
      return new Set(met.map(({ operation = "?" }) => operation));
    },
    end() {
      server.clearFaults();
      return Promise.resolve();
    },
  };
}
