/**
 * The stand-in as a process of its own, so that its memory is not the client's, or to try things against: `deno task fake:gdrive --help`.
 */
import { join } from "@std/path";
import type { Role } from "./gdrive/options.ts";
import { startDrive } from "./gdrive.ts";
import { main, numberOf, serve, UsageError, values } from "./http/main.ts";

const USAGE = `A stand-in for Google Drive, to try things against:

    deno task fake:gdrive [--port 8085] [--drive ID=NAME] [--role organizer] [--lag MS] [--quota BYTES] [--secrets-dir DIR] [--cors] [--stdin]

    --port         default: any that is free
    --drive        a shared drive beside My Drive; may be given several times
    --role         what the user may do in shared drives: organizer (the default, a manager), fileOrganizer (a content manager), writer, reader
    --lag          milliseconds that listings are behind
    --quota        bytes that the user's drive has room for
    --secrets-dir  writes client_secrets.json and service_account.json there
    --cors         lets pages of other origins in
    --stdin        ends when its standard input does

Prints one line of JSON with endpoint, an access token for a day, client secrets, service account, refresh token and process id, and serves
until it is told to stop. Everything that it holds is gone then.`;

const DAY = 24 * 3600;
const ROLES: readonly Role[] = ["organizer", "fileOrganizer", "writer", "reader"];

function readRole(name: string | undefined): Role | undefined {
  const role = ROLES.find((role) => role === name);
  if (name !== undefined && !role) throw new UsageError(`--role must be one of ${ROLES.join(", ")}`);
  return role;
}

function readDrive(text: string): { id: string; name: string } {
  const at = text.indexOf("=");
  return at < 0 ? { id: text, name: text } : { id: text.slice(0, at), name: text.slice(at + 1) };
}

await main(USAGE, async () => {
  const server = await startDrive({
    port: numberOf("port") ?? 0,
    drives: values("drive").map(readDrive),
    lag: numberOf("lag") ?? 0,
    role: readRole(values("role").at(-1)),
    quota: numberOf("quota"),
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
});
