/** What to answer. */
export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** The body in pieces. */
  readonly body: readonly Uint8Array[];
}

/** An answer without a body. */
export function emptyReply(status: number, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: [] };
}

/** A page, as a proxy or a portal answers in a server's place. */
export function pageReply(html: string): Reply {
  return { status: 200, headers: { "content-type": "text/html" }, body: [new TextEncoder().encode(html)] };
}
