/**
 * The stores that both sides can open: a directory, and a bucket of moto.
 *
 * @module
 */
import { type DefaultInterface, getInterface, type InterfaceOptions } from "../../mod.ts";
import type { Environment, PythonStore } from "./reference.ts";
import { server } from "./servers.ts";

/** One store, as each side sees it. */
export interface SharedStore {
  readonly name: "local" | "moto";
  readonly python: PythonStore;
  readonly cci: DefaultInterface;
}

/** Opens both kinds of store, new and empty. What they hold is removed when the tests of the file are done. */
export async function sharedStores(label: string, options: InterfaceOptions = {}): Promise<SharedStore[]> {
  return [await directory(options), await bucketOfMoto(label, options)];
}

/**
 * The stores for an environment: both for the newest. What others make of bytes they make of those of a directory, too, and moto is what these tests wait for.
 */
export async function storesFor(
  environment: Environment,
  label: string,
  options: InterfaceOptions = {},
): Promise<SharedStore[]> {
  return environment === "current" ? await sharedStores(label, options) : [await directory(options)];
}

async function directory(options: InterfaceOptions): Promise<SharedStore> {
  const path = await Deno.makeTempDir({ prefix: "cottoncandy-interop-" });
  Deno.test.afterAll(() => Deno.remove(path, { recursive: true }));
  return {
    name: "local",
    python: { backend: "local", path },
    cci: await getInterface(path, { ...options, backend: "local" }),
  };
}

async function bucketOfMoto(label: string, options: InterfaceOptions): Promise<SharedStore> {
  const { endpoint, accessKeyId, secretAccessKey } = await server("moto");
  const bucket = `interop-${label.replaceAll(/[^a-z0-9]+/g, "-")}-${Deno.pid}-${Date.now()}`;
  const credentials = { accessKeyId, secretAccessKey };
  return {
    name: "moto",
    python: { backend: "s3", bucket, endpoint, ...credentials },
    cci: await getInterface(bucket, { ...options, endpoint, credentials, createBucket: true }),
  };
}
