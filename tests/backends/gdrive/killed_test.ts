/** Uploads to Drive whose process is killed by SIGKILL, three times at moments that a seed decides, and which go on in the next one. */
import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { aesKeys, EncryptingBackend, generateAesKey } from "../../../crypto/mod.ts";
import { generator } from "../../array/random.ts";
import { isNumbered, resumeKilled } from "../killed.ts";
import { loginOf, MiB, onDrive } from "./setup.ts";

/** Drive's own. */
const PIECE = 4 * MiB;
const size = 64 * MiB + 3;
const times = 3;
const source = "numbered";

for (const [what, key, seed] of [["as it is", undefined, 14], ["encrypted", generateAesKey(), 41]] as const) {
  Deno.test(`killed three times, ${what}: no more is sent again than was underway`, () =>
    onDrive(async ({ drive, another }) => {
      const credentials = loginOf(drive);
      const store = another({ credentials });
      const backend = key === undefined ? store : new EncryptingBackend(store, aesKeys(key));
      const token = await backend.startUpload?.("a/key", { size, source, metadata: { run: "7" } });
      assert(token);
      drive.inject({ kind: "delay", ms: 60, operation: "upload.put", times: Infinity });
      const url = `gdrive://?endpoint=${drive.endpoint}`;
      const upload = { url, options: { credentials }, token, key, source };
      const { killedAt } = await resumeKilled(upload, { times, random: generator(seed), within: 100 });
      assertEquals(killedAt.length, times);
      const puts = drive.requests.filter(({ operation }) => operation === "upload.put");
      const received = puts.reduce((sum, { bytesIn }) => sum + bytesIn, 0);
      const stored = drive.store.find("a/key")?.bytes?.length ?? 0;
      assertGreater(puts.length, size / PIECE, "it was killed while it sent");
      assertLessOrEqual(received - stored, times * PIECE, `at ${killedAt}`);
      const reader = await backend.open("a/key");
      assert(await isNumbered(reader.stream(), size));
      assertEquals(reader.info.metadata, { run: "7" });
      assertEquals(drive.sessions.size, 0, "nothing is left open");
    }));
}
