/**
 * Tokens of uploads that outlive a process. The address of Drive's session lets whoever knows it write, so that it is sealed: with AES-256-GCM, under a key that
 * HKDF-SHA256 (RFC 5869) derives from the secret of the credentials that lasts. Beside the address stands what is needed to go on, which nobody can change either.
 *
 * @module
 */
import { fromBase64Url, toBase64Url } from "../../lib/base64.ts";
import { CottonCandyError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import type { PutOptions, UploadToken } from "../backend.ts";
import { checkUploadToken, malformedTokenError } from "../upload_token.ts";
import { lastingSecretOf, LOGIN, normalCredentials } from "./auth/mod.ts";
import { SecretUrl } from "./client.ts";
import { type DriveFile, fileOf, memberOf, strings } from "./file.ts";
import { UploadSession, type UploadTarget } from "./session.ts";
import type { DriveStore } from "./store.ts";

/** What a key is derived for: of another form of token it is another one. */
const PURPOSE = "cottoncandy, Google Drive, upload token 1";
/** Bytes of AES-GCM's nonce. */
const NONCE = 12;

/** An upload that was begun. */
export interface BegunSession extends Pick<PutOptions, "ifAbsent" | "ifMatch" | "partSize"> {
  /** Where the bytes go. */
  readonly session: UploadSession;
  /** What is written. */
  readonly target: UploadTarget;
}

/**
 * What a token of a store tells, whatever it is.
 *
 * @throws {InvalidArgumentError} when it is another store's or nobody's, or was made with other credentials.
 * @throws {UnsupportedError} where the store's credentials have no secret that lasts.
 */
export async function openToken(store: DriveStore, token: UploadToken): Promise<BegunSession> {
  const { key } = checkUploadToken(token, { name: store.name, bucket: store.name });
  return await (await TokenSeal.of(store, key)).open(token);
}

/** Seals and opens the tokens of a store. */
export class TokenSeal {
  readonly #store: DriveStore;
  readonly #key: CryptoKey;

  private constructor(store: DriveStore, key: CryptoKey) {
    this.#store = store;
    this.#key = key;
  }

  /**
   * The seal of a store's credentials.
   *
   * @throws {UnsupportedError} where they have no secret that lasts, or there is no WebCrypto.
   */
  static async of(store: DriveStore, key: string): Promise<TokenSeal> {
    const where = { key, bucket: store.name, committed: "no" } as const;
    const secret = lastingSecretOf(normalCredentials(store.options.credentials));
    if (secret === undefined) {
      throw new UnsupportedError(
        "an upload to Google Drive can be resumed by whoever has lasting credentials, since its token is sealed with them, and access tokens end: open the drive with a " +
          `service account's key, or log in with ${LOGIN}`,
        where,
      );
    }
    if (!globalThis.crypto.subtle) {
      throw new UnsupportedError(
        "an upload to Google Drive can be resumed where there is WebCrypto, which a page has only when it was loaded over https or from localhost",
        where,
      );
    }
    const encoder = new TextEncoder();
    const material = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, [
      "deriveKey",
    ]);
    const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: encoder.encode(PURPOSE) };
    const aes = { name: "AES-GCM", length: 256 };
    return new TokenSeal(
      store,
      await crypto.subtle.deriveKey(how, material, aes, false, ["encrypt", "decrypt"]),
    );
  }

  /** The token of an upload. */
  async seal(key: string, size: number, begun: BegunSession): Promise<UploadToken> {
    const { session, target: { id, parent, before, description }, ...rest } = begun;
    const told = {
      ...rest,
      ...description,
      url: session.address.reveal().href,
      id,
      parent,
      before: before && toldOf(before),
    };
    const token = {
      version: 1,
      store: this.#store.name,
      key,
      size,
      started: new Date().toISOString(),
    } as const;
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
    const bytes = new TextEncoder().encode(JSON.stringify(told));
    const sealed = await crypto.subtle.encrypt(this.#how(token, nonce), this.#key, bytes);
    return {
      ...token,
      state: { nonce: toBase64Url(nonce), sealed: toBase64Url(new Uint8Array(sealed)) },
    };
  }

  /**
   * What a token of the store tells.
   *
   * @throws {InvalidArgumentError} when it was made with other credentials, or changed.
   */
  async open(token: UploadToken): Promise<BegunSession> {
    const { key, state: { nonce, sealed } } = token;
    const where = { key, bucket: this.#store.name, committed: "no" } as const;
    const [iv, bytes] = [nonce, sealed].map((text) =>
      typeof text === "string" ? fromBase64Url(text) : undefined
    );
    if (iv?.length !== NONCE || !bytes) throw malformedTokenError("`state` is none of Drive's", where);
    let text: string;
    try {
      text = new TextDecoder().decode(await crypto.subtle.decrypt(this.#how(token, iv), this.#key, bytes));
    } catch {
      throw new InvalidArgumentError(
        `the upload of "${key}" was begun with other credentials, or its token was changed: begin anew, or open the drive with those credentials.`,
        where,
      );
    }
    try {
      return begunUpload(this.#store, key, JSON.parse(text));
    } catch (error) {
      if (!(error instanceof CottonCandyError)) throw error;
      throw malformedTokenError(`another version of this library made it (${error.message})`, where);
    }
  }

  /** Binds what is sealed to what the token says openly. */
  #how({ store, key, size }: Pick<UploadToken, "store" | "key" | "size">, iv: Uint8Array<ArrayBuffer>) {
    return {
      name: "AES-GCM",
      iv,
      additionalData: new TextEncoder().encode(JSON.stringify([store, key, size])),
    };
  }
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
function begunUpload(store: DriveStore, key: string, told: unknown): BegunSession {
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
