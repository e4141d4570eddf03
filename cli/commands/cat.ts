/**
 * `cat`: objects as they are, arrays as numpy prints them.
 *
 * @module
 */
import { identifyTarget, isArray, parseOutput, refuseBroken, showArray } from "../arrays/mod.ts";
import { type CliCommand, defineCommand, flag, value } from "../command.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";

/** `cat`. */
export const command: CliCommand = defineCommand({
  arguments: "<target...>",
  description:
    "Writes objects to standard output, as they are; arrays, or slices of them, as numpy prints them, or in another format. With --bytes an array's object is written as it is stored.",
  examples: [
    ["cat s3://bucket/notes.txt", "an object"],
    ["cat 's3://bucket/sub01/bold[0,:,10:20]'", "a slice, of which only its bytes are read"],
    ["cat s3://bucket/sub01/betas --format npy > betas.npy", "an array as a file"],
  ],
  options: {
    format: value("--format <format>", "arrays as text, npy, csv, raw or json (default: text)", parseOutput),
    bytes: flag("--bytes", "objects as they are stored, arrays too"),
  },
  async run(context, args, { format, bytes }) {
    const { report, request } = context;
    await context.forEach(args, async (target) => {
      if (!bytes) {
        const identified = await identifyTarget(context, target);
        if (isArray(identified)) return await showArray(context, identified, format ?? "text");
        await refuseBroken(context, identified);
        const { found, selection, opened } = identified;
        const name = opened.nameOf(found.key);
        if (selection !== undefined) {
          throw new InvalidArgumentError(`"${name}" is no array, of which a slice could be taken`);
        }
        if (found.kind === "zarr-group" || found.kind === "folder" || found.kind === "sparse") {
          throw new InvalidArgumentError(
            `"${name}" is a ${
              found.kind === "sparse" ? "sparse array" : "directory"
            }: name an object or an array`,
          );
        }
        if (format !== undefined) {
          throw new InvalidArgumentError(`"${name}" is no array, which --format could write as ${format}`);
        }
      }
      const { backend, key } = await context.open(target);
      const { objectKey } = await import("../../lib/objects/reading/mod.ts");
      const reader = await backend.open(await objectKey(backend, key, request), request);
      report.count(reader.info.size);
      if (report.json) {
        const text = new TextDecoder().decode(await reader.read());
        return await report.result({ target, size: reader.info.size, text }, "");
      }
      for await (const piece of reader.stream(undefined, request)) await report.bytes(piece);
    });
  },
});
