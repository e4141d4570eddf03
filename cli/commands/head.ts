/**
 * `head`: the beginning of objects, the corners of arrays.
 *
 * @module
 */
import { identifyTarget, isArray, refuseBroken, showArray } from "../arrays/mod.ts";
import { type CliCommand, defineCommand, value } from "../command.ts";
import type { CliContext } from "../context.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { parseSize, printable, wholeNumber } from "../text.ts";

/** Lines that are shown where nothing else is asked for. */
const LINES = 10;
/** Items that are shown of an array at once: of more, three at either end of each axis. */
const ITEMS = 36;

/** `head`. */
export const command: CliCommand = defineCommand({
  arguments: "<target...>",
  description:
    "Writes the first lines or bytes of objects, and the corners of arrays as numpy prints them, of more than 36 items three at either end of each axis, of more than two axes one: no more is read than is shown, where parts can be read.",
  examples: [
    ["head -n 3 s3://bucket/table.csv", "three lines"],
    ["head -c 64 s3://bucket/scan.nii", "64 bytes"],
    ["head s3://bucket/sub01/bold", "an array"],
  ],
  options: {
    lines: value("-n, --lines <n>", `lines (default: ${LINES})`, wholeNumber(0)),
    bytes: value("-c, --bytes <size>", "bytes instead of lines", parseSize),
  },
  async run(context, args, { lines = LINES, bytes }) {
    await context.forEach(args, async (target) => {
      if (args.length > 1) await context.report.text(`==> ${printable(target)} <==`);
      if (bytes === undefined) {
        const identified = await identifyTarget(context, target);
        if (isArray(identified)) return await showArray(context, identified, "text", ITEMS);
        await refuseBroken(context, identified);
        if (identified.selection !== undefined) {
          throw new InvalidArgumentError(
            `"${identified.found.key}" is no array, of which a slice could be taken`,
          );
        }
      }
      await begin(context, target, lines, bytes);
    });
  },
});

/** Writes the first lines, or bytes, and reads no further. */
async function begin(
  context: CliContext,
  target: string,
  lines: number,
  bytes: number | undefined,
): Promise<void> {
  const { report, request } = context;
  const { backend, key } = await context.open(target);
  const { objectKey } = await import("../../lib/objects/reading/mod.ts");
  const range = bytes === undefined ? undefined : { range: { offset: 0, length: bytes } };
  const reader = await backend.open(await objectKey(backend, key, request), { ...request, ...range });
  let left = lines;
  let shown = 0;
  const told: Uint8Array[] = [];
  try {
    // Leaving the loop ends the request.
    for await (const piece of reader.stream(undefined, request)) {
      let end = piece.byteLength;
      if (bytes === undefined) {
        end = 0;
        while (left > 0 && end < piece.byteLength) {
          const newline = piece.indexOf(10, end);
          end = newline < 0 ? piece.byteLength : newline + 1;
          if (newline >= 0) left--;
        }
      }
      const part = piece.subarray(0, end);
      shown += part.byteLength;
      if (report.json) told.push(part.slice());
      else await report.bytes(part);
      if (bytes === undefined && left === 0) break;
    }
  } finally {
    await reader.close();
  }
  report.count(shown);
  if (report.json) {
    await report.result({
      target,
      text: await new Blob(told.map((part) => new Uint8Array(part))).text(),
    }, "");
  }
}
