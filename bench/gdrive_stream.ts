// deno-lint-ignore-file no-console -- it prints what it measured
/**
 * A stream of unknown length goes up to Google Drive's stand-in, over a connection that breaks three times, and comes down again: peak memory of this process, and
 * speed.
 *
 *     deno run -A bench/gdrive_stream.ts [--gib 1]
 *
 * @module
 */
import { GDriveBackend } from "../backends/gdrive.ts";
import { crc32 } from "../backends/checksum/crc32.ts";
import { startProcess } from "./server.ts";
import { argument, measure, MiB, source } from "./stream.ts";

const KEY = "bench/stream";
const length = Math.round(Number(argument("gib") ?? 1) * 1024) * MiB;
await using server = await startProcess("gdrive_main.ts", []);
const { endpoint, token } = JSON.parse(server.line);
const backend = new GDriveBackend({ endpoint, credentials: () => Promise.resolve(token) });
const sent = { crc: 0 };
try {
  await measure("upload", length, async () => void await backend.put(KEY, source(length, sent)));
  await measure("download", length, async () => {
    const reader = await backend.open(KEY);
    let crc = 0;
    for await (const piece of reader.stream()) crc = crc32(piece, crc);
    if (crc !== sent.crc) throw new Error("what came down is not what went up");
  });
} finally {
  for await (const { error } of backend.delete([KEY])) if (error) console.error(error);
  backend.close();
}
