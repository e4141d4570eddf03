/** Age files made by age's own tools (tests/vectors/age/make.sh). */
const folder = new URL("../vectors/age/", import.meta.url);

/** A file's bytes. */
export async function ageFile(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(new URL(name, folder));
}

/** A file's text. */
export async function ageText(name: string): Promise<string> {
  return await Deno.readTextFile(new URL(name, folder));
}

/** What opens the files under a passphrase. */
export const agePassphrase = "correct horse";

/** The plain bytes of the files. */
export function agePlain(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => 7 * i + (i >> 8));
}
