import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import {
  expect,
  get,
  head,
  isThere,
  list,
  mustRefuse,
  type Place,
  type ProbeGroup,
  put,
  refusal,
} from "./probe.ts";

async function copy(at: Place, from: string, to: string, more: Partial<CopyObjectCommandInput> = {}) {
  const CopySource = `${at.bucket}/${at.key(from).split("/").map(encodeURIComponent).join("/")}`;
  return await at.client.send(
    new CopyObjectCommand({ Bucket: at.bucket, Key: at.key(to), CopySource, ...more }),
  );
}

const remove = async ({ client, bucket, key }: Place, name: string) =>
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key(name) }));

async function removeAll({ client, bucket, key }: Place, names: readonly string[]) {
  const Objects = names.map((name) => ({ Key: key(name) }));
  return await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
}

async function versioned(at: Place): Promise<void> {
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await at.client.send(new PutBucketVersioningCommand({ Bucket: at.bucket, VersioningConfiguration }));
}

/** Copies, deletes, tags. */
export const objects: ProbeGroup = {
  title: "Copies, deletes, tags",
  probes: [
    {
      asks: "a copy has bytes, metadata and content type",
      find: async (at) => {
        await put(at, "a", "bytes", { Metadata: { run: "7" }, ContentType: "text/x-a" });
        await copy(at, "a", "b");
        const { Metadata, ContentType } = await head(at, "b");
        const same = await get(at, "b") === "bytes" && Metadata?.run === "7" && ContentType === "text/x-a";
        return expect(same, "something is lost");
      },
    },
    {
      asks: "a copy with other metadata (`REPLACE`)",
      find: async (at) => {
        await put(at, "a", "bytes", { Metadata: { run: "7" } });
        await copy(at, "a", "b", { MetadataDirective: "REPLACE", Metadata: { other: "8" } });
        const { Metadata = {} } = await head(at, "b");
        return expect(JSON.stringify(Metadata) === '{"other":"8"}', JSON.stringify(Metadata));
      },
    },
    {
      asks: "a copy with no metadata at all (`REPLACE`)",
      find: async (at) => {
        await put(at, "a", "bytes", { Metadata: { run: "7" } });
        await copy(at, "a", "b", { MetadataDirective: "REPLACE", Metadata: {} });
        const { Metadata = {} } = await head(at, "b");
        return expect(JSON.stringify(Metadata) === "{}", JSON.stringify(Metadata));
      },
    },
    {
      asks: "onto itself with other metadata",
      find: async (at) => {
        await put(at, "a", "bytes", { Metadata: { run: "7" } });
        await copy(at, "a", "a", { MetadataDirective: "REPLACE", Metadata: { other: "8" } });
        const { Metadata = {} } = await head(at, "a");
        if (await get(at, "a") !== "bytes") return "wrong: other bytes";
        return expect(JSON.stringify(Metadata) === '{"other":"8"}', JSON.stringify(Metadata));
      },
    },
    {
      asks: "onto itself with nothing new is refused",
      find: async (at) => {
        await put(at, "a");
        return await mustRefuse(() => copy(at, "a", "a"), [400], "done");
      },
    },
    {
      asks: "a copy of no such object: 404",
      find: (at) => mustRefuse(() => copy(at, "none", "b"), [404]),
    },
    {
      asks: "a copy from an odd key",
      find: async (at) => {
        await put(at, "a b+c%41/\u00fc", "odd");
        await copy(at, "a b+c%41/\u00fc", "b");
        return expect(await get(at, "b") === "odd", "other bytes");
      },
    },
    {
      asks: "a copy of an empty object",
      find: async (at) => {
        await put(at, "a", "");
        await copy(at, "a", "b");
        return expect((await head(at, "b")).ContentLength === 0, "another length");
      },
    },
    {
      asks: "deleting what isn't there: 204",
      find: async (at) => {
        const { $metadata } = await remove(at, "none");
        return expect($metadata.httpStatusCode === 204, `${$metadata.httpStatusCode}`);
      },
    },
    {
      asks: "deleting many at once, with the SDK's checksum",
      find: async (at) => {
        for (const name of ["a", "b", "c"]) await put(at, name);
        const { Deleted = [], Errors = [] } = await removeAll(at, ["a", "b", "none"]);
        if (Errors.length > 0) return `no: ${Errors[0].Code}`;
        const { keys } = await list(at);
        return expect(keys.join() === "c" && Deleted.length === 3, `${Deleted.length} told, left ${keys}`);
      },
    },
    {
      asks: "tags",
      find: async (at) => {
        await put(at, "a", "x", { Tagging: "project=1%20%2B%202" });
        const { TagSet = [] } = await at.client.send(
          new GetObjectTaggingCommand({ Bucket: at.bucket, Key: at.key("a") }),
        );
        return expect(
          JSON.stringify(TagSet.map(({ Key, Value }) => [Key, Value])) === '[["project","1 + 2"]]',
          JSON.stringify(TagSet),
        );
      },
    },
    {
      asks: "storage class STANDARD_IA",
      find: async (at) => {
        await put(at, "a", "x", { StorageClass: "STANDARD_IA" });
        const { StorageClass } = await head(at, "a");
        return StorageClass === undefined
          ? "no: overlooked"
          : expect(StorageClass === "STANDARD_IA", StorageClass);
      },
    },
  ],
};

/** Versions; in a bucket of their own. */
export const versions: ProbeGroup = {
  title: "Versions",
  probes: [
    {
      asks: "the version before is read by its id",
      find: async (at) => {
        await versioned(at);
        const { VersionId } = await put(at, "a", "first");
        await put(at, "a", "second");
        if (VersionId === undefined) return "no: no id";
        const text = await get(at, "a", { VersionId });
        return expect(text === "first" && await get(at, "a") === "second", text);
      },
    },
    {
      asks: "a delete leaves a marker, and the versions",
      find: async (at) => {
        await versioned(at);
        await put(at, "a");
        await remove(at, "a");
        if (await isThere(at, "a")) return "wrong: still there";
        const { Versions = [], DeleteMarkers = [] } = await at.client.send(
          new ListObjectVersionsCommand({ Bucket: at.bucket, Prefix: at.prefix }),
        );
        return expect(
          Versions.length === 1 && DeleteMarkers.length === 1,
          `${Versions.length} and ${DeleteMarkers.length}`,
        );
      },
    },
    {
      asks: "a version is deleted by its id, and the one before is the newest",
      find: async (at) => {
        await versioned(at);
        await put(at, "a", "first");
        const { VersionId } = await put(at, "a", "second");
        if (VersionId === undefined) return "no: no id";
        await at.client.send(new DeleteObjectCommand({ Bucket: at.bucket, Key: at.key("a"), VersionId }));
        const text = await get(at, "a");
        return expect(text === "first", text);
      },
    },
    {
      asks: "a version that isn't there: 400 or 404",
      find: async (at) => {
        await versioned(at);
        await put(at, "a");
        const VersionId = "there-is-no-such-version-of-this";
        try {
          await at.client.send(new HeadObjectCommand({ Bucket: at.bucket, Key: at.key("a"), VersionId }));
          return "wrong: the newest is given";
        } catch (error) {
          return /^40[04]/.test(refusal(error)) ? "yes" : `no: ${refusal(error)}`;
        }
      },
    },
  ],
};
