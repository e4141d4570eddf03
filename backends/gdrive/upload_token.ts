/**
 * Tokens of uploads that outlive a process. The address of Drive's session lets whoever knows it write, so that it is sealed, with the secret of the credentials that
 * lasts. Beside the address stands what is needed to go on, which nobody can change either.
 *
 * @module
 */
import { CottonCandyError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { Seal, type SealedFor } from "../../lib/sealing.ts";
import type { PutOptions, UploadToken } from "../backend.ts";
import { checkUploadToken, malformedTokenError } from "../upload_token.ts";
import { lastingSecretOf, LOGIN, normalCredentials } from "./auth/mod.ts";
import { SecretUrl } from "./client.ts";
import { type DriveFile, fileOf, memberOf, strings } from "./file.ts";
import { UploadSession, type UploadTarget } from "./session.ts";
import type { DriveStore } from "./store.ts";

/** What the seal is for: of another form of token it is another one. */
const PURPOSE = "cottoncandy, Google Drive, upload token 1";

/** An upload that was begun. */
export interface BegunSession extends Pick<PutOptions, "ifAbsent" | "ifMatch" | "partSize"> {
  /** Where the bytes go. */
  readonly session: UploadSession;
  /** What is written. */
  readonly target: UploadTarget;
}

/**
 * The seal of a store's credentials.
 *
 * @throws {UnsupportedError} where they have no secret that lasts, or there is no WebCrypto.
 */
export async function tokenSealOf(store: DriveStore, key: string): Promise<Seal> {
  const secret = lastingSecretOf(normalCredentials(store.options.credentials));
  if (secret !== undefined) return await Seal.of(new TextEncoder().encode(secret), PURPOSE);
  throw new UnsupportedError(
    "an upload to Google Drive can be resumed by whoever has lasting credentials, since its token is sealed with them, and access tokens end: open the drive with a " +
      `service account's key, or log in with ${LOGIN}`,
    { key, bucket: store.name, committed: "no" },
  );
}

/** The token of an upload. */
export async function sealToken(
  store: DriveStore,
  seal: Seal,
  key: string,
  size: number,
  { session, target: { id, parent, before, description }, ...rest }: BegunSession,
): Promise<UploadToken> {
  const token = { version: 1, store: store.name, key, size, started: new Date().toISOString() } as const;
  const told = {
    ...rest,
    ...description,
    url: session.address.reveal().href,
    id,
    parent,
    before: before && toldOf(before),
  };
  return { ...token, state: { sealed: await seal.seal(told, belongingOf(token)) } };
}

/**
 * What a token tells.
 *
 * @throws {InvalidArgumentError} when it is another store's or nobody's, or was made with other credentials.
 * @throws {UnsupportedError} where the store's credentials have no secret that lasts.
 */
export async function openToken(store: DriveStore, token: UploadToken): Promise<BegunSession> {
  const { key, state: { sealed } } = checkUploadToken(token, { name: store.name, bucket: store.name });
  const where = { key, bucket: store.name, committed: "no" } as const;
  if (typeof sealed !== "string") throw malformedTokenError("`state` is none of Drive's", where);
  const told = await (await tokenSealOf(store, key)).open(sealed, belongingOf(token));
  if (told === undefined) {
    throw new InvalidArgumentError(
      `the upload of "${key}" was begun with other credentials, or its token was changed: begin anew, or open the drive with those credentials.`,
      where,
    );
  }
  try {
    return begunSession(store, key, told);
  } catch (error) {
    if (!(error instanceof CottonCandyError)) throw error;
    throw malformedTokenError(`another version of this library made it (${error.message})`, where);
  }
}

/** What is sealed is bound to what the token says openly. */
function belongingOf({ store, key, size }: Pick<UploadToken, "store" | "key" | "size">): SealedFor {
  return [store, key, size];
}

/** A file as Drive tells of it, for {@linkcode fileOf}; without what resuming has no use for. */
function toldOf(file: DriveFile): Readonly<Record<string, unknown>> {
  const { id, name, mimeType, parents, version, revision, md5, created, modified } = file;
  return {
    id,
    name,
    mimeType,
    parents,
    version,
    headRevisionId: revision,
    md5Checksum: md5,
    createdTime: new Date(created).toISOString(),
    modifiedTime: modified.toISOString(),
  };
}

/** Reads what was sealed; throws what is of the library, and means that it is something else. */
function begunSession(store: DriveStore, key: string, told: unknown): BegunSession {
  const text = (name: string): string => {
    const value = memberOf(told, name);
    if (typeof value === "string") return value;
    throw new CottonCandyError(`there is no ${name}`);
  };
  const before = memberOf(told, "before");
  const ifMatch = memberOf(told, "ifMatch");
  const partSize = memberOf(told, "partSize");
  const id = text("id");
  return {
    session: UploadSession.at(store, key, id, new SecretUrl(new URL(text("url")))),
    target: {
      id,
      parent: text("parent"),
      description: { mimeType: text("mimeType"), properties: strings(memberOf(told, "properties")) },
      ...(before === undefined ? {} : { before: fileOf(before) }),
      // Drive was told when the session began.
      resource: {},
    },
    ...(memberOf(told, "ifAbsent") === true ? { ifAbsent: true } : {}),
    ...(typeof ifMatch === "string" ? { ifMatch } : {}),
    ...(typeof partSize === "number" ? { partSize } : {}),
  };
}
