/**
 * The stand-in as a process of its own, so that its memory is not the client's:
 *
 *     deno run -A tests/servers/s3_main.ts [--port 9000] [--bucket name]… [--region us-east-1] [--dialect aws] [--cors]
 *
 * Prints one line of JSON with endpoint, region, credentials and process id, and serves until its standard input ends (with
 * `--stdin`) or it is told to stop.
 */
import { type Dialect, DIALECTS } from "./s3/options.ts";
import { startS3 } from "./s3.ts";
import { serve, values } from "./http/main.ts";

function dialect(name: string | undefined): Dialect | undefined {
  if (name === undefined || name in DIALECTS) return name as Dialect | undefined;
  throw new Error(`--dialect must be one of ${Object.keys(DIALECTS).join(", ")}`);
}

const minPartSize = values("min-part-size").at(-1);
const server = await startS3({
  port: Number(values("port").at(-1) ?? 0),
  buckets: values("bucket"),
  region: values("region").at(-1),
  dialect: dialect(values("dialect").at(-1)),
  accessKeyId: values("access-key-id").at(-1),
  secretAccessKey: values("secret-access-key").at(-1),
  cors: Deno.args.includes("--cors"),
  features: minPartSize === undefined ? {} : { minPartSize: Number(minPartSize) },
});
await serve(server, {
  endpoint: server.endpoint,
  region: server.region,
  credentials: server.credentials,
});
