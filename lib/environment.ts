/**
 * What the process was started with. Whatever Deno was not allowed to look at counts as absent: nobody is asked for a permission.
 *
 * @module
 */

/** Whether there is more than a browser: files, environment variables. Deno is asked first, since it makes its `process` when that is first looked at, which takes as long as it takes to start. */
export function hasPlatform(): boolean {
  return typeof Deno !== "undefined" || typeof globalThis.process?.getBuiltinModule === "function";
}

/** The operating system as Node names it: `"linux"`, `"darwin"`, `"win32"`; `""` in a browser. */
export function operatingSystem(): string {
  return hasPlatform() ? globalThis.process.platform : "";
}

/** An environment variable; `undefined` when it is missing, empty, or may not be read. */
export function environmentVariable(name: string): string | undefined {
  if (!hasPlatform() || !isGranted({ name: "env", variable: name })) return undefined;
  return (typeof Deno === "undefined" ? globalThis.process.env[name] : Deno.env.get(name)) || undefined;
}

/** The user's home directory, as far as the environment tells. */
export function homeDirectory(): string | undefined {
  return environmentVariable("HOME") ?? environmentVariable("USERPROFILE");
}

/** Whether something may be done without asking; only Deno has such permissions. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return typeof Deno === "undefined" || Deno.permissions.querySync(permission).state === "granted";
}

/** Whether an error is Deno's own, of a permission that was not granted. */
export function isNotGranted(error: unknown): error is Error & { readonly name: "NotCapable" } {
  return error instanceof Error && error.name === "NotCapable";
}
