/**
 * `deno task test:interop`: makes the Python environments, starts the servers that are installed, runs the tests beside this file, and
 * stops the servers that it started. Arguments are passed on to `deno test`: options, and files to run alone.
 *
 * Ceph's gateway, Swift and nginx are used when they are installed, and must be there when `REQUIRE_SERVERS=moto,radosgw,swift,nginx` says so.
 *
 * @module
 */
const root = new URL("../../", import.meta.url);

let child: Deno.ChildProcess | undefined;

/** Files of tests at once, unless the environment says: most of the time they wait for Python, or for a server. */
const JOBS = Deno.env.get("DENO_JOBS") ?? `${2 * navigator.hardwareConcurrency}`;

async function run(command: string, ...args: string[]): Promise<boolean> {
  child = new Deno.Command(command, { args, cwd: root, stdin: "null", env: { DENO_JOBS: JOBS } }).spawn();
  return (await child.status).success;
}

const scripts = {
  moto: "tests/servers/moto.sh",
  radosgw: "tests/servers/ceph.sh",
  swift: "tests/servers/swift.sh",
};
const started: string[] = [];

async function start(script: string): Promise<boolean> {
  if (await run("bash", script, "status")) return true; // somebody's who may go on using it
  if (!await run("bash", script, "start")) return false;
  started.push(script);
  return true;
}

async function main(): Promise<boolean> {
  if (!await run("bash", "tests/interop/setup.sh")) return false;
  if (!await start(scripts.moto)) return false;
  for (const script of [scripts.radosgw, scripts.swift]) {
    if (await run("bash", script, "installed") && !await start(script)) return false;
  }
  // In parallel: most of the time one side waits for the other, or for a server.
  const all = Deno.args.some((argument) => argument.endsWith("_test.ts")) ? [] : ["tests/interop"];
  return await run(Deno.execPath(), "test", "--parallel", "--frozen", "-A", ...Deno.args, ...all);
}

// What has been started here must be stopped, come what may. An interrupt from the keyboard reaches the tests by itself.
Deno.addSignalListener("SIGINT", () => {});
Deno.addSignalListener("SIGTERM", () => child?.kill("SIGTERM"));
let passed = false;
try {
  passed = await main();
} finally {
  for (const script of started) await run("bash", script, "stop");
}
Deno.exit(passed ? 0 : 1);
