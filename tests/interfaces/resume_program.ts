/** Makes one transfer that may be taken up, with the options of its first argument, and ends; a test kills it in between. What it remembers is in the default directory. */
import { S3Backend } from "../../backends/s3/mod.ts";
import { downloadFile, uploadFile } from "../../lib/files/mod.ts";
import { writeInParts } from "../../lib/objects/in_parts/mod.ts";

const { store, transfer, path } = JSON.parse(Deno.args[0]);
const backend = new S3Backend(store);
const options = { resume: true, concurrency: 1 };
if (transfer === "file") await uploadFile(backend, path, "scan", options);
else if (transfer === "download") await downloadFile(backend, "scan", path, options);
else {await writeInParts(backend, "scan", (await Deno.open(path)).readable, {
    ...options,
    size: (await Deno.stat(path)).size,
  });}
backend.close();
