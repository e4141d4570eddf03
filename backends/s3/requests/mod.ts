/**
 * How requests reach a bucket: those for single objects and their listing made here (`own.ts`, signed in `signer.ts`, sent to where `address.ts` says, with what `fields.ts` lists), or by the SDK
 * (`by_sdk.ts`) where a client was passed in or only the SDK's rules know the way; all others by the SDK's client. `route.ts` decides.
 *
 * @module
 */
export type { ObjectAnswer, ObjectInput, ObjectOperation } from "./fields.ts";
export { Route, withSdk } from "./route.ts";
