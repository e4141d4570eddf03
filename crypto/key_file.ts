/**
 * Keys that are kept in files.
 *
 * @module
 */
import { fromBase64, toBase64 } from "../lib/base64.ts";
import { InvalidArgumentError, NotFoundError } from "../lib/errors.ts";

/** More than any key has. */
const MOST = 1024 * 1024;

/**
 * What a key file says: PEM text, an age identity, or an AES key in base64. A file of 16, 24 or 32 bytes that are no such text is taken as the bytes of an AES
 * key, and given in base64.
 *
 * @throws {NotFoundError} when there is no such file.
 * @throws {InvalidArgumentError} when it is no text, or larger than any key.
 * @throws {UnsupportedError} in browsers, which have no files.
 *
 * @example
 * ```ts ignore
 * import { aesKeys, readKeyFile, rsaKeys } from "@cottoncandy/cottoncandy/crypto";
 *
 * const secret = aesKeys(await readKeyFile("/run/secrets/lab.key"));
 * const shared = await rsaKeys({ publicKey: await readKeyFile("lab.pub.pem") });
 * ```
 */
export async function readKeyFile(path: string | URL): Promise<string> {
  const bytes = await readFile(path);
  const text = decodeUtf8(bytes);
  const isText = text !== undefined && /^[\t\n\r -~\u0080-\uffff]*$/.test(text);
  const isRaw = [16, 24, 32].includes(bytes.byteLength);
  if (isRaw && !(isText && [16, 24, 32].includes(fromBase64(text)?.byteLength ?? 0))) return toBase64(bytes);
  if (!isText) throw new InvalidArgumentError(`"${path}" is no key file: it is no text, and no AES key`);
  return text.trim();
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function readFile(path: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const { hasCode, platformFiles, readFully } = await import("../lib/file_access.ts");
  const files = platformFiles();
  let place: string;
  try {
    // Mounted secrets are symbolic links.
    place = await files.realpath(files.resolve(path));
  } catch (cause) {
    if (hasCode(cause, "ENAMETOOLONG")) {
      // It may be a key itself, so neither it nor the cause, which quotes it, is told.
      throw new InvalidArgumentError("what is given as the name of a key file is too long to be one");
    }
    if (!hasCode(cause, "ENOENT", "ENOTDIR", "ELOOP")) throw cause;
    throw new NotFoundError(`there is no key file "${path}"`, { cause });
  }
  const file = await files.open(place);
  try {
    const { kind, size } = await file.stat();
    if (kind !== "file" || size > MOST) {
      throw new InvalidArgumentError(
        `"${path}" is no key file: it is ${kind === "file" ? "too large" : `a ${kind}`}`,
      );
    }
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, await readFully(file, bytes, 0));
  } finally {
    await file.close();
  }
}
