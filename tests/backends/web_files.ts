/** What is in a backend, for a stand-in of a web server to serve. */
import type { Backend } from "../../backends/mod.ts";
import type { WebFile, WebFiles } from "../servers/web.ts";

/** Gives files as they are now; each version is read once. */
export function filesIn(backend: Backend): WebFiles {
  const read = new Map<string, WebFile>();
  return {
    async get(name) {
      // What can be no object's name is none.
      const head = await backend.head(name).catch(() => undefined);
      if (!head) return undefined;
      const { etag = "", lastModified: modified, contentType, metadata } = head;
      const known = read.get(etag);
      if (known) return known;
      const file = { bytes: await (await backend.open(name)).read(), modified, etag, contentType, metadata };
      read.set(etag, file);
      return file;
    },
    async names() {
      const names: string[] = [];
      for await (const entry of backend.list()) if ("key" in entry) names.push(entry.key);
      return names;
    },
  };
}
