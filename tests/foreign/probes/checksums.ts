import {
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import {
  expect,
  head,
  MiB,
  mustRefuse,
  type Place,
  type Probe,
  type ProbeGroup,
  put,
  withHeaders,
} from "./probe.ts";

const BODY = "123456789";

/** The checksums of `BODY`, which are the check values of the CRCs' catalogue, and of other bytes. */
const SUMS = {
  CRC32: { right: "y/Q5Jg==", other: "AAAAAA==" },
  CRC32C: { right: "4waSgw==", other: "AAAAAA==" },
  CRC64NVME: { right: "rosUhgp5mIg=", other: "AAAAAAAAAAA=" },
  SHA1: { right: "98O8HYCOBHMq32eZZczDTKeuNEE=", other: "2jmj7l5rSw0yVb/vlWAYkK/YBwk=" },
  SHA256: {
    right: "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
    other: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
  },
} as const;

type Name = keyof typeof SUMS;
const names: readonly Name[] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];
const field = (name: Name, sum: string): Partial<PutObjectCommandInput> => ({ [`Checksum${name}`]: sum });

const refused = (name: Name): Probe => ({
  asks: `${name} of other bytes is refused`,
  find: (at) => mustRefuse(() => put(at, "a", BODY, field(name, SUMS[name].other)), [400], "stored"),
});

const kept = (name: Name): Probe => ({
  asks: `${name} is kept, and given with the bytes`,
  find: async (at) => {
    await put(at, "a", BODY, field(name, SUMS[name].right));
    const answer = await at.client.send(
      new GetObjectCommand({ Bucket: at.bucket, Key: at.key("a"), ChecksumMode: "ENABLED" }),
    );
    await answer.Body?.transformToByteArray();
    const sum = answer[`Checksum${name}`];
    return sum === undefined ? "no: not given" : expect(sum === SUMS[name].right, "another one");
  },
});

/** Begins an upload whose parts and whole have a CRC-32 of the whole object, and sends one part. */
async function guarded(at: Place, ChecksumAlgorithm: ChecksumAlgorithm, partSum: string) {
  const place = { Bucket: at.bucket, Key: at.key("a") };
  const { UploadId } = await at.client.send(
    new CreateMultipartUploadCommand({ ...place, ChecksumAlgorithm, ChecksumType: "FULL_OBJECT" }),
  );
  const part = { ...place, UploadId, PartNumber: 1 };
  const { ETag } = await at.client.send(
    new UploadPartCommand({ ...part, Body: BODY, ChecksumAlgorithm, ChecksumCRC32: partSum }),
  );
  const Parts = [{ ETag, PartNumber: 1, ChecksumCRC32: partSum }];
  return { ...place, UploadId, MultipartUpload: { Parts }, ChecksumType: "FULL_OBJECT" as const };
}

/** What guards bytes on their way. */
export const checksums: ProbeGroup = {
  title: "Checksums",
  probes: [
    {
      asks: "Content-MD5 of other bytes is refused",
      find: (at) =>
        mustRefuse(() => put(at, "a", BODY, { ContentMD5: "1B2M2Y8AsgTpgAmY7PhCfg==" }), [400], "stored"),
    },
    ...names.flatMap((name) => [refused(name), kept(name)]),
    {
      asks: "a part with the CRC-32 of other bytes is refused",
      find: (at) => mustRefuse(() => guarded(at, "CRC32", SUMS.CRC32.other), [400], "stored"),
    },
    {
      asks: "an upload in parts with the CRC-32 of other bytes is refused",
      find: async (at) => {
        const completion = await guarded(at, "CRC32", SUMS.CRC32.right);
        return await mustRefuse(
          () =>
            at.client.send(
              new CompleteMultipartUploadCommand({ ...completion, ChecksumCRC32: SUMS.CRC32.other }),
            ),
          [400],
          "stored",
        );
      },
    },
    {
      asks: "an upload in parts has the CRC-32 of the whole object",
      find: async (at) => {
        const completion = await guarded(at, "CRC32", SUMS.CRC32.right);
        await at.client.send(
          new CompleteMultipartUploadCommand({ ...completion, ChecksumCRC32: SUMS.CRC32.right }),
        );
        const answer = await at.client.send(
          new GetObjectCommand({ Bucket: at.bucket, Key: at.key("a"), ChecksumMode: "ENABLED" }),
        );
        await answer.Body?.transformToByteArray();
        const { ChecksumCRC32: sum, ChecksumType: type } = answer;
        if (sum === undefined) return "no: not given";
        return expect(
          sum === SUMS.CRC32.right,
          type === "COMPOSITE" ? "that of the parts' sums" : "another one",
        );
      },
    },
    {
      asks: "an empty upload in parts may have the CRC-32 of nothing",
      find: async (at) => {
        const place = { Bucket: at.bucket, Key: at.key("a") };
        const { UploadId } = await at.client.send(
          new CreateMultipartUploadCommand({
            ...place,
            ChecksumAlgorithm: "CRC32",
            ChecksumType: "FULL_OBJECT",
          }),
        );
        const ChecksumCRC32 = "AAAAAA==";
        const part = { ...place, UploadId, PartNumber: 1, Body: "", ChecksumCRC32 };
        const { ETag } = await at.client.send(new UploadPartCommand(part));
        const Parts = [{ ETag, PartNumber: 1, ChecksumCRC32 }];
        await at.client.send(
          new CompleteMultipartUploadCommand({
            ...place,
            UploadId,
            MultipartUpload: { Parts },
            ChecksumType: "FULL_OBJECT",
            ChecksumCRC32,
          }),
        );
        return expect((await head(at, "a")).ContentLength === 0, "another length");
      },
    },
    {
      asks: "a checksum behind a stream (`aws-chunked`) of other bytes is refused",
      find: (at) => mustRefuse(() => putWithTrailer(at, SUMS.CRC32.other), [400], "stored"),
    },
    {
      asks: "the same with the right checksum stores the bytes alone",
      find: async (at) => {
        await putWithTrailer(at, SUMS.CRC32.right);
        const { ContentLength, ContentEncoding = "" } = await head(at, "a");
        if (ContentLength !== BODY.length) return `wrong: ${ContentLength} bytes of ${BODY.length}`;
        return expect(ContentEncoding === "", `keeps content-encoding ${ContentEncoding}`);
      },
    },
    {
      asks: "an object of 6 MiB has the MD5 of its bytes as ETag",
      find: async (at) => {
        const { ETag = "" } = await put(at, "a", new Uint8Array(6 * MiB));
        return expect(ETag === '"da6a0d097e307ac52ed9b4ad551801fc"', "another one");
      },
    },
  ],
};

/** A put whose body is in `aws-chunked` with a checksum behind it, as browsers and the SDK send streams; written by hand, so that the checksum may be another's. */
async function putWithTrailer({ client, bucket, key }: Place, sum: string): Promise<void> {
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key("a"),
    Body: `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\nx-amz-checksum-crc32:${sum}\r\n\r\n`,
    ContentEncoding: "aws-chunked",
  });
  withHeaders(command, {
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-trailer": "x-amz-checksum-crc32",
    "x-amz-decoded-content-length": `${BODY.length}`,
  });
  await client.send(command);
}
