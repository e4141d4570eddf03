/**
 * All probes, in the order of the table.
 *
 * @module
 */
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import type { S3Access } from "../server.ts";
import { access } from "./access.ts";
import { checksums } from "./checksums.ts";
import { conditions } from "./conditions.ts";
import { keys } from "./keys.ts";
import { listing } from "./listing.ts";
import { metadata } from "./metadata.ts";
import { multipart } from "./multipart.ts";
import { objects, versions } from "./objects.ts";
import { find, type Finding, probeClient, type ProbeGroup } from "./probe.ts";
import { reading } from "./reading.ts";

export type { Finding } from "./probe.ts";

/** The questions. */
export const GROUPS: readonly ProbeGroup[] = [
  conditions,
  checksums,
  reading,
  listing,
  keys,
  metadata,
  multipart,
  objects,
  versions,
  access,
];

/** The answers, by group and question. */
export type Findings = Record<string, Record<string, Finding>>;

/** Asks a server everything. Each group has a bucket of its own, and each probe a prefix. */
export async function findAll(server: S3Access): Promise<Findings> {
  const client = probeClient(server);
  try {
    const found: Findings = {};
    for (const { title, probes } of GROUPS) {
      const bucket = `probes-${crypto.randomUUID()}`;
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      const answers: Record<string, Finding> = {};
      found[title] = answers;
      for (const [i, probe] of probes.entries()) {
        const prefix = `${i}/`;
        const place = { client, access: server, bucket, prefix, key: (name: string) => prefix + name };
        answers[probe.asks] = await find(probe, place);
      }
    }
    return found;
  } finally {
    client.destroy();
  }
}
