import { ConnectionError, IntegrityError, NotFoundError } from "../../lib/errors.ts";
import { piecesOf } from "./body.ts";
import { NetworkFailure } from "./failure.ts";
import { changed, request, type Response } from "./response.ts";
import { Backoff, sleep } from "./retry.ts";
import type { S3Store } from "./store.ts";

/** Bytes after which a connection that broke counts as one that works. */
const PROGRESS = 1024 * 1024;

/** Bytes of one version of an object. */
export interface Section {
  /** The object. */
  readonly key: string;
  /** First byte. */
  readonly start: number;
  /** Where it ends, exclusive. */
  readonly end: number;
  /** The version; without one a body that breaks can't be resumed. */
  readonly etag?: string;
  /** The object has a content encoding: its length on the wire may not be that of its ranges, so it is not resumed. */
  readonly encoded: boolean;
}

/**
 * Reads a section to its very end, in pieces that are the reader's until the next one is asked for. A body that breaks off is resumed where it broke, with a new request for the rest of the same version. Ending the
 * iteration early ends the request.
 *
 * @param first A body that begins at, or before, the section's start, and is used as far as it goes.
 * @throws {IntegrityError} when the bytes are fewer or more than they must be.
 * @throws {ConnectionError} when the connection keeps breaking.
 * @throws {PreconditionFailedError} when the version is gone.
 */
export async function* sectionPieces(
  store: S3Store,
  section: Section,
  first: Response | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { key, end, etag } = section;
  let position = section.start;
  let response = first;
  let failures = 0;
  let failedAt = 0;
  let sinceFailure = 0;
  let pause = new Backoff();
  while (position < end || response) {
    response ??= await resumed(store, section, position, signal);
    const { body, end: bodyEnd } = response;
    let skip = position - response.start;
    let at = response.start;
    response = undefined;
    try {
      for await (let piece of piecesOf(body, { idle: store.timeouts.idle, signal })) {
        at += piece.length;
        if (at > bodyEnd) {
          throw new IntegrityError(`more bytes of "${key}" came than were announced`, where(store, key));
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
      if (sinceFailure >= PROGRESS || failures === 0) {
        failures = 0;
        failedAt = performance.now();
        pause = new Backoff();
      }
      sinceFailure = 0;
      const wait = pause.next();
      const spent = performance.now() - failedAt + wait > store.policy.budget;
      if (etag === undefined || section.encoded || ++failures >= store.policy.attempts || spent) {
        throw new ConnectionError(
          `the body of "${key}" broke off at byte ${position} of ${end} and could not be resumed (${error.message}). Try again.`,
          { ...where(store, key), cause: error },
        );
      }
      await sleep(wait, signal);
    }
  }
}

async function resumed(
  store: S3Store,
  { key, end, etag }: Section,
  position: number,
  signal: AbortSignal | undefined,
): Promise<Response> {
  try {
    const response = await request(store, key, { start: position, end, etag }, signal);
    if (response) return response;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  // Deleted, or shorter by now.
  throw changed(key, store.bucket);
}

function where(store: S3Store, key: string): { key: string; bucket: string } {
  return { key, bucket: store.bucket };
}
