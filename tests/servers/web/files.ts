/** What a web server serves. */

/** A file. */
export interface WebFile {
  readonly bytes: Uint8Array;
  readonly modified: Date;
  /** Names the version, without quotes. */
  readonly etag: string;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Files by their names below the root. */
export interface WebFiles {
  get(name: string): Promise<WebFile | undefined>;
  names(): Promise<readonly string[]>;
}

/** Files that don't change, but by `put`. */
export function filesOf(
  contents: Readonly<Record<string, string | Uint8Array | Partial<WebFile>>>,
): WebFiles & { put(name: string, content: string | Uint8Array | Partial<WebFile>): void } {
  let version = 0;
  const files = new Map<string, WebFile>();
  const put = (name: string, content: string | Uint8Array | Partial<WebFile>) => {
    const given: Partial<WebFile> = typeof content === "string"
      ? { bytes: new TextEncoder().encode(content) }
      : content instanceof Uint8Array
      ? { bytes: content }
      : content;
    files.set(name, {
      bytes: new Uint8Array(),
      modified: new Date(Date.UTC(2026, 0, 1) + 1000 * version),
      etag: `v${version++}`,
      ...given,
    });
  };
  for (const [name, content] of Object.entries(contents)) put(name, content);
  return {
    get: (name) => Promise.resolve(files.get(name)),
    names: () => Promise.resolve([...files.keys()]),
    put,
  };
}
