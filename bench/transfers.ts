/**
 * Large float32 arrays to an S3 server and back, beside those who do the same: the AWS SDK and its lib-storage, obstore, Python's cottoncandy, and `fetch` alone; not
 * compressed, and by each codec. The server is versitygw over memory: as it comes (it closes each connection), keeping connections, and, for uploads, with TLS.
 *
 *     deno run -A bench/transfers.ts [--mib 256] [--rounds 5] [--quick] [raw | Zstd | LZ4 | gzip | BZ2 …]
 *
 * @module
 */
import { listCodecs } from "../codecs/mod.ts";
import { signal } from "./data.ts";
import { alternately, Contender, median, type Samples, startAll, timesAsFast } from "./contenders.ts";
import { goal, numberOption, printGoals, printTable, printTitle, QUICK } from "./report.ts";
import { type S3Server, serverVersion, startVersitygw } from "./versitygw.ts";

const MiB = 1024 * 1024;
const ROUNDS = QUICK ? 1 : numberOption("rounds", 5);
const RAW = QUICK ? 16 : numberOption("mib", 256);
/** MiB of the arrays that are compressed: the slower the codec, the smaller. */
const COMPRESSED: Readonly<Record<string, number>> = { Zstd: 64, LZ4: 64, gzip: 8, BZ2: 8 };

type Row = readonly string[];

function rowOf(
  name: string,
  samples: Samples,
  mib: number,
  beside: readonly (readonly [string, Samples])[],
): Row {
  const rates = samples.map(({ seconds }) => mib / seconds);
  const cpu = median(samples.map(({ cpu }) => cpu * 1024 / mib));
  return [
    name,
    median(rates).toFixed(0),
    `${Math.min(...rates).toFixed(0)}–${Math.max(...rates).toFixed(0)}`,
    cpu.toFixed(2),
    ...beside.flatMap(([, other]) => [
      timesAsFast(other, samples).toFixed(2),
      timesAsFast(other, samples, "cpu").toFixed(2),
    ]),
  ];
}

const HEAD = ["", "MiB/s", "least–most", "CPU s a GiB"];

/** How many times as fast ours is as each: by the clock, and by CPU time. */
function besideHead(...names: string[]): string[] {
  return names.flatMap((name) => [`${name} ÷ this`, "… by CPU"]);
}

async function withData<T>(mib: number, work: (file: string) => Promise<T>): Promise<T> {
  const file = await Deno.makeTempFile({ dir: "/dev/shm", prefix: "cottoncandy-bench-" });
  try {
    await Deno.writeFile(file, new Uint8Array(signal(mib * MiB / 4).buffer));
    return await work(file);
  } finally {
    await Deno.remove(file);
  }
}

const OURS = "this package";
const INTO = "this package, `into` used memory";
const ARRAY_BUFFER = "`fetch`, arrayBuffer()";
const COPY = "`fetch`, copied into a new array";
const BY = [["seconds", ""], ["cpu", ", by CPU time"]] as const;

/** Arrays that aren't compressed, to the server. */
async function rawUp(server: S3Server, where: string): Promise<void> {
  await using clients = await startAll(
    ["ours", "sdk", "lib-storage", "obstore", "cottoncandy"],
    server.address,
  );
  await withData(RAW, async (file) => {
    const { ours, sdk, "lib-storage": managed, obstore, cottoncandy } = clients;
    for (const client of [ours, sdk, managed, obstore, cottoncandy]) await client.run({ op: "load", file });
    const up = await alternately(ROUNDS, {
      [OURS]: () => ours.run({ op: "put", key: "ours" }),
      "SDK, PutObject": () => sdk.run({ op: "put", key: "sdk" }),
      "SDK, lib-storage": () => managed.run({ op: "put", key: "managed" }),
      "obstore": () => obstore.run({ op: "put", key: "obstore" }),
      "Python's cottoncandy": () => cottoncandy.run({ op: "put", key: "python" }),
    });
    const mine = up[OURS];
    printTable(
      `${RAW} MiB of float32 up, not compressed, ${where}:`,
      [...HEAD, ...besideHead("ours")],
      Object.entries(up).map(([name, samples]) => rowOf(name, samples, RAW, [["ours", mine]])),
    );
    const peers = Object.entries(up).filter(([name]) => name !== OURS).map(([, samples]) => samples);
    for (const [by, told] of BY) {
      const least = Math.min(...peers.map((peer) => timesAsFast(mine, peer, by)));
      goal(`raw up (${where}) beside the best peer${told}`, least, "at least", 1.1);
    }
  });
}

