/** Plain HTTP: what another store has written is read, and nothing can be written. */
import { MemoryBackend } from "../../../backends/memory/mod.ts";
import { S3Backend } from "../../../backends/s3/mod.ts";
import { HttpBackend } from "../../../backends/web/mod.ts";
import { filesIn } from "../../backends/web_files.ts";
import { startS3 } from "../../servers/s3.ts";
import { startWeb, type WebFault } from "../../servers/web.ts";
import type { Fault, FaultKind } from "../steps.ts";
import { S3_FAULTS } from "./s3.ts";
import { disturbServer } from "./server.ts";
import type { ModelStore, StoreKind } from "./store.ts";

const HTTP = { retries: { attempts: 3, delay: 1 }, onWarning() {} };
/** What a store that can't be written to can't leave. */
const LEAVES_NOTHING: Pick<ModelStore, "leftovers" | "mayLeave" | "sweep" | "deletesVersions"> = {
  deletesVersions: true,
  leftovers: () => Promise.resolve([]),
  mayLeave: () => false,
  sweep: () => Promise.resolve(),
};

type WebAction = Extract<WebFault, { kind: "status" | "reset" | "loseAnswer" | "cutResponse" }>;

const FAULTS: Partial<Record<FaultKind, WebAction>> = {
  unavailable: { kind: "status", status: 503 },
  denied: { kind: "status", status: 403 },
  reset: { kind: "reset" },
  cut: { kind: "cutResponse", afterBytes: 9 },
};

/** A server of files, with pages of its directories. */
export const WEB: StoreKind = {
  faults: ["unavailable", "denied", "reset", "cut", "abort"],
  retries: true,
  readOnly: true,
  async open() {
    const witness = new MemoryBackend();
    const web = await startWeb({ files: filesIn(witness), index: "caddy" });
    const backend = new HttpBackend(web.url, { ...HTTP, listing: "autoindex" });
    return {
      ...LEAVES_NOTHING,
      backend,
      witness,
      disturb: (disturbance) => disturbServer<WebAction>(web, ({ kind }) => FAULTS[kind], disturbance),
      idle: () => web.idle(),
      async dispose() {
        backend.close();
        await web[Symbol.asyncDispose]();
      },
    };
  },
};

/** A public bucket. */
export const PUBLIC_BUCKET: StoreKind = {
  faults: ["unavailable", "denied", "reset", "cut", "abort"],
  retries: true,
  readOnly: true,
  async open() {
    const s3 = await startS3({
      buckets: [{ name: "bucket", anonymous: ["GetObject", "HeadObject", "ListObjectsV2"] }],
    });
    const { endpoint, region, credentials } = s3;
    const witness = new S3Backend({ bucket: "bucket", endpoint, region, credentials, onWarning() {} });
    const backend = new HttpBackend(`${endpoint}/bucket`, { ...HTTP, listing: "s3" });
    return {
      ...LEAVES_NOTHING,
      backend,
      witness,
      disturb: (disturbance) => disturbServer(s3, ({ kind }: Fault) => S3_FAULTS[kind], disturbance),
      idle: () => s3.idle(),
      async dispose() {
        backend.close();
        witness.close();
        await s3.shutdown();
      },
    };
  },
};
