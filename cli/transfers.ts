/**
 * `cp` and `mv`: from any store to any other.
 *
 * @module
 */
import { NotFoundError } from "../lib/errors.ts";
import type { SyncFilter, SyncOptions } from "../lib/sync/mod.ts";
import type { OptionValues } from "./command.ts";
import type { COPY_OPTIONS } from "./copying.ts";
import { ActionTeller } from "./copying.ts";
import type { CliContext } from "./context.ts";
import { splitPattern } from "./objects.ts";
import { UsageError } from "./report.ts";
import { type OpenedTarget, parseTarget } from "./targets.ts";

/** What was asked for. */
export interface TransferRequest extends OptionValues<typeof COPY_OPTIONS> {
  /** Whether sources are deleted once they are copied. */
  readonly move: boolean;
  /** Directories with all that is below them. */
  readonly recursive: boolean;
  /** Nothing that is there is replaced. */
  readonly noClobber: boolean;
}

/** Copies or moves each source to the destination, the last of the arguments. */
export async function transferAll(
  context: CliContext,
  args: readonly string[],
  request: TransferRequest,
): Promise<void> {
  context.report.keepsParts = request.resume;
  const [sources, destination] = [args.slice(0, -1), args[args.length - 1]];
  if (request.noClobber && request.ifSizeDiffers) {
    throw new UsageError(
      "--no-clobber leaves all that is there, and --if-size-differs some of it: give one of them",
    );
  }
  if (parseTarget(destination).kind === "stdio") {
    if (sources.length > 1 || request.move || request.recursive) {
      throw new UsageError('"-" takes one object: cp OBJECT -');
    }
    return await toStdout(context, sources[0]);
  }
  const place = await context.openDestination(destination);
  if (sources.length > 1 && !place.isDirectory) {
    throw new UsageError(
      `${destination} must be a directory for several sources: write it with a "/" at its end`,
    );
  }
  const directory = () => context.openDirectory(destination);
  await context.forEach(
    sources,
    (source) => transfer(context, source, { place, directory }, sources.length > 1, request),
  );
}

/** Where to, as what is copied needs it. */
interface Destination {
  /** As it is named: of an object that is not there yet, a name. */
  readonly place: OpenedTarget;
  /** A directory, there or not. */
  readonly directory: () => Promise<OpenedTarget>;
}

async function transfer(
  context: CliContext,
  text: string,
  { place: to, directory }: Destination,
  isOneOfSeveral: boolean,
  request: TransferRequest,
): Promise<void> {
  const target = parseTarget(text);
  if (target.kind === "stdio") return await fromStdin(context, to, request);
  const from = request.move ? await context.openToMove(target) : await context.open(target);
  const { directoryOf } = await import("../lib/objects/mod.ts");
  const intoDirectory = to.isDirectory || isOneOfSeveral;
  const inside = (name: string) => (to.key === "" ? "" : directoryOf(to.key)) + name;
  const object = from.isDirectory ? undefined : await from.backend.head(from.key, context.request);
  if (object !== undefined) {
    context.report.progress.expectNext(object.size);
    const written = from.nameOf(from.key);
    const name = written.slice(written.lastIndexOf("/") + 1);
    return await transferOne(context, from, to, intoDirectory ? inside(name) : to.key, request);
  }
  const split = await splitPattern(from.key);
  if (split !== undefined) {
    if (request.filters.length > 0) {
      throw new UsageError("--include and --exclude are for directories: name one, and give all patterns so");
    }
    const filters: SyncFilter[] = [{ include: `/${split.pattern}` }];
    return await transferTree(context, { ...from, key: split.directory }, to, to.key, {
      ...request,
      filters,
    });
  }
  if (!request.recursive) {
    throw await missingError(context, from, text);
  }
  // Of several directories each keeps its name; of one, what is in it goes to the destination.
  const own = text.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, "").replace(/\?.*$/, "");
  if (isOneOfSeveral && own !== "." && own !== "..") {
    return await transferTree(context, from, to, inside(own), request);
  }
  const tree = await directory();
  await transferTree(context, from, tree, tree.key, request);
}

async function missingError(
  context: CliContext,
  { backend, key, nameOf }: OpenedTarget,
  text: string,
): Promise<Error> {
  const { directoryOf, objectsBelow } = await import("../lib/objects/mod.ts");
  for await (
    const _ of objectsBelow(backend, key === "" ? "" : directoryOf(key), { ...context.request, limit: 1 })
  ) {
    return new UsageError(`${text} is a directory: to take all that is in it, give -r`);
  }
  return new NotFoundError(`there is nothing at ${nameOf(key)}`, { key, bucket: backend.bucket });
}

/** What is asked for, as `transferObject` and `sync` take it. */
function transferOptions(
  { noClobber, ifSizeDiffers, move, dryRun, resume, storageClass, acl }: TransferRequest,
): Pick<SyncOptions, "compare" | "move" | "dryRun" | "resume" | "storageClass" | "acl"> {
  const compare = noClobber ? "missing" : ifSizeDiffers ? "size" : "always";
  return { compare, move, dryRun, resume: resume && !dryRun, storageClass, acl };
}

function verbOf({ move }: TransferRequest): readonly [string, string] {
  return move ? ["move", "moved"] : ["copy", "copied"];
}

