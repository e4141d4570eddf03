/** What the tests of networks do at a store, in this process and in programs of their own. */
import type { Backend } from "../../../backends/backend.ts";
import { GDriveBackend } from "../../../backends/gdrive/mod.ts";
import type { ConnectionOptions } from "../../../backends/mod.ts";
import { S3Backend, type S3Credentials } from "../../../backends/s3/mod.ts";

/** What signs requests at either store. */
export type Credentials = S3Credentials | { readonly token: string };

/** What is said of the network. */
export type Network = Pick<ConnectionOptions, "proxy" | "ca">;

/** A store behind some network. */
export function backendOf(
  store: string,
  endpoint: string,
  credentials: Credentials,
  options: Network,
): Backend {
  const retries = { attempts: 2, delay: 5 };
  return "token" in credentials
    ? new GDriveBackend({
      endpoint,
      retries,
      ...options,
      checksums: "MD5",
      credentials: () => Promise.resolve(credentials.token),
    })
    : new S3Backend({ bucket: store, endpoint, credentials, retries, ...options, checksums: "CRC32" });
}

/** What every store is asked for: reads, writes, one with a body that waits for "100 Continue", and one whose path has dots. */
export function operationsOf(backend: Backend): readonly (readonly [string, () => Promise<void>])[] {
  const put = async (key: string, bytes: Uint8Array<ArrayBuffer>) => void await backend.put(key, bytes);
  return [
    ["put", () => put("a", new Uint8Array(5))],
    ["put of 2 MiB", () => put("large", new Uint8Array(2 << 20))],
    ["list", async () => void await Array.fromAsync(backend.list())],
    ["head", async () => void await backend.head("a")],
    ["read", async () => {
      const { length } = await (await backend.open("a")).read();
      if (length !== 5) throw new Error(`${length} bytes`);
    }],
    ["delete", async () => {
      for await (const { error } of backend.delete(["a", "large"])) if (error) throw error;
    }],
  ];
}

/** Makes something as a browser would, which has `fetch` alone. */
export function asInBrowser<T>(make: () => T): T {
  const others = (["process", "Deno"] as const).map((name) => [name, globalThis[name]] as const);
  const set = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  for (const [name] of others) set(name, undefined);
  try {
    return make();
  } finally {
    for (const [name, value] of others) set(name, value);
  }
}
