/** Runs one target: makes inputs, tries them, keeps those that went a new way, and makes the faulty ones small. */
import { generator } from "../../array/random.ts";
import { beginCounting, counted } from "./allocations.ts";
import { minimised } from "./minimise.ts";
import { mutated } from "./mutate.ts";
import type { Input, Target, Verdict } from "./target.ts";

/** An input that a target is wrong about. */
export interface FoundFault {
  readonly fault: string;
  /** As small as it could be made. */
  readonly input: Input;
}

/** What came of a run. */
export interface CampaignResult {
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  /** Ways through the code that could be told apart. */
  readonly ways: number;
  /** The input that took longest, and how many milliseconds. */
  readonly slowest: { readonly input: Input; readonly time: number };
  readonly faults: readonly FoundFault[];
}

/** What a run is told. */
export interface CampaignOptions {
  readonly seed: number;
  readonly count: number;
  /** Ends the run before `count`, in milliseconds of `performance.now()`. */
  readonly until?: number;
  /** Inputs to begin with, beside the target's. */
  readonly corpus: readonly Input[];
  /** Is told of each input before it is tried. */
  readonly onInput: (input: Input) => void;
  /** What went wrong outside of any call, since it was last asked for. */
  readonly stray: () => Promise<string | undefined>;
}

/** Faults of one target after which a run ends: it is one that is in the way of all others. */
const MOST_FAULTS = 5;
/** Inputs after which is looked for what went wrong outside of any call. */
const BATCH = 64;
/** Most inputs that are kept because they went a new way. */
const MOST_KEPT = 400;

/** Tries an input, with its memory counted. */
export async function tried(target: Target, input: Input): Promise<Verdict> {
  beginCounting(target.memory);
  const verdict = await target.check(input);
  const { refused, total } = counted();
  beginCounting(Infinity);
  if (refused === undefined) return verdict;
  const fault =
    `${input.length} bytes made it ask for ${refused} bytes of memory, after ${total}: ${target.memory} are allowed`;
  return { kind: "fault", signature: "memory", fault };
}

/** Tries all seeds, and then changed ones. The same seed gives the same inputs. */
export async function campaign(target: Target, options: CampaignOptions): Promise<CampaignResult> {
  const { seed, count, until = Infinity, corpus, onInput, stray } = options;
  const random = generator(seed);
  const seeds = [...corpus, ...await target.seeds()];
  const good = seeds.filter(({ length }) => length <= target.longest);
  if (good.length === 0) good.push(new Uint8Array(0));
  /** Refused in a new way each. */
  const odd: Input[] = [];
  const ways = new Set<string>();
  const faults: FoundFault[] = [];
  const tally = { accepted: 0, refused: 0, fault: 0 };
  let slowest = { input: new Uint8Array(0), time: 0 };
  let batch: Input[] = [];
  let inputs = 0;

  const faulty = async (input: Input, { signature, fault }: Verdict & { kind: "fault" }) => {
    if (faults.some((known) => known.fault === fault)) return;
    const isFaulty = async (candidate: Input) => {
      onInput(candidate);
      const verdict = await tried(target, candidate);
      return verdict.kind === "fault" && verdict.signature === signature;
    };
    const small = await minimised(input, isFaulty);
    const verdict = await tried(target, small);
    faults.push({ fault: verdict.kind === "fault" ? verdict.fault : fault, input: small });
  };
  const strays = async () => {
    const since = batch;
    batch = [];
    if (await stray() === undefined) return;
    const strayOf = async (input: Input) => {
      onInput(input);
      await tried(target, input);
      return await stray();
    };
    // Which of them it was shows one by one.
    for (const input of since) {
      const lost = await strayOf(input);
      if (lost === undefined) continue;
      const fault = `nobody waits for it: ${lost}`;
      const [firstLine] = fault.split("\n");
      if (faults.some((known) => known.fault.startsWith(firstLine))) return;
      const small = await minimised(input, async (candidate) => await strayOf(candidate) !== undefined);
      faults.push({ fault, input: small });
      return;
    }
    faults.push({
      fault: "nobody waits for it, and it comes of none of the last inputs alone",
      input: since[0],
    });
  };

  for (; inputs < count && faults.length < MOST_FAULTS && performance.now() < until; inputs++) {
    const pool = odd.length > 0 && random(3) === 0 ? odd : good;
    const input = inputs < seeds.length ? seeds[inputs] : mutated({ ...target, pool }, random);
    onInput(input);
    const start = performance.now();
    const verdict = await tried(target, input);
    const time = performance.now() - start;
    if (time > slowest.time) slowest = { input, time };
    tally[verdict.kind]++;
    const isNew = !ways.has(verdict.signature);
    ways.add(verdict.signature);
    if (verdict.kind === "fault") {
      if (isNew) await faulty(input, verdict);
    } else if (isNew) {
      const kept = verdict.kind === "accepted" ? good : odd;
      if (kept.length < seeds.length + MOST_KEPT) kept.push(input);
    }
    if (batch.push(input) === BATCH) await strays();
  }
  await strays();
  const { accepted, refused } = tally;
  return { inputs, accepted, refused, ways: ways.size, slowest, faults };
}
