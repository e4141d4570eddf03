/**
 * The Drive stand-in in a process of its own, which breaks the connection of an upload three times: in the second, the 40th and the 90th piece.
 */
import { startDrive } from "../tests/servers/gdrive.ts";

const drive = await startDrive();
for (const skip of [1, 40, 90]) {
  drive.inject({ kind: "reset", operation: "upload.put", afterRequestBytes: 3_000_000, skip });
}
await Deno.stdout.write(new TextEncoder().encode(
  JSON.stringify({ endpoint: drive.endpoint, token: drive.token({ expiresIn: 24 * 3600 }) }) + "\n",
));
const buffer = new Uint8Array(1024);
while (await Deno.stdin.read(buffer) !== null) { /* wait for its end */ }
const requests = drive.requests.filter(({ operation }) => operation === "upload.put");
const broken = requests.filter(({ faults }) => faults.includes("reset")).length;
await Deno.stderr.write(new TextEncoder().encode(
  `the server saw ${requests.length} pieces, broke ${broken} connections, and has ${drive.sessions.size} uploads open\n`,
));
await drive.shutdown();
