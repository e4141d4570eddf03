/** An upload whose process is killed by SIGKILL, three times at moments that a seed decides, and goes on in the next one. */
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { generator } from "../../array/random.ts";
import { isNumbered, resumeKilled } from "../killed.ts";
import { MiB, onS3 } from "./setup.ts";

const partSize = 5 * MiB;
const size = 32 * MiB + 3;

for (const [concurrency, times, seed] of [[1, 3, 14], [3, 1, 41]]) {
  Deno.test(`killed ${times > 1 ? `${times} times` : "once"}, ${concurrency} part${concurrency > 1 ? "s" : ""} at once: no more is sent again than was underway`, () =>
    onS3(async ({ s3, backend, uploads }) => {
      const token = await backend.startUpload("key", { size, partSize, metadata: { run: "7" } });
      s3.inject({ kind: "delay", ms: 150, operation: "UploadPart", times: Infinity });
      const url = `s3://bucket?endpoint=${s3.endpoint}`;
      const upload = { url, options: { credentials: s3.credentials }, token, concurrency };
      const { killedAt } = await resumeKilled(upload, { times, random: generator(seed), within: 100 });
      assertEquals(killedAt.length, times);
      const count = Math.ceil(size / partSize);
      const begun = new Array<number>(count).fill(0);
      const stored = new Array<number>(count).fill(0);
      for (const { operation, query, status } of s3.requests) {
        if (operation !== "UploadPart") continue;
        begun[Number(query.partNumber) - 1]++;
        if (status === 200) stored[Number(query.partNumber) - 1]++;
      }
      const again = begun.reduce((sum, times) => sum + times - 1, 0);
      assertLessOrEqual(again, times * concurrency, `begun: ${begun}; stored: ${stored}`);
      assert(stored.every((times) => times >= 1), String(stored));
      assert(await isNumbered((await backend.open("key")).stream(), size));
      assertEquals((await backend.head("key"))?.metadata, { run: "7" });
      assertEquals([uploads(), await Array.fromAsync(backend.listUploads())], [[], []]);
    }));
}
