/** Networks as they are: proxies and private CAs hold for whatever is asked of a store, reads and writes alike. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { GDriveBackend } from "../../../backends/gdrive/mod.ts";
import { S3Backend } from "../../../backends/s3/mod.ts";
import { ConnectionError, InvalidArgumentError, UnsupportedError } from "../../../lib/errors.ts";
import { startDrive } from "../../servers/gdrive.ts";
import { type Between, startProxy, startTls } from "../../servers/http/proxy.ts";
import { startS3 } from "../../servers/s3.ts";
import { asInBrowser, backendOf, type Credentials, type Network, operationsOf } from "./network.ts";

const certificates = new URL("certificates/", import.meta.url);
const path = (name: string) => new URL(name, certificates).pathname;
const CA = Deno.readTextFileSync(path("ca.pem"));
const SERVER = {
  key: Deno.readTextFileSync(path("server.key")),
  cert: Deno.readTextFileSync(path("server.pem")),
};

interface Place {
  readonly store: string;
  readonly credentials: Credentials;
  readonly port: number;
  /** Where it is said to be, where only a proxy reaches it. Drive sends tokens without TLS to this machine only. */
  readonly host: string;
}

/** Runs a test at each store. */
function atEveryStore(name: string, work: (place: Place) => Promise<void>): void {
  Deno.test(`S3: ${name}`, async () => {
    await using s3 = await startS3({ buckets: ["lab"] });
    await work({
      store: "lab",
      credentials: s3.credentials,
      port: Number(new URL(s3.endpoint).port),
      host: "store.invalid",
    });
  });
  Deno.test(`Drive: ${name}`, async () => {
    await using drive = await startDrive();
    const credentials = { token: drive.token() };
    await work({
      store: "drive",
      credentials,
      port: Number(new URL(drive.endpoint).port),
      host: "localhost:4444",
    });
  });
}

async function assertAllDone(
  { store, credentials }: Place,
  endpoint: string,
  options: Network,
): Promise<void> {
  const backend = backendOf(store, endpoint, credentials, options);
  for (const [, work] of operationsOf(backend)) await work();
  if (backend instanceof S3Backend) backend.close();
}

/** The same in a program of its own. */
async function outcomes(
  { store, credentials }: Place,
  endpoint: string,
  env: Record<string, string>,
  flags: readonly string[] = [],
): Promise<string[]> {
  return await run("network_program.ts", [store, endpoint, JSON.stringify(credentials)], env, flags);
}

async function run(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  flags: readonly string[] = [],
): Promise<string[]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--frozen",
      ...flags,
      new URL(program, import.meta.url).pathname,
      ...args,
    ],
    env: { NO_PROXY: "", no_proxy: "", DENO_NO_UPDATE_CHECK: "1", ...env },
    stdin: "null",
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).trim().split("\n");
}

const ALL_DONE = ["put done", "put of 2 MiB done", "list done", "head done", "read done", "delete done"];

async function between(start: Promise<Between>, work: (between: Between) => Promise<void>): Promise<void> {
  const server = await start;
  try {
    await work(server);
  } finally {
    await server.shutdown();
  }
}

atEveryStore("all requests go through the proxy of the environment", async (place) => {
  await between(startProxy(place.port, "user:pa/ss"), async ({ port, seen }) => {
    const proxy = `http://user:pa%2Fss@127.0.0.1:${port}`;
    for (const variable of ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]) {
      assertEquals(await outcomes(place, `http://${place.host}`, { [variable]: proxy }), ALL_DONE, variable);
    }
    assert(seen.length >= 18 && seen.every((line) => line.includes(place.host)), seen.join("\n"));
    // The host is asked directly, for reads and writes alike.
    seen.length = 0;
    const direct = await outcomes(place, `http://127.0.0.1:${place.port}`, {
      HTTP_PROXY: proxy,
      NO_PROXY: "localhost,127.0.0.1",
    });
    assertEquals([direct, seen], [ALL_DONE, []]);
  });
});

atEveryStore("all requests go through the proxy that was given", async (place) => {
  await between(startProxy(place.port, "user:secret"), async ({ port, seen }) => {
    await assertAllDone(place, `http://${place.host}`, { proxy: `http://user:secret@127.0.0.1:${port}` });
    assert(seen.length >= 6 && seen.every((line) => line.includes(place.host)), seen.join("\n"));
    for (const endpoint of [`http://${place.host}`, `https://${place.host}`]) {
      const backend = backendOf(place.store, endpoint, place.credentials, {
        proxy: `127.0.0.1:${port}`,
      });
      for (const [what, work] of operationsOf(backend)) {
        if (what === "delete") continue;
        const { message, committed } = await assertRejects(work, ConnectionError, undefined, what);
        assertMatch(message, /407.*http:\/\/USER:PASSWORD@/);
        assertEquals(committed, what.startsWith("put") ? "no" : undefined);
      }
    }
  });
});

