/**
 * Encrypted uploads that go on in another process: the ciphertext is made anew, the same byte for byte.
 *
 * The token has what that takes, the wrapped data key and the body's header, sealed with the keys. Nothing but what was made here opens it: a header or a data key of another object would have two plaintexts encrypted under the
 * same nonces, and one of somebody else's would give the data away.
 *
 * @module
 */
import { checkPutOptions, type ResumableStore } from "../../backends/arguments.ts";
import type {
  Body,
  PutResult,
  RequestOptions,
  ResumeUploadOptions,
  StartUploadOptions,
  UploadToken,
} from "../../backends/backend.ts";
import { cancelUnread, checkReadable } from "../../backends/body.ts";
import {
  checkUploadSize,
  checkUploadToken,
  malformedTokenError,
  storeIdentity,
} from "../../backends/upload_token.ts";
import { fromBase64, toBase64 } from "../../lib/base64.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import type { Seal, SealedFor } from "../../lib/sealing.ts";
import type { BoundName, Keys, SealedObject } from "../scheme.ts";
import { plainProgress, storedSize } from "../segments.ts";
import type { NameBinding } from "./binding.ts";
import { checkRoom, Counted, encrypted } from "./putting.ts";

/** What the seal is for: of another form of token it is another one. */
const PURPOSE = "cottoncandy, encrypted upload token 1";

/** What is sealed. */
interface BegunObject {
  /** The token of the store around which this is. */
  readonly inner: UploadToken;
  /** What the body was said to be. */
  readonly source: string;
  /** What the object is bound to. */
  readonly bound: BoundName;
  /** The metadata that the store was told, the wrapped data key among them. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The first bytes of the stored body, in base64. */
  readonly header: string;
}

/** Begins an upload. */
export async function startEncrypted(
  store: ResumableStore,
  keys: Keys,
  binding: NameBinding,
  key: string,
  options: StartUploadOptions,
): Promise<UploadToken> {
  const { size, ...rest } = options;
  const where = { key, bucket: store.bucket, committed: "no" } as const;
  rest.signal?.throwIfAborted();
  const metadata = checkPutOptions(key, new Uint8Array(), rest, {
    bucket: store.bucket,
    ...store.capabilities,
  });
  checkUploadSize(size, where);
  const { source } = rest;
  if (typeof source !== "string" || source === "") {
    throw new InvalidArgumentError(
      "an encrypted upload that is to be resumed needs `source`, which tells its body from any other, such as a file's size, times and inode, or a digest: one keystream must never encrypt two bodies. " +
        "Files are told so; a stream is not: upload a file, or leave `resume` away",
      where,
    );
  }
  const seal = await sealOf(keys, where);
  const bound = await binding.forWriting(keys, key, rest);
  checkRoom(store, keys, key, metadata);
  const { header, metadata: stored, cipher } = await keys.seal({ key, metadata, bound });
  const inner = await store.startUpload(key, {
    ...rest,
    metadata: stored,
    size: storedSize(cipher.layout, size),
  });
  const begun: BegunObject = { inner, source, bound, metadata: stored, header: toBase64(header) };
  const token = { version: 1, store: storeIdentity(store), key, size, started: inner.started } as const;
  return { ...token, state: { encrypted: await seal.seal(begun, belongingOf(token)) } };
}

/** Encrypts the body as it was begun, and has the store take what it lacks. */
export async function resumeEncrypted(
  store: ResumableStore,
  keys: Keys,
  token: UploadToken,
  body: Body,
  options: ResumeUploadOptions,
): Promise<PutResult> {
  let sending = body;
  try {
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    checkReadable(body);
    const { inner, source, ...begun } = await openToken(store, keys, token);
    const { key, size } = token;
    if (options.source !== source) {
      throw new IntegrityError(
        `the body for the upload of "${key}" is said to be another (\`source\`) than the one that it was begun with: nothing of it was encrypted. Begin anew.`,
        { key, bucket: store.bucket, committed: "no" },
      );
    }
    const sealed = await sealedAgain(keys, key, begun);
    const { layout } = sealed.cipher;
    sending = await encrypted(body, sealed, new Counted(key, size));
    const result = await store.resumeUpload(inner, sending, {
      ...options,
      // It gives what was not encrypted.
      bodyFrom: undefined,
      onProgress: onProgress &&
        (({ loaded, done }) =>
          onProgress({
            key,
            loaded: done ? size : Math.min(size, plainProgress(layout, loaded)),
            total: size,
            done,
          })),
    });
    return { ...result, size };
  } catch (error) {
    cancelUnread(sending, error);
    cancelUnread(body, error);
    throw error;
  }
}

/** Ends an upload. */
export async function abortEncrypted(
  store: ResumableStore,
  keys: Keys,
  token: UploadToken,
  options: RequestOptions,
): Promise<void> {
  const { inner } = await openToken(store, keys, token);
  await store.abortUpload(inner, options);
}

/** The seal of the keys. */
async function sealOf(keys: Keys, where: { readonly key: string; readonly bucket?: string }): Promise<Seal> {
  const seal = await keys.sealFor?.(PURPOSE);
  if (seal) return seal;
  throw new UnsupportedError(
    `an upload that is encrypted with these ${keys.name} keys can't be resumed: its token is sealed with a secret that reads what they write. ` +
      (keys.name === "RSA" ? "Give the private key." : "AES keys have one, and RSA's private key."),
    { ...where, committed: "no" },
  );
}

/** What a token tells; only this library could have made it, with these keys. */
async function openToken(store: ResumableStore, keys: Keys, token: UploadToken): Promise<BegunObject> {
  const { key, state: { encrypted } } = checkUploadToken(token, store);
  const where = { key, bucket: store.bucket };
  if (typeof encrypted !== "string") {
    throw malformedTokenError("`state` is none of an encrypted upload", where);
  }
  const begun = await (await sealOf(keys, where)).open(encrypted, belongingOf(token));
  if (isBegunObject(begun)) return begun;
  throw new InvalidArgumentError(
    `the upload of "${key}" was begun with other keys, or its token was changed: begin anew, or give those keys.`,
    { ...where, committed: "no" },
  );
}

/** Whether what was sealed is of this version: whoever sealed it is trusted for the rest. */
function isBegunObject(value: unknown): value is BegunObject {
  return typeof value === "object" && value !== null &&
    ["inner", "source", "bound", "metadata", "header"].every((name) => name in value);
}

/** What encrypts the object, as it was when the upload began. */
async function sealedAgain(
  keys: Keys,
  key: string,
  { bound, metadata, header: text }: Pick<BegunObject, "bound" | "metadata" | "header">,
): Promise<SealedObject> {
  const header = fromBase64(text) ?? new Uint8Array();
  const unsealed = await keys.unseal({ key, bound, metadata });
  const opened = await unsealed.payload((length) => Promise.resolve(header.slice(0, length)));
  if (opened.kind === "segments") return { metadata, header, cipher: opened.cipher };
  throw new UnsupportedError(`an upload that is encrypted with ${keys.name} can't be resumed`, { key });
}

/** What is sealed is bound to what the token says openly. */
function belongingOf({ store, key, size }: Pick<UploadToken, "store" | "key" | "size">): SealedFor {
  return [store, key, size];
}
