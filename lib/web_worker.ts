/**
 * Web workers that begin with a module of this library: one that says where it is (`import.meta.url`), and serves only in a worker of its name.
 *
 * @module
 */
import { CottonCandyError } from "./errors.ts";

/**
 * Throws where a module's address is not its own: in a bundle that is one file, it is that of the whole program, which would run once more.
 *
 * @param file What the module's file is called, without its extension, and without what bundlers add.
 */
export function checkWorkerUrl(url: string, file: string): void {
  const name = new URL(url).pathname.split("/").at(-1) ?? "";
  if (name !== file && !name.startsWith(`${file}.`) && !name.startsWith(`${file}-`)) {
    throw new CottonCandyError("a bundler has put their code into the program's own file");
  }
}

/** Starts a worker. Where the page's policy forbids it, either this throws, or there is an error event. */
export function startWebWorker(url: string, name: string): { readonly worker: Worker; end(): void } {
  const start = ownOrigin(url);
  const worker = new Worker(start, { type: "module", name });
  return {
    worker,
    end() {
      worker.terminate();
      URL.revokeObjectURL(start);
    },
  };
}

/** A page may start workers of its own origin only; of a module from elsewhere, one that imports it. */
function ownOrigin(url: string): string {
  if (typeof Deno !== "undefined" || new URL(url).origin === location.origin) return url;
  return URL.createObjectURL(new Blob([`import ${JSON.stringify(url)};`], { type: "text/javascript" }));
}
