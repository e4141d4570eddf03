/** The name of the file that a body is to make, for faults to go by: whatever is wrong with the body is said elsewhere. */
import { nameIn, parseText } from "./metadata.ts";
import { parseMultipart } from "./multipart.ts";

/** The name; `undefined` when there is none, or none to be found. */
export function nameOf(body: Uint8Array, contentType: string | undefined): string | undefined {
  try {
    const isMultipart = contentType?.startsWith("multipart/") ?? false;
    return nameIn(parseText(isMultipart ? parseMultipart(body, contentType ?? "").metadata.bytes : body));
  } catch {
    return undefined;
  }
}
