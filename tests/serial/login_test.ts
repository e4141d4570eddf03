/** The login program as a process of its own; the test stands in for the browser. By itself, since ports that are found free must stay so. */
import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  parseClientSecrets,
  parseDriveCredentials,
  tokenSourceOf,
} from "../../backends/gdrive/auth/credentials.ts";
import { loginByBrowser } from "../../backends/gdrive/auth/login.ts";
import { HttpHandler } from "../../backends/transport/handler.ts";
import { AccessDeniedError } from "../../lib/errors.ts";
import { granted, SHORT, tokenServer } from "../backends/gdrive/auth_server.ts";
import { startDrive } from "../servers/gdrive.ts";

const root = new URL("../../", import.meta.url);

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program in a home directory, and lets `visit` go to the address that it prints. */
async function run(
  home: string,
  args: readonly string[],
  visit: (url: string) => Promise<unknown> = () => Promise.resolve(),
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  await using process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--frozen",
      "--config",
      new URL("deno.json", root).pathname,
      new URL("backends/gdrive/auth/login_main.ts", root).pathname,
      ...args,
    ],
    clearEnv: true,
    cwd: home,
    env: {
      HOME: home,
      DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
      NO_COLOR: "1",
      ...env,
    },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(process.stderr).text();
  let stdout = "";
  let visited: Promise<unknown> | undefined;
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    stdout += text;
    const url = /^https?:\/\/\S+$/m.exec(stdout)?.[0];
    if (url !== undefined && stdout.includes(`${url}\n`)) visited ??= visit(url);
  }
  await visited;
  const { code } = await process.status;
  return { code, stdout, stderr: await stderr };
}

/** Where the answer to a question is to be sent. */
function answerTo(url: string, answer: Record<string, string>): URL {
  const { searchParams } = new URL(url);
  const back = new URL(searchParams.get("redirect_uri") ?? "");
  back.searchParams.set("state", searchParams.get("state") ?? "");
  for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value);
  return back;
}

/** What the browser shows. */
async function page(url: string | URL): Promise<[number, string]> {
  const response = await fetch(url);
  return [response.status, await response.text()];
}

async function inHome(work: (home: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await work(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function modeOf(path: string): Promise<string> {
  return ((await Deno.stat(path)).mode! & 0o777).toString(8);
}

/** Every file below a directory but those that a test has put there. */
async function filesBelow(path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory) found.push(...await filesBelow(inner));
    else if (!/secrets?\.json$/.test(entry.name)) found.push(inner);
  }
  return found;
}

function assertOneLine({ code, stderr }: Run, says: string): void {
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /^gdrive:login: [^\n]+\n$/);
  assertStringIncludes(stderr, says);
}

