/** Faults: what goes wrong, for which requests, how often. */
import { type FaultTimes, fits, isOneOf, type TransportFault } from "../http/fault.ts";
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
export interface FaultMatch extends FaultTimes {
  readonly operation?: Operation | readonly Operation[];
  readonly method?: string;
  readonly bucket?: string;
  readonly key?: string | RegExp | ((key: string) => boolean);
  /** Anything else. */
  readonly when?: (request: FaultRequest) => boolean;
}

/** What goes wrong. */
export type FaultAction =
  | TransportFault
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
  /** Answer with this instead, as a proxy or another kind of server would. Nothing is done unless `applied`. */
  | {
    readonly kind: "answer";
    readonly body: string;
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly applied?: boolean;
  }
  /** The server's clock is off by so much. */
  | { readonly kind: "skewClock"; readonly ms: number }
  /** Change what is stored just before the request is served, which waits for that. */
  | { readonly kind: "run"; readonly run: (store: Store) => unknown };

/** A fault to inject. */
export type Fault = FaultMatch & FaultAction;

/** Whether a fault is meant for a request. */
export function matches(fault: FaultMatch, request: FaultRequest): boolean {
  const { operation, method, bucket, key, when } = fault;
  if (operation !== undefined && !isOneOf(request.operation, operation)) return false;
  if (method !== undefined && method !== request.method) return false;
  if (bucket !== undefined && bucket !== request.bucket) return false;
  if (key !== undefined && !fits(request.key, key)) return false;
  return when?.(request) ?? true;
}
