import type { Described } from "./described.ts";

/** What one Python has pickled. */
export interface Vectors {
  /** The versions of Python and numpy. */
  readonly name: string;
  readonly entries: readonly {
    readonly name: string;
    readonly value: Described;
    /** Hexadecimal, by pickler and protocol. */
    readonly pickles: Readonly<Record<string, string>>;
  }[];
}

/** The files of tests/vectors/pickle, or of the directory that PICKLE_VECTORS names. */
export function vectors(): Vectors[] {
  const folder = Deno.env.get("PICKLE_VECTORS") ?? new URL("../../vectors/pickle", import.meta.url).pathname;
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.endsWith(".json")
  );
  if (files.length === 0) throw new Error(`there are no vectors in ${folder}`);
  return files.sort().map((file) => {
    const { python, numpy, entries } = JSON.parse(Deno.readTextFileSync(`${folder}/${file}`));
    return { name: `Python ${python}, numpy ${numpy}`, entries };
  });
}
