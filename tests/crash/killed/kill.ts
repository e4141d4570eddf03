/** Kills a process in the middle of a write, and looks at what is left from another one. */
import { dirname, fromFileUrl } from "@std/path";
import { collect } from "../../../lib/async.ts";
import { LocalRoot } from "../../../backends/local/paths.ts";
import { sweep } from "../../../backends/local/temporary.ts";
import { sweepTemporary } from "../../../lib/files/temporary.ts";
import { platformFiles } from "../../../lib/file_access.ts";
import { generator } from "../../array/random.ts";
import { tree } from "../../backends/local/directory.ts";
import { realFiles, useFiles, watchedFiles } from "../file_system.ts";
import { onceMore } from "../once_more.ts";
import { resumeStore } from "../place.ts";
import { type Expected, snapshot, violations } from "../snapshot.ts";
import type { Write } from "../write.ts";
import { bystanders } from "../writes.ts";
import type { Task } from "./program.ts";
import { lastingBucket, lastingDirectory, type LastingStore } from "./stores.ts";

/** When a process is killed: at a request or an operation on files, of those that the write makes, or after some time. */
export type Moment = "request" | "operation" | "time";

/** How a process is killed. */
export interface Kill {
  readonly on: "S3" | "local";
  readonly encrypted: boolean;
  readonly seed: number;
  /** Default: one that the seed decides, so that it comes again. */
  readonly moment?: Moment;
  /** At which request, operation or millisecond; default one that the seed decides. */
  readonly at?: number;
}

/** What was found. */
export interface Found {
  /** Whether it died before it was done. */
  readonly killed: boolean;
  /** When it died. */
  readonly when: string;
  /** What is wrong; empty when all is well. */
  readonly wrong: readonly string[];
}

const PROGRAM = fromFileUrl(new URL("program.ts", import.meta.url));

/** Runs a write in a process that is killed on its way. */
export async function killDuring(write: Write, kill: Kill): Promise<Found> {
  const random = generator(seedOf(kill.seed, write.name));
  const make = () =>
    kill.on === "S3" ? lastingBucket(kill.encrypted, write.on?.versions) : lastingDirectory(kill.encrypted);
  await using lasting = await make();
  await prepare(lasting, write);
  const before = await snapshot(lasting.open(), write);
  const rehearsal = await rehearse(await make(), write);
  const expected = { before, after: rehearsal.after };

  const moment = kill.moment ?? momentOf(kill.on, write, random);
  const death = deathAt(moment, rehearsal, kill.at, random);
  const { told, killed } = await run(lasting, write, kill, death);
  await lasting.s3?.idle();
  const wrong = [...violations(expected, await snapshot(lasting.open(), write), { told }, write)];
  // What goes on needs what is left over, so that it is looked at before as well as after.
  if (random(2) === 0) wrong.push(...await removeLeftovers(lasting));
  wrong.push(...await onceMore(write, () => lasting.open(), expected, { told: [] }));
  wrong.push(...await removeLeftovers(lasting));
  const when = `at ${moment} ${death.at}${death.underway ? ", underway" : ""}, told ${
    told.join(", ") || "nothing"
  }`;
  return { killed, when, wrong };
}

/** Another one for each write, so that they don't all die at their third step. */
function seedOf(seed: number, name: string): number {
  let mixed = seed | 1;
  for (const character of name) mixed = Math.imul(mixed ^ character.charCodeAt(0), 0x01000193);
  return mixed | 1;
}

async function prepare(lasting: LastingStore, write: Write): Promise<void> {
  await bystanders(lasting.open());
  await write.prepare?.(lasting.open());
}

/** How a write goes that nobody kills. */
interface Rehearsal {
  readonly after: Expected["after"];
  readonly operations: number;
  readonly requests: number;
  readonly milliseconds: number;
}

async function rehearse(lasting: LastingStore, write: Write): Promise<Rehearsal> {
  await using _ = lasting;
  await prepare(lasting, write);
  const place = lasting.open();
  let operations = 0;
  useFiles(watchedFiles(realFiles, () => void operations++));
  try {
    const { length } = lasting.s3?.requests ?? [];
    const began = performance.now();
    await write.run(place, () => {});
    const milliseconds = performance.now() - began;
    const requests = (lasting.s3?.requests.length ?? 0) - length;
    const done = { operations, requests, milliseconds };
    return { ...done, after: await snapshot(lasting.open(), write) };
  } finally {
    useFiles(realFiles);
  }
}