/** The same, from the server. */
async function rawDown(server: S3Server, where: string): Promise<void> {
  await using clients = await startAll(
    ["ours", "ours-into", "fetch", "fetch-copy", "sdk", "obstore", "cottoncandy"],
    server.address,
  );
  await withData(RAW, async (file) => {
    const { ours, "ours-into": into, fetch, "fetch-copy": copy, sdk, obstore, cottoncandy } = clients;
    for (const client of [ours, into, fetch, copy, sdk, obstore, cottoncandy]) {
      await client.run({ op: "load", file });
    }
    for (const [client, key] of [[ours, "ours"], [sdk, "sdk"], [obstore, "obstore"]] as const) {
      await client.run({ op: "put", key });
    }
    await cottoncandy.run({ op: "put", key: "python" });
    const url = await server.backend.presign("ours", { expires: 3600 });
    const down = await alternately(ROUNDS, {
      [OURS]: () => ours.run({ op: "get", key: "ours" }),
      [INTO]: () => into.run({ op: "get", key: "ours" }),
      [ARRAY_BUFFER]: () => fetch.run({ op: "get", key: "ours", url }),
      [COPY]: () => copy.run({ op: "get", key: "ours", url }),
      "SDK, GetObject": () => sdk.run({ op: "get", key: "sdk" }),
      "obstore": () => obstore.run({ op: "get", key: "obstore" }),
      "Python's cottoncandy": () => cottoncandy.run({ op: "get", key: "python" }),
    });
    printTable(
      `${RAW} MiB of float32 down, not compressed, ${where}:`,
      [...HEAD, ...besideHead("ours", "into")],
      Object.entries(down).map(([name, samples]) =>
        rowOf(name, samples, RAW, [["ours", down[OURS]], ["into", down[INTO]]])
      ),
    );
    for (const [by, told] of BY) {
      for (const [mine, other] of [[OURS, COPY], [INTO, ARRAY_BUFFER]] as const) {
        const ratio = timesAsFast(down[mine], down[other], by);
        goal(`raw down (${where}), ${mine}, beside ${other}${told}`, ratio, "at least", 1);
      }
    }
  });
}

/** How long a transfer takes, as a multiple of the slower of its two halves. */
function overlap(transfer: Samples, codec: Samples, wire: Samples): number {
  return median(
    transfer.map(({ seconds }, round) => seconds / Math.max(codec[round].seconds, wire[round].seconds)),
  );
}

/** Arrays through one codec, both ways; and what the codec and the wire take alone. */
async function compressed(server: S3Server, codec: string): Promise<void> {
  const mib = QUICK ? 4 : COMPRESSED[codec] ?? 16;
  const { levels: { default: level } } = listCodecs().written.find(({ name }) => name === codec) ??
    { levels: { default: 1 } };
  await using clients = await startAll(["ours", "cottoncandy"], server.address);
  await using wire = await Contender.start("ours", { address: server.address });
  await withData(mib, async (file) => {
    const { ours, cottoncandy } = clients;
    await ours.run({ op: "load", file });
    await cottoncandy.run({ op: "load", file });
    const stored = `${file}.stored`;
    try {
      await ours.run({ op: "encode", codec, level, file: stored });
      const { size } = await Deno.stat(stored);
      // The bytes as the wire has them, as an array of their own.
      const onWire = `${file}.wire`;
      try {
        await Deno.copyFile(stored, onWire);
        await Deno.truncate(onWire, size - size % 4);
        await wire.run({ op: "load", file: onWire });
      } finally {
        await Deno.remove(onWire);
      }
      const key = { ours: `ours-${codec}`, python: `python-${codec}`, wire: `wire-${codec}` };
      const up = await alternately(ROUNDS, {
        "this package": () => ours.run({ op: "put", key: key.ours, codec }),
        "Python's cottoncandy": () => cottoncandy.run({ op: "put", key: key.python, codec }),
        "our codec alone": () => ours.run({ op: "encode", codec, level }),
        "our wire alone": () => wire.run({ op: "put", key: key.wire }),
      });
      const down = await alternately(ROUNDS, {
        "this package": () => ours.run({ op: "get", key: key.ours }),
        "Python's cottoncandy": () => cottoncandy.run({ op: "get", key: key.python }),
        "this package, Python's object": () => ours.run({ op: "get", key: key.python }),
        "our codec alone": () => ours.run({ op: "decode", codec, file: stored }),
        "our wire alone": () => wire.run({ op: "get", key: key.wire }),
      });
      for (const [direction, samples] of [["up", up], ["down", down]] as const) {
        const mine = samples["this package"];
        printTable(
          `${codec}: ${mib} MiB of float32 ${direction}, ${(size / MiB).toFixed(1)} MiB stored:`,
          [...HEAD, ...besideHead("ours")],
          Object.entries(samples).map(([name, took]) => rowOf(name, took, mib, [["ours", mine]])),
        );
        goal(
          `${codec} ${direction} beside Python's cottoncandy`,
          timesAsFast(mine, samples["Python's cottoncandy"]),
          "at least",
          codec === "Zstd" && direction === "down" ? 0.8 : 1,
        );
        goal(
          `${codec} ${direction}, time beside the slower of codec and wire`,
          overlap(mine, samples["our codec alone"], samples["our wire alone"]),
          "at most",
          1.1,
        );
      }
    } finally {
      await Deno.remove(stored).catch(() => {});
    }
  });
}

const known = ["raw", ...Object.keys(COMPRESSED)];
const asked = Deno.args.filter((word) => known.includes(word));
const wanted = asked.length > 0 ? asked : known;
printTitle(
  "Transfers of large arrays",
  `versitygw ${await serverVersion()} over memory`,
  `${ROUNDS} rounds in turns, medians; ratios within rounds`,
);
const uncompressed = wanted.includes("raw");
{
  await using server = await startVersitygw({ keepAlive: false });
  if (uncompressed) {
    await rawUp(server, "a connection a request");
    await rawDown(server, "a connection a request");
  }
}
{
  await using server = await startVersitygw({ keepAlive: true });
  if (uncompressed) {
    await rawUp(server, "connections kept");
    await rawDown(server, "connections kept");
  }
  for (const codec of wanted.filter((name) => name !== "raw")) await compressed(server, codec);
}
if (uncompressed) {
  // Without TLS all of them sign a digest of the body, which costs more than sending it.
  await using server = await startVersitygw({ keepAlive: true, tls: true });
  await rawUp(server, "connections kept, TLS");
}
printGoals();
