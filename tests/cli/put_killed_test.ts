/** `put --resume` of an array in chunks, whose process is killed by SIGKILL, and which goes on in the next one. */
import { assertEquals, assertMatch } from "@std/assert";
import { S3Backend } from "../../backends/s3/mod.ts";
import { ndarray } from "../../lib/array/mod.ts";
import { openChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { writeNpy } from "../../lib/stored_arrays/npy.ts";
import { LocalBackend } from "../../backends/local/mod.ts";
import { pattern } from "../../testing/case.ts";
import type { FaultRequest } from "../servers/s3.ts";
import { startS3 } from "../servers/s3.ts";
import { cli } from "./run.ts";
import { inDirectory } from "./store.ts";

const MAIN = new URL("../../cli/main.ts", import.meta.url).pathname;
const CHUNKS = 5;
const ARRAY = ndarray(pattern(CHUNKS * 1000), [CHUNKS, 1000]);

Deno.test("cli: put --resume of an array in chunks that is killed goes on, and sends no chunk again", () =>
  inDirectory({}, async (directory) => {
    await using s3 = await startS3({ buckets: ["bucket"] });
    const { endpoint, region, credentials } = s3;
    await writeNpy(new LocalBackend(directory), "scan.npy", ARRAY);
    const target = `s3://bucket/scan?endpoint=${endpoint}&forcePathStyle=true`;
    const isChunk = ({ operation, key }: Pick<FaultRequest, "operation" | "key">) =>
      operation === "PutObject" && /\/pt\d+$/.test(key ?? "");
    const stored = () => s3.requests.filter((request) => isChunk(request) && request.status === 200);
    const args = ["put", "--resume", "--codec=none", "--chunks=1,-", `${directory}/scan.npy`, target];
    /** Lets so many chunks arrive, keeps the others waiting, and kills the process; without a number it must end well. */
    const run = async (chunks?: number) => {
      if (chunks !== undefined) {
        s3.inject({ kind: "delay", ms: Infinity, when: isChunk, skip: chunks, times: Infinity });
      }
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "-A", "--no-check", "--frozen", MAIN, ...args],
        env: {
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          AWS_REGION: region,
          XDG_STATE_HOME: `${directory}/state`,
        },
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const output = child.output();
      if (chunks !== undefined) {
        while (stored().length < chunks) await new Promise((resolve) => setTimeout(resolve, 5));
        child.kill("SIGKILL");
      }
      const { success, stderr } = await output;
      s3.clearFaults();
      await s3.idle();
      assertEquals(success, chunks === undefined, new TextDecoder().decode(stderr));
      const keys = stored().map(({ key }) => key);
      s3.requests.splice(0);
      return keys;
    };
    const sent = [...await run(2), ...await run(1), ...await run()];
    assertEquals([sent.length, new Set(sent).size], [CHUNKS, CHUNKS]);
    const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials, forcePathStyle: true });
    try {
      const array = await openChunked(backend, "scan");
      assertEquals((await array.slice()).toBytes(), ARRAY.toBytes());
    } finally {
      backend.close();
    }
  }));

Deno.test("cli: put --resume of an array that is no one in chunks says what to do", () =>
  inDirectory({}, async (directory) => {
    await writeNpy(new LocalBackend(directory), "scan.npy", ARRAY);
    for (const name of ["raw", "a.npy", "a.zarr"]) {
      for (const dryRun of [[], ["-n"]]) {
        const { code, err } = await cli([
          "put",
          "--resume",
          ...dryRun,
          `${directory}/scan.npy`,
          `${directory}/${name}`,
        ]);
        assertEquals(code, 2);
        assertMatch(err, /give --chunks .*cp --resume/);
      }
    }
  }));
