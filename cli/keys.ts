/**
 * Encryption as the command line has it: keys come from files, passphrases from a file, the environment or the terminal, and neither ever from an argument.
 *
 * @module
 */
import type { EncryptionOptions } from "../lib/encryption/mod.ts";
import { hasCode, platformFiles, readFully } from "../lib/file_access.ts";
import type { Io } from "./io.ts";
import { UsageError } from "./report.ts";

/** The environment variable that a passphrase may be in. */
export const PASSPHRASE_VARIABLE = "COTTONCANDY_PASSPHRASE";

/** Where a passphrase may come from. */
type Asking = Pick<Io, "variable" | "askSecret">;

/** What was said of keys. */
export interface KeySettings {
  /** A file with a key: AES (32 bytes, or their base64), RSA (PEM), or age (identities). */
  readonly keyFile: string | undefined;
  /** Whom to encrypt for: `age1…`, or a file of recipients or of an RSA public key. */
  readonly recipients: readonly string[];
  /** A file whose first line is a passphrase. */
  readonly passphraseFile: string | undefined;
  /** Ask for a passphrase. */
  readonly passphrase: boolean;
}

/** Whether a passphrase was asked for. */
export function wantsPassphrase({ passphrase, passphraseFile }: KeySettings): boolean {
  return passphrase || passphraseFile !== undefined;
}

/**
 * The encryption that was asked for; `undefined` for none.
 *
 * @param writes Whether something is to be encrypted: a passphrase with a slip of the fingers would open it never again.
 * @throws {UsageError} when a file is no key, or a passphrase is needed and there is none.
 */
export async function encryptionOf(
  settings: KeySettings,
  io: Asking,
  writes = false,
): Promise<EncryptionOptions | undefined> {
  const { keyFile, recipients } = settings;
  const key = keyFile === undefined ? undefined : await readKey(keyFile);
  const given = await Promise.all(recipients.map(readRecipient));
  const publicKey = given.find((text) => text.includes("-----BEGIN "));
  if (key === undefined && given.length === 0) {
    if (!wantsPassphrase(settings)) return undefined;
    return { encryption: "age", passphrase: await passphraseOf(settings, io, "of the objects", writes) };
  }
  if (publicKey !== undefined || key?.kind === "RSA") {
    if (given.length > 1 || given.length === 1 && publicKey === undefined) {
      throw new UsageError("RSA has one recipient, a file with its public key: age's are for age's keys");
    }
    if (key !== undefined && key.kind !== "RSA") throw mixedError();
    const text = key?.text;
    const isPrivate = text?.includes("PRIVATE KEY-----") ?? false;
    const needsPassphrase = text !== undefined && /ENCRYPTED/.test(text);
    return {
      encryption: "RSA",
      ...(isPrivate ? { privateKey: text } : {}),
      ...(publicKey !== undefined
        ? { publicKey }
        : isPrivate || text === undefined
        ? {}
        : { publicKey: text }),
      ...(needsPassphrase ? { passphrase: await passphraseOf(settings, io, `of ${keyFile}`) } : {}),
    };
  }
  if (key?.kind === "AES") {
    if (given.length > 0) throw mixedError();
    return { encryption: "AES", key: key.bytes };
  }
  const identities = key?.text ?? key?.bytes;
  const isSealed = key?.kind === "age" && key.isSealed;
  return {
    encryption: "age",
    ...(given.length > 0
      ? { recipients: given.flatMap((text) => text.split("\n")).filter(isRecipient) }
      : {}),
    ...(identities === undefined ? {} : { identities }),
    ...(isSealed ? { passphrase: await passphraseOf(settings, io, `of ${keyFile}`) } : {}),
  };
}

function isRecipient(line: string): boolean {
  return line.trim() !== "" && !line.trimStart().startsWith("#");
}

function mixedError(): UsageError {
  return new UsageError(
    "the key file and the recipients are of different kinds: AES has no recipients, RSA's is a PEM file, age's begin with age1",
  );
}

type KeyFile =
  | { readonly kind: "AES"; readonly bytes: Uint8Array; readonly text?: undefined }
  | { readonly kind: "RSA"; readonly text: string; readonly bytes?: undefined }
  | { readonly kind: "age"; readonly isSealed: boolean; readonly text?: string; readonly bytes?: Uint8Array };

/** Tells a key by what is in its file. */
async function readKey(path: string): Promise<KeyFile> {
  const bytes = await readSecretFile(path, "--key-file");
  const text = new TextDecoder().decode(bytes);
  if (text.startsWith("-----BEGIN AGE")) return { kind: "age", isSealed: true, text };
  if (text.startsWith("age-encryption.org/")) return { kind: "age", isSealed: true, bytes };
  if (text.includes("-----BEGIN ")) return { kind: "RSA", text };
  if (/^(?:#.*\r?\n|\s*\n)*AGE-/.test(text)) return { kind: "age", isSealed: false, text };
  const trimmed = text.trim();
  if (/^[A-Za-z0-9+/]{22,44}={0,2}$/.test(trimmed) && trimmed.length % 4 === 0) {
    return { kind: "AES", bytes: Uint8Array.from(atob(trimmed), (character) => character.charCodeAt(0)) };
  }
  if (bytes.byteLength === 32 || bytes.byteLength === 16) return { kind: "AES", bytes };
  throw new UsageError(
    `${path} is no key: it holds ${bytes.byteLength} bytes that are neither an AES key (32 bytes, or their base64), nor PEM, nor an age identity. Make one with: cottoncandy keygen`,
  );
}

async function readRecipient(written: string): Promise<string> {
  if (/^age1/.test(written)) return written;
  return new TextDecoder().decode(await readSecretFile(written, "--recipient"));
}

/** A small file's bytes. */
async function readSecretFile(path: string, option: string): Promise<Uint8Array<ArrayBuffer>> {
  const files = platformFiles();
  try {
    const file = await files.open(await files.realpath(files.resolve(path)));
    try {
      const { kind, size } = await file.stat();
      if (kind !== "file" || size > 2 ** 20) throw new UsageError(`${option} ${path} is no file of a key`);
      const bytes = new Uint8Array(size);
      return bytes.subarray(0, await readFully(file, bytes, 0));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) throw new UsageError(`${option} ${path}: there is no such file`);
    if (hasCode(error, "EACCES", "EPERM")) throw new UsageError(`${option} ${path}: you may not read it`);
    throw error;
  }
}

/**
 * The passphrase, by the first of file, environment and terminal that has one.
 *
 * @param isNew Whether something is to be encrypted by it: it is asked for twice then.
 */
export async function passphraseOf(
  { passphraseFile }: Pick<KeySettings, "passphraseFile">,
  io: Asking,
  what: string,
  isNew = false,
): Promise<string> {
  if (passphraseFile !== undefined) {
    const text = new TextDecoder().decode(await readSecretFile(passphraseFile, "--passphrase-file"));
    const [line = ""] = text.split(/\r?\n/);
    if (line !== "") return line;
    throw new UsageError(`--passphrase-file ${passphraseFile} has nothing in its first line`);
  }
  const given = io.variable(PASSPHRASE_VARIABLE);
  const found = given ?? await io.askSecret(`Passphrase ${what}: `);
  if (found && given === undefined && isNew && await io.askSecret("The same once more: ") !== found) {
    throw new UsageError("that was another passphrase: nothing was done");
  }
  if (found) return found;
  throw new UsageError(
    `the passphrase ${what} is needed: give --passphrase-file FILE, set ${PASSPHRASE_VARIABLE}, or run this in a terminal`,
  );
}
