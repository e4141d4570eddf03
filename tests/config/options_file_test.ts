import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { OptionsFile, optionsPath, readOptionsFile } from "../../lib/config/mod.ts";
import { AccessDeniedError, InvalidArgumentError } from "../../lib/errors.ts";
import { madeUp } from "./environment.ts";

/** What Python's cottoncandy 0.4.0 writes when it is first imported, but for sections that nobody reads here. */
const FRESH = `[login]
access_key = False
secret_key = False
endpoint_url = https://s3.amazonaws.com/
verbose_boto = False

[basic]
default_acl = authenticated-read
default_bucket =${" "}
mandatory_bucket_prefix =${" "}
force_bucket_creation = False
path_separator = /
signature_version =${" "}
threads = 4

[gdrive]
secrets = client_secrets.json
credentials = credentials.txt
`;

Deno.test("a file as Python first writes it sets nothing", () => {
  const file = new OptionsFile(FRESH, "options.cfg");
  assertEquals(
    [file.keys, file.endpoint, file.defaultBucket, file.mandatoryBucketPrefix, file.signatureVersion],
    [undefined, undefined, undefined, undefined, undefined],
  );
  assertEquals(file.gdrive, { secrets: "client_secrets.json", credentials: "credentials.txt" });
});

Deno.test("what a lab has set is read", () => {
  const file = new OptionsFile(
    `[login]
access_key = AKID
secret_key = s%%cret
endpoint_url = https://s3.lab.example.org
[basic]
default_bucket = lab
mandatory_bucket_prefix = ada_
signature_version = s3v4
`,
    "options.cfg",
  );
  assertEquals(file.keys, { accessKeyId: "AKID", secretAccessKey: "s%cret" });
  assertEquals(
    [file.endpoint, file.defaultBucket, file.mandatoryBucketPrefix, file.signatureVersion],
    ["https://s3.lab.example.org", "lab", "ada_", "s3v4"],
  );
  assertEquals(file.gdrive, { secrets: undefined, credentials: undefined });
});

Deno.test("one key alone is none", () => {
  assertEquals(new OptionsFile("[login]\naccess_key = AKID\nsecret_key = False\n", "o").keys, undefined);
  assertEquals(new OptionsFile("[login]\nsecret_key = x\n", "o").keys, undefined);
  assertEquals(new OptionsFile("", "o").keys, undefined);
});

Deno.test("a value that Python could not read is an error when it is used, and only then", () => {
  const file = new OptionsFile(
    "[login]\naccess_key = a\nsecret_key = 50%\n[basic]\ndefault_bucket = b\n",
    "o",
  );
  assertEquals(file.defaultBucket, "b");
  assertThrows(() => file.keys, InvalidArgumentError, '"secret_key"');
});

Deno.test("the file is looked for where Python looks", async () => {
  const linux = madeUp({ variables: { XDG_CONFIG_HOME: "/xdg" } });
  assertEquals(optionsPath(linux), "/xdg/cottoncandy/options.cfg");
  assertEquals(optionsPath(madeUp()), "/home/ada/.config/cottoncandy/options.cfg");
  assertEquals(
    optionsPath(madeUp({ system: "darwin", home: "/Users/ada" })),
    "/Users/ada/Library/Application Support/cottoncandy/options.cfg",
  );
  assertEquals(
    optionsPath(madeUp({ system: "win32", variables: { LOCALAPPDATA: "C:\\Local" } })),
    "C:\\Local/cottoncandy/cottoncandy/options.cfg",
  );
  assertEquals(optionsPath(madeUp({ system: "" })), undefined);
  const files = { "/xdg/cottoncandy/options.cfg": "[basic]\ndefault_bucket = b\n" };
  const found = await readOptionsFile(madeUp({ variables: { XDG_CONFIG_HOME: "/xdg" }, files }));
  assertEquals([found?.path, found?.defaultBucket], ["/xdg/cottoncandy/options.cfg", "b"]);
  assertEquals(await readOptionsFile(madeUp({ files })), undefined);
  const broken = madeUp({ files: { "/home/ada/.config/cottoncandy/options.cfg": "default_bucket = b\n" } });
  await assertRejects(() => readOptionsFile(broken), InvalidArgumentError, "options.cfg, line 1");
});

Deno.test("one that may not be read is an error where something of it may count", async () => {
  const path = "/home/ada/.config/cottoncandy/options.cfg";
  const environment = madeUp({ files: { [path]: new AccessDeniedError("kept from you") } });
  await assertRejects(() => readOptionsFile(environment), AccessDeniedError, "kept from you");
  assertEquals(await readOptionsFile(environment, false), undefined);
});
