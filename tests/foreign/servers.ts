/**
 * The servers, and what is known of each. Whoever adds one adds a test file of its name.
 *
 * @module
 */
import {
  cephFaults,
  minioFaults,
  rcloneFaults,
  s3mockFaults,
  s3proxyFaults,
  swiftFaults,
  versitygwFaults,
} from "./faults.ts";
import { ceph, moto, swift } from "./scripted.ts";
import type { ForeignServer } from "./server.ts";
import { minio, rclone, s3mock, s3proxy, versitygw } from "./started.ts";

const GO = "the Go module proxy";
const MAVEN = "Maven Central";
const DEBIAN = "Debian";

/** By the names of their test files. */
export const SERVERS = {
  versitygw: { ...versitygw, title: "versitygw", from: GO, conditionalWrites: true, faults: versitygwFaults },
  minio: {
    ...minio,
    title: "MinIO",
    from: GO,
    conditionalWrites: true,
    faults: minioFaults,
  },
  rclone: { ...rclone, title: "rclone serve s3", from: GO, conditionalWrites: false, faults: rcloneFaults },
  s3proxy: { ...s3proxy, title: "S3Proxy", from: MAVEN, conditionalWrites: true, faults: s3proxyFaults },
  s3mock: {
    ...s3mock,
    title: "S3Mock",
    from: MAVEN,
    // It keeps conditions of one writer after the other, and not of writers at once.
    conditionalWrites: false,
    // A thousand objects take it a minute; that it lists in pages is asked by the probes.
    options: { many: 300 },
    faults: s3mockFaults,
  },
  moto: { ...moto, title: "moto", from: "PyPI", conditionalWrites: true, faults: [] },
  ceph: {
    ...ceph,
    title: "Ceph",
    from: DEBIAN,
    conditionalWrites: true,
    faults: cephFaults,
  },
  swift: {
    ...swift,
    title: "Swift",
    from: DEBIAN,
    // Swift decides no conditions, so objects are looked up, which writers at the same moment can get past.
    conditionalWrites: false,
    // With one replica it looks for the newest file and then opens it, which may be gone by then: 404 to about one reader of 1500 while the object is replaced all the time.
    options: { missedWhileReplaced: true },
    faults: swiftFaults,
  },
} as const satisfies Record<string, ForeignServer>;

/** The name of a server's test file and findings. */
export type ForeignName = keyof typeof SERVERS;
