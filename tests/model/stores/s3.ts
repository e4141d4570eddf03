/** The stand-in for S3, in each of its dialects. */
import { S3Backend } from "../../../backends/s3/mod.ts";
import {
  type Dialect,
  type FakeS3,
  type Fault as ServerFault,
  type FaultAction,
  startS3,
} from "../../servers/s3.ts";
import type { Fault, FaultKind } from "../steps.ts";
import { disturbServer } from "./server.ts";
import type { StoreKind } from "./store.ts";

const BUCKET = "bucket";
const HTML = "<!doctype html><title>Welcome</title>";

/** Which requests fail how; `undefined` for what is not the server's affair. */
export const S3_FAULTS: Partial<Record<FaultKind, FaultAction & Pick<ServerFault, "operation">>> = {
  unavailable: { kind: "status", status: 503, code: "SlowDown" },
  denied: { kind: "status", status: 403, code: "AccessDenied" },
  reset: { kind: "reset" },
  lost: { kind: "loseAnswer" },
  cut: { kind: "cutResponse", afterBytes: 9 },
  flip: { kind: "flipBit", atByte: 2, operation: "GetObject" },
  hostile: { kind: "answer", body: HTML },
  "in success": {
    kind: "errorIn200",
    code: "InternalError",
    operation: ["CopyObject", "CompleteMultipartUpload", "UploadPartCopy"],
  },
  "hostile, done": { kind: "answer", body: HTML, applied: true },
};

/** A dialect, and what the backend is told of it. */
interface Options {
  readonly dialect?: Dialect;
  readonly conditionalWrites?: boolean;
  readonly equalParts?: boolean;
  readonly versions?: boolean;
}

/** A backend on a stand-in, which gives up soon and waits for nothing. */
export function s3On(
  { endpoint, region, credentials }: FakeS3,
  { conditionalWrites, equalParts }: Options,
): S3Backend {
  return new S3Backend({
    bucket: BUCKET,
    endpoint,
    region,
    credentials,
    conditionalWrites,
    ...(equalParts ? { partSize: 5 * 1024 * 1024 } : {}),
    retries: { attempts: 3, delay: 1 },
    onWarning: () => {},
  });
}

/** A bucket. */
export function s3Kind(options: Options = {}): StoreKind {
  const { dialect = "aws", versions = false } = options;
  return {
    faults: [
      "unavailable",
      "denied",
      "reset",
      "lost",
      "cut",
      "hostile",
      "hostile, done",
      "in success",
      "abort",
      "source",
    ],
    large: 5 * 1024 * 1024 + 1,
    retries: true,
    versions,
    tags: dialect === "aws",
    owners: dialect === "aws",
    buckets: true,
    presigns: true,
    uploads: true,
    async open() {
      const s3 = await startS3({ buckets: [{ name: BUCKET, versioning: versions }], dialect });
      const [backend, witness] = [s3On(s3, options), s3On(s3, options)];
      const { uploads } = s3.store.bucket(BUCKET);
      return {
        backend,
        witness,
        deletesVersions: s3.features.conditionalDelete,
        disturb: (disturbance) => disturbServer(s3, (fault) => actionOf(fault, dialect), disturbance),
        idle: () => s3.idle(),
        leftovers: () => Promise.resolve([...uploads.values()].map(({ key }) => `an upload of "${key}"`)),
        mayLeave: (met) =>
          ["AbortMultipartUpload", "CreateMultipartUpload", "ListParts"].some((operation) =>
            met.has(operation)
          ),
        history: () => s3.store.bucket(BUCKET).history,
        sweep: () => Promise.resolve(uploads.clear()),
        async dispose() {
          backend.close();
          witness.close();
          await s3.shutdown();
        },
      };
    },
  };
}

function actionOf(
  { kind }: Fault,
  dialect: Dialect,
): (FaultAction & Pick<ServerFault, "operation">) | undefined {
  return kind === "flip" && dialect !== "aws" ? undefined : S3_FAULTS[kind];
}
