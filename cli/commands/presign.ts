/**
 * `presign`: URLs that work without credentials.
 *
 * @module
 */
import { type CliCommand, defineCommand, value } from "../command.ts";
import { UsageError } from "../report.ts";
import { parseDuration } from "../text.ts";

const METHODS = ["GET", "HEAD", "PUT", "DELETE"] as const;

/** `presign`. */
export const command: CliCommand = defineCommand({
  arguments: "<object...>",
  description:
    "Prints URLs by which whoever has them may read objects for some time, or store, look up or delete them. Nothing is asked of the store: the object need not be there.",
  examples: [
    ["presign s3://bucket/sub01/scan.nii.gz", "to read it for an hour"],
    [
      "presign --method PUT --expires 15m s3://bucket/inbox/scan.nii.gz",
      "to store it, once or more, for 15 minutes",
    ],
  ],
  options: {
    expires: value(
      "--expires <time>",
      "how long it holds: 90s, 15m, 2h, 7d at most (default: 1h)",
      parseDuration,
    ),
    method: value("--method <method>", `what it is for: ${METHODS.join(", ")} (default: GET)`, (text) => {
      const method = METHODS.find((each) => each === text.toUpperCase());
      if (method) return method;
      throw new UsageError(`write ${METHODS.join(", ")}`);
    }),
    filename: value("--filename <name>", "name under which browsers save it", String),
    contentType: value("--content-type <type>", "content type of the answer, or that must be sent", String),
  },
  async run(context, args, { expires, method, filename, contentType }) {
    await context.forEach(args, async (target) => {
      const { backend, key, nameOf } = await context.open(target);
      if (key === "" || key.endsWith("/")) {
        throw new UsageError(`${target} is no object, and URLs are made of objects`);
      }
      const { presignUrl } = await import("../../lib/objects/capabilities/mod.ts");
      const url = await presignUrl(backend, key, {
        ...context.request,
        expires,
        method,
        filename,
        contentType,
      });
      context.report.count();
      await context.report.result({
        target: nameOf(key),
        url,
        method: method ?? "GET",
        expires: expires ?? 3600,
      }, url);
    });
  },
});
