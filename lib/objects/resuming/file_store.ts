/**
 * Records of uploads as files on disk, one each.
 *
 * @module
 */
import { environmentVariable, homeDirectory, operatingSystem } from "../../environment.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../errors.ts";
import { type FileAccess, platformFiles, readFully, unlessMissing, writeFully } from "../../file_access.ts";
import { absolutePath, READ, withFile, WRITTEN } from "../../on_disk.ts";
import { formatRecord, parseRecord, type ResumeRecord, type ResumeStore } from "./record.ts";

/** No record comes near it. */
const LONGEST = 1024 * 1024;
/** After how long a file that was not finished is taken for one whose writer died, in milliseconds. */
const STALE = 24 * 60 * 60 * 1000;
const ENDING = ".json";
const UNFINISHED = ".tmp";

/**
 * A resume store in a directory: one file for each upload, which only its owner may read (0600), and which is there whole or not at all. Several processes may
 * use one directory.
 *
 * @param directory A path, or `file:` URL; made when the first record is kept. Default: `$XDG_STATE_HOME/cottoncandy/uploads` or
 * `~/.local/state/cottoncandy/uploads`; `~/Library/Application Support/cottoncandy/uploads` on macOS; `%LOCALAPPDATA%\cottoncandy\cottoncandy\uploads` on Windows.
 * @throws {UnsupportedError} in a browser.
 * @throws {InvalidArgumentError} where no directory is given, and the environment tells of no home.
 *
 * @example
 * ```ts
 * import { fileResumeStore } from "@cottoncandy/cottoncandy/resume";
 *
 * const directory = await Deno.makeTempDir();
 * const resume = fileResumeStore(directory);
 * for (const name of await resume.list()) console.log((await resume.get(name))?.token.key);
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export function fileResumeStore(directory?: string | URL): ResumeStore {
  return new FileResumeStore(runtimeFiles(), directory ?? defaultDirectory());
}

/**
 * The resume store that an option names: `true` is the default directory.
 *
 * @throws {InvalidArgumentError} when it is none.
 * @throws {UnsupportedError} for `true` in a browser.
 */
export function resumeStoreOf(resume: true | ResumeStore): ResumeStore {
  if (resume === true) return fileResumeStore();
  const methods = ["get", "set", "delete", "list"];
  const isStore = typeof resume === "object" && resume !== null &&
    methods.every((name) => typeof Reflect.get(resume, name) === "function");
  if (isStore) return resume;
  throw new InvalidArgumentError(
    "`resume` is true, false or a ResumeStore, such as fileResumeStore(directory) makes",
    { committed: "no" },
  );
}

function runtimeFiles(): FileAccess {
  try {
    return platformFiles();
  } catch (cause) {
    if (!(cause instanceof UnsupportedError)) throw cause;
    throw new UnsupportedError(
      "there is no directory to remember uploads in, as in a browser: give `resume` a ResumeStore of your own, over IndexedDB for example, or memoryResumeStore()",
      { cause },
    );
  }
}

function defaultDirectory(): string {
  const [base, path] = defaultPlace();
  if (base !== undefined) return `${base}/${path}`;
  throw new InvalidArgumentError(
    "no directory is known to remember uploads in, since the environment has no HOME, or may not be looked at: name one, `resume: fileResumeStore(directory)`",
    { committed: "no" },
  );
}

function defaultPlace(): [base: string | undefined, path: string] {
  switch (operatingSystem()) {
    case "win32":
      return [environmentVariable("LOCALAPPDATA"), "cottoncandy/cottoncandy/uploads"];
    case "darwin":
      return [homeDirectory(), "Library/Application Support/cottoncandy/uploads"];
    default: {
      // One that is not absolute is to be ignored: https://specifications.freedesktop.org/basedir-spec
      const state = environmentVariable("XDG_STATE_HOME");
      if (state?.startsWith("/")) return [state, "cottoncandy/uploads"];
      return [homeDirectory(), ".local/state/cottoncandy/uploads"];
    }
  }
}

/** Records in a directory, through files that a test may hook. */
export class FileResumeStore implements ResumeStore {
  readonly #files: FileAccess;
  readonly #place: string | URL;

  /** Touches nothing yet. */
  constructor(files: FileAccess, directory: string | URL) {
    this.#files = files;
    this.#place = directory;
  }

  /** Reads a record's file. */
  async get(name: string): Promise<ResumeRecord | undefined> {
    const path = await this.#path(name);
    const text = await withFile(path, READ, () => this.#read(path));
    return text === undefined ? undefined : parseRecord(text);
  }

  /** Writes a new file, which takes the old one's place when it is on the medium. */
  async set(name: string, record: ResumeRecord): Promise<void> {
    const files = this.#files;
    const path = await this.#path(name);
    const directory = files.join(path, "..");
    const bytes = new TextEncoder().encode(formatRecord(record));
    await withFile(path, WRITTEN, async () => {
      await files.makeDirectory(directory, true, 0o700);
      const temporary = files.join(directory, `.${name}-${crypto.randomUUID()}${UNFINISHED}`);
      const file = await files.create(temporary, 0o600);
      try {
        try {
          await writeFully(file, bytes, 0);
          await file.sync();
        } finally {
          await file.close();
        }
        await files.rename(temporary, path);
      } catch (error) {
        await files.unlink(temporary).catch(() => {});
        throw error;
      }
      await files.syncDirectory(directory);
    });
  }

  /** Removes a record's file. */
  async delete(name: string): Promise<void> {
    const path = await this.#path(name);
    await withFile(path, "can't be removed", () => unlessMissing(this.#files.unlink(path)));
  }

  /** Lists the directory; what was left unfinished a day ago goes. */
  async list(): Promise<readonly string[]> {
    const directory = await absolutePath(this.#files, this.#place);
    const entries = await withFile(
      directory,
      READ,
      () => unlessMissing(this.#files.readDirectory(directory)),
    );
    const names: string[] = [];
    for (const { name, kind } of entries ?? []) {
      if (kind !== "file") continue;
      if (name.startsWith(".") && name.endsWith(UNFINISHED)) {
        await this.#sweep(this.#files.join(directory, name));
      } else if (name.endsWith(ENDING) && NAME.test(name.slice(0, -ENDING.length))) {
        names.push(name.slice(0, -ENDING.length));
      }
    }
    return names.sort();
  }

  async #path(name: string): Promise<string> {
    if (!NAME.test(name)) {
      throw new InvalidArgumentError(
        `a record's name has up to 64 letters and digits, not ${JSON.stringify(name)}`,
      );
    }
    return this.#files.join(await absolutePath(this.#files, this.#place), name + ENDING);
  }

  async #read(path: string): Promise<string | undefined> {
    const file = await unlessMissing(this.#files.open(path));
    if (!file) return undefined;
    try {
      const { size } = await file.stat();
      if (size > LONGEST) throw new IntegrityError(`${path} is too long for the record of an upload`);
      const bytes = new Uint8Array(size);
      return new TextDecoder().decode(bytes.subarray(0, await readFully(file, bytes, 0)));
    } finally {
      await file.close();
    }
  }

  /** A courtesy, which may fail. */
  async #sweep(path: string): Promise<void> {
    try {
      if ((await this.#files.stat(path)).modified < Date.now() - STALE) await this.#files.unlink(path);
    } catch {
      // Somebody else has removed it, or may.
    }
  }
}

/** Names that are names of files everywhere. */
const NAME = /^[0-9A-Za-z]{1,64}$/;
