/**
 * The stores that both sides can open: a directory, and a bucket of moto.
 *
 * @module
 */
import { type DefaultInterface, getInterface, type InterfaceOptions } from "../../mod.ts";
import type { PythonStore } from "./reference.ts";
import { server } from "./servers.ts";

/** One store, as each side sees it. */
export interface SharedStore {
  readonly name: "local" | "moto";
  readonly python: PythonStore;
  readonly cci: DefaultInterface;
}

/** Opens both kinds of store, new and empty. What they hold is removed when the tests of the file are done. */
export async function sharedStores(label: string, options: InterfaceOptions = {}): Promise<SharedStore[]> {
  const path = await Deno.makeTempDir({ prefix: "cottoncandy-interop-" });
  Deno.test.afterAll(() => Deno.remove(path, { recursive: true }));
  const { endpoint, accessKeyId, secretAccessKey } = await server("moto");
  const bucket = `interop-${label.replaceAll(/[^a-z0-9]+/g, "-")}-${Deno.pid}-${Date.now()}`;
  const credentials = { accessKeyId, secretAccessKey };
  return [
    {
      name: "local",
      python: { backend: "local", path },
      cci: await getInterface(path, { ...options, backend: "local" }),
    },
    {
      name: "moto",
      python: { backend: "s3", bucket, endpoint, ...credentials },
      cci: await getInterface(bucket, { ...options, endpoint, credentials, createBucket: true }),
    },
  ];
}
