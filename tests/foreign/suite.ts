/**
 * What each foreign server is held to: the conformance suite of all stores, what S3 has beside that, and what the table says of it.
 *
 * @module
 */
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { S3Backend, type S3Options } from "../../backends/s3/mod.ts";
import { conformance } from "../../testing/mod.ts";
import { differences, readFound, updating, writeFound } from "./findings.ts";
import { featureCases } from "./features.ts";
import { findAll } from "./probes/mod.ts";
import type { Fault, ForeignServer, S3Access } from "./server.ts";
import { type ForeignName, SERVERS } from "./servers.ts";

/** Registers the tests of one server, which runs while they do. */
export async function holdToSuite(name: ForeignName): Promise<void> {
  const server: ForeignServer = SERVERS[name];
  const missing = await server.missing();
  if (missing !== undefined) {
    const required = (Deno.env.get("REQUIRE_SERVERS") ?? "").split(",").includes(name);
    Deno.test(`${name}: ${missing}`, { ignore: !required }, () => {
      throw new Error(`${name} is required, and not there: ${missing}`);
    });
    return;
  }
  const access = await server.start();
  Deno.test.afterAll(async () => await access[Symbol.asyncDispose]());
  const bucket = `conformance-${crypto.randomUUID()}`;
  const expectation = expecting(
    name,
    server.faults,
    async () => void await uploadsInProgress(access, bucket),
  );
  const open = (bucket: string, options: Partial<S3Options> = {}) =>
    new S3Backend({
      bucket,
      endpoint: access.endpoint,
      credentials: access,
      conditionalWrites: server.conditionalWrites,
      // Some answer 500 to what they can't do, for good.
      retries: { attempts: 4, delay: 20 },
      // A machine that builds and tests other things at once takes its time.
      timeout: { idle: 90_000 },
      ...options,
    });
  await open(bucket).buckets.create(bucket);
  conformance(name, () => ({
    backend: open(bucket),
    reopen: () => open(bucket),
    leftovers: () => uploadsInProgress(access, bucket),
  }), { many: 1100, ...server.options, test: expectation.test });
  featureCases((title, run) => expectation.test(`${name}: ${title}`, run), open);
  expectation.all();
  Deno.test(`${name}: it keeps and breaks what docs/servers.md says`, async () => {
    const findings = await findAll(access);
    if (updating) return await writeFound(name, { version: await server.version(), findings });
    const kept = await readFound(name);
    const changes = differences(kept.findings, findings);
    if (changes.length > 0) {
      const versions = `found of ${await server.version()}, kept of ${kept.version}`;
      throw new Error(`${changes.join("\n")}\n${versions}: deno task servers --update writes what is found`);
    }
  });
}

/** Registers cases so that those which a server is known to fail have to, and so that there are such. What a case that fails leaves is none of the next one's: `tidy` removes it. */
function expecting(name: string, faults: readonly Fault[], tidy: () => Promise<void>) {
  const met = new Set<Fault>();
  return {
    test: (title: string, run: () => Promise<void>) => {
      const fault = faults.find((fault) => title === `${name}: ${fault.case}`);
      if (fault === undefined) return Deno.test(title, run);
      met.add(fault);
      Deno.test(`${title} (the server ${fault.why})`, async () => {
        await failing(run, fault);
        await tidy();
      });
    },
    all: () =>
      Deno.test(`${name}: every fault that is known of it is of a case that there is`, () => {
        const unknown = faults.filter((fault) => !met.has(fault)).map((fault) => fault.case);
        if (unknown.length > 0) throw new Error(`no case is called ${unknown.join(", nor ")}`);
      }),
  };
}

/** Passes when the case fails as it is known to. */
async function failing(run: () => Promise<void>, { fails, sometimes, why }: Fault): Promise<void> {
  const failure = await run().then(() => undefined, (error: unknown) => `${error}`);
  if (failure === undefined) {
    if (sometimes) return;
    throw new Error(`it passes: "${why}" is true no more, and is to be taken off the faults of this server`);
  }
  if (!fails.test(failure)) throw new Error(`it fails otherwise than known: ${failure}`);
}

/** Asked of the server by the SDK's own client, so that the backend isn't asked about itself. They are removed: what one case left is not the next one's. */
async function uploadsInProgress(access: S3Access, bucket: string): Promise<string[]> {
  const { endpoint } = access;
  const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials: access });
  try {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
      .catch((error: unknown) => {
        // rclone's list of no uploads.
        if (error instanceof S3ServiceException && error.name === "NoSuchUpload") return { Uploads: [] };
        throw error;
      });
    for (const { Key, UploadId } of Uploads) {
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    }
    return Uploads.map(({ Key, UploadId }) => `upload ${UploadId} of ${Key}`);
  } finally {
    client.destroy();
  }
}
