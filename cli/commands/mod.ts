/**
 * The commands: a line each, in the order of the help. What one does is loaded when it is run.
 *
 * @module
 */
import type { CliCommand } from "../command.ts";

/** A line of the table. */
export interface CommandEntry {
  /** What it does, in a few words. */
  readonly summary: string;
  /** What a finished run has done, where it changes something: `"copied"`. */
  readonly verb?: string;
  /** Loads the rest. */
  readonly load: () => Promise<{ readonly command: CliCommand }>;
}

/** All commands, by the headings of the help. */
export const COMMANDS: Readonly<Record<string, Readonly<Record<string, CommandEntry>>>> = {
  "Look": {
    ls: { summary: "list objects and directories", load: () => import("./ls.ts") },
    tree: { summary: "draw what is below a directory", load: () => import("./tree.ts") },
    du: { summary: "tell how many bytes objects take", load: () => import("./du.ts") },
    stat: { summary: "tell all that is known of an object", load: () => import("./stat.ts") },
    cat: { summary: "write objects, and arrays as text", load: () => import("./cat.ts") },
    head: {
      summary: "write the beginning of objects, the corners of arrays",
      load: () => import("./head.ts"),
    },
    explore: {
      summary: "walk through a store in the browser, and see its arrays drawn",
      load: () => import("./explore.ts"),
    },
  },
  "Arrays": {
    plot: { summary: "draw an array in the terminal, or as a PNG file", load: () => import("./plot.ts") },
    put: { summary: "store arrays of files", verb: "stored", load: () => import("./put.ts") },
    get: { summary: "write arrays into files", verb: "wrote", load: () => import("./get.ts") },
    convert: {
      summary: "store an array in another format",
      verb: "stored",
      load: () => import("./convert.ts"),
    },
    verify: { summary: "read everything, and check every checksum", load: () => import("./verify.ts") },
  },
  "Change": {
    cp: { summary: "copy objects and files", verb: "copied", load: () => import("./cp.ts") },
    mv: { summary: "move objects and files", verb: "moved", load: () => import("./mv.ts") },
    sync: { summary: "make one directory like another", verb: "copied", load: () => import("./sync.ts") },
    rm: { summary: "delete objects", verb: "deleted", load: () => import("./rm.ts") },
    mkdir: { summary: "make a bucket or a directory", load: () => import("./mkdir.ts") },
    rb: { summary: "remove a bucket", load: () => import("./rb.ts") },
    uploads: {
      summary: "list or end uploads that were begun and are not complete",
      load: () => import("./uploads.ts"),
    },
  },
  "Share and protect": {
    presign: { summary: "make a URL that works without credentials", load: () => import("./presign.ts") },
    keygen: { summary: "make a key to encrypt with", load: () => import("./keygen.ts") },
    login: { summary: "log in to Google Drive in the browser", load: () => import("./login.ts") },
  },
  "Shell": {
    completions: { summary: "print completions for a shell", load: () => import("./completions.ts") },
  },
};
