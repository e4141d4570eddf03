/** A .npy file with a header of one's own. */
export function npyFile(header: string, body: number = 0, version: number = 1): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const prefix = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(prefix + text.length + body);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  new DataView(bytes.buffer).setUint16(8, text.length, true);
  bytes.set(text, prefix);
  return bytes;
}
