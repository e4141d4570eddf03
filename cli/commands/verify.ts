/**
 * `verify`: whether all that is stored is whole.
 *
 * @module
 */
import type { OnProgress } from "../../backends/requests.ts";
import { type CliCommand, defineCommand, value } from "../command.ts";
import { counted, humanSize, printable, wholeNumber } from "../text.ts";

/** `verify`. */
export const command: CliCommand = defineCommand({
  arguments: "<target...>",
  description:
    "Reads everything below, as streams, and checks every checksum that there is: the store's own, those of compressed arrays and files, of .npz members and of encrypted objects; whether .npy files and raw arrays are as long as they say, and whether all chunks of chunked, sparse and Zarr arrays are there. What is damaged is listed, and the exit code is 1.",
  examples: [
    ["verify s3://bucket/sub01", "all below"],
    ["verify s3://bucket --json | jq 'select(.ok | not)'", "what is damaged, for programs"],
  ],
  options: {
    concurrency: value("--concurrency <n>", "objects that are read at once (default: 8)", wholeNumber(1)),
  },
  async run(context, args, { concurrency }) {
    const { report, request } = context;
    const { verifyObjects } = await import("../../lib/stored_arrays/verify/mod.ts");
    let [files, bytes, underway] = [0, 0, 0];
    const loaded = new Map<string, number>();
    const read = (key: string, count: number) => {
      underway += count - (loaded.get(key) ?? 0);
      loaded.set(key, count);
    };
    report.progress.label("verifying");
    await context.forEach(args, async (target) => {
      const { backend, key, nameOf } = await context.openThing(target);
      const onProgress: OnProgress = ({ key, loaded }) => {
        read(key, loaded);
        report.progress.set(files, bytes + underway);
      };
      for await (const result of verifyObjects(backend, key, { ...request, concurrency, onProgress })) {
        read(result.name, 0);
        loaded.delete(result.name);
        report.progress.set(++files, (bytes += result.bytes) + underway);
        const name = nameOf(result.name);
        if (!result.ok) {
          await report.failed(result.error, { target: name, key: result.name, kind: result.kind });
          continue;
        }
        report.count(result.bytes);
        const { kind, note } = result;
        if (report.json) await report.result({ target: name, kind, bytes: result.bytes, note, ok: true }, "");
        else if (note !== undefined) await report.info(`${name}: ${note}`);
        else await report.debug(`${name}: whole (${kind})`);
      }
    });
    const text = `${counted(files, "object")} read, ${humanSize(bytes)}`;
    if (!report.json) await report.info(printable(text));
  },
});
