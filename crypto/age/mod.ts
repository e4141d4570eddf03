/**
 * Objects as age files (age-encryption.org/v1), which the `age` command line tool reads and writes: for X25519 and post-quantum recipients, or under a
 * passphrase. Headers (`header.ts`) are `age-encryption`'s work; bodies (`payload.ts`) are ours, since they are read in parts. What is here loads all of that, and
 * the library, on first use.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../../lib/options.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { requireWebCrypto } from "../primitives.ts";
import type { Keys } from "../scheme.ts";

/** What {@linkcode ageKeys} is given. */
export interface AgeKeyOptions {
  /** Whom objects are encrypted for: `"age1…"` or `"age1pq1…"`, one or several, or the text of a recipients file. Default: the identities' own. */
  readonly recipients?: string | readonly string[];
  /**
   * What objects are decrypted with: `"AGE-SECRET-KEY-…"`, one or several, the text of an identity file, or an identity file that is itself encrypted with a
   * passphrase (its text if it is armored, else its bytes). Without them objects can be written and not read.
   */
  readonly identities?: string | Uint8Array | readonly string[];
  /** Opens the identity file, once. Without identities and recipients, objects themselves are encrypted with it, which takes about a second for each. */
  readonly passphrase?: string;
  /** How much work a passphrase makes for each object: the binary logarithm of scrypt's N, from 10 to 22. Default 18, as age's tool. */
  readonly workFactor?: number;
}

/**
 * Keys for age.
 *
 * Where recipients are given, objects are encrypted for these only: name your own among them to read what you write.
 *
 * What age does not do: it binds an object neither to its name nor to its metadata, so a store can swap objects and change dtypes unnoticed. `aesKeys` and
 * `rsaKeys` do.
 *
 * @category Encryption
 * @throws {InvalidArgumentError} when nothing is given, something is no recipient or identity, both post-quantum and other recipients are given, or a
 * passphrase is wrong, missing or without use. No message shows a key.
 * @throws {UnsupportedError} for keys of age's plugins and SSH keys; and without WebCrypto, where only passphrases work.
 *
 * @example
 * ```ts
 * import { ageKeys, generateAgeIdentity } from "@cottoncandy/cottoncandy/crypto";
 *
 * const { identity, recipient } = await generateAgeIdentity();
 * const writer = await ageKeys({ recipients: recipient });
 * const reader = await ageKeys({ identities: identity });
 * console.assert(writer.name === "age" && reader.name === "age");
 * ```
 */
export async function ageKeys(options: AgeKeyOptions): Promise<Keys> {
  checkOptions(options, AGE_KEY_OPTIONS);
  const { recipients, identities, passphrase, workFactor } = options;
  const underPassphrase = passphrase !== undefined && identities === undefined;
  checkPassphrase(passphrase);
  if (underPassphrase && recipients !== undefined) {
    throw new InvalidArgumentError(
      "age encrypts for recipients or with a passphrase, not both: leave one of the two away",
    );
  }
  if (workFactor !== undefined && !underPassphrase) {
    throw new InvalidArgumentError("a work factor is for objects under a passphrase, and there are none");
  }
  if (recipients === undefined && identities === undefined && passphrase === undefined) {
    throw new InvalidArgumentError(
      "age needs recipients to write, identities to read (and write), or a passphrase for both",
    );
  }
  // These bring elliptic curves and post-quantum ciphers with them, which pages without age need not load.
  const { AgeKeys } = await import("./scheme.ts");
  const { DEFAULT_WORK_FACTOR, PassphraseIdentity, PassphraseRecipient } = await import(
    "./passphrase.ts"
  );
  if (underPassphrase) {
    const factor = checkWorkFactor(workFactor ?? DEFAULT_WORK_FACTOR);
    return new AgeKeys({
      recipients: [new PassphraseRecipient(passphrase, factor)],
      identities: [new PassphraseIdentity(passphrase)],
    });
  }
  checkWebCrypto();
  const { readIdentities, readRecipients, recipientsOf } = await import("./identities.ts");
  const others = recipients === undefined ? undefined : readRecipients(recipients);
  const own = identities === undefined ? [] : await readIdentities(identities, passphrase);
  return new AgeKeys({ recipients: others ?? await recipientsOf(own), identities: own });
}

