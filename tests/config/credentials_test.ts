/** Where credentials, region and endpoint come from, with real files and a real environment, in a process of their own. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Outcome, Scenario } from "./probe.ts";

const root = new URL("../../", import.meta.url);

/** Runs scenarios with a home directory of these files. */
async function probe(
  files: Readonly<Record<string, string>>,
  scenarios: readonly Scenario[],
  permissions: readonly string[] = ["-A"],
): Promise<Outcome[]> {
  const home = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(`${home}/${name.slice(0, name.lastIndexOf("/") + 1)}`, { recursive: true });
      await Deno.writeTextFile(`${home}/${name}`, text);
    }
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--config",
        new URL("deno.json", root).pathname,
        ...permissions.map((flag) => flag.replace("HOME", home)),
        new URL("tests/config/probe.ts", root).pathname,
        JSON.stringify(scenarios),
      ],
      clearEnv: true,
      env: {
        HOME: home,
        DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
        // The machine that runs the tests may have a role.
        AWS_EC2_METADATA_DISABLED: "true",
        NO_COLOR: "1",
      },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    // Nothing is printed by the SDK or by us.
    assertEquals(new TextDecoder().decode(stderr), "");
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const CREDENTIALS = `[default]
aws_access_key_id = default-key
aws_secret_access_key = default-secret
[lab]
aws_access_key_id = lab-key
aws_secret_access_key = lab-secret
aws_session_token = lab-token
`;
const CONFIG = `[default]
region = eu-west-1
[profile lab]
region = eu-north-1
endpoint_url = https://lab.example.org
[profile ceph]
services = ceph
[services ceph]
s3 =
  endpoint_url = https://ceph.example.org
`;
const OPTIONS = `[login]
access_key = cfg-key
secret_key = cfg-secret
endpoint_url = https://cfg.example.org
[basic]
default_bucket = cfg-bucket
`;

const all = {
  ".aws/credentials": CREDENTIALS,
  ".aws/config": CONFIG,
  ".passwd-s3fs": "passwd-key:passwd-secret\n",
  ".config/cottoncandy/options.cfg": OPTIONS,
};
const aws = { AWS_ACCESS_KEY_ID: "env-key", AWS_SECRET_ACCESS_KEY: "env-secret" };
const python = { AWS_ACCESS_KEY: "python-key", AWS_SECRET_KEY: "python-secret" };
const target = "s3://bucket";

Deno.test("credentials come from the first source that has them, in this order", async () => {
  const first = await probe(all, [
    { target, env: { ...aws, ...python }, options: { accessKeyId: "k", secretAccessKey: "s" } },
    { target, env: { ...aws, ...python, AWS_SESSION_TOKEN: "env-token" } },
    { target, env: python },
    { target, env: { AWS_ACCESS_KEY_ID: "one key alone is none" } },
    { target, env: { AWS_PROFILE: "lab" } },
    { target, env: { ...aws, AWS_PROFILE: "lab" } },
    { target, env: { ...aws, ...python }, options: { profile: "lab" } },
  ]);
  assertEquals(first.map(({ key, error }) => error ?? key), [
    "k",
    "env-key",
    "python-key",
    "default-key",
    "lab-key",
    "env-key",
    "lab-key",
  ]);
  assertEquals([first[1].token, first[4].token, first[4].secret], ["env-token", "lab-token", "lab-secret"]);
  const { ".aws/credentials": _, ...withoutProfiles } = all;
  const { ".passwd-s3fs": __, ...withOptions } = withoutProfiles;
  const [passwd, own] = await probe({ ...withoutProfiles, ".passwd-s3fs": "p:q\nspecial:r:s\n" }, [
    { target },
    { target: "s3://special" },
  ]);
  assertEquals([passwd.key, passwd.secret, own.key, own.secret], ["p", "q", "r", "s"]);
  const [options] = await probe(withOptions, [{ target }]);
  assertEquals([options.key, options.secret], ["cfg-key", "cfg-secret"]);
});

Deno.test("a profile that was named must give credentials, and none at all is an error that says what to do", async () => {
  const [named, byVariable, none] = await probe({ ".aws/config": CONFIG, ".passwd-s3fs": "a:b\n" }, [
    { target, env: aws, options: { profile: "nobody" } },
    { target, env: { AWS_PROFILE: "nobody" } },
    { target },
  ]);
  assertMatch(named.error ?? "", /^InvalidArgument: .*"nobody"/);
  assertMatch(byVariable.error ?? "", /^InvalidArgument: .*"nobody"/);
  assertEquals(none.key, "a");
  const [nothing] = await probe({}, [{ target }]);
  assertMatch(nothing.error ?? "", /^AccessDenied: no credentials were found.*anonymous/);
});

