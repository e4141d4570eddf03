import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from "@aws-sdk/client-s3";
import { AccessDeniedError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { warnOncePerKind } from "../../lib/warnings.ts";
import { checkKey } from "../arguments.ts";
import type { PresignOptions } from "../backend.ts";
import { percentEncode } from "../transport/mod.ts";
import { adjust, type S3Command } from "./command.ts";
import { keptAs } from "./keeping.ts";
import { askForPage } from "./list.ts";
import type { S3Store } from "./store.ts";

/** Seconds that a URL holds where nothing else is said. */
const HOUR = 3600;
/** Seconds that it can hold at most. */
const WEEK = 604_800;

/**
 * A URL that may be used by whoever has it. Nothing is sent, but where no `region` was given: then the bucket is asked once, since a URL that is signed for
 * another region is refused only when somebody uses it.
 */
export async function presignS3(store: S3Store, key: string, options: PresignOptions = {}): Promise<string> {
  const { expires = HOUR, signal } = options;
  const where = { key, bucket: store.bucket };
  signal?.throwIfAborted();
  checkKey(key);
  if (!(Number.isSafeInteger(expires) && expires >= 1 && expires <= WEEK)) {
    throw new InvalidArgumentError(
      `\`expires\` is a whole number of seconds from 1 to ${WEEK}, a week, not ${expires}`,
      where,
    );
  }
  if (store.options.credentials === "anonymous") {
    throw new InvalidArgumentError(
      "a presigned URL needs credentials to sign it, and this store has none",
      where,
    );
  }
  checkPresign(store, key, options);
  // The region that the URL is signed for.
  if (store.options.region === undefined && !store.options.client && !store.seen) {
    await learnRegion(store, key, signal);
  }
  await warnOfCredentials(store, key, expires, options);
  const { method = "GET", versionId, filename, contentType } = options;
  const place = { Bucket: store.bucket, Key: key };
  switch (method) {
    case "GET": {
      const command = new GetObjectCommand({
        ...place,
        VersionId: versionId,
        ResponseContentType: contentType,
        ResponseContentDisposition: filename === undefined ? undefined : dispositionOf(filename),
      });
      return await sign(store, "GetObject", command, expires);
    }
    case "HEAD":
      return await sign(
        store,
        "HeadObject",
        new HeadObjectCommand({ ...place, VersionId: versionId }),
        expires,
      );
    case "PUT": {
      const command = new PutObjectCommand({
        ...place,
        ContentType: contentType,
        ...keptAs({}, store.options),
      });
      return await sign(store, "PutObject", command, expires, contentType !== undefined);
    }
    case "DELETE":
      return await sign(
        store,
        "DeleteObject",
        new DeleteObjectCommand({ ...place, VersionId: versionId }),
        expires,
      );
  }
}

/** Asks the bucket for something; a store that is asked in a wrong region names the right one. A refusal to a HEAD could not name it. */
async function learnRegion(store: S3Store, key: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await askForPage(store, { Prefix: key, MaxKeys: 1 }, signal);
  } catch (error) {
    // Who may not list may still read.
    if (!(error instanceof AccessDeniedError)) throw error;
  }
  store.seen = true;
}

/** @param typed The content type is signed, and must be sent. */
async function sign<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  store: S3Store,
  operation: string,
  command: S3Command<Input, Output>,
  expires: number,
  typed = false,
): Promise<string> {
  store.prepare(operation, command);
  // A client of one's own may add that of the body, which is not known yet.
  adjust(command, ({ headers }) => {
    for (const name of Object.keys(headers)) {
      if (/^x-amz-(checksum-(?!mode)|sdk-checksum-)/.test(name)) delete headers[name];
    }
  });
  const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
  return await getSignedUrl(await store.client(), command, {
    expiresIn: expires,
    signableHeaders: new Set(typed ? ["content-type"] : []),
  });
}

/** Refuses what no URL can do. */
function checkPresign(store: S3Store, key: string, options: PresignOptions): void {
  const { method = "GET", versionId, filename, contentType } = options;
  const where = { key, bucket: store.bucket };
  if (!/^(GET|HEAD|PUT|DELETE)$/.test(method)) {
    throw new InvalidArgumentError(
      `\`method\` is "GET", "HEAD", "PUT" or "DELETE", not ${JSON.stringify(method)}`,
      where,
    );
  }
  const idle = filename !== undefined && method !== "GET"
    ? "filename"
    : contentType !== undefined && method !== "GET" && method !== "PUT"
    ? "contentType"
    : versionId !== undefined && method === "PUT"
    ? "versionId"
    : undefined;
  if (idle) throw new InvalidArgumentError(`\`${idle}\` means nothing in a URL for ${method}`, where);
  const { sse } = store.options;
  if (sse?.type === "C" && method !== "DELETE") {
    throw new UnsupportedError(
      "who uses the URL would need the customer's key (`sse`) as well, in headers: give them the bytes in another way",
      where,
    );
  }
  if (sse && method === "PUT") {
    throw new UnsupportedError(
      "what is stored by a URL can't be given the encryption that `sse` says: open the store without `sse`, and let the bucket encrypt by default",
      where,
    );
  }
}

/** A name to save under, as RFC 6266 has it. */
function dispositionOf(filename: string): string {
  return `attachment; filename*=UTF-8''${percentEncode(filename)}`;
}

/** A URL dies with the credentials that signed it. */
async function warnOfCredentials(
  store: S3Store,
  key: string,
  expires: number,
  { onWarning = store.options.onWarning ?? warnOncePerKind }: PresignOptions,
): Promise<void> {
  const { expiration } = await (await store.client()).config.credentials();
  const left = expiration ? Math.floor((expiration.getTime() - Date.now()) / 1000) : Infinity;
  if (left >= expires) return;
  onWarning({
    kind: "configuration",
    key,
    message: `the credentials end in ${left} seconds, and the URL with them, rather than in ${expires}`,
  });
}
