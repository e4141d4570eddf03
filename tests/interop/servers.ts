/**
 * The S3 servers that tests may use, and which of them answer.
 *
 * @module
 */

/** An S3 server on this machine. */
export interface Server {
  /** What it is. */
  readonly name: ServerName;
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The names of the servers that there are scripts for, in tests/servers. */
export type ServerName = "moto" | "radosgw" | "swift";

/** Where the scripts start them. */
export const servers: Readonly<Record<ServerName, Server>> = {
  moto: {
    name: "moto",
    endpoint: `http://127.0.0.1:${Deno.env.get("MOTO_PORT") ?? "4570"}`,
    accessKeyId: "interop",
    secretAccessKey: "interop-secret",
  },
  radosgw: {
    name: "radosgw",
    endpoint: `http://127.0.0.1:${Deno.env.get("CEPH_PORT") ?? "4571"}`,
    accessKeyId: "S3RVER",
    secretAccessKey: "S3RVER",
  },
  swift: {
    name: "swift",
    endpoint: `http://127.0.0.1:${Deno.env.get("SWIFT_PORT") ?? "4572"}`,
    accessKeyId: "test:tester",
    secretAccessKey: "testing",
  },
};

/** The server of a name, which must answer. */
export async function server(name: ServerName): Promise<Server> {
  const found = servers[name];
  if (!await answers(found)) {
    throw new Error(
      `${name} does not answer: these tests are run by "deno task test:interop", which starts it`,
    );
  }
  return found;
}

/**
 * The servers that answer. `REQUIRE_SERVERS` (names, separated by commas) lists those that must: so that a run which is meant to have them
 * can't pass without.
 */
export async function runningServers(): Promise<Server[]> {
  const required = (Deno.env.get("REQUIRE_SERVERS") ?? "").split(",").filter((name) => name !== "");
  const running: Server[] = [];
  for (const server of Object.values(servers)) {
    if (await answers(server)) running.push(server);
    else if (required.includes(server.name)) {
      throw new Error(`${server.name} is required and does not answer`);
    }
  }
  return running;
}

async function answers({ endpoint }: Server): Promise<boolean> {
  try {
    const response = await fetch(endpoint, { signal: AbortSignal.timeout(5000) });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
