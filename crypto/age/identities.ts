/**
 * age's recipients and identities as text: single ones, and files with one on each line.
 *
 * @module
 */
import { armor, Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import { unshared } from "../../lib/bytes.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { AGE_ARMOR, AGE_INTRO } from "./header.ts";
import { PassphraseIdentity } from "./passphrase.ts";

/**
 * The recipients in a text or several.
 *
 * @throws {InvalidArgumentError} when one is none, there is none, or some are post-quantum and others not.
 * @throws {UnsupportedError} for SSH keys.
 */
export function readRecipients(text: string | readonly string[]): string[] {
  const recipients = linesOf(text);
  if (recipients.length === 0) throw new InvalidArgumentError("no recipient is given: age1…");
  for (const [i, recipient] of recipients.entries()) {
    if (recipient.startsWith("ssh-")) {
      throw new UnsupportedError(
        "SSH keys can't be age recipients here: make an identity with generateAgeIdentity() or age-keygen",
      );
    }
    try {
      new Encrypter().addRecipient(recipient);
    } catch (cause) {
      // A secret in the wrong place is secret all the same.
      const isPublic = recipient.startsWith("age1");
      const which = isPublic
        ? JSON.stringify(shortened(recipient))
        : `number ${i + 1} of the ${recipients.length} given`;
      throw new InvalidArgumentError(
        `${which} is no age recipient: they begin with "age1" or "age1pq1"${
          recipient.startsWith("AGE-SECRET-KEY-") ? "; this is an identity" : ""
        }`,
        isPublic ? { cause } : {},
      );
    }
  }
  if (new Set(recipients.map(isPostQuantum)).size > 1) {
    throw new InvalidArgumentError(
      "some recipients are post-quantum (age1pq1…) and others are not, which would undo what the former are for: give the one kind or the other",
    );
  }
  return recipients;
}

/**
 * The identities in a text, in several, or in a file that age has encrypted with a passphrase.
 *
 * @throws {InvalidArgumentError} when one is none, there is none, or the passphrase is wrong, missing or without use. The message does not show them.
 * @throws {UnsupportedError} for those of plugins and SSH.
 */
export async function readIdentities(
  keys: string | Uint8Array | readonly string[],
  passphrase?: string,
): Promise<string[]> {
  const encrypted = encryptedFile(keys);
  if (!encrypted && passphrase !== undefined) {
    throw new InvalidArgumentError(
      "a passphrase is given beside identities that are not encrypted: leave one of the two away",
    );
  }
  const identities = linesOf(encrypted ? await unlock(encrypted, passphrase) : asText(keys));
  if (identities.length === 0) throw new InvalidArgumentError("no identity is given: AGE-SECRET-KEY-1…");
  identities.forEach((identity, i) => {
    if (/^AGE-PLUGIN-|^-----BEGIN .*PRIVATE KEY/.test(identity)) {
      throw new UnsupportedError("identities of age's plugins and SSH keys can't be used here");
    }
    try {
      new Decrypter().addIdentity(identity);
    } catch {
      // Without its cause, which shows the identity.
      throw new InvalidArgumentError(
        `identity ${i + 1} of ${identities.length} is none, or damaged: they begin with "AGE-SECRET-KEY-"`,
      );
    }
  });
  return identities;
}

/** Whom objects are encrypted for where only identities are given: whoever has them; the post-quantum ones where there are several kinds. */
export async function recipientsOf(identities: readonly string[]): Promise<string[]> {
  const all = await Promise.all(identities.map((identity) => identityToRecipient(identity)));
  const postQuantum = all.filter(isPostQuantum);
  return postQuantum.length > 0 ? postQuantum : all;
}

/** Whether quantum computers are of no help in reading what is encrypted for a recipient. */
function isPostQuantum(recipient: string): boolean {
  return /^age1(?:tag)?pq1/.test(recipient);
}

function encryptedFile(keys: string | Uint8Array | readonly string[]): Uint8Array | undefined {
  if (keys instanceof Uint8Array) {
    return asText(keys).startsWith(AGE_INTRO) ? keys : decodeArmor(asText(keys));
  }
  return decodeArmor(typeof keys === "string" ? keys : keys.length === 1 ? keys[0] : "");
}

function decodeArmor(text: string): Uint8Array | undefined {
  if (!text.trimStart().startsWith(AGE_ARMOR)) return undefined;
  try {
    return armor.decode(text);
  } catch {
    throw new InvalidArgumentError("the encrypted identity file is damaged");
  }
}

async function unlock(file: Uint8Array, passphrase: string | undefined): Promise<string> {
  if (passphrase === undefined) {
    throw new InvalidArgumentError("the identity file is encrypted: give its passphrase");
  }
  const decrypter = new Decrypter();
  decrypter.addIdentity(new PassphraseIdentity(passphrase));
  try {
    return await decrypter.decrypt(unshared(file), "text");
  } catch {
    throw new InvalidArgumentError("the passphrase does not open the identity file, or the file is damaged");
  }
}

function asText(keys: string | Uint8Array | readonly string[]): string {
  if (!(typeof keys === "string" || keys instanceof Uint8Array || Array.isArray(keys))) {
    throw new InvalidArgumentError(
      "age's recipients and identities are text, several texts, or a file's bytes",
    );
  }
  return keys instanceof Uint8Array
    ? new TextDecoder().decode(keys)
    : typeof keys === "string"
    ? keys
    : keys.join("\n");
}

/** Lines that are neither empty nor comments. */
function linesOf(text: string | readonly string[]): string[] {
  return asText(text).split(/\r?\n/).map((line) => line.trim()).filter((line) =>
    line && !line.startsWith("#")
  );
}

/** Post-quantum recipients have two thousand characters. */
function shortened(text: string): string {
  return text.length > 12 ? `${text.slice(0, 12)}…` : text;
}