Deno.test("a person logs in, and what is written opens Drive", () =>
  inHome(async (home) => {
    await using drive = await startDrive();
    const directory = `${home}/.config/cottoncandy`;
    await Deno.writeTextFile(`${home}/my_secrets.json`, JSON.stringify(drive.clientSecrets));
    let shown: [number, string] | undefined;
    let idle: Deno.TcpConn | undefined;
    const { code, stdout, stderr } = await run(home, ["--secrets", "my_secrets.json"], async (url) => {
      // As browsers open one in advance, and keep it.
      idle = await Deno.connect({ hostname: "127.0.0.1", port: Number(answerTo(url, {}).port) });
      shown = await page(url);
    });
    idle?.close();
    assertEquals([code, stderr], [0, ""], stdout);
    assertEquals(shown, [200, "The answer has arrived. You can close this window.\n"]);
    const path = `${directory}/gdrive_token.json`;
    assertStringIncludes(stdout, `The login is in ${path}`);
    assertStringIncludes(stdout, 'getInterface("gdrive://folder")');
    assertEquals([await modeOf(path), await modeOf(directory)], ["600", "700"]);
    assertEquals(await filesBelow(home), [path]);

    const written = JSON.parse(await Deno.readTextFile(path));
    const { installed } = drive.clientSecrets;
    const { refresh_token, ...rest } = written;
    assertEquals(rest, {
      type: "authorized_user",
      client_id: installed.client_id,
      client_secret: installed.client_secret,
      token_uri: drive.tokenUrl,
      scopes: ["https://www.googleapis.com/auth/drive"],
    });
    assertFalse(stdout.includes(refresh_token) || stdout.includes(installed.client_secret));
    const http = new HttpHandler({ connect: 2_000, idle: 5_000 });
    const token = await tokenSourceOf(parseDriveCredentials(written), http, SHORT).get();
    http.destroy();
    assertFalse(stdout.includes(token));
    const response = await fetch(`${drive.endpoint}/drive/v3/about?fields=user`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assertEquals((await response.json()).user.emailAddress, "user@example.com");
  }));

Deno.test("a second login replaces the first, whatever its modes; options.cfg names the secrets", () =>
  inHome(async (home) => {
    await using drive = await startDrive();
    const directory = `${home}/.config/cottoncandy`;
    await Deno.mkdir(directory, { recursive: true, mode: 0o755 });
    await Deno.writeTextFile(`${directory}/options.cfg`, "[gdrive]\nsecrets = lab_secrets.json\n");
    await Deno.writeTextFile(`${directory}/lab_secrets.json`, JSON.stringify(drive.clientSecrets));
    await Deno.mkdir(`${home}/elsewhere`);
    await Deno.writeTextFile(`${home}/elsewhere/token`, "old", { mode: 0o666 });
    await Deno.chmod(`${home}/elsewhere/token`, 0o666);
    // Its owner keeps it elsewhere.
    await Deno.symlink(`${home}/elsewhere/token`, `${home}/token.json`);
    const scope = "https://www.googleapis.com/auth/drive.file";
    const { code, stdout, stderr } = await run(
      home,
      ["--token=token.json", "--scope", "drive.file", "--scope", "openid"],
      page,
    );
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, 'getInterface("gdrive://folder", { credentials: "token.json" })');
    assertEquals((await Deno.lstat(`${home}/token.json`)).isSymlink, true);
    assertEquals([await modeOf(`${home}/elsewhere/token`), await modeOf(`${home}/elsewhere`)], [
      "600",
      "755",
    ]);
    assertEquals(JSON.parse(await Deno.readTextFile(`${home}/token.json`)).scopes, [scope, "openid"]);
    assertEquals((await filesBelow(`${home}/elsewhere`)).length, 1);
  }));

Deno.test("without consent nothing is written", () =>
  inHome(async (home) => {
    await using drive = await startDrive({ declines: true });
    await Deno.writeTextFile(`${home}/secrets.json`, JSON.stringify(drive.clientSecrets));
    const args = ["--secrets", "secrets.json"];
    const shown: [number, string][] = [];
    const declined = await run(home, args, async (url) => shown.push(await page(url)));
    assertOneLine(declined, "consent was denied");
    const failed = await run(home, args, (url) => page(answerTo(url, { error: "invalid_scope" })));
    assertOneLine(failed, "the question for consent failed (invalid_scope)");
    const bad = await run(home, args, (url) => page(answerTo(url, { code: "4/0made-up" })));
    assertOneLine(bad, "the code of the consent was not accepted");
    assertFalse(`${bad.stdout}${bad.stderr}`.includes("4/0"));
    assertEquals(shown, [[400, "Nothing was allowed. You can close this window; the terminal says more.\n"]]);
    assertEquals(await filesBelow(home), []);
  }));

Deno.test("the answer to another login does no harm, and does not end this one", () =>
  inHome(async (home) => {
    await using drive = await startDrive();
    await Deno.writeTextFile(`${home}/secrets.json`, JSON.stringify(drive.clientSecrets));
    const args = ["--secrets", "secrets.json"];
    let shown: [number, string] | undefined;
    const variables = { GOOGLE_APPLICATION_CREDENTIALS: "/elsewhere.json" };
    const { code, stdout, stderr } = await run(home, args, async (url) => {
      const others: Record<string, string>[] = [{ code: "4/0stolen" }, { error: "access_denied" }];
      for (const strange of others) {
        shown = await page(answerTo(url, { ...strange, state: "x" }));
        assertEquals([shown[0], shown[1].includes("belongs to another login")], [400, true]);
      }
      await page(url);
    }, variables);
    assertEquals([code, stderr], [0, ""]);
    assertFalse(stdout.includes("4/0"));
    assertStringIncludes(stdout, "or unset GOOGLE_APPLICATION_CREDENTIALS, which counts before it");
  }));

