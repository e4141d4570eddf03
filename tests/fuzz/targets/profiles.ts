/** Amazon's shared files, which the AWS SDK reads: what this library takes from what that makes of them. */
import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl } from "@std/path";
import process from "node:process";
import { externalDataInterceptor } from "@smithy/core/config";
import { profileGivesCredentials, sharedConfig } from "../../../backends/s3/credentials.ts";
import { fieldsOf, type Target, target, textOf } from "../engine/target.ts";

const CONFIG = `[default]
region = eu-west-1
[profile lab]
region=us-east-2 # near
endpoint_url = http://127.0.0.1:9000
services = here
role_arn = arn:aws:iam::1:role/r
[services here]
s3 =
  endpoint_url = https://s3.example
`;
const CREDENTIALS = "[lab]\naws_access_key_id = AKID\naws_secret_access_key = secret/+=\n";

const BOTH = `${CONFIG}\0${CREDENTIALS}`;

/** Files that are there, which is looked up: what the SDK reads in their place is given. */
const [config, credentials] = ["profiles.ts", "mod.ts"].map((name) =>
  fromFileUrl(new URL(name, import.meta.url))
);
let isPointed = false;

/** Points this thread, and no other, at the two files. */
function point(): void {
  if (isPointed) return;
  isPointed = true;
  const variables: Readonly<Record<string, string>> = {
    HOME: dirname(config),
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: credentials,
  };
  Object.defineProperty(Deno.env, "get", { value: (name: string) => variables[name] });
  process.env = { ...variables };
}

const profile = target({
  name: "aws-profile",
  count: 1500,
  seeds: () => [BOTH, "[lab]\nregion = a\n\0", `\0${CREDENTIALS}region = b\n`],
  dictionary: [
    "[lab]",
    "[profile lab]",
    "[profile 'lab']",
    "[services here]",
    "[default]",
    "s3 =\n  ",
    "endpoint_url = ",
  ]
    .concat(
      "region",
      "credential_process = x",
      "services = ",
      "\r\n",
      " ;",
      " #",
      "[__proto__]",
      "[sso-session s]",
    ),
  refusals: [],
  async run(input) {
    point();
    const [settings = "", keys = ""] = fieldsOf(input);
    externalDataInterceptor.interceptFile(config, settings);
    externalDataInterceptor.interceptFile(credentials, keys);
    const found = await sharedConfig({ profile: "lab" });
    return { ...found, kind: String(await profileGivesCredentials("lab")) };
  },
  judge(outcome, input) {
    if (outcome.kind === "refused") return;
    const text = textOf(input);
    const { region, endpoint, kind } = outcome.value;
    if (text === BOTH) assertEquals([region, endpoint, kind], ["us-east-2", "https://s3.example", "true"]);
    for (const setting of [region, endpoint]) {
      assert(
        setting === undefined || setting !== "" && !setting.includes("\n") && text.includes(setting),
        setting,
      );
    }
  },
});

/** Amazon's shared files. */
export const targets: readonly Target[] = [profile];
