/** Uploads in a process that is killed now and then, and goes on in another: for tests, and for `bench/resume.ts`. */
import type { BackendOptions } from "../../backends/registry.ts";
import type { UploadToken } from "../../backends/backend.ts";

/** An upload that was begun, and how its process is treated. */
export interface KilledUpload {
  /** The store. */
  readonly url: string;
  /** How it is opened; plain JSON. */
  readonly options: BackendOptions;
  /** What `startUpload` gave. */
  readonly token: UploadToken;
  /** A key of AES, where the upload is encrypted. */
  readonly key?: string;
  /** What tells the body, where it is encrypted. */
  readonly source?: string;
  /** Parts at once; default the store's own. */
  readonly concurrency?: number;
}

/** How the processes are killed. */
export interface Killing {
  /** How often. */
  readonly times: number;
  /** Whole numbers from 0 to below `below`: when. */
  readonly random: (below: number) => number;
  /** How many milliseconds at most a process lives on after it has come so far as it was to come: no longer than what is left takes. */
  readonly within: number;
  /** Is told of each process. */
  readonly onProcess?: (pid: number) => void;
}

/** What became of the processes. */
export interface Killed {
  /** Bytes that each of the killed ones had told as moved. */
  readonly killedAt: readonly number[];
  /** What the last one printed of the result, in JSON. */
  readonly result: string;
}

const PIECE = 64 * 1024;

/** `size` bytes, the same at each run, of which no 64 KiB are like others. */
export function numbered(size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const words = new Uint32Array(PIECE / 4);
  for (let i = 0, x = 1; i < words.length; i++) words[i] = x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= size) return controller.close();
      words[0] = offset / PIECE;
      controller.enqueue(new Uint8Array(words.buffer.slice(0, Math.min(PIECE, size - offset))));
      offset += PIECE;
    },
  }, { highWaterMark: 0 });
}

/** Whether the bytes are those that {@linkcode numbered} gives. */
export async function isNumbered(bytes: AsyncIterable<Uint8Array>, size: number): Promise<boolean> {
  const expected = numbered(size).getReader();
  let piece = new Uint8Array();
  let length = 0;
  for await (const part of bytes) {
    for (let at = 0; at < part.length;) {
      if (piece.length === 0) piece = (await expected.read()).value ?? new Uint8Array();
      const count = Math.min(piece.length, part.length - at);
      if (count === 0) return false;
      for (let i = 0; i < count; i++) if (piece[i] !== part[at + i]) return false;
      piece = piece.subarray(count);
      at += count;
      length += count;
    }
  }
  return length === size;
}

/** Resumes an upload of {@linkcode numbered} bytes in process after process, each but the last killed by SIGKILL on its way. */
export async function resumeKilled(
  upload: KilledUpload,
  { times, random, within, onProcess }: Killing,
): Promise<Killed> {
  const { size } = upload.token;
  const killedAt: number[] = [];
  for (let run = 0;; run++) {
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--frozen", new URL("killed_program.ts", import.meta.url).pathname],
      env: { UPLOAD: JSON.stringify(upload) },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    onProcess?.(process.pid);
    // Further each time, and never so far that the upload could be over.
    const until = run < times ? size * (run + random(800) / 1000) / (times + 1) : Infinity;
    let [loaded, rest, result] = [0, "", ""];
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("{")) result = line;
        else loaded = Number(line);
      }
      if (loaded < until) continue;
      await new Promise((resolve) => setTimeout(resolve, random(within + 1)));
      process.kill("SIGKILL");
      break;
    }
    const { code, signal } = await process.status;
    if (run === times) {
      if (code === 0 && result !== "") return { killedAt, result };
      throw new Error(`the last process ended with ${code}, and said "${result}${rest}"`);
    }
    if (signal !== "SIGKILL") throw new Error(`process ${run} ended with ${code} before it was killed`);
    killedAt.push(loaded);
  }
}
