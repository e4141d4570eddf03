/** What {@linkcode TokenRefusal} is made from. */
export interface RefusedAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The members of the answer's JSON. */
  readonly answer: Readonly<Record<string, unknown>>;
  /** What was sent, and must not be shown. */
  readonly secrets: readonly string[];
}

/** A run of so many characters may be a token, or a part of one. */
const MAY_BE_SECRET = /\S{24,}/g;

/**
 * A token endpoint's answer that brought no token. It holds nothing of what was sent, also where the server repeats it. Stays inside the backend: its callers see an error of the library.
 */
export class TokenRefusal extends Error {
  override readonly name = "TokenRefusal";
  /** The HTTP status. */
  readonly status: number;
  /** OAuth's code for what is wrong, such as `"invalid_grant"`; empty when the answer is none of OAuth's. */
  readonly error: string;
  /** The server's clock, in milliseconds since 1970; a browser does not see it. */
  readonly date?: number;
  /** Milliseconds after which the server wants to be asked again. */
  readonly retryAfter?: number;

  /** Reads what the answer tells. */
  constructor({ status, headers, answer, secrets }: RefusedAnswer) {
    const error = typeof answer.error === "string" && /^[a-z_]{1,40}$/.test(answer.error) ? answer.error : "";
    const description = typeof answer.error_description === "string"
      ? harmless(answer.error_description, secrets)
      : "";
    super([status, error, description].filter(Boolean).join(" "));
    this.status = status;
    this.error = error;
    const date = Date.parse(headers.date ?? "");
    if (!Number.isNaN(date)) this.date = date;
    const after = Number(headers["retry-after"] ?? NaN);
    if (after >= 0) this.retryAfter = after * 1000;
  }

  /** Whether the trouble may pass by itself. */
  get passing(): boolean {
    const { status, error } = this;
    if (status === 408 || status === 429 || status >= 500 && status !== 501) return true;
    // Google's own clients try these again as well.
    return /^(?:server_error|internal_failure|temporarily_unavailable)$/.test(error);
  }
}

function harmless(description: string, secrets: readonly string[]): string {
  let text = description.replace(/[^\x20-\x7e]+/g, " ");
  for (const secret of secrets) {
    if (secret !== "") text = text.replaceAll(secret, "…");
  }
  return text.replace(MAY_BE_SECRET, "…").slice(0, 200).trim();
}
