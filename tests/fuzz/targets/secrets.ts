/** Keys and what they encrypt: no changed ciphertext may be read as another text. */
import { assert, assertEquals } from "@std/assert";
import {
  aesKeys,
  ageKeys,
  ageRecipients,
  decrypt,
  encrypt,
  generateAesKey,
  type Keys,
  legacyScheme,
  rsaKeys,
} from "../../../crypto/mod.ts";
import { concat } from "../../../lib/bytes.ts";
import { CottonCandyError } from "../../../lib/errors.ts";
import { readAll, streamOf } from "../../../lib/streams/mod.ts";
import { ageFile, agePassphrase, ageText } from "../../crypto/age_files.ts";
import { objectVectors, passphrase, pem } from "../../crypto/vectors.ts";
import legacy from "../../vectors/legacy/objects.json" with { type: "json" };
import { type Target, target, textOf } from "../engine/target.ts";

const MIB = 1024 * 1024;

const aesKey = target({
  name: "aes-key",
  count: 5000,
  longest: 200,
  seeds: () => [
    generateAesKey(),
    "b'MDEyMzQ1Njc4OTAxMjM0NQ=='",
    "00112233445566778899aabbccddeeff",
    "0123456789abcdef01234567",
  ],
  dictionary: ["b'", "'", "=", "==", " ", "\n", "-", "_", "+", "/"],
  refusals: ["InvalidArgument", "Unsupported"],
  run: (input) => aesKeys(textOf(input)).name,
});

const pemText = target({
  name: "pem",
  count: 1500,
  longest: 4096,
  seeds: () => Object.values(pem).filter((text) => !text.includes("BEGIN ENCRYPTED")),
  dictionary: [
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN PUBLIC KEY-----",
    "\r\n",
    "=",
    "MII",
    "Proc-Type: 4,ENCRYPTED\n",
  ],
  refusals: ["InvalidArgument", "Unsupported", "Integrity"],
  async run(input) {
    const text = textOf(input);
    const { name } = text.includes("PUBLIC")
      ? await rsaKeys({ publicKey: text })
      : await rsaKeys({ privateKey: text });
    return name;
  },
});

/** Whether the beginning of a key in DER has an integer of more than 100,000 where PBKDF2's rounds may stand: up to 20,000,000 are allowed to take seconds. */
function asksForWork(text: string): boolean {
  const base64 = text.split("\n").slice(1, 4).join("").replace(/[^A-Za-z0-9+/]/g, "");
  const der = Uint8Array.fromBase64(base64.slice(0, base64.length & ~3));
  return der.some((byte, i) =>
    byte === 2 &&
    (der[i + 1] === 4 || der[i + 1] === 3 && (der[i + 2] << 16 | der[i + 3] << 8 | der[i + 4]) > 100_000)
  );
}

/** The parameters of a key under a passphrase. */
const encryptedPem = target({
  name: "pem-encrypted",
  count: 400,
  longest: 4096,
  seeds: () => Object.values(pem).filter((text) => text.includes("BEGIN ENCRYPTED")),
  refusals: ["InvalidArgument", "Unsupported", "Integrity"],
  async run(input) {
    const text = textOf(input);
    return asksForWork(text) ? "" : (await rsaKeys({ privateKey: text, passphrase })).name;
  },
});

const identities = target({
  name: "age-identities",
  count: 3000,
  longest: 4500,
  seeds: async () => [await ageText("x25519.txt"), await ageText("hybrid.txt"), await ageText("other.txt")],
  dictionary: [
    "AGE-SECRET-KEY-1",
    "AGE-SECRET-KEY-PQ-1",
    "AGE-PLUGIN-",
    "age1",
    "#",
    "\n",
    "\r\n",
    "-----BEGIN AGE ENCRYPTED FILE-----\n",
    "ssh-ed25519 ",
  ],
  refusals: ["InvalidArgument", "Unsupported"],
  run: async (input) => await ageRecipients(textOf(input)),
});

const recipients = target({
  name: "age-recipients",
  count: 2000,
  longest: 300,
  seeds: async () =>
    (await ageRecipients(await ageText("x25519.txt"))).map((recipient) =>
      `${recipient}\n# a comment\n${recipient}`
    ),
  dictionary: ["age1", "age1pq1", "age1tag1", "\n", "ssh-rsa ", "github:"],
  refusals: ["InvalidArgument", "Unsupported"],
  run: async (input) => (await ageKeys({ recipients: textOf(input) })).name,
});

const PLAIN = new TextEncoder().encode("what was written, and nothing else ".repeat(4));

/** Ciphertexts of one plain text, whatever is changed of them: it or an error comes out. */
function sealedTarget(name: string, count: number, keysOf: () => Promise<Keys>): Target {
  let keys: Promise<Keys> | undefined;
  return target<Uint8Array>({
    name,
    count,
    longest: 1200,
    refusals: ["Integrity", "Unsupported", "InvalidArgument"],
    async seeds() {
      const stage = encrypt(await (keys ??= keysOf()), { name: "a", metadata: { run: "7" } });
      const body = await readAll(streamOf(PLAIN).pipeThrough(stage));
      return [concat(new TextEncoder().encode(`${JSON.stringify(await stage.metadata)}\n`), body)];
    },
    async run(input) {
      const at = input.indexOf(0x0a);
      const metadata = metadataOf(input.subarray(0, Math.max(0, at)));
      const stage = decrypt(await (keys ??= keysOf()), { name: "a", metadata });
      const [plain, told] = await Promise.all([
        readAll(streamOf(input.slice(at + 1), 1 + input.length % 50).pipeThrough(stage)),
        stage.metadata,
      ]);
      // age files know nothing of metadata; of the others they are authentic.
      if (name !== "age") assertEquals(told, { run: "7" });
      return plain;
    },
    judge(outcome) {
      if (outcome.kind === "refused") return;
      assert(
        textOf(outcome.value) === textOf(PLAIN),
        `another text is authentic: ${JSON.stringify(textOf(outcome.value))}`,
      );
    },
  });
}

