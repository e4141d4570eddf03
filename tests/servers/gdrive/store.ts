/** What the stand-in keeps, in memory. Tests look into it and put things there. */
import { randomBytes } from "node:crypto";
import { CLIENT_ID, USER } from "./account.ts";
import type { DriveName } from "./options.ts";

/** The type of folders. */
export const FOLDER = "application/vnd.google-apps.folder";
/** The type of shortcuts. */
export const SHORTCUT = "application/vnd.google-apps.shortcut";

/** Whether it is one of Google's own types, which have no bytes. */
export function isGoogleType(mimeType: string): boolean {
  return mimeType.startsWith("application/vnd.google-apps.");
}

/** What generated ids are for: shortcuts have their own. */
export type IdType = "files" | "shortcuts";

/** Custom properties. */
export type Properties = Readonly<Record<string, string>>;

/** One version of a file's bytes. */
export interface Revision {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly mimeType: string;
  readonly originalFilename: string;
  readonly modifiedTime: Date;
}

/** A file or folder as it is at one time: whatever changes it makes another of the same id. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly mimeType: string;
  /** None for roots, else one. */
  readonly parents: readonly string[];
  /** `undefined` for folders and Google's own types. Never changed in place. */
  readonly bytes?: Uint8Array;
  readonly createdTime: Date;
  readonly modifiedTime: Date;
  /** Whether it itself was trashed; {@linkcode DriveStore.isTrashed} asks its folders too. */
  readonly trashed: boolean;
  /** The public ones. */
  readonly properties: Properties;
  /** The private ones, by client id. */
  readonly appProperties: Readonly<Record<string, Properties>>;
  /** The last one is the head. None for what has no bytes. */
  readonly revisions: readonly Revision[];
  /** Higher after every change. */
  readonly version: number;
  /** The shared drive it is in. */
  readonly driveId?: string;
  /** Its owner's address; nobody owns what is in shared drives. */
  readonly owner?: string;
  /** The client that made it. */
  readonly clientId: string;
  readonly originalFilename?: string;
  readonly description?: string;
  readonly starred?: boolean;
  /** What a shortcut points to. */
  readonly targetId?: string;
  /** Shared with the callers by itself, who need not be members of its drive. */
  readonly shared?: boolean;
  /** Needed by who comes by its link. */
  readonly resourceKey?: string;
}

/** A shared drive. */
export interface SharedDrive extends DriveName {
  readonly createdTime: Date;
}

/** What tests tell of a file that they put there. */
export interface NewFile {
  readonly name: string;
  /** Default: the root, of the shared drive if there is one. */
  readonly parents?: readonly string[];
  readonly bytes?: Uint8Array;
  /** In place of `bytes`. */
  readonly text?: string;
  /** Default `application/octet-stream`. */
  readonly mimeType?: string;
  readonly properties?: Properties;
  /** Of `clientId`. */
  readonly appProperties?: Properties;
  /** Default: that of its parent. */
  readonly driveId?: string;
  readonly createdTime?: Date | string;
  readonly modifiedTime?: Date | string;
  readonly trashed?: boolean;
  /** Default: the one of `clientSecrets`. */
  readonly clientId?: string;
  readonly id?: string;
  readonly shared?: boolean;
  readonly resourceKey?: string;
  /** Default: the user, outside of shared drives. */
  readonly owner?: string;
}

/** What tests change of a file. */
export type FileChanges = Partial<Omit<StoredFile, "id" | "revisions" | "version">>;

/** All files at one time. */
export interface View {
  get(id: string): StoredFile | undefined;
  all(): Iterable<StoredFile>;
}

/** Drive keeps so many revisions of a file. */
const MAX_REVISIONS = 100;

/** Makes an id as Drive's look. */
export function makeId(): string {
  return `1${randomBytes(24).toString("base64url")}`;
}

/** A file with other bytes: its new head revision. */
export function withBytes(file: StoredFile, bytes: Uint8Array, modifiedTime: Date): StoredFile {
  const { mimeType, originalFilename = file.name } = file;
  const id = `0B${randomBytes(30).toString("base64url")}`;
  const revisions = [...file.revisions, { id, bytes, mimeType, originalFilename, modifiedTime }];
  return { ...file, bytes, modifiedTime, revisions: revisions.slice(-MAX_REVISIONS) };
}

/** Whether a file is in the trash, itself or by a folder above it. */
export function isTrashedIn(view: Pick<View, "get">, file: StoredFile): boolean {
  const seen = new Set<string>();
  for (let at: StoredFile | undefined = file; at && !seen.has(at.id); at = view.get(at.parents[0] ?? "")) {
    if (at.trashed) return true;
    seen.add(at.id);
  }
  return false;
}

/** All files. */
export class DriveStore {
  /** By id; the roots are among them. */
  readonly files: Map<string, StoredFile> = new Map();
  readonly drives: Map<string, SharedDrive> = new Map();
  /** The folder that `root` is an alias of. */
  readonly rootId: string = `0A${randomBytes(12).toString("base64url")}PVA`;
  /** Ids given out and not yet used, and what for. */
  readonly generatedIds: Map<string, IdType> = new Map();
  /** So many milliseconds lists are behind. */
  lag = 0;
  /** Earlier states of files, oldest first; `undefined` before it was made. Kept as long as lists may show them. */
  readonly #history = new Map<string, { readonly until: number; readonly file: StoredFile | undefined }[]>();

  constructor() {
    this.#addRoot(this.rootId, "My Drive");
  }

