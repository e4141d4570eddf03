/**
 * Metadata and bytes in one request body.
 *
 * Source: https://developers.google.com/workspace/drive/api/guides/manage-uploads, "Perform a multipart upload"; RFC 2387.
 *
 * @module
 */

/** A body, and its type. */
export interface Multipart {
  /** The Content-Type header, which names the boundary. */
  readonly type: string;
  /** The body. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Puts a file's resource and its bytes together. */
export function multipart(resource: unknown, mimeType: string, bytes: Uint8Array): Multipart {
  // Random, so that it is not in the bytes.
  const boundary = `cc-${crypto.randomUUID()}`;
  const encoder = new TextEncoder();
  const head = encoder.encode(
    `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(resource)}\r\n` +
      `--${boundary}\r\nContent-Type: ${mimeType}\r\n\r\n`,
  );
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  const body = new Uint8Array(head.length + bytes.length + tail.length);
  body.set(head);
  body.set(bytes, head.length);
  body.set(tail, head.length + bytes.length);
  return { type: `multipart/related; boundary=${boundary}`, body };
}
