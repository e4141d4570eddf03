/**
 * A stream of unknown length goes up to Google Drive's stand-in, over a connection that breaks three times, and comes down again: peak memory of this process, and
 * speed.
 *
 *     deno run -A bench/gdrive_stream.ts [--gib 1]
 *
 * @module
 */
import { GDriveBackend } from "../backends/gdrive/mod.ts";
import { startProcess } from "./server.ts";
import { argument, MiB, upAndDown } from "./stream.ts";

const KEY = "bench/stream";
const length = Math.round(Number(argument("gib") ?? 1) * 1024) * MiB;
await using server = await startProcess("gdrive_main.ts", []);
const { endpoint, token } = JSON.parse(server.line);
const backend = new GDriveBackend({ endpoint, credentials: () => Promise.resolve(token) });
try {
  await upAndDown(backend, KEY, length);
} finally {
  backend.close();
}
