/**
 * Showing a person an address.
 *
 * @module
 */
import { environmentVariable, isGranted, operatingSystem } from "./environment.ts";

/** Opens an address in the person's browser, where there is one. Whether it came about is not known. */
export function openBrowser(url: string): void {
  const [command, ...args] = launcher();
  if (command === undefined || !isGranted({ name: "run", command })) return;
  const children: typeof import("node:child_process") | undefined = globalThis.process?.getBuiltinModule?.(
    "node:child_process",
  );
  const child = children?.spawn(command, [...args, url], { stdio: "ignore", detached: true });
  // The address is on the terminal as well.
  child?.on("error", () => {});
  // Deno fails to let go of a process that did not come about.
  if (child?.pid !== undefined) child.unref();
}

/** What opens addresses here: no shell, to which an `&` would mean something. */
function launcher(): string[] {
  switch (operatingSystem()) {
    case "darwin":
      return ["open"];
    case "win32":
      return ["rundll32", "url.dll,FileProtocolHandler"];
    default: {
      const screen = environmentVariable("DISPLAY") ?? environmentVariable("WAYLAND_DISPLAY");
      return screen === undefined ? [] : ["xdg-open"];
    }
  }
}
