/** What the stand-ins have in common as processes of their own. */

/** The values of `--name value` or `--name=value`, in their order. */
export function values(name: string): string[] {
  return Deno.args.flatMap((arg, i) =>
    arg === `--${name}`
      ? [Deno.args[i + 1] ?? ""]
      : arg.startsWith(`--${name}=`)
      ? [arg.slice(name.length + 3)]
      : []
  );
}

/** Prints one line of JSON, and serves until standard input ends (with `--stdin`) or the process is told to stop. */
export async function serve(
  server: { shutdown(): Promise<void> },
  told: Readonly<Record<string, unknown>>,
): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify({ ...told, pid: Deno.pid }) + "\n"));
  const stop = async () => {
    await server.shutdown();
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGINT", () => void stop());
  Deno.addSignalListener("SIGTERM", () => void stop());
  if (!Deno.args.includes("--stdin")) return;
  const buffer = new Uint8Array(1024);
  while (await Deno.stdin.read(buffer) !== null) { /* wait for its end */ }
  await stop();
}
