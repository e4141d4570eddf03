/**
 * The stand-in as a process of its own, so that its memory is not the client's, or to try things against:
 *
 *     deno task fake:gdrive [--port 8085] [--drive ID=NAME]… [--lag ms] [--role organizer] [--cors] [--secrets-dir DIR] [--stdin]
 *
 * Prints one line of JSON with endpoint, an access token for a day, client secrets, service account, refresh token and process id;
 * writes `client_secrets.json` and `service_account.json` too where `--secrets-dir` says; and serves until its standard input ends
 * (with `--stdin`) or it is told to stop.
 */
import { join } from "@std/path";
import type { Role } from "./gdrive/options.ts";
import { startDrive } from "./gdrive.ts";
import { serve, values } from "./http/main.ts";

const DAY = 24 * 3600;
const ROLES: readonly Role[] = ["organizer", "fileOrganizer", "writer", "reader"];

function readRole(name: string | undefined): Role | undefined {
  const role = ROLES.find((role) => role === name);
  if (name !== undefined && !role) throw new Error(`--role must be one of ${ROLES.join(", ")}`);
  return role;
}

function readDrive(text: string): { id: string; name: string } {
  const at = text.indexOf("=");
  return at < 0 ? { id: text, name: text } : { id: text.slice(0, at), name: text.slice(at + 1) };
}

const quota = values("quota").at(-1);
const server = await startDrive({
  port: Number(values("port").at(-1) ?? 0),
  drives: values("drive").map(readDrive),
  lag: Number(values("lag").at(-1) ?? 0),
  role: readRole(values("role").at(-1)),
  quota: quota === undefined ? undefined : Number(quota),
  cors: Deno.args.includes("--cors"),
});
const { endpoint, tokenUrl, authUrl, clientSecrets, serviceAccount, refreshToken } = server;
const directory = values("secrets-dir").at(-1);
if (directory !== undefined) {
  await Deno.mkdir(directory, { recursive: true });
  for (
    const [name, secrets] of Object.entries({
      client_secrets: clientSecrets,
      service_account: serviceAccount,
    })
  ) {
    await Deno.writeTextFile(join(directory, `${name}.json`), JSON.stringify(secrets, null, 2) + "\n", {
      mode: 0o600,
    });
  }
}
await serve(server, {
  endpoint,
  token: server.token({ expiresIn: DAY }),
  tokenUrl,
  authUrl,
  clientSecrets,
  serviceAccount,
  refreshToken,
});
