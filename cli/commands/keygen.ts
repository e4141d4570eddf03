/**
 * `keygen`: keys to encrypt with.
 *
 * @module
 */
import { AlreadyExistsError, CottonCandyError } from "../../lib/errors.ts";
import { codeOf, hasCode, platformFiles } from "../../lib/file_access.ts";
import { type CliCommand, defineCommand, flag, value } from "../command.ts";
import type { CliContext } from "../context.ts";
import { passphraseOf, wantsPassphrase } from "../keys.ts";
import { UsageError } from "../report.ts";
import { printable, wholeNumber } from "../text.ts";

/** `keygen`. */
export const command: CliCommand = defineCommand({
  arguments: "<kind> <file>",
  description:
    "Makes a key and writes it to a new file that only you may read: aes, one key for all; rsa, a pair, the public one in FILE.pub; age, an identity, whose recipient is printed. Keep the file: without it nothing can be read again. Use it by --key-file. A passphrase for the file is taken from --passphrase-file, or asked for with --passphrase.",
  examples: [
    ["keygen aes lab.key", "a key for this lab"],
    ["keygen age me.age --passphrase", "an identity under a passphrase"],
    ["cp -r results s3://bucket/results --key-file lab.key", "encrypted on its way"],
  ],
  options: {
    bits: value("--bits <n>", "rsa: bits of the modulus (default: 3072)", wholeNumber(2048)),
    postQuantum: flag("--post-quantum", "age: safe from quantum computers; needs age 1.3"),
  },
  async run(context, [kind = "", path = ""], { bits, postQuantum }) {
    if (bits !== undefined && kind !== "rsa") throw new UsageError("--bits is for rsa");
    if (postQuantum && kind !== "age") throw new UsageError("--post-quantum is for age");
    const { report } = context;
    await refuseExisting(path);
    switch (kind) {
      case "aes": {
        if (wantsPassphrase(context.keySettings)) {
          throw new UsageError("an AES key file has no passphrase: use age or rsa");
        }
        const { generateAesKey } = await import("../../crypto/tink/mod.ts");
        await writeSecret(path, `${generateAesKey()}\n`);
        break;
      }
      case "rsa": {
        const passphrase = await newPassphrase(context, path);
        const { generateRsaKeys } = await import("../../crypto/rsa/mod.ts");
        const { publicKey, privateKey } = await generateRsaKeys({ bits, passphrase });
        await writeSecret(path, privateKey);
        await writeSecret(`${path}.pub`, publicKey, 0o644);
        break;
      }
      case "age": {
        const passphrase = await newPassphrase(context, path);
        const { generateAgeIdentity } = await import("../../crypto/age/mod.ts");
        const { identity, recipient } = await generateAgeIdentity({ postQuantum, passphrase });
        await writeSecret(
          path,
          passphrase === undefined ? `# public key: ${recipient}\n${identity}\n` : identity,
        );
        report.count();
        return await report.result({ kind, file: path, recipient }, recipient);
      }
      default:
        throw new UsageError(`there is no key of kind "${kind}": write aes, rsa or age`);
    }
    report.count();
    if (report.json) await report.result({ kind, file: path }, "");
    else await report.info(`The key is in ${printable(path)}, for your eyes only: keep it.`);
  },
});

/** The passphrase of a new file, where one was asked for. */
async function newPassphrase(context: CliContext, path: string): Promise<string | undefined> {
  if (!wantsPassphrase(context.keySettings)) return undefined;
  return await passphraseOf(context.keySettings, context.io, `of ${path}`, true);
}

/** Before work is done, or a passphrase is asked for, for nothing. */
async function refuseExisting(path: string): Promise<void> {
  const files = platformFiles();
  try {
    await files.stat(files.resolve(path));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw unwritableError(path, error);
  }
  throw existsError(path);
}

function existsError(path: string): AlreadyExistsError {
  return new AlreadyExistsError(`${path} exists already: choose another name, so that no key is lost`);
}

function unwritableError(path: string, cause: unknown): CottonCandyError {
  return new CottonCandyError(`${path} can't be written (${codeOf(cause) ?? cause})`, { cause });
}

/** Writes a new file, whole or not at all. */
async function writeSecret(path: string, text: string, mode = 0o600): Promise<void> {
  const files = platformFiles();
  const absolute = files.resolve(path);
  try {
    const file = await files.create(absolute, mode);
    try {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.byteLength;) at += await file.write(bytes.subarray(at), at);
      await file.sync();
      // What is encrypted with a key whose name the power took is lost.
      await files.syncDirectory(files.join(absolute, ".."));
    } catch (error) {
      await files.unlink(absolute).catch(() => {});
      throw error;
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw hasCode(cause, "EEXIST") ? existsError(path) : unwritableError(path, cause);
  }
}
