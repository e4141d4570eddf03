import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";

Deno.test("the stand-in as a process of its own", async () => {
  const secrets = await Deno.makeTempDir();
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      new URL("gdrive_main.ts", import.meta.url).pathname,
      "--drive",
      "0Aone=Drive one",
      `--secrets-dir=${secrets}`,
      "--stdin",
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = process.stdout.getReader();
  const { endpoint, token, tokenUrl, clientSecrets, serviceAccount, refreshToken, pid } = JSON.parse(
    new TextDecoder().decode((await output.read()).value),
  );
  assertEquals(pid, process.pid);
  assertNotEquals(pid, Deno.pid);
  const list = async (token: string) =>
    await (await fetch(`${endpoint}/drive/v3/drives`, { headers: { authorization: `Bearer ${token}` } }))
      .json();
  assertEquals((await list(token)).drives[0].name, "Drive one");
  const read = async (name: string) => JSON.parse(await Deno.readTextFile(join(secrets, name)));
  assertEquals(await read("client_secrets.json"), clientSecrets);
  assertEquals(await read("service_account.json"), serviceAccount);
  const { client_id, client_secret } = clientSecrets.installed;
  const refreshed = await fetch(tokenUrl, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: refreshToken,
      client_id,
      client_secret,
    }),
  });
  assertEquals((await list((await refreshed.json()).access_token)).drives.length, 1);
  // It serves until its standard input ends.
  await process.stdin.close();
  assertEquals((await process.status).code, 0);
  await output.cancel();
  await assertRejects(() => fetch(endpoint));
  await Deno.remove(secrets, { recursive: true });
});

Deno.test("it is told how it is called where an argument makes no sense", async () => {
  const script = new URL("gdrive_main.ts", import.meta.url).pathname;
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", script, ...args],
      stdin: "null",
    }).output();
    return [code, ...[stdout, stderr].map((bytes) => new TextDecoder().decode(bytes))] as const;
  };
  const [code, usage] = await run("--help");
  assertEquals(code, 0);
  for (
    const [args, message] of [
      [["--port", "abc"], '--port must be a number, not "abc"'],
      [["--port"], "--port needs a value"],
      [["--cors=yes"], "--cors takes no value"],
      [["--colour"], '"--colour" is no argument of this program'],
      [["--role", "king"], "--role must be one of organizer, fileOrganizer, writer, reader"],
    ] as const
  ) {
    assertEquals(await run(...args), [2, "", `${message}\n\n${usage}`]);
  }
});
