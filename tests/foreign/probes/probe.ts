/**
 * What probes are written with. A probe asks a server one thing by requests of the AWS SDK, not of this package, and finds a few words.
 *
 * @module
 */
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { HttpRequest } from "@smithy/core/protocols";
import type { S3Access } from "../server.ts";

/** What a server does with what is asked: as Amazon does; it says that it can't; or it says that it did, and didn't. A fact that is no question of right and wrong is told as it is. */
export type Finding = "yes" | `no: ${string}` | `wrong: ${string}` | `${string}`;

/** One question, and how it is answered. */
export interface Probe {
  readonly asks: string;
  find(at: Place): Promise<Finding>;
}

/** Questions of one kind. */
export interface ProbeGroup {
  readonly title: string;
  readonly probes: readonly Probe[];
}

/** Where a probe may do what it likes. */
export interface Place {
  readonly client: S3Client;
  readonly access: S3Access;
  readonly bucket: string;
  /** The key of that name below a prefix that is the probe's own. */
  key(name: string): string;
  readonly prefix: string;
}

/** A client that tries once, and adds and checks nothing that isn't asked of it. */
export function probeClient(access: S3Access): S3Client {
  return new S3Client({
    endpoint: access.endpoint,
    region: "us-east-1",
    credentials: access,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // It advises on the console.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
}

/** What stands in a finding of a refusal: the status, and the code where there is one. */
export function refusal(error: unknown): string {
  if (!(error instanceof S3ServiceException)) throw error;
  const status = `${error.$metadata.httpStatusCode}`;
  return /^[A-Z]\w+$/.test(error.name) && error.name !== "UnknownError" ? `${status} ${error.name}` : status;
}

/** The finding of a request that has to be refused with one of these statuses; `done` says what it is to let it pass. */
export async function mustRefuse(
  run: () => Promise<unknown>,
  statuses: readonly number[],
  done = "overlooked",
): Promise<Finding> {
  try {
    await run();
  } catch (error) {
    const said = refusal(error);
    return statuses.includes(parseInt(said)) ? "yes" : `no: ${said}`;
  }
  return `wrong: ${done}`;
}

/** "yes", or what is wrong. */
export const expect = (right: boolean, otherwise: string): Finding => right ? "yes" : `wrong: ${otherwise}`;

export const MiB = 1024 * 1024;

/** Stores an object. */
export async function put(
  { client, bucket, key }: Place,
  name: string,
  body: string | Uint8Array = "some bytes",
  more: Partial<PutObjectCommandInput> = {},
) {
  return await client.send(new PutObjectCommand({ Bucket: bucket, Key: key(name), Body: body, ...more }));
}

/** Reads an object as text. */
export async function get(
  { client, bucket, key }: Place,
  name: string,
  more: Partial<GetObjectCommandInput> = {},
): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key(name), ...more }));
  return await Body?.transformToString() ?? "";
}

/** Looks an object up. */
export async function head({ client, bucket, key }: Place, name: string) {
  return await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key(name) }));
}

/** Whether there is such an object. */
export async function isThere(at: Place, name: string): Promise<boolean> {
  try {
    await head(at, name);
    return true;
  } catch (error) {
    if (refusal(error).startsWith("404")) return false;
    throw error;
  }
}

/** One page of a listing, its keys and prefixes without the probe's own prefix. */
export async function list(at: Place, more: Partial<ListObjectsV2CommandInput> = {}) {
  const { client, bucket, prefix } = at;
  const { Contents = [], CommonPrefixes = [], ...page } = await client.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...more }),
  );
  const bare = (text = "") => text.slice(prefix.length);
  return {
    ...page,
    contents: Contents,
    keys: Contents.map(({ Key }) => bare(Key)),
    prefixes: CommonPrefixes.map(({ Prefix }) => bare(Prefix)),
  };
}

/** Has a command sent with headers that the SDK doesn't know. */
export function withHeaders(command: PutObjectCommand, headers: Readonly<Record<string, string>>): void {
  command.middlewareStack.add((next) => (args) => {
    const { request } = args;
    if (HttpRequest.isInstance(request)) Object.assign(request.headers, headers);
    return next(args);
  }, { step: "build", name: "more headers", priority: "low" });
}

/** An upload in parts that has begun, with parts of these bodies. */
export async function upload(
  { client, bucket, key }: Place,
  name: string,
  bodies: readonly (string | Uint8Array)[],
) {
  const place = { Bucket: bucket, Key: key(name) };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
  const parts: { ETag: string | undefined; PartNumber: number }[] = [];
  for (const [i, Body] of bodies.entries()) {
    const PartNumber = i + 1;
    const { ETag } = await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body }));
    parts.push({ ETag, PartNumber });
  }
  return { ...place, UploadId, parts, completion: { ...place, UploadId, MultipartUpload: { Parts: parts } } };
}

/** Runs a probe: what it doesn't expect is a finding, too. */
export async function find(probe: Probe, at: Place): Promise<Finding> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve("wrong: no answer"), 20_000);
  });
  try {
    return await Promise.race([probe.find(at), late]);
  } catch (error) {
    if (error instanceof S3ServiceException) return `no: ${refusal(error)}`;
    return `wrong: an answer that the SDK can't take`;
  } finally {
    clearTimeout(timer);
  }
}
