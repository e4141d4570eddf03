// The S3 backend against real servers: the conformance suite of all backends, on each server that answers.
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, S3Client } from "@aws-sdk/client-s3";
import { assert } from "@std/assert";
import { S3Backend } from "../../backends/s3.ts";
import { conformance, type ConformanceOptions } from "../backends/conformance.ts";
import { runningServers, type Server } from "./servers.ts";

/** What a server is known not to do. */
const limits: Readonly<Record<string, ConformanceOptions>> = {
  moto: {},
  radosgw: {},
};

const servers = await runningServers();

Deno.test("a server to run against", () => {
  assert(servers.length > 0, 'no S3 server answers: "deno task test:interop" starts them');
});

for (const server of servers) {
  const bucket = `conformance-${Deno.pid}-${Date.now()}`;
  await backendOf(server, bucket).buckets.create(bucket);
  conformance(`S3 on ${server.name}`, () => {
    const backend = backendOf(server, bucket);
    return Promise.resolve({
      backend,
      leftovers: () => uploadsInProgress(server, bucket),
      dispose: () => Promise.resolve(),
    });
  }, { many: 1100, ...limits[server.name] });
}

function backendOf({ endpoint, accessKeyId, secretAccessKey }: Server, bucket: string): S3Backend {
  return new S3Backend({ bucket, endpoint, credentials: { accessKeyId, secretAccessKey } });
}

/** Asked of the server by the SDK's own client, so that the backend isn't asked about itself. They are removed: what one case left is not the next one's. */
async function uploadsInProgress(
  { endpoint, accessKeyId, secretAccessKey }: Server,
  bucket: string,
): Promise<string[]> {
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  try {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    for (const { Key, UploadId } of Uploads) {
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    }
    return Uploads.map(({ Key, UploadId }) => `upload ${UploadId} of ${Key}`);
  } finally {
    client.destroy();
  }
}
