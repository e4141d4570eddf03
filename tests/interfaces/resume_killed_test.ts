/** Transfers whose process is killed by SIGKILL, and which another process finishes: what is not sent again. What else must hold of a kill is in `tests/crash/`. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { assertBytes } from "../../testing/assert.ts";
import { pattern } from "../../testing/case.ts";
import { openChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { inDirectory, tree } from "../backends/local/directory.ts";
import { onS3, type Setup } from "../backends/s3/setup.ts";
import type { FaultRequest } from "../servers/s3.ts";

const MiB = 2 ** 20;
const PART = 5 * MiB;
const PARTS = 3;
const BYTES = pattern(PARTS * PART - 7);

/** Runs the transfer, and kills it at the moment when so many requests of a kind have arrived; without a moment it must end well. */
async function run(
  { s3 }: Setup,
  directory: string,
  transfer: string,
  path: string,
  kill?: { readonly when: (request: FaultRequest) => boolean; readonly at: number },
): Promise<void> {
  const { endpoint, credentials } = s3;
  const store = { bucket: "bucket", endpoint, credentials, partSize: PART };
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--no-check", program, JSON.stringify({ store, transfer, path })],
    env: { HOME: directory, XDG_STATE_HOME: `${directory}/state`, DENO_NO_UPDATE_CHECK: "1" },
    stderr: "piped",
  }).spawn();
  let count = 0;
  if (kill) {
    s3.inject({
      kind: "run",
      run: () => {},
      when: (request) => {
        if (kill.when(request) && ++count === kill.at) child.kill("SIGKILL");
        return false;
      },
    });
  }
  const { success, stderr } = await child.output();
  s3.clearFaults();
  await s3.idle();
  assertEquals(success, !kill, new TextDecoder().decode(stderr));
}

const program = fromFileUrl(new URL("resume_program.ts", import.meta.url));

/** Seeded, so that a failure comes again. */
function* moments(seed: number): Generator<number> {
  for (let x = seed;;) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    yield x / 2 ** 32;
  }
}

Deno.test("an upload that is killed twice is finished by another process", () =>
  inDirectory((directory) =>
    onS3(async (setup) => {
      const { s3 } = setup;
      const path = `${directory}/scan`;
      await Deno.writeFile(path, BYTES);
      const isPart = ({ operation }: FaultRequest) => operation === "UploadPart";
      const random = moments(1);
      const kills = 2;
      for (let i = 0; i < kills; i++) {
        const at = 1 + Math.floor(random.next().value! * 2);
        await run(setup, directory, "file", path, { when: isPart, at });
        assertEquals(setup.uploads(), ["scan"]);
        assertEquals((await tree(`${directory}/state`)).length, 1);
      }
      await run(setup, directory, "file", path);
      const sent = s3.requests.filter(({ operation, status }) =>
        operation === "UploadPart" && status === 200
      );
      assert(sent.length <= PARTS + kills, `${sent.length} parts were sent`);
      assertEquals(s3.requests.filter(({ operation }) => operation === "CreateMultipartUpload").length, 1);
      const reader = await setup.backend.open("scan");
      assertBytes(await reader.read(), BYTES);
      assertEquals(setup.uploads(), [], "nothing is left listed");
      assertEquals(await tree(`${directory}/state`), ["cottoncandy/uploads/"], "nothing is remembered");
    })
  ));

Deno.test("a chunked array whose upload is killed is finished by another process, 1 kill", () =>
  inDirectory((directory) =>
    onS3(async (setup) => {
      const { s3, backend } = setup;
      const path = `${directory}/scan`;
      const bytes = pattern(3 * (PART + MiB));
      await Deno.writeFile(path, bytes);
      const isPart = ({ operation }: FaultRequest) => operation === "UploadPart";
      // In the second or third chunk, which go in two parts each.
      const at = 3 + Math.floor(moments(4).next().value! * 4);
      await run(setup, directory, "chunks", path, { when: isPart, at });
      assertEquals(await backend.head("scan/metadata.json"), undefined);
      assertEquals(setup.uploads(), [at <= 4 ? "scan/pt0001" : "scan/pt0002"], "a chunk is left half sent");
      await run(setup, directory, "chunks", path);
      const completed = s3.requests.filter(({ operation, status }) =>
        operation === "CompleteMultipartUpload" && status === 200
      );
      assertEquals(completed.length, 3, "each chunk was sent to its end once");
      const array = await (await openChunked(backend, "scan")).toArray();
      assertBytes(array.toBytes(), bytes);
      assertEquals(setup.uploads(), [], "nothing is left listed");
      const keys = await Array.fromAsync(backend.list(), (entry) => "key" in entry ? entry.key : "");
      const parts = ["scan/pt0000", "scan/pt0001", "scan/pt0002"];
      assertEquals(keys, ["scan/metadata.json", ...parts]);
      assertEquals(await tree(`${directory}/state`), ["cottoncandy/uploads/"], "nothing is remembered");
    })
  ));

Deno.test("a download that is killed is finished by another process", () =>
  inDirectory((directory) =>
    onS3(async (setup) => {
      const { s3, backend } = setup;
      const bytes = pattern(3 * 8 * MiB + 5);
      await backend.put("scan", bytes);
      const isRange = ({ operation }: FaultRequest) => operation === "GetObject";
      s3.requests.length = 0;
      const kills = 1;
      const random = moments(3);
      for (let i = 0; i < kills; i++) {
        const at = 2 + Math.floor(random.next().value! * 2);
        await run(setup, directory, "download", `${directory}/scan`, { when: isRange, at });
        assertEquals(
          (await tree(directory)).filter((path) => path.startsWith("scan")),
          ["scan.part", "scan.part.cottoncandy"],
        );
      }
      await run(setup, directory, "download", `${directory}/scan`);
      const ranges = s3.requests.filter(({ operation }) => operation === "GetObject");
      assert(ranges.length <= 4 + kills, `${ranges.length} ranges were asked for`);
      assertBytes(await Deno.readFile(`${directory}/scan`), bytes);
      assertEquals((await tree(directory)).filter((path) => path.startsWith("scan")), ["scan"]);
    })
  ));