async function transferOne(
  context: CliContext,
  from: OpenedTarget,
  to: OpenedTarget,
  name: string,
  request: TransferRequest,
): Promise<void> {
  const { transferObject } = await import("../lib/sync/mod.ts");
  const teller = new ActionTeller(context, {
    verb: verbOf(request),
    source: () => from.nameOf(from.key),
    target: () => to.nameOf(name),
  }, request.dryRun);
  const action = await transferObject({ backend: from.backend, name: from.key }, {
    backend: to.backend,
    name,
  }, {
    ...context.request,
    ...transferOptions(request),
    onProgress: context.report.progress.onProgress,
  });
  await teller.tell(action);
}

async function transferTree(
  context: CliContext,
  from: OpenedTarget,
  to: OpenedTarget,
  prefix: string,
  request: TransferRequest,
): Promise<void> {
  const { filters, concurrency } = request;
  refuseFile(to);
  const { directoryOf } = await import("../lib/objects/mod.ts");
  const [source, target] = [from.key, prefix].map(directoryOf);
  const found = await syncPlaces(context, {
    from: { backend: from.backend, prefix: from.key },
    to: { backend: to.backend, prefix },
    names: {
      verb: verbOf(request),
      source: (name) => from.nameOf(source + name),
      target: (name) => to.nameOf(target + name),
    },
    options: { ...transferOptions(request), filters, concurrency },
  });
  // A directory on disk may be empty; what is misspelled must not pass for that.
  if (found === 0 && (from.onDisk !== "directory" || filters.length > 0)) {
    throw new NotFoundError(`there is nothing to take ${whereIn(from, filters)}`, {
      key: from.key,
      bucket: from.backend.bucket,
    });
  }
}

function whereIn({ key, nameOf }: OpenedTarget, filters: readonly SyncFilter[]): string {
  const [filter] = filters;
  if (filter === undefined) return `at ${nameOf(key)}`;
  return `in ${nameOf(key)} that ${
    filters.length === 1 && "include" in filter
      ? `matches ${filter.include.replace(/^\//, "")}`
      : "the filters leave"
  }`;
}

/**
 * Refuses a file as a directory: the store would hide below its own names what can't stand in it.
 *
 * @throws {UsageError} when it is one.
 */
export function refuseFile({ onDisk, key, nameOf }: OpenedTarget): void {
  if (onDisk === "file") throw new UsageError(`${nameOf(key)} is a file: name a directory to copy into`);
}

/** What {@linkcode syncPlaces} is given. */
export interface SyncRequest {
  readonly from: Parameters<typeof import("../lib/sync/mod.ts").sync>[0];
  readonly to: Parameters<typeof import("../lib/sync/mod.ts").sync>[1];
  readonly names: ConstructorParameters<typeof ActionTeller>[1];
  readonly options: NonNullable<Parameters<typeof import("../lib/sync/mod.ts").sync>[2]>;
}

/**
 * Syncs, and tells what is done.
 *
 * @returns How many objects there were.
 */
export async function syncPlaces(
  context: CliContext,
  { from, to, names, options }: SyncRequest,
): Promise<number> {
  const { sync, SyncError } = await import("../lib/sync/mod.ts");
  const teller = new ActionTeller(context, names, options.dryRun ?? false);
  const { onAction, onProgress } = teller;
  let found = 0;
  try {
    const told = (action: Parameters<typeof onAction>[0]) => {
      found++;
      return onAction(action);
    };
    await sync(from, to, { ...context.request, ...options, onAction: told, onProgress });
  } catch (error) {
    await teller.end();
    // Each of them has been told.
    if (!(error instanceof SyncError)) throw error;
  }
  await teller.end();
  return found;
}

async function toStdout(context: CliContext, source: string): Promise<void> {
  const { report, request } = context;
  if (report.json) throw new UsageError("--json and the object's bytes can't both go to standard output");
  const { backend, key } = await context.open(source);
  const { openStream } = await import("../lib/objects/mod.ts");
  const { content, info } = await openStream(backend, key, request);
  // Leaving the loop, as when nobody reads any more, ends the request.
  for await (const piece of content) await report.bytes(piece);
  report.count(info.size);
}

async function fromStdin(context: CliContext, to: OpenedTarget, request: TransferRequest): Promise<void> {
  const { move, recursive, noClobber, dryRun, acl, storageClass, ifSizeDiffers, resume } = request;
  const { report } = context;
  if (resume) {
    throw new UsageError("standard input can't be read again, so that --resume has no use: copy a file");
  }
  if (move || recursive || ifSizeDiffers) {
    throw new UsageError('"-" is standard input: it can only be copied');
  }
  if (to.isDirectory) {
    throw new UsageError(
      `${to.nameOf(to.key)} is a directory: name the object, as standard input has no name`,
    );
  }
  const { writeObject } = await import("../lib/objects/mod.ts");
  const target = to.nameOf(to.key);
  if (dryRun) return await report.did({ source: "-", target, dryRun }, `copy standard input to ${target}`);
  const { size } = await writeObject(to.backend, to.key, context.io.stdin(), {
    ...context.request,
    overwrite: !noClobber,
    acl,
    storageClass,
    onProgress: report.progress.onProgress,
  });
  await report.did({ source: "-", target, bytes: size }, `copied standard input to ${target}`);
}
