/**
 * Asks `deno publish` whether the package could be published, without publishing it.
 *
 * Publishing refuses `links` within a package, so the package is copied to be a member of a workspace whose root has them.
 */
import { join } from "@std/path";

const root = new URL("..", import.meta.url).pathname;
const workspace = await Deno.makeTempDir({ prefix: "cottoncandy-publish-" });

async function run(directory: string, command: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(command, {
    args,
    cwd: directory,
    stdout: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")} failed`);
}

try {
  const member = join(workspace, "package");
  await Deno.mkdir(member);
  const config: { links?: string[]; publish: { include: string[] } } = JSON.parse(
    await Deno.readTextFile(join(root, "deno.json")),
  );
  for (const path of config.publish.include) await run(root, "cp", "-r", path, member);
  await run(root, "cp", "-r", "links", "deno.lock", workspace);
  const { links, ...rest } = config;
  await Deno.writeTextFile(join(member, "deno.json"), JSON.stringify(rest));
  await Deno.writeTextFile(join(workspace, "deno.json"), JSON.stringify({ workspace: ["./package"], links }));
  await run(member, Deno.execPath(), "publish", "--dry-run", "--allow-dirty", "--quiet");
} finally {
  await Deno.remove(workspace, { recursive: true });
}
