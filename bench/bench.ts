// deno-lint-ignore-file no-console -- it tells how far a run has come
/**
 * One run: its sections have work done by contenders in turns, and judge what came of it.
 *
 * @module
 */
import type { Took, Work } from "./clients/protocol.ts";
import {
  type ClientName,
  type Contender,
  startBefore,
  startContender,
  type StartOptions,
  whyAbsent,
} from "./contender.ts";
import type { Traffic } from "./counter.ts";
import {
  type Absent,
  type Amount,
  faultsOf,
  type Goal,
  isMet,
  type Measured,
  type Profiled,
  type Table,
} from "./results.ts";
import { type Route, startTarget, type Target } from "./target.ts";
import { alternately } from "./turns.ts";
import type { S3Address, ServerOptions } from "./versitygw.ts";

/** Some work of a contender. */
export interface Entry {
  /** Who does it; a function where each time another process does, or none does, for the reason that is told. */
  readonly client: Contender | (() => Promise<Contender>) | { readonly absent: string };
  /** What it is to do, by that way to the server. */
  work(route?: Route): Work | Promise<Work>;
  /** It does a part of the work only, this one in so many: what it took is told as if it had done all. */
  readonly share?: number;
  /** It asks no server. */
  readonly offline?: boolean;
  /** What is to be told besides. */
  readonly remark?: string;
}

/** What contenders do in turns. */
export interface Contest {
  readonly section: string;
  readonly work: string;
  readonly amount?: Amount;
  /** The contender whom the others are beside; default {@linkcode OURS}. */
  readonly ours?: string;
  readonly rounds: number;
  /** The server, for work that asks one. */
  readonly target?: Target;
  readonly entries: Readonly<Record<string, Entry>>;
}

/** What a run is told. */
export interface BenchOptions {
  /** Sanity instead of figures: small sizes, one round, nothing is built or installed. */
  readonly quick: boolean;
  /** How often each does its work, in place of each section's own number. */
  readonly rounds?: number;
  /** Where time goes is told of everything that this package does, not only of what misses a goal. */
  readonly profile: boolean;
  /** Whether Python's clients are there. */
  readonly python: boolean;
}

/** What this package is called in tables. */
export const OURS = "this package";

/** Judges what a contest came to. */
export interface Judgement {
  readonly what: string;
  readonly kind: Goal["kind"];
  readonly bound: number;
  readonly ratio: number | undefined;
  /** Whose work it is; default the contest's `ours`. */
  readonly of?: string;
}

function scaled({ seconds, cpu, peak }: Took, share = 1): Took {
  return { seconds: seconds * share, cpu: cpu * share, peak };
}

function nameOf({ section, work }: Table, contender: string): string {
  return `${section}, ${work}, ${contender}`;
}

/** A run. */
export class Bench {
  /** What was measured so far. */
  readonly tables: Table[] = [];
  /** What was judged so far. */
  readonly goals: Goal[] = [];
  /** Where the time went of what missed a goal, and of what was asked about. */
  readonly profiles: Profiled[] = [];
  readonly options: BenchOptions;
  readonly #contests = new WeakMap<Table, Contest>();
  readonly #start = performance.now();
  readonly #stopped = Promise.withResolvers<never>();

  /** Begins one. */
  constructor(options: BenchOptions) {
    this.options = options;
    // It is seen by whoever is at work then.
    this.#stopped.promise.catch(() => {});
  }

  /** Has the work that goes on fail, and with it the run. */
  stop(): void {
    this.#stopped.reject(new Error("the run was stopped"));
  }

  /** One of two sizes: of a quick run, or of a whole one. */
  size(quick: number, whole: number): number {
    return this.options.quick ? quick : whole;
  }

  /** How many rounds there are, where the section would have so many. */
  rounds(usual: number): number {
    return this.options.quick ? 1 : this.options.rounds ?? usual;
  }

  /** Starts a server. */
  startTarget(options: ServerOptions): Promise<Target> {
    return startTarget(this.options.quick, options);
  }

  /** Why a client can't take part; `undefined` where it can. */
  whyAbsent(name: ClientName): string | undefined {
    return whyAbsent(name, { withoutPython: !this.options.python });
  }

  /** Starts a client. */
  start(name: ClientName, options: StartOptions = {}): Contender {
    return startContender(name, { withoutPython: !this.options.python, ...options });
  }

  /** Starts this package's codecs of an earlier commit. */
  startBefore(revision: string): Promise<Contender> {
    return startBefore(revision);
  }