atEveryStore("a private CA is trusted that was given, also behind a proxy", async (place) => {
  await between(startTls(place.port, SERVER), async (tls) => {
    const endpoint = `https://localhost:${tls.port}`;
    for (const ca of [CA, path("ca.pem"), [CA]]) await assertAllDone(place, endpoint, { ca });
    await between(startProxy(tls.port), async ({ port, seen }) => {
      await assertAllDone(place, endpoint, { ca: CA, proxy: `http://127.0.0.1:${port}` });
      assert(
        seen.length > 0 && seen.every((line) => line === `CONNECT localhost:${tls.port}`),
        seen.join("\n"),
      );
    });
    const backend = backendOf(place.store, endpoint, place.credentials, {});
    for (const [what, work] of operationsOf(backend)) {
      if (what === "delete") continue;
      const { message } = await assertRejects(work, ConnectionError, undefined, what);
      assertMatch(message, /signed by nobody that is trusted here.*`ca`.*AWS_CA_BUNDLE.*--cert.*DENO_CERT/);
    }
  });
});

atEveryStore("a private CA is trusted that Deno was told of", async (place) => {
  await between(startTls(place.port, SERVER), async ({ port }) => {
    const endpoint = `https://localhost:${port}`;
    assertEquals(await outcomes(place, endpoint, {}, ["--cert", path("ca.pem")]), ALL_DONE);
    assertEquals(await outcomes(place, endpoint, { DENO_CERT: path("ca.pem") }), ALL_DONE);
    if (place.store === "lab") {
      assertEquals(await outcomes(place, endpoint, { AWS_CA_BUNDLE: path("ca.pem") }), ALL_DONE);
    }
  });
});

Deno.test("a proxy that is none and certificates that are none are refused, without a word of passwords", async () => {
  const make = (options: Network) => [
    () => new S3Backend({ bucket: "b", credentials: "anonymous", ...options, checksums: false }),
    () => new GDriveBackend({ credentials: () => Promise.resolve("t"), ...options, checksums: false }),
  ];
  for (
    const proxy of ["ftp://user:secret@host", "socks5://user:secret@host:1080", "http://user:secret@", ""]
  ) {
    for (const open of make({ proxy })) {
      const { message } = assertThrows(open, InvalidArgumentError, "`proxy`");
      assert(!message.includes("secret"), message);
    }
  }
  for (const ca of [path("nowhere.pem"), path("server.key").replace("server.key", "../network.ts")]) {
    for (const open of make({ ca })) {
      const { committed } = await assertRejects(
        () => open().put("a", new Uint8Array(1)),
        InvalidArgumentError,
        "AWS_CA_BUNDLE",
      );
      assertEquals(committed, "no");
    }
  }
});

Deno.test("roles are asked for their keys through the proxy as well", async () => {
  const answer = (result: string) =>
    `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>${result}</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
  await using sts = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () =>
      new Response(answer(
        "<Credentials><AccessKeyId>AKID</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>",
      )),
  );
  const home = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${home}/token`, "token");
    await Deno.writeTextFile(
      `${home}/config`,
      `[profile lab]\nrole_arn = arn:aws:iam::123456789012:role/lab\nweb_identity_token_file = ${home}/token\nregion = us-east-1\n`,
    );
    await between(startProxy(sts.addr.port), async ({ port, seen }) => {
      const printed = await run("role_program.ts", [], {
        AWS_CONFIG_FILE: `${home}/config`,
        AWS_PROFILE: "lab",
        AWS_ENDPOINT_URL_STS: "http://sts.invalid",
        HTTP_PROXY: `http://127.0.0.1:${port}`,
      });
      assertEquals([printed, seen], [["AKID"], ["POST sts.invalid:80"]]);
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("certificates are of no account without TLS: what reads goes by fetch, which costs half as much", async () => {
  await using s3 = await startS3({ buckets: ["lab"] });
  const backend = backendOf("lab", s3.endpoint, s3.credentials, { ca: CA });
  await backend.put("key", new Uint8Array(9));
  const original = globalThis.fetch;
  let fetched = 0;
  globalThis.fetch = (...args: Parameters<typeof fetch>) => (fetched++, original(...args));
  try {
    const reader = await backend.open("key");
    assertEquals((await reader.read()).length, 9);
  } finally {
    globalThis.fetch = original;
  }
  assertEquals(fetched, 1);
  if (backend instanceof S3Backend) backend.close();
});

Deno.test("a browser can do neither, and says so", () =>
  asInBrowser(() => {
    for (const options of [{ proxy: "http://proxy.example.org:3128" }, { ca: CA }]) {
      assertThrows(
        () => new S3Backend({ bucket: "b", credentials: "anonymous", ...options }),
        UnsupportedError,
        "browser",
      );
      assertThrows(
        () => new GDriveBackend({ credentials: () => Promise.resolve("t"), ...options }),
        UnsupportedError,
        "browser",
      );
    }
  }));
