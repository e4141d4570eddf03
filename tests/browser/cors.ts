/** What a page does in `cors_test.ts`. */
import { assertEquals } from "@std/assert";
import { generateAesKey, getEncryptedInterface, getInterface, ndarray } from "../../mod.ts";
import type { PageServer } from "./smoke.ts";

/** Arrays go up, in parts too, and come back; plain, and encrypted. Gives `"ok"`, or the error. */
export async function run({ bucket, endpoint, credentials }: PageServer): Promise<string> {
  try {
    const options = { endpoint, credentials, partSize: 5 * 2 ** 20 };
    const stores = [
      await getInterface(bucket, options),
      await getEncryptedInterface(`s3://${bucket}/private`, {
        ...options,
        encryption: "AES",
        key: generateAesKey(),
      }),
    ];
    const array = ndarray(Uint32Array.from({ length: 3_000_001 }, (_, i) => Math.imul(i, 2654435761)));
    for (const cci of stores) {
      for (const compression of [false, "Zstd"]) {
        await cci.uploadRawArray("a", array, { compression });
        const back = await cci.downloadRawArray("a");
        assertEquals([back.dtype, back.shape], [array.dtype, array.shape]);
        const [there, here] = [array.toBytes(), back.toBytes()];
        assertEquals(here.findIndex((byte, i) => byte !== there[i]), -1);
      }
    }
    return "ok";
  } catch (error) {
    return String(error);
  }
}