/** Metadata as a store may tell them. */
function metadataOf(json: Uint8Array): Record<string, string> {
  try {
    const value: unknown = JSON.parse(textOf(json));
    return Object.fromEntries(Object.entries(value ?? {}).map(([name, text]) => [name, String(text)]));
  } catch {
    return {};
  }
}

const AES_KEY = Uint8Array.from({ length: 32 }, (_, i) => i);

/** An object that Tink for Python wrote, by its vector. */
const tinkVectors = target<Uint8Array>({
  name: "tink-vectors",
  count: 1500,
  longest: 1200,
  refusals: ["Integrity", "Unsupported"],
  seeds: () => aesVectors().map(({ body }) => Uint8Array.fromHex(body)),
  async run(input) {
    const [{ keys, key, metadata }] = aesVectors();
    return await readAll(
      streamOf(input).pipeThrough(decrypt(aesKeys(Uint8Array.fromHex(keys)), { name: key, metadata })),
    );
  },
  judge(outcome) {
    if (outcome.kind === "accepted") assertEquals(outcome.value.toHex(), aesVectors()[0].plain);
  },
});

const aesVectors = () => objectVectors.filter(({ keys, body }) => keys !== "rsa" && body.length < 2400);

/** Without authentication anything may come out, but for what padding and lengths tell. */
const oldObjects = target({
  name: "legacy",
  count: 1500,
  longest: 1200,
  refusals: ["Integrity", "Unsupported"],
  seeds: () =>
    legacy.entries.map(({ body_hex }) => Uint8Array.fromHex(body_hex)).filter(({ length }) => length < 500),
  async run(input) {
    const scheme = legacyScheme(aesKeys(AES_KEY));
    return (await readAll(streamOf(input).pipeThrough(decrypt(scheme, { name: "a" })))).length;
  },
});

/** The armor and header of files of age's own tools. */
const ageFiles = target<string>({
  name: "age-files",
  count: 1500,
  longest: 2500,
  refusals: (error) => error instanceof CottonCandyError && ["Integrity", "Unsupported"].includes(error.code),
  seeds: async () => [
    await ageFile("x25519_11.age"),
    await ageFile("x25519_0.age"),
    await ageFile("two_recipients_200.age"),
    await ageFile("armored_200.age"),
    await ageFile("hybrid_200.age"),
  ],
  dictionary: [
    "age-encryption.org/v1\n",
    "-> X25519 ",
    "-> scrypt ",
    "--- ",
    "-> mlkem768x25519 ",
    "-----BEGIN AGE ENCRYPTED FILE-----\n",
  ],
  async run(input) {
    const keys = await ageFileKeys();
    return (await readAll(streamOf(input).pipeThrough(decrypt(keys, { name: "a" })))).toHex();
  },
  judge(outcome) {
    if (outcome.kind === "refused") return;
    const plain = Uint8Array.from({ length: 200 }, (_, i) => 7 * i + (i >> 8)).toHex();
    assert(
      [0, 11, 200].some((length) => outcome.value === plain.slice(0, 2 * length)),
      "another text is authentic",
    );
  },
});

let opened: Promise<Keys> | undefined;
async function ageFileKeys(): Promise<Keys> {
  return await (opened ??= Promise.all([ageText("x25519.txt"), ageText("hybrid.txt")])
    .then((texts) => ageKeys({ identities: texts.join("\n") })));
}

/** Under a passphrase the work is asked for by the file: changed factors of more than these files' are left out, since they are allowed to take seconds. */
const scryptFiles = target({
  name: "age-passphrase",
  count: 60,
  longest: 600,
  memory: 256 * MIB,
  refusals: ["Integrity", "Unsupported"],
  seeds: async () => [await ageFile("passphrase_200.age")],
  async run(input) {
    const factor = /-> scrypt \S+ (\d+)/.exec(textOf(input))?.[1] ?? "0";
    if (Number(factor) > 12) return 0;
    const keys = await ageKeys({ passphrase: agePassphrase });
    return (await readAll(streamOf(input).pipeThrough(decrypt(keys, { name: "a" })))).length;
  },
});

/** Keys and what they encrypt. */
export const targets: readonly Target[] = [
  aesKey,
  pemText,
  encryptedPem,
  identities,
  recipients,
  sealedTarget("tink", 3000, () => Promise.resolve(aesKeys(AES_KEY))),
  sealedTarget("rsa", 1000, () => rsaKeys({ privateKey: pem.pkcs8 })),
  sealedTarget("age", 1500, async () => await ageKeys({ identities: await ageText("x25519.txt") })),
  tinkVectors,
  oldObjects,
  ageFiles,
  scryptFiles,
];
