import { AccessDeniedError, InvalidArgumentError } from "../../../lib/errors.ts";
import { SingleFlight } from "../single_flight.ts";

/** What lets requests through, for a while. */
export interface AccessToken {
  /** The token itself. */
  readonly token: string;
  /** When it ends, in milliseconds since 1970; `undefined` when nobody said. */
  readonly expires?: number;
}

/** What else there is to know of a source. */
export interface TokenSourceOptions {
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
  /** The project that requests with its tokens count for. */
  readonly project?: string;
}

/** Milliseconds before its end at which a token is renewed: a request that is on its way then still gets through. */
const EARLY = 60_000;

/** Of a token that is never kept. */
const AT_ONCE = 0;

/**
 * Access tokens, each kept until shortly before its end. However many ask at once, one request is made for them all.
 *
 * The token is held in a private field: printing the source, or making JSON of it, shows nothing.
 */
export class TokenSource {
  /** The project that requests count for, where it is to be named. */
  readonly project: string | undefined;
  readonly #flight: SingleFlight<string>;
  readonly #now: () => number;
  #kept?: AccessToken;

  /**
   * A source of tokens.
   *
   * @param fetch Gets a new token; `signal` aborts when nobody waits for it any more.
   */
  constructor(
    fetch: (signal?: AbortSignal) => Promise<AccessToken>,
    { now = Date.now, project }: TokenSourceOptions = {},
  ) {
    this.#now = now;
    this.project = project;
    this.#flight = new SingleFlight(async (signal) => {
      const fresh = await fetch(signal);
      this.#kept = fresh;
      return fresh.token;
    });
  }

  /** Tokens of a function that keeps them itself: it is asked each time, but once for all who ask at the same time. */
  static of(provider: () => Promise<string>): TokenSource {
    return new TokenSource(async () => ({ token: await provided(provider), expires: AT_ONCE }));
  }

  /** A token that is good for a minute at least. */
  async get(signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    return this.#fresh ?? await this.#flight.run(signal);
  }

  /**
   * A token to try with once more after `stale` was refused: a new one, unless somebody else has got a newer one since.
   */
  async renew(stale: string, signal?: AbortSignal): Promise<string> {
    const underway = this.#flight.isUnderway;
    const token = await this.#other(stale, signal);
    // What was asked for before the refusal may be what was refused.
    return underway && token === stale ? await this.#other(stale, signal) : token;
  }

  async #other(stale: string, signal?: AbortSignal): Promise<string> {
    // Nobody else shall be given it.
    if (this.#kept?.token === stale) this.#kept = undefined;
    return await this.get(signal);
  }

  get #fresh(): string | undefined {
    const { token, expires = Infinity } = this.#kept ?? {};
    return expires - this.#now() > EARLY ? token : undefined;
  }
}

/** Whether something can be sent as a token: anything else would be refused by HTTP clients, whose errors would show it. */
export function isSendable(token: unknown): token is string {
  return typeof token === "string" && /^[\x21-\x7e]+$/.test(token);
}

async function provided(provider: () => Promise<string>): Promise<string> {
  let token: unknown;
  try {
    token = await provider();
  } catch (cause) {
    if (cause instanceof InvalidArgumentError) throw cause;
    throw new AccessDeniedError(
      "the function that was to give an access token for Google Drive failed: see this error's cause",
      { cause },
    );
  }
  if (isSendable(token)) return token;
  throw new AccessDeniedError(
    `the function that was to give an access token for Google Drive gave ${
      named(token)
    }: it must give the token alone`,
  );
}

function named(token: unknown): string {
  if (typeof token !== "string") return token === null ? "null" : `a value of type ${typeof token}`;
  return token === "" ? "an empty string" : "a string with spaces or other characters that no token has";
}
