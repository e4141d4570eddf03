/**
 * The stand-in as a process of its own, so that its memory is not the client's: `deno run -A tests/servers/s3_main.ts --help`.
 */
import { type Dialect, DIALECTS } from "./s3/options.ts";
import { startS3 } from "./s3.ts";
import { main, numberOf, serve, UsageError, values } from "./http/main.ts";

const USAGE = `A stand-in for S3:

    deno run -A tests/servers/s3_main.ts [--port 9000] [--bucket NAME] [--region us-east-1] [--dialect aws] [--access-key-id KEY]
        [--secret-access-key SECRET] [--min-part-size BYTES] [--cors] [--stdin]

    --port     default: any that is free
    --bucket   may be given several times
    --dialect  ${Object.keys(DIALECTS).join(", ")}
    --cors     lets pages of other origins in
    --stdin    ends when its standard input does

Prints one line of JSON with endpoint, region, credentials and process id, and serves until it is told to stop.`;

function dialect(name: string | undefined): Dialect | undefined {
  if (name === undefined || name in DIALECTS) return name as Dialect | undefined;
  throw new UsageError(`--dialect must be one of ${Object.keys(DIALECTS).join(", ")}`);
}

await main(USAGE, async () => {
  const minPartSize = numberOf("min-part-size");
  const server = await startS3({
    port: numberOf("port") ?? 0,
    buckets: values("bucket"),
    region: values("region").at(-1),
    dialect: dialect(values("dialect").at(-1)),
    accessKeyId: values("access-key-id").at(-1),
    secretAccessKey: values("secret-access-key").at(-1),
    cors: Deno.args.includes("--cors"),
    features: minPartSize === undefined ? {} : { minPartSize },
  });
  await serve(server, {
    endpoint: server.endpoint,
    region: server.region,
    credentials: server.credentials,
  });
});
