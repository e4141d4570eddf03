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

function values(name: string): string[] {
  return Deno.args.flatMap((arg, i) =>
    arg === `--${name}`
      ? [Deno.args[i + 1] ?? ""]
      : arg.startsWith(`--${name}=`)
      ? [arg.slice(name.length + 3)]
      : []
  );
}

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
await Deno.stdout.write(new TextEncoder().encode(
  JSON.stringify({
    endpoint: server.endpoint,
    region: server.region,
    credentials: server.credentials,
    pid: Deno.pid,
  }) + "\n",
));
const stop = async () => {
  await server.shutdown();
  Deno.exit(0);
};
Deno.addSignalListener("SIGINT", () => void stop());
Deno.addSignalListener("SIGTERM", () => void stop());
if (Deno.args.includes("--stdin")) {
  const buffer = new Uint8Array(1024);
  while (await Deno.stdin.read(buffer) !== null) { /* wait for its end */ }
  await stop();
}