Deno.test("a consent that is not enough is refused", () =>
  inHome(async (home) => {
    const drive = "https://www.googleapis.com/auth/drive";
    const answers = [
      granted("ya29.t", { scope: drive }),
      granted("ya29.t", { refresh_token: "1//r", scope: "openid" }),
    ];
    await using server = tokenServer((_call, index) => answers[index]);
    const client = {
      client_id: "id",
      client_secret: "GOCSPX-s",
      auth_uri: server.uri,
      token_uri: server.uri,
    };
    await Deno.writeTextFile(`${home}/secrets.json`, JSON.stringify({ installed: client }));
    const visit = async (url: string) => {
      // What else a browser asks for, and others on this machine, do no harm.
      assertEquals((await page(new URL("/favicon.ico", answerTo(url, {}))))[0], 404);
      assertEquals((await page(answerTo(url, {})))[0], 404);
      await page(answerTo(url, { code: "4/0code" }));
    };
    const args = ["--secrets=secrets.json", "--token=token.json"];
    assertOneLine(await run(home, args, visit), "the answer holds no refresh token");
    assertOneLine(await run(home, args, visit), `consent was not given to ${drive}: log in again`);
    const { code_verifier, ...form } = Object.fromEntries(server.calls[0].form);
    assertMatch(code_verifier, /^[\w-]{43}$/);
    assertMatch(form.redirect_uri, /^http:\/\/127\.0\.0\.1:\d+$/);
    assertEquals({ ...form, redirect_uri: "" }, {
      grant_type: "authorization_code",
      client_id: "id",
      client_secret: "GOCSPX-s",
      code: "4/0code",
      redirect_uri: "",
    });
    assertEquals(await filesBelow(home), []);
  }));

Deno.test("a web client is answered where it says", () =>
  inHome(async (home) => {
    await using server = tokenServer(() => granted("ya29.t", { refresh_token: "1//r" }));
    const free = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const { port } = free.addr;
    free.close();
    const redirect = `http://localhost:${port}/back/`;
    const client = { client_id: "id", client_secret: "s", auth_uri: server.uri, token_uri: server.uri };
    const write = (uris: string[]) =>
      Deno.writeTextFile(`${home}/secrets.json`, JSON.stringify({ web: { ...client, redirect_uris: uris } }));
    const args = ["--secrets=secrets.json", "--token=made/for/it/token.json"];
    await write(["https://lab.example.org/back"]);
    assertOneLine(await run(home, args), "lists no redirect to this machine");
    assertEquals(await filesBelow(home), []);
    await write(["https://lab.example.org/back", redirect]);
    const { code, stderr } = await run(home, args, (url) => page(answerTo(url, { code: "c" })));
    assertEquals([code, stderr], [0, ""]);
    assertEquals(server.calls[0].form.get("redirect_uri"), redirect);
    assertEquals([await modeOf(`${home}/made`), await modeOf(`${home}/made/for/it/token.json`)], [
      "700",
      "600",
    ]);
  }));

