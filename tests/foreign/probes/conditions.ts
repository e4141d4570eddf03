import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  type CopyObjectCommandInput,
  DeleteObjectCommand,
} from "@aws-sdk/client-s3";
import { expect, get, isThere, MiB, mustRefuse, type Place, type ProbeGroup, put, upload } from "./probe.ts";

const OTHER = '"00000000000000000000000000000000"';

async function copy(at: Place, from: string, to: string, more: Partial<CopyObjectCommandInput>) {
  const CopySource = `${at.bucket}/${at.key(from)}`;
  return await at.client.send(
    new CopyObjectCommand({ Bucket: at.bucket, Key: at.key(to), CopySource, ...more }),
  );
}

/** Requests that depend on what is there. */
export const conditions: ProbeGroup = {
  title: "Conditions",
  probes: [
    {
      asks: "`If-None-Match: *` creates what isn't there",
      find: async (at) => {
        await put(at, "a", "new", { IfNoneMatch: "*" });
        return expect(await get(at, "a") === "new", "other bytes");
      },
    },
    {
      asks: "`If-None-Match: *` spares what is there",
      find: async (at) => {
        await put(at, "a");
        return await mustRefuse(() => put(at, "a", "new", { IfNoneMatch: "*" }), [412], "replaced");
      },
    },
    {
      asks: "`If-Match` replaces the version that it names",
      find: async (at) => {
        const { ETag } = await put(at, "a");
        await put(at, "a", "new", { IfMatch: ETag });
        return expect(await get(at, "a") === "new", "other bytes");
      },
    },
    {
      asks: "`If-Match` spares another version",
      find: async (at) => {
        await put(at, "a");
        return await mustRefuse(() => put(at, "a", "new", { IfMatch: OTHER }), [412], "replaced");
      },
    },
    {
      asks: "`If-Match` where there is no object: 404",
      find: (at) => mustRefuse(() => put(at, "a", "new", { IfMatch: OTHER }), [404], "created"),
    },
    {
      asks: "completing an upload with `If-None-Match: *` spares what is there",
      find: async (at) => {
        const { completion } = await upload(at, "a", ["part"]);
        await put(at, "a");
        return await mustRefuse(
          () => at.client.send(new CompleteMultipartUploadCommand({ ...completion, IfNoneMatch: "*" })),
          [412],
          "replaced",
        );
      },
    },
    {
      asks: "completing an upload with `If-Match` spares another version",
      find: async (at) => {
        const { completion } = await upload(at, "a", ["part"]);
        await put(at, "a");
        return await mustRefuse(
          () => at.client.send(new CompleteMultipartUploadCommand({ ...completion, IfMatch: OTHER })),
          [412],
          "replaced",
        );
      },
    },
    {
      asks: "a copy only of the version that `x-amz-copy-source-if-match` names",
      find: async (at) => {
        await put(at, "a");
        return await mustRefuse(() => copy(at, "a", "b", { CopySourceIfMatch: OTHER }), [412]);
      },
    },
    {
      asks: "a copy with `If-None-Match: *` spares what is there",
      find: async (at) => {
        for (const name of ["a", "b"]) await put(at, name, name);
        return await mustRefuse(() => copy(at, "a", "b", { IfNoneMatch: "*" }), [412], "replaced");
      },
    },
    {
      asks: "a copy with `If-Match` spares another version",
      find: async (at) => {
        for (const name of ["a", "b"]) await put(at, name, name);
        return await mustRefuse(() => copy(at, "a", "b", { IfMatch: OTHER }), [412], "replaced");
      },
    },
    {
      asks: "a delete with `If-Match` spares another version",
      find: async (at) => {
        await put(at, "a");
        const place = { Bucket: at.bucket, Key: at.key("a") };
        const found = await mustRefuse(
          () => at.client.send(new DeleteObjectCommand({ ...place, IfMatch: OTHER })),
          [412],
          "deleted",
        );
        return found.startsWith("wrong") && await isThere(at, "a") ? "wrong: told as done, and not" : found;
      },
    },
    {
      asks: "a read with `If-Match` gives no other version",
      find: async (at) => {
        await put(at, "a");
        return await mustRefuse(() => get(at, "a", { IfMatch: OTHER }), [412]);
      },
    },
    {
      asks: "a read with `If-None-Match` of what one has: 304",
      find: async (at) => {
        const { ETag } = await put(at, "a");
        return await mustRefuse(() => get(at, "a", { IfNoneMatch: ETag }), [304]);
      },
    },
    {
      asks: "a range with `If-Match` gives no other version",
      find: async (at) => {
        await put(at, "a", new Uint8Array(MiB));
        return await mustRefuse(() => get(at, "a", { IfMatch: OTHER, Range: "bytes=5-9" }), [412]);
      },
    },
  ],
};
