/**
 * Packages of npm that do the same, each as its own guide has it: the AWS SDK with and without lib-storage, s3mini, zarrita, age-encryption, node:zlib.
 *
 * @module
 */
import { bare } from "./floor.ts";
import { type Client, only, type Settings } from "./protocol.ts";

/** The AWS SDK; `managed`: large objects go up by lib-storage. */
export async function sdk({ address }: Settings, managed: boolean): Promise<Client> {
  const { GetObjectCommand, paginateListObjectsV2, PutObjectCommand, S3Client } = await import(
    "@aws-sdk/client-s3"
  );
  const { endpoint, region, bucket: Bucket, accessKeyId, secretAccessKey } = only(address, "address");
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  const get = async (Key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return await only(Body, "body").transformToByteArray();
  };
  if (managed) {
    const { Upload } = await import("@aws-sdk/lib-storage");
    return {
      put: async (Key, Body) => void await new Upload({ client, params: { Bucket, Key, Body } }).done(),
      get,
    };
  }
  const put = async (Key: string, Body: Uint8Array) =>
    void await client.send(new PutObjectCommand({ Bucket, Key, Body }));
  return {
    put,
    get,
    putSmall: put,
    getSmall: get,
    async list(Prefix) {
      const keys: string[] = [];
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix })) {
        for (const { Key } of Contents) keys.push(only(Key, "key"));
      }
      return keys;
    },
  };
}

/** s3mini, which signs and asks by `fetch`. */
export async function s3mini({ address }: Settings): Promise<Client> {
  const { S3mini } = await import("s3mini");
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = only(address, "address");
  const store = new S3mini({ endpoint: `${endpoint}/${bucket}`, region, accessKeyId, secretAccessKey });
  const get = async (key: string) =>
    new Uint8Array(only(await store.getObjectArrayBuffer(key), "object of that key"));
  return {
    put: async (key, data) => void await store.putAnyObject(key, data),
    get,
    putSmall: async (key, data) => void await store.putObject(key, data),
    getSmall: get,
    // Its listings are of the whole bucket or below a folder; a page has 1,000 keys as everybody's.
    list: async (prefix) => only(await store.listObjects("/", prefix), "bucket").map(({ Key }) => Key),
  };
}

/** zarrita, over this package's store for it: what is measured is what both make of the chunks. */
export async function zarrita({ address }: Settings): Promise<Client> {
  const zarr = await import("zarrita");
  const { zarrStore } = await import("../../lib/stored_arrays/zarr/mod.ts");
  const { S3Backend } = await import("../../backends/s3/mod.ts");
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = only(address, "address");
  const backend = new S3Backend({ bucket, endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return {
    async putParts(key, data, { shape, part }) {
      const array = await zarr.create(zarr.root(zarrStore(backend, key)), {
        dtype: "float32",
        shape: [...shape],
        chunkShape: [...part],
        codecs: [{ name: "bytes", configuration: { endian: "little" } }],
      });
      const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
      await zarr.set(array, null, { data: new Float32Array(data.buffer), shape: [...shape], stride });
    },
    async getSlice(key, { region }) {
      const array = await zarr.open(zarr.root(zarrStore(backend, key)), { kind: "array" });
      if (!array.is("float32")) throw new Error(`an array of ${array.dtype} came back`);
      const { data } = await zarr.get(array, region.map(([start, stop]) => zarr.slice(start, stop)));
      return bytesOf(data);
    },
  };
}

let identity: Promise<string> | undefined;

/** age-encryption as its authors give it, and `fetch`. */
export async function age(): Promise<Client> {
  const { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } = await import(
    "age-encryption"
  );
  const own = await (identity ??= generateX25519Identity());
  const wire = bare("fetch");
  return {
    async put(key, data, how) {
      const encrypter = new Encrypter();
      encrypter.addRecipient(await identityToRecipient(own));
      await only(wire.put, "put")(key, new Uint8Array(await encrypter.encrypt(data)), how);
    },
    async get(key, size, url) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(own);
      return await decrypter.decrypt(await only(wire.get, "get")(key, size, url));
    },
  };
}

/** node:zlib in one call. */
export async function nodeZlib(): Promise<Client> {
  const zlib = await import("node:zlib");
  const { promisify } = await import("node:util");
  const zstd = (level: number) => ({ params: { [zlib.constants.ZSTD_c_compressionLevel]: level } });
  return {
    encode: (codec, level, data) =>
      codec === "Zstd"
        ? promisify(zlib.zstdCompress)(data, zstd(level))
        : promisify(zlib.gzip)(data, { level }),
    decode: (codec, stored) =>
      codec === "Zstd" ? promisify(zlib.zstdDecompress)(stored) : promisify(zlib.gunzip)(stored),
  };
}
