/** What a page does in `real_server_test.ts`: each check by its name. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { HttpBackend } from "../../backends/web/mod.ts";
import {
  AccessDeniedError,
  generateAesKey,
  getEncryptedInterface,
  getInterface,
  type NDArray,
  ndarray,
  NotFoundError,
} from "../../mod.ts";
import type { PageServer } from "./smoke.ts";

/** The names of the checks. */
export type Check = "objects" | "raw" | "slice" | "parts" | "encrypted" | "names" | "public";

const MiB = 2 ** 20;
const volume = ndarray(Float32Array.from({ length: 20 * 30 * 40 }, (_, i) => i % 97), [20, 30, 40]);

const checks: Readonly<Record<Check, (server: PageServer) => Promise<void>>> = {
  objects: async (server) => {
    const cci = await getInterface(server.bucket, optionsOf(server));
    const { etag } = await cci.uploadObject("objects/a b+ü", "hello");
    assert(etag !== undefined && etag.length > 0);
    assertEquals(new TextDecoder().decode(await cci.downloadObject("objects/a b+ü")), "hello");
    await assertRejects(() => cci.downloadObject("objects/none"), NotFoundError);
  },
  raw: async (server) => {
    const cci = await getInterface(server.bucket, optionsOf(server));
    const { metadata } = await cci.uploadRawArray("raw", volume, { compression: "Zstd" });
    assertEquals(metadata.compression, "Zstd");
    assertSame(await cci.downloadRawArray("raw"), volume);
  },
  slice: async (server) => {
    const cci = await getInterface(server.bucket, optionsOf(server));
    await cci.uploadRawArray("slice", volume, { sliceable: true });
    const lazy = await cci.openRawArray("slice");
    assert(lazy.sliceable);
    assertSame(await lazy.slice([5, 7], null, 3), volume.slice([5, 7], null, 3));
  },
  parts: async (server) => {
    const cci = await getInterface(server.bucket, { ...optionsOf(server), partSize: 5 * MiB });
    const large = ndarray(Uint32Array.from({ length: 3 * MiB + 1 }, (_, i) => Math.imul(i, 2654435761)));
    const { etag } = await cci.uploadRawArray("parts", large, { compression: false });
    assert(etag?.endsWith("-3"), `${etag} is not of three parts`);
    assertSame(await cci.downloadRawArray("parts"), large);
  },
  encrypted: async (server) => {
    const key = generateAesKey();
    const path = `s3://${server.bucket}/private`;
    const cci = await getEncryptedInterface(path, { ...optionsOf(server), encryption: "AES", key });
    await cci.uploadRawArray("a", volume, { sliceable: true });
    assertSame(await cci.downloadRawArray("a"), volume);
    assertSame(await (await cci.openRawArray("a")).slice([5, 7]), volume.slice([5, 7]));
    const plain = await getInterface(server.bucket, optionsOf(server));
    const stored = await plain.downloadObject("private/a");
    assert(stored.length > volume.toBytes().length, `${stored.length} bytes are no ciphertext of all`);
  },
  names: async (server) => {
    const cci = await getInterface(server.bucket, optionsOf(server));
    for (const name of ["names/1", "names/2 ü", "names/deep/3"]) await cci.uploadJson(name, name);
    assertEquals(await cci.glob("names/**"), ["names/1", "names/2 ü", "names/deep/3"]);
    await cci.rm("names/1");
    assertEquals(await cci.lsdir("names"), ["names/2 ü", "names/deep"]);
  },
  // Without keys, and so unsigned: what anybody's page may read.
  public: async (server) => {
    const cci = await getInterface(server.bucket, optionsOf(server));
    await cci.uploadRawArray("public", volume, { sliceable: true, acl: "public-read" });
    await cci.uploadObject("hidden", "x");
    const web = await getInterface(new HttpBackend(`${server.endpoint}/${server.bucket}`));
    assertSame(await web.downloadRawArray("public"), volume);
    assertSame(await (await web.openRawArray("public")).slice([5, 7]), volume.slice([5, 7]));
    await assertRejects(() => web.downloadObject("hidden"), AccessDeniedError);
  },
};

/** Runs a check. Gives `"ok"`, or the error. */
export async function run(check: Check, server: PageServer): Promise<string> {
  try {
    await checks[check](server);
    return "ok";
  } catch (error) {
    return String(error);
  }
}

function optionsOf({ endpoint, credentials }: PageServer): Omit<PageServer, "bucket"> {
  return { endpoint, credentials };
}

function assertSame(actual: NDArray, expected: NDArray): void {
  assertEquals([actual.dtype, actual.shape], [expected.dtype, expected.shape]);
  const [here, there] = [actual.toBytes(), expected.toBytes()];
  assertEquals([here.length, here.findIndex((byte, i) => byte !== there[i])], [there.length, -1]);
}