  /** Starts several that use the same store, where they use one; they end together. */
  startAll<N extends ClientName>(
    names: readonly N[],
    address?: S3Address,
  ): Record<N, Contender> & AsyncDisposable {
    const started = names.map((name) => [name, this.start(name, { address })] as const);
    return Object.assign(Object.fromEntries(started) as Record<N, Contender>, {
      [Symbol.asyncDispose]: async () => {
        for (const [, contender] of started) await contender[Symbol.asyncDispose]();
      },
    });
  }

  /** Has work done in turns: once through what counts, to warm up, and then straight, measured. */
  async measure(contest: Contest): Promise<Table> {
    const { section, work, amount, ours = OURS, rounds, target, entries } = contest;
    if (!this.options.quick) this.tell(`${section}: ${work}`);
    const absent: Absent[] = [];
    const works: Record<string, () => Promise<Took>> = {};
    const warmUps: Record<string, () => Promise<void>> = {};
    const traffic = new Map<string, Traffic>();
    for (const [contender, entry] of Object.entries(entries)) {
      const { client, share = 1, offline = false } = entry;
      if ("absent" in client && client.absent !== undefined) {
        absent.push({ kind: "absent", contender, why: client.absent });
        continue;
      }
      const counted = offline ? undefined : target?.counted;
      works[contender] = async () => scaled(await this.#run(entry, target?.straight), share);
      warmUps[contender] = async () => {
        counted?.take();
        await this.#run(entry, counted ?? target?.straight);
        if (!counted) return;
        const { requests, sent, received } = counted.take();
        traffic.set(contender, {
          requests: requests * share,
          sent: sent * share,
          received: received * share,
        });
      };
    }
    const samples = await alternately(rounds, works, warmUps);
    const measured = Object.entries(samples).map(([contender, rounds]): Measured => ({
      kind: "measured",
      contender,
      rounds,
      traffic: traffic.get(contender),
      remark: entries[contender].remark,
    }));
    // As they were given.
    const rows = Object.keys(entries).map((name) =>
      [...measured, ...absent].find(({ contender }) => contender === name)!
    );
    const table: Table = { section, work, amount, ours, rows };
    const faults = faultsOf(table);
    if (faults.length > 0) throw new Error(faults.join("\n"));
    this.tables.push(table);
    this.#contests.set(table, contest);
    if (this.options.profile) await this.#profile(table, ours);
    return table;
  }

  /** Notes a goal, while those who took part are still there: where the time went of what misses it is looked at once more. */
  async judge(table: Table, { what, kind, bound, ratio, of = table.ours }: Judgement): Promise<void> {
    const goal: Goal = { section: table.section, what, kind, bound, ratio, of: nameOf(table, of) };
    this.goals.push(goal);
    if (isMet(goal) === false && !this.options.quick) await this.#profile(table, of);
  }

  /** Tells how far the run has come. */
  tell(what: string): void {
    const seconds = Math.round((performance.now() - this.#start) / 1000);
    console.error(`${String(seconds).padStart(5)} s  ${what}`);
  }

  #run(entry: Entry, route: Route | undefined): Promise<Took> {
    return this.#with(entry, route, (client, work) => client.run(work));
  }

  /** Gives an entry's client what it is to do, by that way to the server. */
  async #with<T>(
    { client, work }: Entry,
    route: Route | undefined,
    use: (client: Contender, work: Work) => Promise<T>,
  ): Promise<T> {
    if (typeof client === "function") {
      await using started = await client();
      return await this.#with({ client: started, work }, route, use);
    }
    if (!("run" in client)) throw new Error(`nobody is there: ${client.absent}`);
    if (route) await client.connect(route.address);
    return await Promise.race([use(client, await work(route)), this.#stopped.promise]);
  }

  async #profile(table: Table, contender: string): Promise<void> {
    const of = nameOf(table, contender);
    if (this.profiles.some((known) => known.of === of)) return;
    const contest = this.#contests.get(table);
    const entry = contest?.entries[contender];
    if (!entry) throw new Error(`${of} did not take part`);
    const profile = await this.#with(
      entry,
      contest?.target?.straight,
      (client, work) => client.profile(work),
    );
    this.profiles.push({ of, profile });
  }
}

/** A kind of work that can be asked for by its name. */
export interface Section {
  readonly name: string;
  readonly title: string;
  /** What is measured, and how: for the reader of the results. */
  readonly about: string;
  run(bench: Bench): Promise<void>;
}