/** What {@linkcode generateAgeIdentity} can be asked for. */
export interface AgeIdentityOptions {
  /** Whether quantum computers are to be of no help to who wants to read. Needs age 1.3 where age's own tool is used. Default `false`. */
  readonly postQuantum?: boolean;
  /** Encrypts the identity, as `age --encrypt --passphrase --armor` does. */
  readonly passphrase?: string;
  /** How much work that passphrase makes: the binary logarithm of scrypt's N, from 10 to 22. Default 18. */
  readonly workFactor?: number;
}

const IDENTITY_OPTIONS: OptionTable<AgeIdentityOptions> = {
  postQuantum: true,
  passphrase: true,
  workFactor: true,
};
const AGE_KEY_OPTIONS: OptionTable<AgeKeyOptions> = {
  recipients: true,
  identities: true,
  passphrase: true,
  workFactor: true,
};

/** A new identity and who it is. */
export interface AgeIdentity {
  /** `"AGE-SECRET-KEY-…"`; with a passphrase the text of an encrypted identity file. Keep it: without it nothing can be read again. */
  readonly identity: string;
  /** `"age1…"`, for whoever is to write. */
  readonly recipient: string;
}

/**
 * A new identity, as age-keygen makes them.
 *
 * @category Encryption
 * @throws {InvalidArgumentError} when the passphrase is empty or the work factor out of range.
 * @throws {UnsupportedError} without WebCrypto.
 *
 * @example
 * ```ts
 * import { generateAgeIdentity } from "@cottoncandy/cottoncandy/crypto";
 *
 * const { identity, recipient } = await generateAgeIdentity({ postQuantum: true });
 * console.assert(identity.startsWith("AGE-SECRET-KEY-PQ-1") && recipient.startsWith("age1pq1"));
 * ```
 */
export async function generateAgeIdentity(options: AgeIdentityOptions = {}): Promise<AgeIdentity> {
  checkOptions(options, IDENTITY_OPTIONS);
  const { postQuantum = false, passphrase, workFactor } = options;
  checkPassphrase(passphrase);
  if (workFactor !== undefined) {
    checkWorkFactor(workFactor);
    if (passphrase === undefined) {
      throw new InvalidArgumentError("a work factor is for a passphrase, and there is none");
    }
  }
  checkWebCrypto();
  const age = await import("age-encryption");
  const identity = postQuantum ? await age.generateHybridIdentity() : await age.generateX25519Identity();
  const recipient = await age.identityToRecipient(identity);
  if (passphrase === undefined) return { identity, recipient };
  const { DEFAULT_WORK_FACTOR, PassphraseRecipient } = await import("./passphrase.ts");
  const encrypter = new age.Encrypter();
  encrypter.addRecipient(new PassphraseRecipient(passphrase, workFactor ?? DEFAULT_WORK_FACTOR));
  const file = await encrypter.encrypt(`# public key: ${recipient}\n${identity}\n`);
  return { identity: age.armor.encode(file), recipient };
}

/**
 * The recipients of identities: whom others write for.
 *
 * @param identities As for {@linkcode ageKeys}.
 * @param passphrase Opens an encrypted identity file.
 * @throws {InvalidArgumentError | UnsupportedError} as {@linkcode ageKeys} does.
 */
export async function ageRecipients(
  identities: string | Uint8Array | readonly string[],
  passphrase?: string,
): Promise<string[]> {
  checkWebCrypto();
  const { readIdentities } = await import("./identities.ts");
  const { identityToRecipient } = await import("age-encryption");
  const all = await readIdentities(identities, passphrase);
  return await Promise.all(all.map((identity) => identityToRecipient(identity)));
}

function checkPassphrase(passphrase: string | undefined): void {
  if (passphrase === undefined) return;
  if (typeof passphrase !== "string") throw new InvalidArgumentError("the passphrase is no text");
  if (passphrase === "") throw new InvalidArgumentError("the passphrase is empty");
}

function checkWorkFactor(workFactor: number): number {
  if (!Number.isInteger(workFactor) || workFactor < 10 || workFactor > 22) {
    throw new InvalidArgumentError(`a work factor is a whole number from 10 to 22, not ${workFactor}`);
  }
  return workFactor;
}

/** The library's elliptic curves do without WebCrypto's only where there is one that lacks them. */
function checkWebCrypto(): void {
  requireWebCrypto("age's recipients and identities need");
}
