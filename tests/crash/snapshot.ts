/** What is in a place, and whether that may be so after a crash. */
import { createHash } from "node:crypto";
import { GENERATION_KEY } from "../../lib/objects/reading/mod.ts";
import { filesBelow, type Place, readersOf } from "./place.ts";
import type { Write } from "./write.ts";

/** A thing in a place: an object, a file, or what an array reads as. */
export interface Thing {
  /** Its bytes. */
  readonly content: string;
  /** What is told of it beside them. */
  readonly about: string;
}

/** All things in a place, by name. */
export type Snapshot = ReadonlyMap<string, Thing>;

/** Names of files that a download or an upload leaves when it is killed; each has a means to remove it. */
/** Before this, a time is one that a writer gave. */
const LONG_AGO = Date.UTC(2015);

/** Metadata that differ each time: which upload a part is of, and when a file was made. */
function isOfThisRun(name: string, value: string): boolean {
  return name === GENERATION_KEY || name === "cc-digest" ||
    (name === "mtime" && Number(value) * 1000 > LONG_AGO);
}

const LEFTOVER = /(^|\/)\.cottoncandy-[-0-9a-f]{36}\.tmp$|\.part(\.cottoncandy)?$|^\.resume\//;

/** Looks at all that is in a place. What can't be read is a thing too, which is none of those that may be there. */
export async function snapshot(place: Place, write: Write): Promise<Snapshot> {
  const things = new Map<string, Thing>();
  for await (const entry of place.cci.backend.list()) {
    if ("key" in entry) things.set(`object ${entry.key}`, await objectThing(place, entry.key));
  }
  for (const [path, bytes] of await filesBelow(place.files)) {
    if (!LEFTOVER.test(path) && !path.endsWith("/")) {
      things.set(`file ${path}`, { content: digest(bytes), about: "" });
    }
  }
  if (write.read) things.set("read", await readThing(place, write.read));
  return things;
}

async function objectThing(place: Place, key: string): Promise<Thing> {
  let failure: unknown;
  for (const backend of readersOf(place)) {
    try {
      const reader = await backend.open(key, { onWarning: (warning) => failure = warning });
      try {
        if (failure !== undefined) break;
        const { metadata, contentType, size, lastModified } = reader.info;
        const bytes = await reader.read();
        const shown = Object.entries(metadata).filter(([name, value]) => !isOfThisRun(name, value)).sort();
        const dated = lastModified.getTime() < LONG_AGO ? lastModified.getTime() : undefined;
        return { content: digest(bytes), about: JSON.stringify([shown, contentType, size, dated]) };
      } finally {
        await reader.close();
      }
    } catch (error) {
      failure ??= error;
    }
  }
  return {
    content: `unreadable: ${failure instanceof Error ? failure : JSON.stringify(failure)}`,
    about: "",
  };
}

async function readThing(place: Place, read: NonNullable<Write["read"]>): Promise<Thing> {
  try {
    return { content: await read(place), about: "" };
  } catch (error) {
    return { content: `unreadable: ${error instanceof Error ? error.name : error}`, about: "" };
  }
}

function digest(bytes: Uint8Array): string {
  return `${bytes.length} bytes ${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}`;
}

/** What a place was and was to be. */
export interface Expected {
  readonly before: Snapshot;
  readonly after: Snapshot;
}

/** What must hold. */
export interface Promised {
  /** The things that the program was told are done; `"all"`: the write has returned. */
  readonly told: readonly string[];
  /** The things of which that what is being written may be lost or damaged: the power went, and nobody had asked to wait for the medium. Default none. */
  readonly mayBeLost?: (name: string) => boolean;
  /** The things whose names a second run may choose otherwise. Default none. */
  readonly mayHaveOtherNames?: (name: string) => boolean;
}

/** What is wrong with a place after a crash; empty when all is well. */
export function violations(
  { before, after }: Expected,
  now: Snapshot,
  { told, mayBeLost = () => false, mayHaveOtherNames = () => false }: Promised,
  { keeps, mayBeRefused }: Pick<Write, "keeps" | "mayBeRefused">,
): string[] {
  const wrong: string[] = [];
  const isTold = (name: string) => told.includes("all") || told.includes(name);
  for (const name of new Set([...before.keys(), ...after.keys(), ...now.keys()])) {
    const [old, next, found] = [before, after, now].map((things) => shown(things.get(name)));
    if (mayHaveOtherNames(name) || (mayBeLost(name) && old !== next)) continue;
    if (name === "read" && mayBeRefused && !isTold(name) && found === REFUSED) continue;
    if (found === next || (found === old && !isTold(name))) continue;
    wrong.push(`${name}: was ${old}, ${isTold(name) ? "is" : "becomes"} ${next}, found ${found}`);
  }
  if (!keeps) return wrong;
  const contents = (things: Snapshot) =>
    new Set([...things].flatMap(([name, { content }]) => name === "read" ? [] : [content]));
  const kept = contents(after);
  const found = contents(now);
  for (const content of contents(before)) {
    if (kept.has(content) && !found.has(content)) wrong.push(`lost: ${content}`);
  }
  return wrong;
}

/** What reading an array tells that is being replaced. */
const REFUSED = shown({ content: "unreadable: IntegrityError", about: "" });

function shown(thing: Thing | undefined): string {
  return thing ? `${thing.content} ${thing.about}` : "absent";
}
