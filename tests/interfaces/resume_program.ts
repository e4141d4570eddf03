/** Makes one transfer that may be taken up, with the options of its first argument, and ends; a test kills it in between. What it remembers is in the default directory. */
import { S3Backend } from "../../backends/s3/mod.ts";
import { ndarray } from "../../lib/array/mod.ts";
import { downloadFile, uploadFile } from "../../lib/files/mod.ts";
import { writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";

const { store, transfer, path } = JSON.parse(Deno.args[0]);
const backend = new S3Backend(store);
const options = { resume: true, concurrency: 1 };
if (transfer === "file") await uploadFile(backend, path, "scan", options);
else if (transfer === "download") await downloadFile(backend, "scan", path, options);
else {
  const array = ndarray(await Deno.readFile(path), [3, (await Deno.stat(path)).size / 3]);
  await writeChunked(backend, "scan", array, { ...options, chunks: [1, null], compression: false });
}
backend.close();