function momentOf(on: Kill["on"], { files }: Write, random: (below: number) => number): Moment {
  if (on === "local") return "operation";
  return files && random(2) === 0 ? "operation" : "request";
}

/** Where on its way a process dies. */
interface Death {
  readonly at: number;
  /** Whether what is underway then takes effect, or may. */
  readonly underway: boolean;
  readonly moment: Moment;
}

function deathAt(
  moment: Moment,
  rehearsal: Rehearsal,
  at: number | undefined,
  random: (below: number) => number,
): Death {
  const underway = random(2) === 0;
  const steps = moment === "request"
    ? rehearsal.requests
    : moment === "operation"
    ? rehearsal.operations
    : Math.ceil(rehearsal.milliseconds * 2);
  return { at: at ?? 1 + random(Math.max(1, steps)), underway, moment };
}

async function run(
  { store, files, large, s3 }: LastingStore,
  write: Write,
  { encrypted }: Kill,
  { at, underway, moment }: Death,
): Promise<{ told: string[]; killed: boolean }> {
  const task: Task = {
    write: write.name,
    store,
    files,
    encrypted,
    large,
    killAt: moment === "operation" ? { operation: at, underway } : undefined,
  };
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--no-check", "--frozen", PROGRAM, JSON.stringify(task)],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let requests = 0;
  if (moment === "request") {
    s3?.inject({
      kind: underway ? "loseAnswer" : "reset",
      when: () => {
        if (++requests !== at) return false;
        child.kill("SIGKILL");
        return true;
      },
    });
  }
  const stderr = new Response(child.stderr).text();
  let said = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (moment === "time" && text.includes("begun\n")) {
      await new Promise((resolve) => setTimeout(resolve, at));
      // It may be over.
      try {
        child.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
    }
  }
  const { success, signal } = await child.status;
  s3?.clearFaults();
  if (!success && signal !== "SIGKILL") throw new Error(await stderr);
  await stderr;
  // A line may be cut off, too.
  const told = said.split("\n").slice(0, -1).filter((line) => line !== "begun");
  return { told, killed: !success };
}

/** Removes what a killed process has left, by what the guides tell; gives what is still there. */
async function removeLeftovers(lasting: LastingStore): Promise<string[]> {
  const place = lasting.open();
  const { cci, files, store } = place;
  const wrong: string[] = [];
  const resume = resumeStore(place);
  const listed = new Set((await collect(cci.listUploads({ resume }))).map(({ key }) => key));
  const unfinished = () =>
    [...lasting.s3?.store.buckets.values() ?? []].flatMap(({ uploads }) =>
      [...uploads.values()].map(({ key }) => key)
    );
  wrong.push(
    ...unfinished().filter((key) => !listed.has(key)).map((key) => `not listed: the upload of ${key}`),
  );
  await cci.abortUploads({ olderThan: 0, resume });
  wrong.push(...unfinished().map((key) => `not ended: the upload of ${key}`));
  const temporary = async () => (await tree(files)).filter((path) => path.endsWith(".tmp"));
  const dayAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
  for (const path of await temporary()) await Deno.utime(`${files}/${path}`, dayAgo, dayAgo);
  wrong.push(...(await resume.list()).map((name) => `not forgotten: ${name}`));
  if (typeof lasting.store === "string") {
    // As at the first write of a process, a day later.
    await sweep(await LocalRoot.find(platformFiles(), store.bucket ?? ""), Date.now() + 1000);
    const left = (await tree(lasting.store)).filter((path) => /^\.cottoncandy\/(?!escaped\/)./.test(path));
    wrong.push(...left.map((path) => `not swept: ${path}`));
  }
  for (const path of await temporary()) {
    await sweepTemporary(platformFiles(), dirname(`${files}/${path}`), Date.now() - 1000);
  }
  wrong.push(...(await temporary()).map((path) => `left behind: ${path}`));
  return wrong;
}
