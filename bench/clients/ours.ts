/**
 * This package as its users have it, and its codecs alone.
 *
 * @module
 */
import type { EncryptionOptions } from "../../lib/encryption/mod.ts";
import { type Bytes, type Client, type Encryption, only, type Settings } from "./protocol.ts";

let keys: Promise<EncryptionOptions> | undefined;

/** The keys of an interface that encrypts: new ones for each process, the same as long as it lasts. */
function keysFor(encryption: Encryption): Promise<EncryptionOptions> {
  return keys ??= (async () => {
    const { generateAesKey, generateAgeIdentity, generateRsaKeys } = await import("../../crypto/mod.ts");
    if (encryption === "AES") return { encryption, key: generateAesKey() };
    if (encryption === "RSA") return { encryption, ...await generateRsaKeys() };
    return { encryption, identities: (await generateAgeIdentity()).identity };
  })();
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** This package; `reuse`: arrays are read into memory that was used before. */
export async function ours({ address, encryption }: Settings, reuse: boolean): Promise<Client> {
  const { getEncryptedInterface, getInterface, ndarray } = await import("../../mod.ts");
  const { listObjects } = await import("../../lib/entries/objects.ts");
  const { openZarr, writeZarr } = await import("../../lib/stored_arrays/zarr/mod.ts");
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = only(address, "address");
  const target = `s3://${bucket}?endpoint=${endpoint}&region=${region}`;
  const options = { credentials: { accessKeyId, secretAccessKey } };
  const cci = encryption
    ? await getEncryptedInterface(target, { ...options, ...await keysFor(encryption) })
    : await getInterface(target, options);
  let memory: Float32Array<ArrayBuffer> | undefined;
  return {
    async put(key, data, { codec }) {
      await cci.uploadRawArray(key, new Float32Array(data.buffer), { compression: codec ?? false });
    },
    async get(key, size) {
      if (reuse) memory ??= new Float32Array(size / 4).fill(1);
      return bytesOf((await cci.downloadRawArray(key, memory && { into: memory })).data);
    },
    async putNpy(key, data) {
      await cci.uploadNpyArray(key, new Float32Array(data.buffer));
    },
    getNpy: async (key) => bytesOf((await cci.downloadNpyArray(key)).data),
    async putParts(key, data, { format, shape, part }) {
      const array = ndarray(new Float32Array(data.buffer), [...shape]);
      const options = { chunks: [...part], compression: false } as const;
      if (format === "zarr") await writeZarr(cci.backend, key, array, options);
      else await cci.uploadDaskArray(key, array, options);
    },
    async getSlice(key, { format, region }) {
      const opened = format === "zarr"
        ? await openZarr(cci.backend, key)
        : format === "raw"
        ? await cci.openRawArray(key)
        : await cci.downloadDaskArray(key);
      return (await opened.slice(...region.map(([start, stop]): [number, number] => [start, stop])))
        .toBytes();
    },
    async putSmall(key, data) {
      await cci.uploadObject(key, data);
    },
    getSmall: (key) => cci.downloadObject(key),
    async putArray(key, array) {
      await cci.uploadRawArray(key, array, { compression: false });
    },
    async getArray(key) {
      const array = await cci.downloadRawArray(key);
      if (!array.is("<f4")) throw new Error(`an array of ${array.dtype} came back`);
      return array.data;
    },
    async list(prefix) {
      const keys: string[] = [];
      for await (const { key } of listObjects(cci.backend, { prefix })) keys.push(key);
      return keys;
    },
    ...await ourCodecs({}),
  };
}

/** This package's codecs alone, as they are or as they were. */
export async function ourCodecs(
  { root = new URL("../../", import.meta.url).href }: Settings,
): Promise<Client> {
  const { compress, decompress }: typeof import("../../codecs/mod.ts") = await import(`${root}codecs/mod.ts`);
  const streams: typeof import("../../lib/streams/mod.ts") = await import(`${root}lib/streams/mod.ts`);
  const { fill, readAll, streamOf } = streams;
  return {
    encode: (codec, level, data) =>
      readAll(streamOf(data).pipeThrough(compress(codec, { level, size: data.length }))),
    async decode(codec: string, stored: Bytes, size: number) {
      const target = new Uint8Array(size);
      await fill(streamOf(stored).pipeThrough(decompress(codec, { size })), target);
      return target;
    },
  };
}
