/**
 * The requests for objects and their listing, made by the SDK: for a client that was passed in, and for addresses that only the SDK's rules tell.
 *
 * @module
 */
import {
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  type ServiceInputTypes,
  type ServiceOutputTypes,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { WireCallOptions } from "../../transport/mod.ts";
import { adjust, type RawAnswer, type S3Command, watchAnswer } from "../command.ts";
import type { ServerClock } from "../server_clock.ts";
import type { ObjectAnswer, ObjectInput, ObjectOperation } from "./fields.ts";

/** What the requests are made with. */
export interface SdkRequests {
  readonly client: S3Client;
  readonly clock: ServerClock;
  readonly bucket: string;
}

/** Makes one request, once. What goes wrong is the SDK's error. */
export async function requestObjectBySdk(
  operation: ObjectOperation,
  input: ObjectInput,
  extra: Readonly<Record<string, string>>,
  { client, clock, bucket: Bucket }: SdkRequests,
  options: WireCallOptions,
): Promise<ObjectAnswer> {
  const { Key, UploadId, PartNumber, Metadata, Body } = input;
  let seen: RawAnswer = {};
  const send = async <Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: S3Command<Input, Output>,
  ) => {
    adjust(command, ({ headers }) => {
      // The SDK would name one for bytes.
      if (input.ContentType === undefined) delete headers["content-type"];
      Object.assign(headers, extra);
    });
    seen = watchAnswer(operation, command, () => {});
    try {
      return await client.send(command, options);
    } finally {
      clock.note(seen.date);
    }
  };
  const sized = { Body, ContentLength: Body?.byteLength };
  switch (operation) {
    case "HeadBucket": {
      const { BucketRegion, $metadata } = await send(new HeadBucketCommand({ Bucket }));
      return { BucketRegion, RequestId: $metadata.requestId };
    }
    case "HeadObject": {
      const output = await send(new HeadObjectCommand({ ...input, Bucket, Key }));
      return { ...output, status: output.$metadata.httpStatusCode };
    }
    case "GetObject": {
      const { Body: content, ...output } = await send(new GetObjectCommand({ ...input, Bucket, Key }));
      const body: ReadableStream<Uint8Array<ArrayBuffer>> = content?.transformToWebStream() ??
        new Blob([]).stream();
      return { ...output, status: output.$metadata.httpStatusCode, body };
    }
    case "ListObjectsV2":
      // What the SDK makes of it overlooks what it does not know.
      await send(new ListObjectsV2Command({ ...input, Bucket }));
      return { xml: seen.body };
    case "PutObject":
      return await send(
        new PutObjectCommand({ ...input, ...sized, Bucket, Key, Metadata: Metadata && { ...Metadata } }),
      );
    case "UploadPart":
      return await send(new UploadPartCommand({ ...input, ...sized, Bucket, Key, UploadId, PartNumber }));
  }
}
