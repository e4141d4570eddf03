/**
 * Servers that are installed, and started by the scripts of `tests/servers`; one that answers already is somebody's, and stays.
 *
 * @module
 */
import { type ServerName, servers } from "../interop/servers.ts";
import type { Program } from "./server.ts";

const root = new URL("../../", import.meta.url);

async function run(command: string, ...args: string[]): Promise<{ success: boolean; text: string }> {
  const { success, stdout } = await new Deno.Command(command, {
    args,
    cwd: root,
    stdin: "null",
    stderr: "inherit",
  }).output();
  return { success, text: new TextDecoder().decode(stdout).trim() };
}

/** What is installed, and how. */
interface Installed {
  readonly script: string;
  /** Succeeds where it is installed. */
  readonly installed: readonly [string, ...string[]];
  readonly needs: string;
  /** Prints its version. */
  readonly version: readonly [string, ...string[]];
}

function scripted(name: ServerName, { script, installed, needs, version }: Installed): Program {
  const control = async (word: string) => (await run("bash", `tests/servers/${script}`, word)).success;
  return {
    prepare: () => Promise.resolve(),
    missing: async () => (await run(...installed)).success ? undefined : `needs ${needs}`,
    version: async () => (await run(...version)).text,
    start: async () => {
      const shared = await control("status");
      if (!shared && !await control("start")) throw new Error(`${name} does not start: see above`);
      return {
        ...servers[name],
        async [Symbol.asyncDispose]() {
          if (!shared) await control("stop");
        },
      };
    },
  };
}

const ofDebian = (name: string) => ["dpkg-query", "-W", "-f", "${source:Upstream-Version}", name] as const;
const python = ".tmp/venv-numcodecs-0.11/bin/python";

export const moto = scripted("moto", {
  script: "moto.sh",
  installed: ["test", "-x", python],
  needs: "tests/interop/setup.sh",
  version: [python, "-c", "from importlib.metadata import version; print(version('moto'))"],
});

export const ceph = scripted("radosgw", {
  script: "ceph.sh",
  installed: ["bash", "tests/servers/ceph.sh", "installed"],
  needs: "Debian's radosgw, ceph-mon and ceph-osd",
  version: ofDebian("radosgw"),
});

export const swift = scripted("swift", {
  script: "swift.sh",
  installed: ["bash", "tests/servers/swift.sh", "installed"],
  needs: "Debian's swift-proxy, swift-account, swift-container, swift-object and memcached",
  version: ofDebian("swift-proxy"),
});
