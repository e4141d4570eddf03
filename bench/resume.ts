// deno-lint-ignore-file no-console -- it prints what it measured
/**
 * A large upload whose process is killed by SIGKILL now and then and goes on in the next one: what is sent again, and the memory of it.
 *
 * `deno run -A bench/resume.ts [--mib 2048] [--kills 3] [--concurrency 1] [--seed 1] [stand-in | versitygw | gdrive …]`
 *
 * What is sent is counted on the way to the server, requests' heads and lists included.
 *
 * @module
 */
import { GDriveBackend } from "../backends/gdrive/mod.ts";
import { type BackendOptions, openBackend } from "../backends/registry.ts";
import { S3Backend } from "../backends/s3/mod.ts";
import { generator } from "../tests/array/random.ts";
import { isNumbered, resumeKilled } from "../tests/backends/killed.ts";
import { loginOf } from "../tests/backends/gdrive/setup.ts";
import { printTitle } from "./report.ts";
import { startServer } from "./s3_server.ts";
import { startProcess } from "./server.ts";
import { argument, MiB } from "./stream.ts";
import { serverVersion, startVersitygw } from "./versitygw.ts";

/** A server, and how its store is opened. */
interface Place extends AsyncDisposable {
  readonly endpoint: string;
  /** The store's URL, by whatever stands before the server. */
  url(endpoint: string): string;
  readonly options: BackendOptions;
}

const STORES: Readonly<Record<string, () => Promise<Place>>> = {
  "stand-in": async () => {
    const server = await startServer();
    const { credentials } = server.options;
    if (typeof credentials !== "object" || !("accessKeyId" in credentials)) {
      throw new Error("no keys were told");
    }
    return {
      endpoint: new URL(server.url.replace("s3:", "http:")).searchParams.get("endpoint") ?? "",
      url: (endpoint) => `s3://bench?endpoint=${endpoint}`,
      options: { credentials },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  versitygw: async () => {
    const server = await startVersitygw({ keepAlive: true });
    const { endpoint, bucket, accessKeyId, secretAccessKey } = server.address;
    return {
      endpoint,
      url: (endpoint) => `s3://${bucket}?endpoint=${endpoint}`,
      options: { credentials: { accessKeyId, secretAccessKey } },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  gdrive: async () => {
    const server = await startProcess("../tests/servers/gdrive_main.ts", []);
    const drive = JSON.parse(server.line);
    const credentials = loginOf(drive);
    return {
      endpoint: drive.endpoint,
      url: (endpoint) => `gdrive://?endpoint=${endpoint}`,
      options: { credentials },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

/** What stands before a server, and counts. */
interface Counter extends AsyncDisposable {
  readonly endpoint: string;
  /** Bytes that have come from clients. */
  readonly bytes: number;
  /** How often each part, or on Drive each piece by where it begins, was begun to be sent. */
  readonly parts: ReadonlyMap<number, number>;
}

/** Takes connections to a server, and counts what comes over them. A request begins a piece of its own, since each waits for the answer to the one before. */
function count(endpoint: string): Counter {
  const { hostname, port } = new URL(endpoint);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const parts = new Map<number, number>();
  let bytes = 0;
  const counting = () =>
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        bytes += piece.length;
        const head = piece[0] === 0x50 ? new TextDecoder().decode(piece.subarray(0, 2048)) : "";
        const [, part, start] =
          /^PUT \/(?:\S*[?&]partNumber=(\d+)|[^]*^content-range: bytes (\d+)-)/im.exec(head) ?? [];
        const number = Number(part ?? start);
        if (number >= 0) parts.set(number, (parts.get(number) ?? 0) + 1);
        controller.enqueue(piece);
      },
    });
  const serving = (async () => {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname, port: Number(port) });
      // A client that is killed ends its connection, and so does the server then.
      client.readable.pipeThrough(counting()).pipeTo(server.writable).catch(() => {});
      server.readable.pipeTo(client.writable).catch(() => {});
    }
  })();
  return {
    endpoint: `http://127.0.0.1:${listener.addr.port}`,
    get bytes() {
      return bytes;
    },
    parts,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

/** The highest resident memory that processes came to, in MiB, each looked at until it ends. */
function watchMemory(): { look(pid: number): void; readonly peak: number; stop(): void } {
  let [pid, peak] = [0, 0];
  const timer = setInterval(() => {
    if (pid === 0) return;
    Deno.readTextFile(`/proc/${pid}/status`).then((text) => {
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024);
    }, () => {});
  }, 50);
  return {
    look: (process) => void (pid = process),
    get peak() {
      return peak;
    },
    stop: () => clearInterval(timer),
  };
}

const size = Number(argument("mib") ?? 2048) * MiB;
const times = Number(argument("kills") ?? 3);
const concurrency = Number(argument("concurrency") ?? 1);
const seed = Number(argument("seed") ?? 1);
const named = Deno.args.filter((name) => name in STORES);

printTitle(
  "An upload that is killed, and goes on",
  `${size / MiB} MiB, ${times} kills, ${concurrency} part${concurrency > 1 ? "s" : ""} at once, seed ${seed}`,
  `versitygw ${await serverVersion()}`,
);
console.log(
  "\n| server | killed at MiB | parts | sent twice | sent more often | bytes beyond the size | seconds | RSS MiB |",
);
console.log("|---|---|---|---|---|---|---|---|");
for (const [name, start] of Object.entries(STORES)) {
  if (named.length > 0 && !named.includes(name)) continue;
  await using place = await start();
  await using counter = count(place.endpoint);
  const { options } = place;
  const url = place.url(counter.endpoint);
  const { backend } = await openBackend(url, options);
  const memory = watchMemory();
  try {
    const token = await backend.startUpload?.("bench/resume", { size });
    if (!token) throw new Error(`${name} resumes no uploads`);
    const began = performance.now();
    const { killedAt } = await resumeKilled(
      { url, options, token, concurrency },
      { times, random: generator(seed), within: 60, onProcess: memory.look },
    );
    const seconds = (performance.now() - began) / 1000;
    const sent = counter.bytes;
    const reader = await backend.open("bench/resume");
    if (!await isNumbered(reader.stream(), size)) throw new Error(`${name} has something else than was sent`);
    // Drive has no list of them.
    const pending = backend.listUploads ? await Array.fromAsync(backend.listUploads()) : [];
    if (pending.length > 0) throw new Error(`${name} still lists an upload`);
    const often = [...counter.parts.values()];
    const cells = [
      name,
      killedAt.map((bytes) => Math.round(bytes / MiB)).join(", "),
      often.length,
      often.filter((times) => times === 2).length,
      often.filter((times) => times > 2).length,
      sent - size,
      seconds.toFixed(1),
      memory.peak.toFixed(0),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  } finally {
    memory.stop();
    if (backend instanceof S3Backend || backend instanceof GDriveBackend) backend.close();
  }
}
