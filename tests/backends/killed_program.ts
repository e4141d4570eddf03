// deno-lint-ignore-file no-console -- what it prints is read by the process that kills it
/** Run by killed.ts: resumes an upload, and prints how many bytes have moved whenever that changes, and the result. */
import { aesKeys, EncryptingBackend } from "../../crypto/mod.ts";
import { openBackend } from "../../backends/registry.ts";
import { type KilledUpload, numbered } from "./killed.ts";

const { url, options, token, key, source, concurrency }: KilledUpload = JSON.parse(
  Deno.env.get("UPLOAD") ?? "",
);
const { backend: store } = await openBackend(url, options);
const backend = key === undefined ? store : new EncryptingBackend(store, aesKeys(key));
const result = await backend.resumeUpload?.(token, numbered(token.size), {
  concurrency,
  source,
  onProgress: ({ loaded }) => console.log(loaded),
});
console.log(JSON.stringify(result));
Deno.exit();
