import { assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import {
  driveCredentials,
  type DriveCredentialsOptions,
} from "../../backends/gdrive/auth/credential_files.ts";
import type { DriveCredentials } from "../../backends/gdrive/mod.ts";
import { OptionsFile } from "../../lib/config/mod.ts";
import { AccessDeniedError, InvalidArgumentError, NotFoundError } from "../../lib/errors.ts";
import { madeUp } from "./environment.ts";

const directory = "/home/ada/.config/cottoncandy";

/** Credentials that are told apart by their refresh token. */
const person = (refresh_token: string) => ({
  type: "authorized_user",
  client_id: "id",
  client_secret: "GOCSPX-secret",
  refresh_token,
});
const python = (refresh_token: string) => ({ refresh_token, _class: "OAuth2Credentials" });
const robot = { type: "service_account", client_email: "robot@lab", private_key: "PEM" };
const secrets = { installed: { client_id: "other-id", client_secret: "GOCSPX-other" } };

interface Scene {
  readonly options?: DriveCredentialsOptions;
  /** Text, or what is to be JSON; names without a slash are in the configuration's directory. */
  readonly files?: Readonly<Record<string, unknown>>;
  readonly variables?: Record<string, string>;
  readonly cfg?: string;
  readonly system?: string;
}

/** As the file system keeps one from a user. */
const forbidden = new AccessDeniedError("there, and can't be read");

function look({ options = {}, files = {}, variables, cfg, system }: Scene): Promise<DriveCredentials> {
  const texts = Object.entries(files).map(([name, content]) => [
    name.includes("/") ? name : `${directory}/${name}`,
    typeof content === "string" || content instanceof Error ? content : JSON.stringify(content),
  ]);
  return driveCredentials(
    options,
    madeUp({ system, variables, files: Object.fromEntries(texts) }),
    cfg === undefined ? undefined : new OptionsFile(cfg, `${directory}/options.cfg`),
  );
}

/** The refresh token that was found. */
async function found(scene: Scene): Promise<string> {
  const credentials = await look(scene);
  if (typeof credentials === "function") return "a function";
  return credentials.type === "authorized_user" ? credentials.refresh_token : credentials.client_email;
}

Deno.test("credentials come from the first source that has them, in this order", async () => {
  const files = {
    "/given.json": person("given"),
    "/adc.json": person("adc"),
    "gdrive_token.json": person("own"),
    "credentials.txt": person("python"),
  };
  const variables = { GOOGLE_APPLICATION_CREDENTIALS: "/adc.json" };
  const given = { credentials: "/given.json" };
  assertEquals(await found({ options: { credentials: person("object") }, files, variables }), "object");
  assertEquals(await found({ options: given, files, variables }), "given");
  assertEquals(await found({ files, variables }), "adc");
  assertEquals(await found({ files }), "own");
  const { "gdrive_token.json": _, ...older } = files;
  assertEquals(await found({ files: older }), "python");
  assertEquals(await found({ files: older, cfg: "[gdrive]\ncredentials = credentials.txt\n" }), "python");
});

Deno.test("options.cfg names Python's files, beside it or elsewhere", async () => {
  const cfg = "[gdrive]\ncredentials = mine.txt\nsecrets = /etc/lab/secrets.json\n";
  const files = {
    "mine.txt": python("mine"),
    "credentials.txt": person("python"),
    "/etc/lab/secrets.json": secrets,
  };
  const key = await look({ cfg, files });
  assertEquals<unknown>(key, {
    type: "authorized_user",
    client_id: "other-id",
    client_secret: "GOCSPX-other",
    refresh_token: "mine",
    token_uri: "https://oauth2.googleapis.com/token",
  });
});

Deno.test("the client's secrets are looked at where the credentials need them", async () => {
  const files = {
    "credentials.txt": python("python"),
    "client_secrets.json": secrets,
    "/mine.json": secrets,
  };
  const clientOf = async (scene: Scene) => {
    const key = await look(scene);
    return typeof key === "function" || key.type !== "authorized_user" ? undefined : key.client_id;
  };
  assertEquals(await clientOf({ files }), "other-id");
  const { "client_secrets.json": _, ...without } = files;
  assertEquals(await clientOf({ files: without, options: { secrets: "/mine.json" } }), "other-id");
  assertEquals(await clientOf({ files: without, options: { secrets } }), "other-id");
  const error = await assertRejects(() => look({ files: without }), InvalidArgumentError);
  assertEquals(
    error.message,
    `${directory}/credentials.txt: the credentials' JSON has no \`client_id\`: give the client's secrets (client_secrets.json) as well`,
  );
  // Python writes null for what it doesn't know.
  const nameless = { ...python("python"), client_id: null, client_secret: null };
  assertEquals(await clientOf({ files: { ...files, "credentials.txt": nameless } }), "other-id");
  // Secrets that nobody needs may be broken.
  const variables = { GOOGLE_APPLICATION_CREDENTIALS: "/robot.json" };
  const robots = { "/robot.json": { ...robot, client_id: "1" }, "client_secrets.json": "{" };
  assertEquals(await found({ files: robots, variables }), "robot@lab");
  for (const credentials of [[], {}, { accessKeyId: "a" }, new URL("file:///robot.json")]) {
    const wrong = await assertRejects(() => look({ options: { credentials }, files }), InvalidArgumentError);
    assertFalse(wrong.message.includes("client_secrets.json"), wrong.message);
  }
  const broken = { "credentials.txt": person("python"), "client_secrets.json": "{" };
  assertEquals(await clientOf({ files: broken }), "id");
  await assertRejects(
    () => look({ files: { ...broken, "credentials.txt": python("python") } }),
    InvalidArgumentError,
    `${directory}/client_secrets.json is no JSON`,
  );
  await assertRejects(
    () => look({ files: { ...files, "client_secrets.json": {} } }),
    InvalidArgumentError,
    `${directory}/credentials.txt (with ${directory}/client_secrets.json): the client's secrets file has neither`,
  );
});

Deno.test("secrets of another client than a login's are refused: they would change nothing", async () => {
  const login = { credentials: person("own") };
  const mine = { installed: { client_id: "id", client_secret: "GOCSPX-secret" } };
  assertEquals(await found({ options: { ...login, secrets: mine } }), "own");
  assertEquals(await found({ options: { credentials: robot, secrets } }), "robot@lab");
  await assertRejects(
    () => look({ options: { ...login, secrets: "/other.json" }, files: { "/other.json": secrets } }),
    InvalidArgumentError,
    "`credentials` (with /other.json): these credentials are a login of another OAuth client",
  );
  await assertRejects(
    () => look({ options: { ...login, secrets: "/other.json" }, files: { "/other.json": {} } }),
    InvalidArgumentError,
    "`credentials` (with /other.json): the client's secrets file has neither",
  );
});

Deno.test("a login that may not be read does not give way to another", async () => {
  const files = { "gdrive_token.json": forbidden, "credentials.txt": person("python") };
  assertStrictEquals(await assertRejects(() => look({ files })), forbidden);
});

Deno.test("what is given for a path by mistake is not shown", async () => {
  const mistakes = [
    JSON.stringify(robot),
    ` ${JSON.stringify(person("1//r"))}`,
    "ya29.PEM",
    "1//PEM",
    "a\nPEM",
  ];
  for (const mistake of mistakes) {
    const variables = { GOOGLE_APPLICATION_CREDENTIALS: mistake };
    const scenes: [scene: Scene, named: string][] = [
      [{ options: { credentials: mistake } }, "`credentials`"],
      [{ options: { secrets: mistake, credentials: robot } }, "`secrets`"],
      [{ variables }, "GOOGLE_APPLICATION_CREDENTIALS"],
    ];
    for (const [scene, named] of scenes) {
      const error = await assertRejects(
        () => look(scene),
        InvalidArgumentError,
        `${named} is to be the path of a JSON file`,
      );
      assertFalse(/PEM|GOCSPX/.test(Deno.inspect(error)));
    }
  }
});

Deno.test("an empty path is told as that", async () => {
  for (const options of [{ credentials: "" }, { secrets: "", credentials: robot }]) {
    await assertRejects(() => look({ options }), InvalidArgumentError, "is empty");
  }
});

Deno.test("a function is given back as it is", async () => {
  const provider = () => Promise.resolve("token");
  assertStrictEquals(await look({ options: { credentials: provider }, system: "" }), provider);
  await assertRejects(
    () => look({ options: { credentials: provider, subject: "ada@lab.example.org" } }),
    InvalidArgumentError,
    "`subject` is for service accounts, and a function",
  );
});

Deno.test("a service account acts for `subject`; a person does not", async () => {
  const subject = "ada@lab.example.org";
  const variables = { GOOGLE_APPLICATION_CREDENTIALS: "/robot.json" };
  const files = { "/robot.json": robot };
  assertEquals<unknown>(await look({ files, variables }), robot);
  assertEquals<unknown>(await look({ files, variables, options: { subject } }), { ...robot, subject });
  await assertRejects(
    () => look({ files: { "gdrive_token.json": person("own") }, options: { subject } }),
    InvalidArgumentError,
    `${directory}/gdrive_token.json is none`,
  );
});

Deno.test("a file that is named and missing is an error, whatever else there is", async () => {
  const files = { "gdrive_token.json": person("own") };
  await assertRejects(
    () => look({ files, options: { credentials: "/nowhere.json" } }),
    NotFoundError,
    "there is no file /nowhere.json, which `credentials` names: check the path",
  );
  await assertRejects(
    () => look({ files, options: { secrets: "/nowhere.json" } }),
    NotFoundError,
    "there is no file /nowhere.json, which `secrets` names",
  );
  await assertRejects(
    () => look({ files, variables: { GOOGLE_APPLICATION_CREDENTIALS: "/adc.json" } }),
    NotFoundError,
    "there is no file /adc.json, which GOOGLE_APPLICATION_CREDENTIALS names: correct that variable",
  );
});

Deno.test("a file that is no JSON, or no credentials, is named, and its content is not shown", async () => {
  const variables = { GOOGLE_APPLICATION_CREDENTIALS: "/adc.json" };
  const scenes: [scene: Scene, says: string][] = [
    [{ files: { "gdrive_token.json": "GOCSPX-secret" } }, `${directory}/gdrive_token.json is no JSON`],
    [{ files: { "credentials.txt": "{'GOCSPX-secret'}" } }, `${directory}/credentials.txt is no JSON`],
    [{ files: { "/adc.json": "GOCSPX-secret" }, variables }, "/adc.json is no JSON"],
    [
      { files: { "/adc.json": { type: "GOCSPX-secret" } }, variables },
      "/adc.json, which GOOGLE_APPLICATION_CREDENTIALS names: the credentials are of an unknown `type`",
    ],
    [{ options: { credentials: { ...robot, client_email: 1 } } }, "`credentials`: `client_email` of"],
    [{ options: { credentials: secrets } }, "`credentials`: these are a client's secrets"],
  ];
  for (const [scene, says] of scenes) {
    const error = await assertRejects(() => look(scene), InvalidArgumentError, says);
    assertEquals(Deno.inspect(error).includes("GOCSPX"), false);
  }
});

Deno.test("with nothing at all it is said what to do, step by step", async () => {
  const none = await assertRejects(() => look({}), AccessDeniedError);
  for (
    const step of [
      'make an OAuth client of type "Desktop app"',
      `save its JSON as ${directory}/client_secrets.json; then run \`deno task gdrive:login\``,
      `which writes ${directory}/gdrive_token.json`,
      "set GOOGLE_APPLICATION_CREDENTIALS to the path of a service account's JSON key",
      "give `credentials`: a path, its parsed JSON, or a function",
    ]
  ) {
    assertEquals(none.message.includes(step), true, step);
  }
  const some = await assertRejects(
    () => look({ files: { "client_secrets.json": secrets } }),
    AccessDeniedError,
    "Either log in once: run `deno task gdrive:login`",
  );
  assertEquals(some.message.includes("Desktop app"), false);
});

Deno.test("in a browser nothing is looked up", async () => {
  const files = { "gdrive_token.json": person("own") };
  await assertRejects(
    () => look({ files, system: "" }),
    AccessDeniedError,
    "a page must be given `credentials`",
  );
  await assertRejects(
    () => look({ options: { credentials: "/given.json" }, system: "" }),
    InvalidArgumentError,
    "a browser has no files",
  );
  assertEquals(await found({ options: { credentials: person("object") }, system: "" }), "object");
});
