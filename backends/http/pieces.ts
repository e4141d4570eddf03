import { ConnectionError, IntegrityError } from "../../lib/errors.ts";
import type { Extent } from "../range.ts";
import { piecesOf } from "./body.ts";
import { NetworkFailure } from "./failure.ts";
import type { RemoteBody, RemoteObject } from "./remote_object.ts";
import { Patience, sleep } from "./retry.ts";

/** Bytes after which a connection that broke counts as one that works. */
const PROGRESS = 1024 * 1024;

/**
 * Reads a part of an object to its very end, in pieces that are the reader's until the next one is asked for. A body that breaks off is resumed where it broke, with a new request for the rest of the same version. Ending the
 * iteration early ends the request.
 *
 * @param first A body that begins at, or before, the part's start, and is used as far as it goes.
 * @throws {IntegrityError} when the bytes are fewer or more than they must be.
 * @throws {ConnectionError} when the connection keeps breaking.
 * @throws {PreconditionFailedError} when the version is gone.
 */
export async function* sectionPieces(
  object: RemoteObject,
  { offset, length }: Extent,
  first: RemoteBody | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { info: { key }, bucket, policy, idle } = object;
  const end = offset + length;
  let position = offset;
  let response = first;
  let sinceFailure = 0;
  const patience = new Patience(policy);
  while (position < end || response) {
    response ??= await object.request(position, end, signal);
    const { body, end: bodyEnd } = response;
    let skip = position - response.start;
    let at = response.start;
    response = undefined;
    try {
      for await (let piece of piecesOf(body, { idle, signal })) {
        at += piece.length;
        if (at > bodyEnd) {
          throw new IntegrityError(`more bytes of "${key}" came than were announced`, { key, bucket });
        }
        if (skip >= piece.length) {
          skip -= piece.length;
          continue;
        }
        piece = piece.subarray(skip, Math.min(piece.length, skip + end - position));
        skip = 0;
        position += piece.length;
        sinceFailure += piece.length;
        if (piece.length > 0) yield piece;
        if (position >= end && at < bodyEnd) return;
      }
      if (at < bodyEnd) throw new NetworkFailure("broken", `the body ended after ${at} of ${bodyEnd} bytes`);
    } catch (error) {
      if (!(error instanceof NetworkFailure)) throw error;
      signal?.throwIfAborted();
      if (sinceFailure >= PROGRESS) patience.reset();
      sinceFailure = 0;
      const wait = patience.next();
      if (!object.resumable || wait === undefined) {
        throw new ConnectionError(
          `the body of "${key}" broke off at byte ${position} of ${end} and could not be resumed (${error.message}). Try again.`,
          { key, bucket, cause: error },
        );
      }
      await sleep(wait, signal);
    }
  }
}
