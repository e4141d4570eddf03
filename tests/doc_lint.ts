// deno-lint-ignore-file no-console -- a program that prints
/** `deno doc --lint` over every entry point of deno.json: each public symbol has a doc comment and an explicit type. */
import config from "../deno.json" with { type: "json" };

// Types of the AWS SDK and of apache-arrow, which are not ours to make public: exporting them would have their undocumented parents linted as well.
const FOREIGN =
  /references private type '(S3Client|S3ClientResolvedConfig|Command|Service(In|Out)putTypes|Vector)'/;

const { stderr, success } = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--lint", "--quiet", ...Object.values(config.exports)],
  cwd: new URL("..", import.meta.url),
  env: { NO_COLOR: "1" },
  stdout: "null", // the documentation itself
  stderr: "piped",
}).output();
const found = new TextDecoder().decode(stderr).split(/^(?=error\[)/m);
const faults = found.filter((text) => text.startsWith("error[") && !FOREIGN.test(text.split("\n")[0]));
if (faults.length > 0) console.error(faults.join(""));
// What fails without naming a fault has not linted anything.
Deno.exit(faults.length > 0 || (!success && found.length === 1) ? 1 : 0);
