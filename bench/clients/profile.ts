/**
 * Where time goes, by V8's own sampling profiler, from within the process.
 *
 * @module
 */
import { Session } from "node:inspector";

/** Something that runs, and its share of the samples. */
export interface ProfileLine {
  readonly name: string;
  /** Between 0 and 1. */
  readonly share: number;
}

/** Where time went, the most first. */
export interface Profile {
  /** Whose code it is: this package's, a package's of npm, Deno's, or what V8 calls the rest, such as `(idle)`. */
  readonly origins: readonly ProfileLine[];
  /** Functions and the places of their files. */
  readonly places: readonly ProfileLine[];
}

/** How many of each are told. */
const LINES = 6;
/** Microseconds between two samples. */
const INTERVAL = 500;

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

interface Recorded {
  readonly nodes: readonly Node[];
  readonly samples?: readonly number[];
}

/** What a file is called: by its path in the repository, or by its package. */
function fileName(url: string): string {
  const root = new URL("../../", import.meta.url).href;
  if (url.startsWith(root)) return url.slice(root.length);
  const [, packaged] = /\/registry\.npmjs\.org\/(.*)$/.exec(url) ?? [];
  return packaged ?? url.replace(/^.*\/npm\/[^/]+\//, "");
}

function placeOf({ callFrame: { functionName, url, lineNumber } }: Node): string {
  if (url === "") return functionName || "(anonymous)";
  return `${functionName || "(anonymous)"} ${fileName(url)}:${lineNumber + 1}`;
}

/** Whose code it is. */
function originOf({ callFrame: { functionName, url } }: Node): string {
  // What V8 has no file of is its own, or native: operations of Deno, methods of the language.
  if (url === "") return functionName.startsWith("(") ? functionName : "(native)";
  if (url.startsWith("ext:") || url.startsWith("node:")) return "Deno";
  const file = fileName(url);
  if (file === url) return "others";
  if (!url.startsWith("file:") || /\/registry\.npmjs\.org\//.test(url)) {
    return file.split("/").slice(0, file.startsWith("@") ? 2 : 1).join("/");
  }
  return file.startsWith("bench/") ? "the bench" : "this package";
}

function mostOf(names: ReadonlyMap<number, string>, samples: readonly number[]): ProfileLine[] {
  const counts = new Map<string, number>();
  for (const id of samples) {
    const name = names.get(id) ?? "(unknown)";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).slice(0, LINES)
    .map(([name, count]) => ({ name, share: count / samples.length }));
}

/** Runs some work, and tells in which functions most samples fell, those that they call not included. */
export async function profiled(work: () => Promise<unknown>): Promise<Profile> {
  const session = new Session();
  session.connect();
  const post = (method: string, params?: Record<string, unknown>) =>
    new Promise<Recorded>((resolve, reject) =>
      session.post(
        method,
        params,
        (error: Error | null, result?: { profile?: Recorded }) =>
          error ? reject(error) : resolve(result?.profile ?? { nodes: [] }),
      )
    );
  try {
    await post("Profiler.enable");
    await post("Profiler.setSamplingInterval", { interval: INTERVAL });
    await post("Profiler.start");
    await work();
    const { nodes, samples = [] } = await post("Profiler.stop");
    const named = (of: (node: Node) => string) => new Map(nodes.map((node) => [node.id, of(node)]));
    return { origins: mostOf(named(originOf), samples), places: mostOf(named(placeOf), samples) };
  } finally {
    session.disconnect();
  }
}
