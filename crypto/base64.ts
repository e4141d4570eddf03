/** Bytes in base64, with padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  // In pieces, since the number of arguments of a call is limited.
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

/** The bytes of base64, with or without padding and with space in between; `undefined` when it is none. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** The bytes of base64 as {@linkcode toBase64} writes it, and in no other way: one text for one content. */
export function fromCanonicalBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = fromBase64(text);
  return bytes && toBase64(bytes) === text ? bytes : undefined;
}
