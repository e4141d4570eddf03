/** What is fuzzed: a decoder or parser, what it may answer, and who knows better. */
import { assert } from "@std/assert";
import { CottonCandyError, type ErrorCode } from "../../../lib/errors.ts";

/** Bytes to try. */
export type Input = Uint8Array<ArrayBuffer>;

/** What the code under test made of an input. */
export type Outcome<T> =
  | { readonly kind: "accepted"; readonly value: T }
  | { readonly kind: "refused"; readonly error: Error };

/** What is thought of an outcome: `signature` is alike for inputs that went the same way through the code. */
export type Verdict =
  | { readonly kind: "accepted" | "refused"; readonly signature: string }
  | { readonly kind: "fault"; readonly signature: string; readonly fault: string };

/** Something to fuzz. */
export interface Target {
  readonly name: string;
  /** Inputs of a run in CI. */
  readonly count: number;
  /** Longest input, in bytes. */
  readonly longest: number;
  /** Bytes of typed arrays that one input may make the code ask for. */
  readonly memory: number;
  /** Nothing is ever accepted: each input is of a refusal. */
  readonly refusesAll: boolean;
  /** Words of the format, for the mutations. */
  readonly dictionary: readonly Input[];
  /** Inputs to begin with, beside those of the corpus. */
  seeds(): Promise<readonly Input[]>;
  /** Tries an input. */
  check(input: Input): Promise<Verdict>;
}

/** How a target is described; `T` is what it makes of an input. */
export interface TargetPlan<T> {
  readonly name: string;
  readonly count: number;
  readonly longest?: number;
  readonly memory?: number;
  readonly refusesAll?: boolean;
  readonly dictionary?: readonly (string | Uint8Array)[];
  readonly seeds: () => readonly (string | Uint8Array)[] | Promise<readonly (string | Uint8Array)[]>;
  /** The kinds of `CottonCandyError` that a bad input may end in, or what else is documented. Anything else that is thrown is a fault. */
  readonly refusals: readonly ErrorCode[] | ((error: Error) => boolean);
  readonly run: (input: Input) => T | Promise<T>;
  /** Holds the outcome against what is known otherwise: throws an assertion where they disagree. */
  readonly judge?: (outcome: Outcome<T>, input: Input) => void | Promise<void>;
}

const MIB = 1024 * 1024;
/** No message repeats what it is about: a refusal of 500 MB has been seen. */
const LONGEST_MESSAGE = 20_000;

/** Makes a target of its description. */
export function target<T>(plan: TargetPlan<T>): Target {
  const { name, count, longest = 2048, memory = 16 * MIB, refusesAll = false, dictionary = [] } = plan;
  return {
    name,
    count,
    longest,
    memory,
    refusesAll,
    dictionary: dictionary.map(bytesOf),
    seeds: async () => (await plan.seeds()).map(bytesOf),
    check: (input) => check(plan, input),
  };
}

/** The text of an input; bytes that are no UTF-8 become U+FFFD. */
export function textOf(input: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(input);
}

/** Several texts of one input, which NULs keep apart. */
export function fieldsOf(input: Uint8Array): string[] {
  return textOf(input).split("\0");
}

function bytesOf(seed: string | Uint8Array): Input {
  return typeof seed === "string" ? new TextEncoder().encode(seed) : new Uint8Array(seed);
}

async function check<T>(plan: TargetPlan<T>, input: Input): Promise<Verdict> {
  // A copy: what is written to must not change what is reported.
  const given = input.slice();
  const outcome = await attempt(plan, given);
  if (outcome.kind === "refused") {
    const fault = faultOf(plan, outcome.error);
    if (fault !== undefined) return { kind: "fault", signature: signatureOf(outcome.error), fault };
  }
  try {
    assert(given.every((byte, i) => byte === input[i]), "the input was written to");
    await plan.judge?.(outcome, input);
  } catch (error) {
    const fault = `the judge disagrees (${outcome.kind}): ${error instanceof Error ? error.message : error}`;
    return { kind: "fault", signature: `judge ${skeleton(fault)}`, fault };
  }
  const signature = outcome.kind === "refused" ? signatureOf(outcome.error) : shapeOf(outcome.value);
  return { kind: outcome.kind, signature };
}

async function attempt<T>({ run }: TargetPlan<T>, input: Input): Promise<Outcome<T>> {
  try {
    return { kind: "accepted", value: await run(input) };
  } catch (error) {
    return { kind: "refused", error: error instanceof Error ? error : new Error(`not an Error: ${error}`) };
  }
}

function faultOf<T>({ refusals }: TargetPlan<T>, error: Error): string | undefined {
  const known = typeof refusals === "function"
    ? refusals(error)
    : error instanceof CottonCandyError && refusals.includes(error.code);
  if (!known) return `an error that no caller can expect: ${error.stack ?? error}`;
  if (error.message.length > LONGEST_MESSAGE) return `a message of ${error.message.length} characters`;
  return undefined;
}

function signatureOf(error: Error): string {
  return `${error.name} ${skeleton(error.message)}`;
}

/** A message without what differs from input to input. */
function skeleton(message: string): string {
  return message.replace(/"(?:[^"\\]|\\.)*"|\d+/g, "#").slice(0, 120);
}

/** Roughly what a value is like, so that inputs that give a new kind of it are kept. */
function shapeOf(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${Math.ceil(Math.log2(value.length + 1))}`;
  if (Array.isArray(value)) return `list ${Math.min(value.length, 8)} ${typeof value[0]}`;
  if (typeof value === "object" && value !== null) {
    const kind = "kind" in value && typeof value.kind === "string" ? value.kind : "";
    return `${value.constructor?.name ?? "null"} ${kind} ${Math.min(Object.keys(value).length, 8)}`;
  }
  return typeof value;
}
