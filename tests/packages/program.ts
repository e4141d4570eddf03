/**
 * A user's program, which the check compiles against the package's types, as strictly as TypeScript goes: each line fails if what it names has become `any`,
 * or another type.
 *
 * @module
 */
import {
  type DType,
  getInterface,
  type NDArray,
  NotFoundError,
  type UploadResult,
} from "@cottoncandy/cottoncandy";
import { ndarray } from "@cottoncandy/cottoncandy/array";
import type { Backend } from "@cottoncandy/cottoncandy/backends";
import { LocalBackend } from "@cottoncandy/cottoncandy/backends/local";
import { S3Backend } from "@cottoncandy/cottoncandy/backends/s3";
import { type CodecName, compress } from "@cottoncandy/cottoncandy/codecs";
import { getEncryptedInterface } from "@cottoncandy/cottoncandy/encrypted";
import { readRaw } from "@cottoncandy/cottoncandy/raw";
import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Fails to compile unless the types are the same. */
function same<A, B>(same: Same<A, B>): void {
  void same;
}

const cci = await getInterface("memory://lab", { createBucket: true });
const result = await cci.uploadRawArray("betas", ndarray(new Float32Array(6), [2, 3]), {
  compression: "Zstd",
});
same<typeof result, UploadResult>(true);
const array = await cci.downloadRawArray("betas");
same<typeof array, NDArray<DType>>(true);
if (array.dtype === "<f4") same<typeof array.nbytes, number>(true);
// @ts-expect-error -- there is no such option
await cci.downloadRawArray("betas", { ordre: "C" });

const stores: Backend[] = [new LocalBackend("/data"), new S3Backend({ bucket: "lab" })];
for (const store of stores) {
  const betas = await readRaw(store, "betas");
  same<typeof betas.shape, readonly number[]>(true);
}
const codec: CodecName = "LZ4";
const packed = await readAll(streamOf(new Uint8Array(3)).pipeThrough(compress(codec)));
same<typeof packed, Uint8Array<ArrayBuffer>>(true);

const secret = await getEncryptedInterface("memory://lab", { encryption: "age", passphrase: "zuckerwatte" });
try {
  await secret.downloadJson("missing");
} catch (error) {
  if (error instanceof NotFoundError) same<typeof error.key, string | undefined>(true);
}
