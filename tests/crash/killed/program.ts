/** Makes one write and ends, unless it dies before: by its own hand at the file operation that it is told, or by whoever started it. */
import { S3Backend, type S3Options } from "../../../backends/s3/mod.ts";
import { LocalBackend } from "../../../backends/local/mod.ts";
import { realFiles, useFiles, watchedFiles } from "../file_system.ts";
import { placeOf } from "../place.ts";
import { FAULTY } from "../faulty.ts";
import { WRITES } from "../writes.ts";

/** What the program is to do. */
export interface Task {
  /** The write's name. */
  readonly write: string;
  /** The bucket, or the directory. */
  readonly store: S3Options | string;
  readonly files: string;
  readonly encrypted: boolean;
  readonly large: number;
  /** At which operation on files it kills itself, if at any; `underway`: when that has begun. */
  readonly killAt?: { readonly operation: number; readonly underway: boolean };
}

if (import.meta.main) {
  const task: Task = JSON.parse(Deno.args[0]);
  const { killAt } = task;
  const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  const die = () => Deno.kill(Deno.pid, "SIGKILL");
  let operations = 0;
  useFiles(watchedFiles(realFiles, () => {
    if (++operations !== killAt?.operation) return;
    if (killAt.underway) setTimeout(die, 0);
    else die();
  }));
  const store = typeof task.store === "string" ? new LocalBackend(task.store) : new S3Backend(task.store);
  const place = placeOf(store, task.files, { ...task, directory: (path) => new LocalBackend(path) });
  const write = [...WRITES, ...FAULTY].find(({ name }) => name === task.write);
  say("begun");
  await write?.run(place, say);
  say("all");
  Deno.exit();
}
