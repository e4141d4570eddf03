/** Run by exit_test.ts in a process of its own: reads some of an object, and leaves it at that. */
import type { Backend } from "../../../backends/backend.ts";
import { GDriveBackend } from "../../../backends/gdrive.ts";
import { S3Backend } from "../../../backends/s3.ts";

const [kind, endpoint, secret] = Deno.args;
const backend: Backend = kind === "S3"
  ? new S3Backend({ bucket: "lab", endpoint, credentials: JSON.parse(secret) })
  : new GDriveBackend({ endpoint, credentials: () => Promise.resolve(secret) });
const reader = (await backend.open("large")).stream().getReader();
const { value } = await reader.read();
// deno-lint-ignore no-console -- the answer to the test
console.log(value?.length !== undefined && value.length > 0);
