/**
 * TODO: what this folder is for.
 *
 * @module
 */
export { NetworkFailure } from "./failure.ts";
export { HttpHandler } from "./handler.ts";
export {
  PART,
  type PartsVerifier,
  type RemoteBody,
  type RemoteObject,
  RemoteReader,
  type Verifier,
} from "./reader.ts";
export { Patience, type RetryOptions, RetryPolicy, sleep, type Verdict } from "./retry.ts";
export {
  type CallOptions,
  Gate,
  type Timeouts,
  timeoutsOf,
  type WireRequest,
  type WireResponse,
  wrongLimit,
} from "./wire.ts";
