/**
 * Copying encrypted objects within the store, and encrypting their data keys anew: bodies stay what they are.
 *
 * @module
 */
import { checkKey, checkMetadata } from "../../backends/arguments.ts";
import type { Backend, CopyOptions, ObjectHead, PutResult, RequestOptions } from "../../backends/backend.ts";
import { objectNotFoundError, type ObjectPlace, otherVersionError } from "../../backends/conditions.ts";
import {
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  PreconditionFailedError,
} from "../../lib/errors.ts";
import { type EncryptionScheme, type Keys, notAuthenticError } from "../scheme.ts";
import { headOf, NameBinding } from "./binding.ts";

/** Options of {@linkcode EncryptingBackend.rekey}. */
export interface RekeyOptions extends RequestOptions {
  /** The keys to encrypt the data key with from now on; default: the backend's own. */
  readonly keys?: Keys;
  /** Under which keys the object may have been written, where it has been moved since; each is tried. Default: the one that it has. */
  readonly writtenAs?: readonly string[];
}

/** How often a copy is begun anew when its source is replaced in between. */
const ATTEMPTS = 5;

/** What copying needs of the backend. */
export interface Copier {
  /** The store of encrypted objects. */
  readonly store: Backend;
  /** Its keys. */
  readonly keys: Keys;
  /** What its objects are bound to. */
  readonly binding: NameBinding;
  /** Bytes of metadata that an object has room for. */
  readonly metadataLimit: number;
  /** Another bucket; without a name, or with its own, the store itself. */
  bucket(name: string | undefined): Backend;
  /** The scheme of a stored object. */
  schemeOf(head: ObjectHead, options: RequestOptions): EncryptionScheme;
  /** Whether keys open a stored object's metadata. */
  opens(keys: Keys, head: ObjectHead, options: RequestOptions): Promise<boolean>;
}

/** For `EncryptingBackend.copy`. */
export async function copyEncrypted(
  copier: Copier,
  from: string,
  to: string,
  options: CopyOptions,
): Promise<PutResult> {
  const { fromBucket, fromVersionId, metadata, storageClass, signal, onWarning } = options;
  signal?.throwIfAborted();
  checkKey(to);
  const { keys: own, binding } = copier;
  const source = copier.bucket(fromBucket);
  const sameBucket = source === copier.store;
  if (from === to && sameBucket && !metadata && (storageClass ?? fromVersionId) === undefined) {
    throw new InvalidArgumentError("copying an object onto itself needs new metadata", {
      key: to,
      bucket: copier.store.name,
    });
  }
  const sourceBinding = sameBucket ? binding : new NameBinding(source);
  const bound = await binding.forWriting(own, to, options);
  return await copyPinned(copier, source, from, to, options, async (head) => {
    const plain = metadata && checkMetadata(metadata, copier.metadataLimit);
    const scheme = copier.schemeOf(head, { onWarning });
    return await sourceBinding.opening(
      scheme,
      head,
      options,
      (object) => scheme.rekey(object, { key: to, bound, metadata: plain }, scheme),
    );
  });
}

/** For `EncryptingBackend.rekey`. */
export async function rekeyEncrypted(
  copier: Copier,
  key: string,
  options: RekeyOptions,
): Promise<PutResult | undefined> {
  const { keys: own, binding } = copier;
  const { keys = own, writtenAs = [key], ...request } = options;
  const head = await headOf(copier.store, key, request);
  if (!head) throw objectNotFoundError(placeOf(copier.store, key));
  if (keys === own && await copier.opens(keys, head, request)) return undefined;
  const bound = await binding.forWriting(keys, key, request);
  let result: PutResult;
  try {
    result = await copyPinned(copier, copier.store, key, key, request, async (head) => {
      const scheme = copier.schemeOf(head, request);
      for (const name of writtenAs) {
        try {
          return await binding.opening(
            scheme,
            { ...head, bound: { name } },
            request,
            (object) => scheme.rekey(object, { key, bound }, keys),
          );
        } catch (error) {
          if (!(error instanceof IntegrityError)) throw error;
        }
      }
      throw notAuthenticError(key);
    });
  } catch (error) {
    // Done already, by an earlier call that came to no end.
    if (error instanceof IntegrityError && keys !== own && await copier.opens(keys, head, request)) {
      return undefined;
    }
    throw error;
  }
  // Whoever is told that it was done throws the old keys away.
  const after = await headOf(copier.store, key, request);
  if (after && await copier.opens(keys, after, request)) return result;
  throw new CottonCandyError(
    `"${key}" is not as it was told to be: the store said that its keys were replaced, and the ${keys.name} keys do not open it. Look at it, and do it again`,
    {
      key,
      bucket: copier.store.bucket,
      committed: after && await copier.opens(own, after, request) ? "no" : "unknown",
    },
  );
}

/** Copies one version, with metadata that are made of what it has. */
async function copyPinned(
  copier: Copier,
  source: Backend,
  from: string,
  to: string,
  options: CopyOptions,
  metadataOf: (head: ObjectHead) => Promise<Readonly<Record<string, string>>>,
): Promise<PutResult> {
  const { fromVersionId: versionId, ifSourceMatch, signal, onWarning } = options;
  for (let attempt = 1;; attempt++) {
    const head = await headOf(source, from, { versionId, signal, onWarning });
    if (!head) throw objectNotFoundError(placeOf(source, from));
    if (ifSourceMatch !== undefined && head.etag !== undefined && head.etag !== ifSourceMatch) {
      throw otherVersionError({ ...placeOf(source, from), committed: "no" });
    }
    const metadata = await metadataOf(head);
    try {
      const pinned = { ...options, metadata, ifSourceMatch: head.etag ?? ifSourceMatch };
      const result = await copier.store.copy(from, to, pinned);
      return { ...result, size: copier.keys.advisorySize(result.size) };
    } catch (error) {
      // Replaced since it was looked up, which is no concern of a caller who named no version.
      const replaced = error instanceof PreconditionFailedError && ifSourceMatch === undefined;
      if (!replaced || attempt === ATTEMPTS) throw error;
    }
  }
}

function placeOf(store: Backend, key: string): ObjectPlace {
  return { key, bucket: store.bucket, place: store.name };
}
