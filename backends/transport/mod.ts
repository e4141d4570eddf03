/**
 * What makes requests for the stores that are reached by HTTP, and below the AWS SDK: one handler for Deno, Node and browsers, retries, failures
 * with what they mean for a write, bodies that are taken up again where they broke off. It is no store: it knows of no bucket, no key
 * and no protocol, and is given those by `backends/s3`, `backends/gdrive` and `backends/web`.
 *
 * @module
 */
export { readWhole } from "./body.ts";
export { CommitGate } from "./commit_gate.ts";
export {
  callStore,
  connectionError,
  isUncertain,
  mayHaveArrived,
  NetworkFailure,
  networkVerdict,
  retryAfterOf,
  statusVerdict,
  withCommitted,
} from "./failure.ts";
export { HttpHandler } from "./handler.ts";
export { PART, type RemoteBody, type RemoteObject, RemoteReader } from "./reader.ts";
export { Patience, RetryPolicy, sleep, type Verdict } from "./retry.ts";
export {
  type AnsweredExtent,
  parseContentRange,
  percentEncode,
  type Timeouts,
  timeoutsOf,
  type WireCallOptions,
  type WireRequest,
  type WireResponse,
} from "./wire.ts";
export type { ExpectedBytes } from "./verifier.ts";