Deno.test("the browser is opened where there is one, and not where it shall not be", () =>
  inHome(async (home) => {
    await using drive = await startDrive();
    await Deno.writeTextFile(`${home}/secrets.json`, JSON.stringify(drive.clientSecrets));
    const opened = `${home}/opened`;
    // It stays open for longer than the program runs.
    const browser =
      `#!/bin/sh\nprintf %s "$1" > ${opened}\nwhile [ -e ${opened} ]; do /bin/sleep 0.1; done\n: > ${home}/closed\n`;
    await Deno.writeTextFile(`${home}/xdg-open`, browser, { mode: 0o755 });
    const args = ["--secrets=secrets.json", "--token=token.json"];
    const screen = { PATH: home, DISPLAY: ":0" };
    let printed = "";
    // The page is the browser's to visit.
    const visit = async (url: string) => {
      printed = url;
      let text = "";
      while (text === "") {
        await new Promise((resolve) => setTimeout(resolve, 20));
        text = await Deno.readTextFile(opened).catch(() => "");
      }
      await page(text);
    };
    assertEquals((await run(home, args, visit, screen)).code, 0);
    assertEquals(await Deno.readTextFile(opened), printed);
    await assertRejects(() => Deno.stat(`${home}/closed`), Deno.errors.NotFound);
    await Deno.remove(opened);
    assertEquals((await run(home, [...args, "--no-browser"], page, screen)).code, 0);
    assertEquals((await run(home, args, page, { PATH: home })).code, 0);
    await assertRejects(() => Deno.stat(opened), Deno.errors.NotFound);
    // There is none, whatever the variable says.
    await Deno.remove(`${home}/xdg-open`);
    assertEquals((await run(home, args, page, screen)).code, 0);
  }));

Deno.test("who does not answer in time is told so, and the port is free again", async () => {
  const http = new HttpHandler({ connect: 500, idle: 500 });
  const client = parseClientSecrets({ installed: { client_id: "id", client_secret: "s" } });
  let url = "";
  await assertRejects(
    () =>
      loginByBrowser(
        { client, scopes: ["https://a"], patience: 30, show: (shown) => url = shown },
        { http, policy: SHORT, now: Date.now },
      ),
    AccessDeniedError,
    "nobody consented within",
  );
  await assertRejects(() => fetch(answerTo(url, { code: "late" })), TypeError);
  http.destroy();
});

Deno.test("what can't work is said in a line, before anybody is asked", () =>
  inHome(async (home) => {
    const secrets = { installed: { client_id: "id", client_secret: "GOCSPX-s" } };
    await Deno.writeTextFile(`${home}/secrets.json`, JSON.stringify(secrets));
    await Deno.writeTextFile(`${home}/torn_secrets.json`, '{"installed": {"client_secret": "GOCSPX-s');
    await Deno.writeTextFile(`${home}/other_secrets.json`, '{"type": "service_account"}');
    await Deno.mkdir(`${home}/directory`);
    await Deno.symlink(`${home}/loop`, `${home}/loop`);
    using taken = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const cases: [args: string[], says: string][] = [
      [[], `there is no file ${home}/.config/cottoncandy/client_secrets.json: make an OAuth client`],
      [["--secrets", "nowhere.json"], "there is no file nowhere.json, which --secrets names: make"],
      [
        ["--secrets", "secrets.json", "--token", "secrets.json/x"],
        "can't be written to secrets.json/x (ENOTDIR)",
      ],
      [["--secrets", "secrets.json", "--token", "/proc/no/x"], "can't be written to /proc/no/x (ENOENT)"],
      [["--secrets", "secrets.json", "--token", "loop"], "can't be written to loop (ELOOP)"],
      [["--secrets", "torn_secrets.json"], "torn_secrets.json is no JSON"],
      [["--secrets", "other_secrets.json"], "other_secrets.json: the client's secrets file has neither"],
      [["--secrets", "secrets.json", "--port", `${taken.addr.port}`], `port ${taken.addr.port} is in use`],
      [["--secrets", "secrets.json", "--token", "directory"], "directory is no file"],
      [["--port", "http"], "--port needs a number"],
      [["--token"], "--token needs a value"],
      [["--secret", "x"], "--secret is no argument"],
    ];
    for (const [args, says] of cases) {
      const outcome = await run(home, args);
      assertOneLine(outcome, says);
      assertEquals(outcome.stdout, "");
      assertFalse(outcome.stderr.includes("GOCSPX"));
    }
    await Deno.remove(`${home}/loop`);
    assertEquals(await filesBelow(home), []);
    const help = await run(home, ["--help"]);
    assertEquals([help.code, help.stderr], [0, ""]);
    assert(help.stdout.includes("--no-browser"));
  }));
