/**
 * What a foreign server is to these tests.
 *
 * @module
 */
import type { ConformanceOptions } from "../../testing/mod.ts";

/** Where a server is, and as who to ask it. */
export interface S3Access {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A server as a program of this machine. */
export interface Program {
  /** Builds or fetches what isn't there. */
  prepare(): Promise<void>;
  /** What this machine lacks to start it. */
  missing(): Promise<string | undefined>;
  /** Starts it; what is disposed of is stopped. */
  start(): Promise<S3Access & AsyncDisposable>;
  /** Which version that is. */
  version(): Promise<string>;
}

/** A case that a server is known to fail, for which the server is to blame. */
export interface Fault {
  /** The case's name. */
  readonly case: string;
  /** What the failure says; another one is news. */
  readonly fails: RegExp;
  /** What the server does. */
  readonly why: string;
  /** It depends on the moment: that it passes is no news. */
  readonly sometimes?: boolean;
}

/** A server that others wrote, and what is known of it. */
export interface ForeignServer extends Program {
  /** Its name as people write it. */
  readonly title: string;
  /** Where it is from. */
  readonly from: string;
  /** It decides on conditions of writes by itself: see the option of the backend. */
  readonly conditionalWrites: boolean;
  /** What the suite is told of it. */
  readonly options?: Omit<ConformanceOptions, "test" | "skip">;
  /** What it breaks. */
  readonly faults: readonly Fault[];
}
