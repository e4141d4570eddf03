/** `deno doc --lint` over every entry point of deno.json: each public symbol has a doc comment and an explicit type. */
import config from "../deno.json" with { type: "json" };

const { success } = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--lint", "--quiet", ...Object.values(config.exports)],
  cwd: new URL("..", import.meta.url),
  stdout: "null", // the documentation itself
}).spawn().status;
Deno.exit(success ? 0 : 1);