Deno.test("what a profile refers to is left to the SDK: a program, a role that can't be had", async () => {
  const config = `[profile program]
credential_process = /bin/echo '{"Version": 1, "AccessKeyId": "p", "SecretAccessKey": "q", "SessionToken": "t"}'
[profile broken]
credential_process = /bin/false
[profile half]
aws_access_key_id = h
`;
  const of = (profile: string) => ({ target, options: { profile } });
  const [program, broken, half] = await probe({ ".aws/config": config }, [
    of("program"),
    of("broken"),
    of("half"),
  ]);
  assertEquals([program.key, program.secret, program.token], ["p", "q", "t"]);
  assertMatch(broken.error ?? "", /^AccessDenied: the profile "broken" gave no credentials/);
  assertMatch(half.error ?? "", /^InvalidArgument: there is no profile "half" with credentials/);
});

Deno.test("the role of a container comes last", async () => {
  const Expiration = new Date(Date.now() + 3_600_000).toISOString();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => Response.json({ AccessKeyId: "role-key", SecretAccessKey: "r", Token: "role-token", Expiration }),
  );
  try {
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${server.addr.port}/role` };
    const [role] = await probe({}, [{ target, env }]);
    assertEquals([role.key, role.token], ["role-key", "role-token"], role.error);
    const [passwd] = await probe({ ".passwd-s3fs": "p:q\n" }, [{ target, env }]);
    assertEquals(passwd.key, "p");
  } finally {
    await server.shutdown();
  }
});

Deno.test("region and endpoint: the option, the environment, the profile, options.cfg", async () => {
  const credentials = { accessKeyId: "k", secretAccessKey: "s" };
  const outcomes = await probe(all, [
    { target, options: { ...credentials, region: "o", endpoint: "http://o:1" }, env: { AWS_REGION: "e" } },
    { target: "s3://bucket?region=u&endpoint=http://u:1", options: credentials, env: { AWS_REGION: "e" } },
    {
      target,
      options: credentials,
      env: {
        AWS_REGION: "e",
        AWS_DEFAULT_REGION: "d",
        AWS_ENDPOINT_URL: "http://e",
        AWS_ENDPOINT_URL_S3: "http://e3",
      },
    },
    { target, options: credentials, env: { AWS_DEFAULT_REGION: "d", AWS_ENDPOINT_URL: "http://e" } },
    { target, options: { profile: "lab" } },
    { target, options: { ...credentials, profile: "ceph" } },
    { target, options: credentials },
    {
      target,
      options: { ...credentials, profile: "lab" },
      env: { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
    },
  ]);
  assertEquals(outcomes.map(({ region, endpoint, error }) => error ?? [region, endpoint]), [
    ["o", "http://o:1"],
    ["u", "http://u:1"],
    ["e", "http://e3"],
    ["d", "http://e"],
    ["eu-north-1", "https://lab.example.org"],
    ["us-east-1", "https://ceph.example.org"],
    ["eu-west-1", "https://cfg.example.org"],
    ["eu-north-1", "https://cfg.example.org"],
  ]);
});

Deno.test("without a target the default bucket of options.cfg is opened; signature version 2 draws a warning", async () => {
  const cfg = ".config/cottoncandy/options.cfg";
  const [opened] = await probe({ [cfg]: `${OPTIONS}signature_version = s3\n` }, [{}]);
  assertEquals([opened.bucket, opened.key, opened.endpoint], [
    "cfg-bucket",
    "cfg-key",
    "https://cfg.example.org",
  ]);
  assertStringIncludes(opened.warnings?.join() ?? "", "configuration: ");
  const [none, local] = await probe({ [cfg]: "[basic]\ndefault_bucket =\n" }, [{}, {
    options: { backend: "local" },
  }]);
  assertMatch(none.error ?? "", /^InvalidArgument: .*default_bucket/);
  assertMatch(local.error ?? "", /^InvalidArgument: .*local/);
  const [broken] = await probe({ [cfg]: "default_bucket = b\n" }, [{ target }]);
  assertMatch(broken.error ?? "", /^InvalidArgument: .*options\.cfg, line 1/);
});

Deno.test("what Deno was not allowed to read counts as absent, and nothing crashes", async () => {
  const keys = { target, options: { accessKeyId: "k", secretAccessKey: "s" } };
  const [given, looked] = await probe(all, [keys, { target }], ["--ignore-env"]);
  assertEquals([given.key, given.region, given.endpoint], ["k", "us-east-1", undefined]);
  assertMatch(looked.error ?? "", /^AccessDenied: no credentials were found.*Deno was not allowed/);
  const [environment, named] = await probe(
    all,
    [{ target, env: aws }, { target, env: { AWS_PROFILE: "lab" } }],
    ["--allow-env"],
  );
  assertEquals([environment.key, environment.region], ["env-key", "us-east-1"]);
  assertMatch(named.error ?? "", /^InvalidArgument: .*"lab".*--allow-read/);
  const [profile] = await probe(all, [{ target }], ["--allow-env", "--allow-read=HOME/.aws"]);
  assertEquals([profile.key, profile.region, profile.endpoint], ["default-key", "eu-west-1", undefined]);
  const [denied] = await probe(all, [keys], []);
  assertMatch(denied.error ?? "", /^AccessDenied: .*--allow-env/);
});
