/** The reading part of the contract, over plain HTTP: on web servers of several kinds, and on a public bucket. */
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { HttpBackend, type HttpOptions } from "../../backends/web/mod.ts";
import { conformance, type ConformanceOptions } from "../../testing/mod.ts";
import { startS3 } from "../servers/s3.ts";
import { startWeb, type WebServerOptions } from "../servers/web.ts";
import { filesIn } from "./web_files.ts";

function suite(
  name: string,
  server: Omit<WebServerOptions, "files">,
  options: HttpOptions,
  limits: ConformanceOptions = {},
): void {
  conformance(name, async () => {
    const writer = new MemoryBackend();
    const web = await startWeb({ ...server, files: filesIn(writer) });
    const backend = new HttpBackend(web.url, { onWarning() {}, ...options });
    return {
      backend,
      writer,
      dispose: async () => {
        backend.close();
        await web[Symbol.asyncDispose]();
      },
    };
  }, { readOnly: true, many: 300, ...limits });
}

/** Names that no directory shows: those that end in a slash, have two in a row, or are one or two dots between slashes. */
const unsupportedKeys = [
  "dir/",
  "dir/sub/",
  "double//slash",
  "double///slash",
  "end//",
  "/",
  "dot/./inside",
  "up/../inside",
  "a/..",
  "a/.",
];
const skip = ["keys at the root: a leading slash, dots and the like", "keys of 1024 bytes"];

suite("web, nginx", { index: "nginx" }, { listing: "autoindex" }, { unsupportedKeys, skip });
suite(
  "web, weak ETags, no HEAD, Caddy",
  { validators: "weak", head: 405, index: "caddy", ranges: "forward" },
  {
    listing: "autoindex",
  },
  { unsupportedKeys, skip: ["keys of 1024 bytes"] },
);
// Last-Modified tells no versions within one second.
suite("web, no ranges, no ETags, Python", { validators: "modified", ranges: false, index: "python" }, {
  listing: "autoindex",
}, {
  unsupportedKeys,
  skip: [...skip, "a reader stays with its version when the object is replaced or deleted"],
});

conformance("web, a public bucket", async () => {
  const s3 = await startS3({
    buckets: [{ name: "bucket", anonymous: ["GetObject", "HeadObject", "ListObjectsV2"] }],
  });
  const { endpoint, region, credentials } = s3;
  const writer = new S3Backend({ bucket: "bucket", endpoint, region, credentials, conditionalWrites: true });
  const backend = new HttpBackend(`${endpoint}/bucket`, { listing: "s3" });
  return {
    backend,
    writer,
    dispose: async () => {
      backend.close();
      writer.close();
      await s3.shutdown();
    },
  };
}, { readOnly: true, many: 1100 });
