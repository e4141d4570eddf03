import { member } from "./file.ts";

/** An answer of Drive that says no. Stays inside the backend: its callers see an error of this library, with this as its cause. */
export class DriveFailure extends Error {
  override readonly name = "DriveFailure";
  /** The HTTP status. */
  readonly status: number;
  /** Drive's word for what is wrong, such as `"rateLimitExceeded"`. */
  readonly reason: string;
  /** Milliseconds after which Drive wants to be asked again. */
  readonly retryAfter?: number;

  /** Makes one. */
  constructor(status: number, reason: string, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

/**
 * What an answer that says no tells.
 *
 * Source: https://developers.google.com/workspace/drive/api/guides/handle-errors
 */
export function failureOfAnswer(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): DriveFailure {
  const after = Number(headers["retry-after"] ?? NaN);
  const error = member(json(body), "error");
  const errors = member(error, "errors");
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  return new DriveFailure(
    status,
    text(member(first, "reason")) ?? text(member(error, "status")) ?? "",
    text(member(error, "message")) ?? `HTTP ${status}`,
    after >= 0 ? after * 1000 : undefined,
  );
}

/** A body's JSON; `undefined` when it is none. */
export function json(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