  /** Makes a shared drive. */
  addDrive({ id, name, member }: DriveName): SharedDrive {
    const drive = { id, name, member, createdTime: new Date() };
    this.drives.set(id, drive);
    this.#addRoot(id, "Drive", id);
    return drive;
  }

  #addRoot(id: string, name: string, driveId?: string): void {
    const now = new Date();
    this.files.set(id, {
      id,
      name,
      mimeType: FOLDER,
      parents: [],
      createdTime: now,
      modifiedTime: now,
      trashed: false,
      properties: {},
      appProperties: {},
      revisions: [],
      version: 1,
      clientId: "",
      ...(driveId === undefined ? { owner: USER.email } : { driveId }),
    });
  }

  /** What an id stands for, when it is `root`. */
  resolve(id: string): string {
    return id === "root" ? this.rootId : id;
  }

  /** The file; throws when there is none. */
  get(id: string): StoredFile {
    const file = this.files.get(this.resolve(id));
    if (!file) throw new Error(`the stand-in has no file ${id}`);
    return file;
  }

  /** Puts a file there past the API; lists show it at once. */
  add(file: NewFile): StoredFile {
    const { name, text, clientId = CLIENT_ID, mimeType = "application/octet-stream" } = file;
    const parent = this.get(file.parents?.[0] ?? file.driveId ?? "root");
    const driveId = file.driveId ?? parent.driveId;
    const createdTime = new Date(file.createdTime ?? Date.now());
    const modifiedTime = new Date(file.modifiedTime ?? createdTime);
    const bytes = isGoogleType(mimeType)
      ? undefined
      : text === undefined
      ? file.bytes ?? new Uint8Array()
      : new TextEncoder().encode(text);
    const added: StoredFile = {
      id: file.id ?? makeId(),
      name,
      mimeType,
      parents: [parent.id],
      createdTime,
      modifiedTime,
      trashed: file.trashed ?? false,
      properties: file.properties ?? {},
      appProperties: file.appProperties ? { [clientId]: file.appProperties } : {},
      revisions: [],
      version: 1,
      clientId,
      originalFilename: name,
      shared: file.shared,
      resourceKey: file.resourceKey,
      ...(driveId === undefined ? { owner: file.owner ?? USER.email } : { driveId }),
    };
    const whole = bytes ? withBytes(added, bytes, modifiedTime) : added;
    this.files.set(whole.id, whole);
    return whole;
  }

  /** Puts a folder there past the API. */
  addFolder(name: string, file: Omit<NewFile, "name" | "bytes" | "text" | "mimeType"> = {}): StoredFile {
    return this.add({ ...file, name, mimeType: FOLDER });
  }

  /** Changes a file past the API. New bytes are a new revision. */
  update(id: string, changes: FileChanges): StoredFile {
    const before = this.get(id);
    const changed = { ...before, ...changes, version: before.version + 1 };
    const { bytes } = changes;
    return this.save(bytes ? withBytes(changed, bytes, changes.modifiedTime ?? new Date()) : changed);
  }

  /** Takes over a new or changed file. */
  save(file: StoredFile): StoredFile {
    this.#remember(file.id);
    this.files.set(file.id, file);
    this.generatedIds.delete(file.id);
    return file;
  }

  /** Deletes a file, and everything below a folder. */
  delete(id: string): void {
    for (const child of this.children(id)) this.delete(child.id);
    this.#remember(id);
    this.files.delete(id);
  }

  #remember(id: string): void {
    if (this.lag <= 0) return this.#history.clear();
    const now = performance.now();
    const states = (this.#history.get(id) ?? []).filter(({ until }) => until > now - this.lag);
    this.#history.set(id, [...states, { until: now, file: this.files.get(id) }]);
  }

  /** What lists show. */
  listed(): View {
    if (this.lag <= 0 || this.#history.size === 0) {
      return { get: (id) => this.files.get(id), all: () => this.files.values() };
    }
    const at = performance.now() - this.lag;
    const files = new Map(this.files);
    for (const [id, states] of this.#history) {
      const state = states.find(({ until }) => until > at);
      if (!state) continue;
      if (state.file) files.set(id, state.file);
      else files.delete(id);
    }
    return { get: (id) => files.get(id), all: () => files.values() };
  }

  /** What is in a folder, in no order. */
  children(id: string): StoredFile[] {
    const parent = this.resolve(id);
    return [...this.files.values()].filter((file) => file.parents.includes(parent));
  }

  /** Whether a file is in the trash, itself or by a folder above it. */
  isTrashed(id: string): boolean {
    return isTrashedIn(this.files, this.get(id));
  }

  /** Names from below the root, with `/` between. */
  pathOf(id: string): string {
    const file = this.get(id);
    if (file.parents.length === 0) return "";
    const above = this.pathOf(file.parents[0]);
    return above === "" ? file.name : `${above}/${file.name}`;
  }

  /** The oldest file that is not in the trash at a path below a root. */
  find(path: string, rootId: string = this.rootId): StoredFile | undefined {
    return [...this.files.values()]
      .filter((file) => file.parents.length > 0 && this.pathOf(file.id) === path && !this.isTrashed(file.id))
      .filter((file) => this.#rootOf(file) === rootId)
      .sort((a, b) => a.createdTime.getTime() - b.createdTime.getTime())[0];
  }

  #rootOf(file: StoredFile): string {
    return file.parents.length === 0 ? file.id : this.#rootOf(this.get(file.parents[0]));
  }

  /** Bytes in My Drive, trash included. */
  usage(): number {
    let sum = 0;
    for (const { bytes, driveId } of this.files.values()) {
      if (driveId === undefined) sum += bytes?.length ?? 0;
    }
    return sum;
  }
}
