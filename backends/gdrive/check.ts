import { IntegrityError } from "../../lib/errors.ts";
import type { Checksum, ObjectHead } from "../backend.ts";
import { encodeBase64 } from "../checksum/base64.ts";
import { type Digest, type DigestAlgorithm, newDigest } from "../checksum/digest.ts";
import type { PartsVerifier, Verifier } from "../http/remote_object.ts";
import { checksumOf, type DriveFile, etagOf } from "./file.ts";
import { changed } from "./media.ts";
import type { DriveStore } from "./store.ts";

/** Bytes that are digested before others get their turn. */
const TURN = 8 * 1024 * 1024;

/** What a file's bytes are held against. */
interface Expected {
  readonly algorithm: DigestAlgorithm;
  readonly value: string;
}

/** Holds what is read of a file against the digest that Drive tells, and against the version that it is of. */
export class FileCheck {
  readonly #store: DriveStore;
  readonly #info: ObjectHead;
  readonly #file: DriveFile;
  readonly #expected: Expected | undefined;

  /** A check of one version. */
  constructor(store: DriveStore, info: ObjectHead, file: DriveFile) {
    this.#store = store;
    this.#info = info;
    this.#file = file;
    this.#expected = expectedOf(store, file);
  }

  /** Whether there is a digest that the bytes can be held against. */
  get isPossible(): boolean {
    return this.#expected !== undefined;
  }

  /** What sees all bytes pass, in order. */
  verifier(signal?: AbortSignal): Verifier | undefined {
    const expected = this.#expected;
    if (!expected) return undefined;
    // A digest may have to be loaded first: what comes until then is kept.
    let digest: Digest | undefined;
    const waiting: Uint8Array[] = [];
    const loading = newDigest(expected.algorithm).then((loaded) => {
      for (const bytes of waiting.splice(0)) loaded.update(bytes);
      digest = loaded;
      return loaded;
    });
    loading.catch(() => {});
    return {
      update: (bytes) => {
        if (digest) digest.update(bytes);
        else waiting.push(bytes.slice());
      },
      finish: async () => await this.#compare(expected, (await loading).digest(), signal),
    };
  }

  /** What sees all bytes when they are there, whose parts came at once. */
  partsVerifier(signal?: AbortSignal): PartsVerifier | undefined {
    const expected = this.#expected;
    if (!expected) return undefined;
    return {
      part: () => undefined,
      finish: async (_, bytes) => {
        const digest = await newDigest(expected.algorithm);
        for (let offset = 0; offset < bytes.length; offset += TURN) {
          digest.update(bytes.subarray(offset, offset + TURN));
          await new Promise((resolve) => setTimeout(resolve));
          signal?.throwIfAborted();
        }
        await this.#compare(expected, digest.digest(), signal);
      },
    };
  }

  /** Throws `PreconditionFailedError` unless the file still has the content that was opened. */
  async confirm(signal?: AbortSignal): Promise<void> {
    const { key } = this.#info;
    const file = await this.#store.files.get(this.#file.id, { operation: "files.get", key }, signal);
    if (!file || etagOf(file) !== etagOf(this.#file)) throw changed(this.#store, key);
  }

  async #compare(
    { algorithm, value }: Expected,
    digest: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const found = encodeBase64(digest);
    if (found === value) return;
    // Other bytes than those that were opened are no damage.
    await this.confirm(signal);
    throw new IntegrityError(
      `the bytes of "${this.#info.key}" are damaged: their ${algorithm} is ${found}, and should be ${value}. Read again; if that fails too, the stored object is damaged.`,
      { key: this.#info.key, bucket: this.#store.name },
    );
  }
}

/** The digest that whole reads are held against. */
function expectedOf(store: DriveStore, file: DriveFile): Expected | undefined {
  const { checksums } = store.options;
  if (checksums === false) return undefined;
  const checksum = checksumOf(
    checksums === "MD5" && file.md5 !== undefined ? { ...file, sha256: undefined } : file,
  );
  return isDigest(checksum) ? checksum : undefined;
}

function isDigest(checksum: Checksum | undefined): checksum is Checksum & Expected {
  return checksum?.algorithm === "MD5" || checksum?.algorithm === "SHA256";
}
