import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import {
  expect,
  get,
  head,
  isThere,
  MiB,
  mustRefuse,
  type Place,
  type ProbeGroup,
  put,
  refusal,
  upload,
} from "./probe.ts";

const LARGE = new Uint8Array(5 * MiB).fill(1);

async function pending({ client, bucket, key }: Place): Promise<string[]> {
  const { Uploads = [] } = await client.send(
    new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key("") }),
  );
  return Uploads.map(({ Key = "" }) => Key.slice(key("").length));
}

/** Uploads in parts. */
export const multipart: ProbeGroup = {
  title: "Uploads in parts",
  probes: [
    {
      asks: "parts become one object, in their order",
      find: async (at) => {
        const { completion } = await upload(at, "a", [LARGE, "the end"]);
        await at.client.send(new CompleteMultipartUploadCommand(completion));
        const { ContentLength } = await head(at, "a");
        const end = await get(at, "a", { Range: `bytes=${LARGE.length}-` });
        return expect(ContentLength === LARGE.length + 7 && end === "the end", "other bytes");
      },
    },
    {
      asks: "its ETag says how many parts",
      find: async (at) => {
        const { completion } = await upload(at, "a", [LARGE, "the end"]);
        const { ETag = "" } = await at.client.send(new CompleteMultipartUploadCommand(completion));
        return expect(/^"[0-9a-f]{32}-2"$/.test(ETag), "another kind");
      },
    },
    {
      asks: "a part that is sent again replaces the first",
      find: async (at) => {
        const { completion, parts, ...place } = await upload(at, "a", ["first"]);
        const { ETag } = await at.client.send(
          new UploadPartCommand({
            Bucket: place.Bucket,
            Key: place.Key,
            UploadId: place.UploadId,
            PartNumber: 1,
            Body: "second",
          }),
        );
        parts[0].ETag = ETag;
        await at.client.send(new CompleteMultipartUploadCommand(completion));
        return expect(await get(at, "a") === "second", "the first remains");
      },
    },
    {
      asks: "a list of parts has sizes and ETags",
      find: async (at) => {
        const { Bucket, Key, UploadId, parts } = await upload(at, "a", [LARGE, "b"]);
        const { Parts = [] } = await at.client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
        const sizes = Parts.map(({ Size }) => Size);
        if (`${sizes}` !== `${[LARGE.length, 1]}`) return `wrong: sizes ${sizes}`;
        return expect(Parts.every(({ ETag }, i) => ETag === parts[i].ETag), "other ETags");
      },
    },
    {
      asks: "a list of parts comes in pages",
      find: async (at) => {
        const { Bucket, Key, UploadId } = await upload(at, "a", ["a", "b", "c"]);
        const place = { Bucket, Key, UploadId };
        const first = await at.client.send(new ListPartsCommand({ ...place, MaxParts: 2 }));
        if (!first.IsTruncated) return "wrong: all at once";
        const { NextPartNumberMarker: PartNumberMarker } = first;
        const { Parts = [] } = await at.client.send(new ListPartsCommand({ ...place, PartNumberMarker }));
        return expect(`${Parts.map(({ PartNumber }) => PartNumber)}` === "3", "other parts");
      },
    },
    {
      asks: "pending uploads are listed by the prefix of their keys",
      find: async (at) => {
        await upload(at, "sub/a", []);
        return expect((await pending(at)).includes("sub/a"), "not listed");
      },
    },
    {
      asks: "an upload that was aborted is gone",
      find: async (at) => {
        const { Bucket, Key, UploadId } = await upload(at, "a", ["part"]);
        const place = { Bucket, Key, UploadId };
        await at.client.send(new AbortMultipartUploadCommand(place));
        if ((await pending(at)).length > 0) return "wrong: still listed";
        const found = await mustRefuse(
          () => at.client.send(new ListPartsCommand(place)),
          [404],
          "parts are listed",
        );
        return await isThere(at, "a") ? "wrong: an object" : found;
      },
    },
    {
      asks: "an upload that is aborted leaves the object of its key as it was",
      find: async (at) => {
        await put(at, "a", "old");
        const { Bucket, Key, UploadId } = await upload(at, "a", ["part"]);
        await at.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
        return expect(await isThere(at, "a") && await get(at, "a") === "old", "the object is gone");
      },
    },
    {
      asks: "an upload may be aborted again: 204 or 404",
      find: async (at) => {
        const { Bucket, Key, UploadId } = await upload(at, "a", ["part"]);
        const abort = () => at.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
        await abort();
        try {
          await abort();
          return "yes";
        } catch (error) {
          const said = refusal(error);
          return said.startsWith("404") ? "yes" : `no: ${said}`;
        }
      },
    },
    {
      asks: "completing again, the first answer lost",
      find: async (at) => {
        const { completion } = await upload(at, "a", ["part"]);
        await at.client.send(new CompleteMultipartUploadCommand(completion));
        try {
          await at.client.send(new CompleteMultipartUploadCommand(completion));
          return "the same answer";
        } catch (error) {
          return refusal(error);
        }
      },
    },
    {
      asks: "aborting what is complete leaves the object",
      find: async (at) => {
        const { completion, Bucket, Key, UploadId } = await upload(at, "a", ["part"]);
        await at.client.send(new CompleteMultipartUploadCommand(completion));
        await at.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(refusal);
        return expect(await isThere(at, "a"), "it is gone");
      },
    },
    {
      asks: "a part with another ETag is refused",
      find: async (at) => {
        const { completion, parts } = await upload(at, "a", ["part"]);
        parts[0].ETag = '"00000000000000000000000000000000"';
        return await mustRefuse(
          () => at.client.send(new CompleteMultipartUploadCommand(completion)),
          [400],
          "taken",
        );
      },
    },
    {
      asks: "a part that is missing is refused",
      find: async (at) => {
        const { completion, parts } = await upload(at, "a", [LARGE]);
        parts.push({ ETag: parts[0].ETag, PartNumber: 2 });
        return await mustRefuse(
          () => at.client.send(new CompleteMultipartUploadCommand(completion)),
          [400],
          "taken",
        );
      },
    },
    {
      asks: "a small part before the last is refused",
      find: async (at) => {
        const { completion } = await upload(at, "a", ["small", "last"]);
        return await mustRefuse(
          () => at.client.send(new CompleteMultipartUploadCommand(completion)),
          [400],
          "taken",
        );
      },
    },
    {
      asks: "an empty part alone becomes an empty object",
      find: async (at) => {
        const { completion } = await upload(at, "a", [""]);
        await at.client.send(new CompleteMultipartUploadCommand(completion));
        return expect((await head(at, "a")).ContentLength === 0, "another length");
      },
    },
    {
      asks: "parts may differ in size",
      find: async (at) => {
        const { completion } = await upload(at, "a", [new Uint8Array(6 * MiB), LARGE, "end"]);
        await at.client.send(new CompleteMultipartUploadCommand(completion));
        return expect((await head(at, "a")).ContentLength === 11 * MiB + 3, "another length");
      },
    },
    {
      asks: "metadata and content type of the beginning are kept",
      find: async (at) => {
        const place = { Bucket: at.bucket, Key: at.key("a") };
        const { UploadId } = await at.client.send(
          new CreateMultipartUploadCommand({ ...place, Metadata: { run: "7" }, ContentType: "text/x-a" }),
        );
        const part = { ...place, UploadId, PartNumber: 1 };
        const { ETag } = await at.client.send(new UploadPartCommand({ ...part, Body: "x" }));
        const Parts = [{ ETag, PartNumber: 1 }];
        await at.client.send(
          new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }),
        );
        const { Metadata, ContentType } = await head(at, "a");
        return expect(Metadata?.run === "7" && ContentType === "text/x-a", "lost");
      },
    },
    {
      asks: "a part copied from a range of another object",
      find: async (at) => {
        await put(at, "source", "0123456789");
        const { Bucket, Key, UploadId, completion, parts } = await upload(at, "a", []);
        const { CopyPartResult } = await at.client.send(
          new UploadPartCopyCommand({
            Bucket,
            Key,
            UploadId,
            PartNumber: 1,
            CopySource: `${Bucket}/${at.key("source")}`,
            CopySourceRange: "bytes=2-5",
          }),
        );
        parts.push({ ETag: CopyPartResult?.ETag, PartNumber: 1 });
        await at.client.send(new CompleteMultipartUploadCommand(completion));
        const text = await get(at, "a");
        return expect(text === "2345", text.slice(0, 12));
      },
    },
  ],
};
