/**
 * A large object from afar, several ranges of it at once: one connection rarely fills a line.
 *
 * @module
 */
import type { Backend, Checksum, ObjectHead, ObjectReader } from "../../backends/backend.ts";
import { Crc, type CrcAlgorithm } from "../../backends/checksum/crc.ts";
import { IntegrityError } from "../errors.ts";
import { forEachConcurrent } from "../streams/concurrent.ts";

/** Bytes a request. */
const RANGE = 8 * 1024 * 1024;
/** Bytes from which on it is worth the requests. */
const LARGE = 4 * RANGE;
/** Requests at once where nothing else is said. */
const CONCURRENCY = 6;

/** Options of {@linkcode downloadRanges}. */
export interface RangesOptions {
  /** How many requests may run at once; as many ranges are in memory. Default 6. */
  readonly concurrency?: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** Whether an object is better read in ranges than as a stream. With other checksums than CRCs it isn't: they can only be taken from beginning to end. */
export function worthRanges(
  backend: Backend,
  { size, checksum }: ObjectHead,
  concurrency = CONCURRENCY,
): boolean {
  return size >= LARGE && concurrency > 1 && backend.capabilities.remote === true &&
    backend.capabilities.ranges &&
    (checksum === undefined || crcOf(checksum) !== undefined);
}

/**
 * Reads all ranges of an object, and checks the whole against its checksum.
 *
 * @param write Is given each range and where it begins, in no order, several at once.
 * @throws {IntegrityError} when the bytes are not those of the checksum.
 */
export async function downloadRanges(
  reader: ObjectReader,
  write: (bytes: Uint8Array, offset: number) => Promise<void>,
  { concurrency = CONCURRENCY, signal }: RangesOptions,
): Promise<void> {
  const { key, size, checksum } = reader.info;
  const algorithm = checksum && crcOf(checksum);
  const crcs: Crc[] = [];
  await forEachConcurrent(offsets(size), async (offset, index, signal) => {
    const bytes = await reader.read({ offset, length: Math.min(RANGE, size - offset) }, { signal });
    if (algorithm) crcs[index] = new Crc(algorithm).update(bytes);
    await write(bytes, offset);
  }, { concurrency, signal });
  if (!algorithm) return;
  const sum = new Crc(algorithm);
  for (const crc of crcs) sum.append(crc);
  if (sum.toBase64() === checksum?.value) return;
  throw new IntegrityError(`"${key}" is not what its ${algorithm} checksum says: its bytes were damaged`, {
    key,
  });
}

function* offsets(size: number): Generator<number> {
  for (let offset = 0; offset < size; offset += RANGE) yield offset;
}

function crcOf({ algorithm }: Checksum): CrcAlgorithm | undefined {
  return algorithm === "CRC32" || algorithm === "CRC32C" || algorithm === "CRC64NVME" ? algorithm : undefined;
}
