/**
 * The interface that encrypts.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import { EncryptingBackend } from "../../crypto/backend/mod.ts";
import type { EncryptionScheme, Keys } from "../../crypto/scheme.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { RebindOptions, RekeyResult, RotateOptions } from "../encryption/mod.ts";
import type { RmOptions, RmResult } from "../tree/mod.ts";
import type { InterfaceSettings } from "./base.ts";
import type { OtherBucketOptions } from "./objects.ts";
import { DefaultInterface } from "./array.ts";

/** Options of {@linkcode EncryptedInterface}'s constructor. */
export interface EncryptedSettings extends InterfaceSettings {
  /** Made by `aesKeys`, `rsaKeys` or `ageKeys`. */
  readonly keys: Keys;
  /** Reads older objects as well, made by `legacyScheme`. */
  readonly legacy?: EncryptionScheme;
  /** Where the store's root is, from where all count their names; see `EncryptingBackendOptions`. */
  readonly binding?: string;
}

/**
 * A `DefaultInterface` that encrypts what it stores and decrypts what it reads: every method, every format. Whatever is not as it was stored, in its place, is an
 * `IntegrityError`. See `docs/encryption.md` for what that protects and what it does not.
 *
 * Finding and deleting objects needs no key: `existsObject`, `rm` and listings work with a public key alone, and on objects that are damaged.
 *
 * @category Opening a store
 * @example
 * ```ts
 * import { EncryptedInterface, MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { aesKeys, generateAesKey } from "@cottoncandy/cottoncandy/crypto";
 *
 * const store = new MemoryBackend();
 * const cci = new EncryptedInterface(store, { keys: aesKeys(generateAesKey()) });
 * await cci.uploadRawArray("sub01/betas", new Float32Array([1, 2, 3]));
 * console.assert((await cci.downloadRawArray("sub01/betas")).get(2) === 3);
 * await store.copy("sub01/betas", "sub02/betas"); // somebody swaps subjects
 * const refused = await cci.downloadRawArray("sub02/betas").catch((error) => error);
 * console.assert(refused.code === "Integrity");
 * ```
 */
export class EncryptedInterface extends DefaultInterface {
  /**
   * Encrypts in front of a store; nothing is sent.
   *
   * @throws {InvalidArgumentError} when `binding` is no path.
   */
  constructor(backend: Backend, options: EncryptedSettings) {
    const { keys, legacy, binding, ...settings } = options;
    super(new EncryptingBackend(backend, keys, { legacy, binding, onWarning: settings.onWarning }), settings);
  }

  /** The encrypting store, of the bucket that is current; its `store` is the one with the encrypted objects. */
  override get backend(): EncryptingBackend {
    const backend = super.backend;
    if (backend instanceof EncryptingBackend) return backend;
    throw new InvalidArgumentError(`${backend.name} does not encrypt`);
  }

  /**
   * Whether there is an object of this name, readable or not; no key is needed.
   *
   * @param options `raiseErr`: reject with `NotFoundError` instead of resolving to false.
   *
   * @example
   * ```ts
   * import { generateAesKey, getEncryptedInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getEncryptedInterface("memory://secret", { encryption: "AES", key: generateAesKey() });
   * await cci.uploadJson("notes", ["fine"]);
   * console.assert(await cci.existsObject("notes"));
   * ```
   */
  override async existsObject(
    name: string,
    options: OtherBucketOptions & { raiseErr?: boolean } = {},
  ): Promise<boolean> {
    return await this.#stored().existsObject(name, options);
  }

  /**
   * Deletes objects, readable or not; no key is needed. Otherwise as `FileSystemInterface`'s.
   *
   * @example
   * ```ts
   * import { generateAesKey, getEncryptedInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getEncryptedInterface("memory://secret", { encryption: "AES", key: generateAesKey() });
   * await cci.uploadJson("sub01/notes", ["fine"]);
   * await cci.rm("sub01", { recursive: true });
   * console.assert((await cci.ls("")).length === 0);
   * ```
   */
  override async rm(name: string, options: RmOptions = {}): Promise<RmResult> {
    return await this.#stored().rm(name, options);
  }

  /**
   * Gives objects other keys without moving their bytes; see {@linkcode rotateKeys}. This interface keeps its own: open another one afterwards.
   *
   * @param keys The new keys.
   * @param options `prefix`: only the object of this name and those below.
   *
   * @example
   * ```ts
   * import { aesKeys, EncryptedInterface, generateAesKey, MemoryBackend } from "@cottoncandy/cottoncandy";
   *
   * const store = new MemoryBackend();
   * const [old, next] = [aesKeys(generateAesKey()), aesKeys(generateAesKey())];
   * const cci = new EncryptedInterface(store, { keys: old });
   * await cci.uploadJson("notes", ["fine"]);
   * const { changed } = await cci.rotate(next);
   * console.assert(changed.join() === "notes");
   * console.assert((await new EncryptedInterface(store, { keys: next }).downloadJson("notes") as string[])[0] === "fine");
   * ```
   */
  async rotate(keys: Keys, options: RotateOptions = {}): Promise<RekeyResult> {
    const { backend } = this;
    const { rotateKeys } = await import("../encryption/mod.ts");
    return await rotateKeys(backend, keys, this.rooted(options));
  }

  /**
   * Binds objects that something else has moved to the names they have now; see {@linkcode rebindObjects}.
   *
   * @param prefix Where they are now.
   * @param options `from`: where they were.
   *
   * @example
   * ```ts
   * import { aesKeys, EncryptedInterface, generateAesKey, MemoryBackend } from "@cottoncandy/cottoncandy";
   *
   * const store = new MemoryBackend();
   * const cci = new EncryptedInterface(store, { keys: aesKeys(generateAesKey()) });
   * await cci.uploadJson("sub01/notes", ["fine"]);
   * await store.copy("sub01/notes", "archive/sub01/notes"); // by a tool that knows nothing of keys
   * await cci.rebind("archive");
   * console.assert((await cci.downloadJson("archive/sub01/notes") as string[])[0] === "fine");
   * ```
   */
  async rebind(prefix: string, options: RebindOptions = {}): Promise<RekeyResult> {
    const { backend } = this;
    const { rebindObjects } = await import("../encryption/mod.ts");
    return await rebindObjects(backend, prefix, this.rooted(options));
  }

  /** The same place without the encryption. */
  #stored(): DefaultInterface {
    return new DefaultInterface(this.backend.store, { ...this.defaults, prefix: this.prefix });
  }
}
