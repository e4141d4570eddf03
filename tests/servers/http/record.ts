/** What is remembered of a request of any stand-in. */
import type { IncomingMessage } from "node:http";
import { headerLines } from "./receive.ts";

/** It is there from the moment the head has come; the rest fills in. */
export interface HttpRecord {
  readonly method: string;
  /** Path and query as received. */
  readonly url: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case; several lines are joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** What was answered; 0 while nothing was, or when the connection was closed without. */
  readonly status: number;
  /** Bytes of the request's body received. */
  readonly bytesIn: number;
  /** Bytes of the answer's body given to the connection. */
  readonly bytesOut: number;
  /** Kinds of the faults that met it. */
  readonly faults: readonly string[];
  /** How many requests were being served when it came, itself included. */
  readonly concurrent: number;
  /** Nothing more will happen to it. */
  readonly done: boolean;
  /** The client left before it was answered in full; not set where a fault or the end of the server closed the connection. */
  readonly aborted: boolean;
  /** `performance.now()` when it came. */
  readonly start: number;
}

/** A record that is being written. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The record of a request that has just come, and the lines of its headers. */
export function beginRecord(
  request: IncomingMessage,
  concurrent: number,
): { record: Mutable<Omit<HttpRecord, "faults">>; headers: ReadonlyMap<string, readonly string[]> } {
  const headers = headerLines(request);
  const record = {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    query: {},
    headers: Object.fromEntries([...headers].map(([name, lines]) => [name, lines.join(",")])),
    status: 0,
    bytesIn: 0,
    bytesOut: 0,
    concurrent,
    done: false,
    aborted: false,
    start: performance.now(),
  };
  return { record, headers };
}
