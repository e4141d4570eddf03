/** Places to sync between. */
import type { Backend } from "../../backends/backend.ts";
import { LocalBackend } from "../../backends/local/mod.ts";
import { aesKeys, EncryptingBackend, generateAesKey } from "../../crypto/mod.ts";
import type { SyncAction } from "../../lib/sync/mod.ts";
import { forEachStore, type OpenNewStore } from "../interfaces/stores.ts";

/** What opens a fresh store, by its name: all stores, and an encrypting one around memory and around a directory. */
export function openers(): Map<string, OpenNewStore> {
  const all = new Map<string, OpenNewStore>();
  forEachStore((name, open) => all.set(name, open));
  for (const name of ["memory", "local"]) {
    const open = all.get(name)!;
    all.set(`encrypted ${name}`, async () => {
      const keys = aesKeys(generateAesKey());
      const { backend, other, dispose } = await open();
      return {
        backend: new EncryptingBackend(backend, keys),
        other: new EncryptingBackend(other, keys),
        dispose,
      };
    });
  }
  return all;
}

/** What a store holds, as text by key. */
export async function contents(backend: Backend): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for await (const entry of backend.list()) {
    if (!("key" in entry)) continue;
    const reader = await backend.open(entry.key);
    all[entry.key] = new TextDecoder().decode(await reader.read());
    await reader.close();
  }
  return all;
}

/** Stores texts by key. */
export async function fill(backend: Backend, texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [key, text] of Object.entries(texts)) await backend.put(key, new TextEncoder().encode(text));
}

/** Gathers what is told, in words that can be compared. */
export function told(): { onAction: (action: SyncAction) => void; lines: () => string[] } {
  const actions: SyncAction[] = [];
  return {
    onAction: (action) => void actions.push(action),
    lines: () =>
      actions.map(({ action, name, reason, error }) =>
        `${action} ${name} ${reason}${error ? ` ${error.name}` : ""}`
      )
        .sort(),
  };
}

/** A directory as a place, until it is disposed of. */
export async function directoryPlace(): Promise<AsyncDisposable & { path: string; backend: LocalBackend }> {
  const path = await Deno.makeTempDir();
  return {
    path,
    backend: new LocalBackend(path),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
