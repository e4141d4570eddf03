import type { ObjectHead } from "../backend.ts";
import type { Extent } from "../range.ts";
import type { RetryPolicy } from "./retry.ts";

/** A body that has begun to arrive. */
export interface RemoteBody {
  /** Where in the object it begins. */
  readonly start: number;
  /** Where in the object it ends, exclusive. */
  readonly end: number;
  /** The bytes from `start` to `end`. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Sees all bytes of an object pass, in order, and tells at the end whether they are right. */
export interface Verifier {
  /** Adds the bytes that follow. */
  update(bytes: Uint8Array): void;
  /** Throws `IntegrityError` when the bytes are not those of the object. */
  finish(): Promise<void>;
}

/** Tells whether the bytes of an object are right whose parts arrive at once. */
export interface PartsVerifier {
  /** Called when a part begins to arrive: gives what is to see its bytes pass, in order, where that is of use. */
  part(index: number): ((bytes: Uint8Array) => void) | undefined;
  /** Throws `IntegrityError` when the bytes, which are all there, are not those of the object. */
  finish(parts: readonly Extent[], bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** One version of one object in a store that is reached by HTTP: what {@linkcode RemoteReader} needs to read it. */
export interface RemoteObject {
  /** What the store told of it. */
  readonly info: ObjectHead;
  /** The bucket, for errors. */
  readonly bucket?: string;
  /** How often, and for how long, a body that breaks off is taken up again. */
  readonly policy: RetryPolicy;
  /** Milliseconds without a byte after which a body counts as broken. */
  readonly idle: number;
  /** Requests at once for one object where nothing else is said. */
  readonly concurrency: number;
  /** A body that breaks off can be taken up again where it broke, and is of the same version then. */
  readonly resumable: boolean;
  /**
   * Asks for bytes of this version, from `start` to `end`, exclusive.
   *
   * @throws {PreconditionFailedError} when the version is gone.
   */
  request(start: number, end: number, signal: AbortSignal | undefined): Promise<RemoteBody>;
  /** What checks all of the object's bytes in order; `undefined` where the store tells nothing that they could be held against. */
  verifier(signal: AbortSignal | undefined): Verifier | undefined;
  /** What checks all of the object's bytes when parts of them arrive at once. */
  partsVerifier(signal: AbortSignal | undefined): PartsVerifier | undefined;
  /**
   * Called when the bytes of a range have arrived, or of an object that nothing could be held against: throws `PreconditionFailedError` when they may be of another version. Absent where the store
   * answers for the version itself.
   */
  confirm?(signal: AbortSignal | undefined): Promise<void>;
}
