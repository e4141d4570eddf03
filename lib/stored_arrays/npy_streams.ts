/**
 * `.npy` objects as streams: how one is written, and read from its beginning on. `./npy.ts` loads it on first use.
 *
 * @module
 */
import type { Backend, ObjectReader } from "../../backends/backend.ts";
import {
  arrayFromBytes,
  type ArrayInput,
  asNDArray,
  type NDArray,
  npyDecode,
  npyEncode,
  npySize,
} from "../array/mod.ts";
import {
  putObject,
  type ReadOptions,
  type UploadResult,
  userMetadata,
  type WriteOptions,
} from "../objects/mod.ts";
import { fill } from "../streams/mod.ts";
import { byteTarget, npyLayout } from "./reading.ts";

/** Stores an array under a key. */
export async function putNpy(
  backend: Backend,
  key: string,
  array: ArrayInput,
  options: WriteOptions,
): Promise<UploadResult> {
  const source = asNDArray(array);
  const metadata = userMetadata(options.metadata);
  return await putObject(backend, key, npyEncode(source), metadata, { ...options, size: npySize(source) });
}

/** Reads an object from its beginning on, into memory taken once its header is known. */
export async function streamNpy(
  reader: ObjectReader,
  { into, signal }: ReadOptions & { into?: NDArray | ArrayBufferView<ArrayBuffer> },
): Promise<NDArray> {
  const { body, ...header } = await npyDecode(reader.stream(undefined, { signal }), {
    size: reader.info.size,
  });
  try {
    const layout = npyLayout(header);
    const target = byteTarget(layout, into);
    await fill(body, target);
    return arrayFromBytes(target, layout);
  } catch (error) {
    if (!body.locked) await body.cancel(error);
    throw error;
  }
}
