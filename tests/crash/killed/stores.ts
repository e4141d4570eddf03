/** Stores that outlive the processes that write to them. */
import { LocalBackend } from "../../../backends/local/mod.ts";
import { S3Backend, type S3Options } from "../../../backends/s3/mod.ts";
import { type FakeS3, startS3 } from "../../servers/s3.ts";
import { type Place, placeOf } from "../place.ts";

const MiB = 2 ** 20;

/** A store, and a directory with files, until it is disposed of. */
export interface LastingStore extends AsyncDisposable {
  /** What a process opens it by. */
  readonly store: S3Options | string;
  readonly files: string;
  /** Bytes of an object that goes in several parts. */
  readonly large: number;
  /** The server, for S3. */
  readonly s3?: FakeS3;
  /** Opens it, as a process would that has just begun. */
  open(): Place;
}

/** A directory. */
export async function lastingDirectory(encrypted: boolean): Promise<LastingStore> {
  const directory = await Deno.makeTempDir();
  const [store, files] = [`${directory}/store`, `${directory}/files`];
  await Deno.mkdir(store);
  await Deno.mkdir(files);
  // More than goes in one piece where an upload can go on.
  const large = 8 * MiB + 77;
  return {
    store,
    files,
    large,
    open: () =>
      placeOf(new LocalBackend(store), files, {
        encrypted,
        large,
        directory: (path) => new LocalBackend(path),
      }),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

/** A bucket of S3's stand-in, which keeps versions if it is to. */
export async function lastingBucket(encrypted: boolean, versioning = false): Promise<LastingStore> {
  const files = await Deno.makeTempDir();
  const s3 = await startS3({ buckets: [{ name: "bucket", versioning }] });
  const { endpoint, credentials, region } = s3;
  const store = { bucket: "bucket", endpoint, credentials, region, partSize: 5 * MiB };
  const large = 10 * MiB + 77;
  const backends: S3Backend[] = [];
  return {
    store,
    files,
    large,
    s3,
    open() {
      const backend = new S3Backend(store);
      backends.push(backend);
      return placeOf(backend, files, { encrypted, large, directory: (path) => new LocalBackend(path) });
    },
    async [Symbol.asyncDispose]() {
      for (const backend of backends) backend.close();
      await s3.shutdown();
      await Deno.remove(files, { recursive: true });
    },
  };
}
