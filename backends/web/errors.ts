import {
  AccessDeniedError,
  ConnectionError,
  CottonCandyError,
  type ErrorDetails,
  UnsupportedError,
} from "../../lib/errors.ts";
import { objectNotFoundError, type ObjectPlace, versionGoneError } from "../conditions.ts";
import {
  connectionError,
  NetworkFailure,
  networkVerdict,
  statusVerdict,
  type Verdict,
} from "../transport/mod.ts";

/** What a page must be let see, as the value of Access-Control-Expose-Headers. */
const EXPOSED =
  "Content-Range, ETag, Content-Encoding, x-amz-meta-dtype, x-amz-meta-shape, x-amz-meta-compression, x-amz-meta-order";

/** Why a page may not see metadata that are there, or the server has none. */
export function metadataNote(browser: boolean): string {
  return browser
    ? `A page sees of another origin's headers only those that the server exposes: "Access-Control-Expose-Headers: ${EXPOSED}". Where there are none, say what the array is: { dtype, shape }`
    : "Web servers but for object stores keep no metadata: say what the array is, { dtype, shape }";
}

/** An answer that is a refusal. Stays inside the backend. */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  /** Its status. */
  readonly status: number;
  /** Milliseconds after which the server wants to be asked again. */
  readonly retryAfter?: number;

  /** A refusal by its status. */
  constructor(status: number, retryAfter?: number) {
    super(`status ${status}`);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Whether and how a request is tried again. */
export function webVerdict(error: unknown, browser: boolean): Verdict {
  if (error instanceof HttpFailure) return statusVerdict(error.status, error.retryAfter);
  if (!(error instanceof NetworkFailure)) return { again: false };
  const verdict = networkVerdict(error);
  // To a page, an answer without CORS headers (as of many servers to what is missing) looks as a broken connection does: it will not get better.
  return browser ? { again: true, quick: true } : verdict;
}

/** The error of a request that failed. */
export function webError(error: unknown, method: string, object: ObjectPlace, browser: boolean): unknown {
  const { place, ...details } = object;
  if (error instanceof HttpFailure) return refusalError(error.status, method, object);
  if (!(error instanceof NetworkFailure)) return error;
  const about = { ...details, cause: error };
  if (!browser) return connectionError(error, place, method, about);
  return new ConnectionError(
    `the browser shows no answer of ${place} to ${method} of "${details.key}" (${error.message}), and not why: there is no network or no such server; or the server does not let pages of this origin read, ` +
      `which it says by CORS: "Access-Control-Allow-Origin: ${
        globalThis.location?.origin ?? "*"
      }", "Access-Control-Allow-Headers: Range" and "Access-Control-Expose-Headers: ${EXPOSED}"; ` +
      "or there is no such object, and its answer to that lacks the first of these; or it compresses what was asked for as it is. The browser's console has more.",
    about,
  );
}

/** The error of an answer with a status that is no success. */
export function refusalError(status: number, method: string, object: ObjectPlace): CottonCandyError {
  const { place, ...details } = object;
  const about: ErrorDetails = { ...details, cause: new HttpFailure(status) };
  const what = `"${details.key}" in ${place}`;
  switch (status) {
    case 401:
      return new AccessDeniedError(
        `${place} wants to know who asks for "${details.key}" (${status}): give \`headers\`, such as { authorization: "Bearer …" }`,
        about,
      );
    case 403:
    case 451:
      return new AccessDeniedError(
        `${place} does not let ${what} be read (${status}): it is not public, the signature in the URL has expired or is for something else, or \`headers\` are wrong. ` +
          "Object stores say so as well of what is missing, to whoever may not list.",
        about,
      );
    case 404:
    case 410:
      return objectNotFoundError({ ...object, cause: about.cause });
    case 412:
      return versionGoneError({ ...object, cause: about.cause });
    case 405:
    case 501:
      return new UnsupportedError(
        `${place} knows no ${method} (${status}), which ${what} was asked with`,
        about,
      );
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return new UnsupportedError(
        `${place} redirects from "${details.key}" (${status}) to where it is not followed: from https to http, or nowhere. Open the URL that it is at`,
        about,
      );
    default:
      return statusVerdict(status).again
        ? new ConnectionError(
          `${place} answered with status ${status}, however often it was asked for "${details.key}": it is overloaded or broken. Try again later.`,
          about,
        )
        : new CottonCandyError(
          `${place} answered ${method} of "${details.key}" with status ${status}, which is neither the object nor a reason`,
          about,
        );
  }
}

/** The error of everything that would change what is stored. */
export function readOnlyError(place: string, what: string, details: ErrorDetails): UnsupportedError {
  return new UnsupportedError(
    `${place} is read by plain HTTP, by which nothing can be ${what}: open the store itself, such as s3://bucket, with credentials`,
    { ...details, committed: "no" },
  );
}
