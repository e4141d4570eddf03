/** Run by exit_test.ts in a process of its own: reads some of an object and leaves it at that, or all of it. Prints what came of it. */
import type { Backend } from "../../../backends/backend.ts";
import { GDriveBackend } from "../../../backends/gdrive/mod.ts";
import { S3Backend } from "../../../backends/s3/mod.ts";
import { CottonCandyError } from "../../../lib/errors.ts";

const [how, kind, endpoint, secret] = Deno.args;
// Who waits for a silent store shall not have to wait for long.
const limits = how === "silent" ? { retries: 1, timeout: { idle: 500 } } : {};
const backend: Backend = kind === "S3"
  ? new S3Backend({ bucket: "lab", endpoint, credentials: JSON.parse(secret), ...limits })
  : new GDriveBackend({ endpoint, credentials: () => Promise.resolve(secret), ...limits });

async function outcome(): Promise<string> {
  try {
    const reader = (await backend.open("large")).stream().getReader();
    let length = 0;
    do {
      const { done, value } = await reader.read();
      if (done) return "all";
      length += value.length;
    } while (how !== "some");
    return length > 0 ? "some" : "none";
  } catch (error) {
    return error instanceof CottonCandyError ? error.code : String(error);
  }
}

// deno-lint-ignore no-console -- the answer to the test
console.log(await outcome());
