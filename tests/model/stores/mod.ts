/** All stores that are held to the model. */
import {
  aesKeys,
  ageKeys,
  generateAesKey,
  generateAgeIdentity,
  generateRsaKeys,
  type Keys,
  rsaKeys,
} from "../../../crypto/mod.ts";
import { GDRIVE } from "./gdrive.ts";
import { LOCAL } from "./local.ts";
import { MEMORY } from "./memory.ts";
import { s3Kind } from "./s3.ts";
import type { StoreKind } from "./store.ts";
import { PUBLIC_BUCKET, WEB } from "./web.ts";

export type { Disturbance, Disturbed, ModelStore, StoreKind } from "./store.ts";

/** How objects are encrypted. */
export type Encryption = "AES" | "RSA" | "age";

/** A store that is held to the model. */
export interface TestedStore extends StoreKind {
  readonly encryption?: Encryption;
}

const AWS = s3Kind({ conditionalWrites: true });
const SWIFT = s3Kind({ dialect: "swift" });

/** By their names. */
export const STORES: Readonly<Record<string, TestedStore>> = {
  "memory": MEMORY,
  "memory, AES": { ...MEMORY, encryption: "AES" },
  "memory, age": { ...MEMORY, encryption: "age" },
  "local": LOCAL,
  "local, AES": { ...LOCAL, encryption: "AES" },
  "local, RSA": { ...LOCAL, encryption: "RSA" },
  "S3": AWS,
  "S3, AES": { ...AWS, encryption: "AES", faults: [...AWS.faults, "flip"] },
  "S3, RSA": { ...AWS, encryption: "RSA", faults: [...AWS.faults, "flip"] },
  "S3, age": { ...AWS, encryption: "age", faults: [...AWS.faults, "flip"] },
  "S3, versions": s3Kind({ conditionalWrites: true, versions: true }),
  "Ceph": s3Kind({ dialect: "ceph" }),
  "R2": s3Kind({ dialect: "r2", conditionalWrites: true, equalParts: true }),
  "Swift": SWIFT,
  "Swift, AES": { ...SWIFT, encryption: "AES" },
  "Google's S3": s3Kind({ dialect: "gcs" }),
  "Drive": GDRIVE,
  "Drive, AES": { ...GDRIVE, encryption: "AES" },
  "web": WEB,
  "web, AES": { ...WEB, encryption: "AES" },
  "public bucket": PUBLIC_BUCKET,
};

const made = new Map<string, Promise<Keys>>();

/** Keys of a kind, made once: `turn` tells those before a rotation from those after it. */
export function keysOf(encryption: Encryption, turn: number): Promise<Keys> {
  const name = `${encryption} ${encryption === "AES" ? turn : 0}`;
  const keys = made.get(name) ?? makeKeys(encryption);
  made.set(name, keys);
  return keys;
}

async function makeKeys(encryption: Encryption): Promise<Keys> {
  switch (encryption) {
    case "AES":
      return aesKeys(generateAesKey());
    case "RSA":
      return await rsaKeys(await generateRsaKeys({ bits: 2048 }));
    case "age": {
      const { identity, recipient } = await generateAgeIdentity();
      return await ageKeys({ recipients: recipient, identities: identity });
    }
  }
}
