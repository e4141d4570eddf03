/**
 * Holds the bytes of a whole object that has been read against the checksum that the store tells, in order or in parts that arrive at once.
 *
 * @module
 */
import { toBase64 } from "../../lib/base64.ts";
import { Crc, crcOf, type Digest, digestOf, isCrc, isLoadedCrc, newDigest } from "../../lib/checksums.ts";
import { IntegrityError } from "../../lib/errors.ts";
import type { Extent } from "../arguments.ts";
import type { Checksum } from "../backend.ts";

/** Sees all bytes of an object pass, in order, and tells at the end whether they are right. */
interface Verifier {
  /** Adds the bytes that follow. */
  update(bytes: Uint8Array): void;
  /** Throws `IntegrityError` when the bytes are not those of the object. */
  finish(): Promise<void>;
}

/** Tells whether the bytes of an object are right whose parts arrive at once. */
interface PartsVerifier {
  /** Called when all of a part is there. */
  part(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Throws `IntegrityError` when the bytes, which are all there, are not those of the object. */
  finish(parts: readonly Extent[], bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** What the bytes of an object are held against. */
export interface ExpectedBytes {
  /** The object, for errors. */
  readonly key: string;
  /** The bucket, for errors. */
  readonly bucket?: string;
  /** The checksum of all of its bytes. */
  readonly checksum: Checksum;
  /** Called when the bytes are others: throws where they are those of another version, and no damage. */
  readonly onMismatch?: () => Promise<void>;
}

/**
 * What checks bytes that come in order.
 *
 * @param length How many there will be.
 */
export function verifierOf(expected: ExpectedBytes, length: number): Verifier {
  const { algorithm } = expected.checksum;
  if (isCrc(algorithm) && !isLoadedCrc(algorithm, length)) {
    const crc = new Crc(algorithm);
    return {
      update: (bytes) => void crc.update(bytes),
      finish: () => checkSum(expected, crc.toBase64()),
    };
  }
  // A digest may have to be loaded first: what comes until then is kept.
  let digest: Digest | undefined;
  const waiting: Uint8Array[] = [];
  const loading = newDigest(algorithm).then((loaded) => {
    for (const bytes of waiting.splice(0)) loaded.update(bytes);
    return digest = loaded;
  });
  loading.catch(() => {});
  return {
    update: (bytes) => {
      if (digest) digest.update(bytes);
      else waiting.push(bytes.slice());
    },
    finish: async () => await checkSum(expected, toBase64((await loading).digest())),
  };
}

/**
 * What checks bytes whose parts arrive at once. CRCs are added up from those of the parts; a digest is made when all bytes are there.
 *
 * @param asking What they are held against, which may be asked for beside them; `undefined` where the store tells nothing.
 */
export function partsVerifierOf(
  asking: Promise<ExpectedBytes | undefined>,
  signal: AbortSignal | undefined,
): PartsVerifier {
  let known: ExpectedBytes | undefined;
  asking.then((told) => known = told, () => {});
  const crcs: (Crc | undefined)[] = [];
  return {
    async part(index, bytes) {
      // Known by now, as a rule; otherwise it is made up for below.
      const algorithm = known?.checksum.algorithm;
      if (algorithm !== undefined && isCrc(algorithm)) crcs[index] = await crcOf(algorithm, bytes);
    },
    async finish(parts, bytes) {
      const expected = await asking;
      if (!expected) return;
      const { algorithm } = expected.checksum;
      if (!isCrc(algorithm)) {
        return await checkSum(expected, toBase64(await digestOf(algorithm, bytes, signal)));
      }
      const whole = new Crc(algorithm);
      let start = 0;
      for (const [index, { length }] of parts.entries()) {
        whole.append(crcs[index] ?? await crcOf(algorithm, bytes.subarray(start, start + length)));
        start += length;
      }
      await checkSum(expected, whole.toBase64());
    },
  };
}

async function checkSum(expected: ExpectedBytes, found: string): Promise<void> {
  const { key, bucket, checksum: { algorithm, value } } = expected;
  if (found === value) return;
  await expected.onMismatch?.();
  throw new IntegrityError(
    `the bytes of "${key}" are damaged: their ${algorithm} is ${found}, and should be ${value}. Read again; if that fails too, the stored object is damaged.`,
    { key, bucket },
  );
}
