/**
 * Runs patterns over keys in a time that grows with pattern × key, whatever both are: a backtracking expression takes years for
 * `*a*a*a*a*a*b` and a long key of `a`, and keys are others' input.
 *
 * A pattern is a program of small steps, as Ken Thompson's matcher has them (https://swtch.com/~rsc/regexp/regexp2.html). All ways to match are
 * followed at once, from character to character, and what they have come to is remembered as a state (a lazy DFA, as in RE2:
 * https://swtch.com/~rsc/regexp/regexp3.html), so that the same characters lead there again without work. `!(x)` is the complement of `x`: its beginnings
 * that have come to the same state of `x` are one.
 *
 * @module
 */

/** Code points, as ranges with both ends included; or, `negated`, all but those. */
export interface CharacterSet {
  /** Pairs of first and last code point. */
  readonly ranges: readonly (readonly [first: number, last: number])[];
  /** Whether the set is what the ranges leave. */
  readonly negated: boolean;
}

/** The code point of `/`. */
export const SLASH = 0x2f;

/** Every character. */
export const ANY_CHARACTER: CharacterSet = { ranges: [], negated: true };

/** Every character but `/`. */
export const NO_SLASH: CharacterSet = { ranges: [[SLASH, SLASH]], negated: true };

/** The set of one character. */
export function setOf(codePoint: number): CharacterSet {
  return { ranges: [[codePoint, codePoint]], negated: false };
}

/** Whether a set has a character. */
export function contains({ ranges, negated }: CharacterSet, codePoint: number): boolean {
  for (const [first, last] of ranges) {
    if (codePoint >= first && codePoint <= last) return !negated;
  }
  return negated;
}

/** The only character of a set, when it is written with one. */
export function onlyCharacter({ ranges, negated }: CharacterSet): number | undefined {
  if (negated || ranges.length !== 1) return undefined;
  const [[first, last]] = ranges;
  return first === last ? first : undefined;
}

/** The code points of a text. */
export function codePointsOf(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}

/** One step of a program. Steps without a target go on with the one behind them; targets count from the step itself. */
export type MatchStep =
  /** Takes one character of a set. */
  | { readonly op: "take"; readonly set: CharacterSet }
  /** Goes on at either step. */
  | { readonly op: "fork"; readonly a: number; readonly b: number }
  | { readonly op: "jump"; readonly to: number }
  /** Goes on at the key's first character, at its end, or anywhere but at its end. */
  | { readonly op: "start" | "end" | "more" }
  /** Takes any part of a path segment that the program does not match whole. */
  | { readonly op: "except"; readonly program: Program };

/** A pattern; it has matched when a step behind the last one is reached. */
export type Program = readonly MatchStep[];

/** Takes one character of a set. */
export function take(set: CharacterSet): Program {
  return [{ op: "take", set }];
}

/** One of several programs. */
export function choice(programs: readonly Program[]): Program {
  // How many steps are behind the program at hand.
  let rest = programs.reduce((sum, program) => sum + program.length + 2, -2);
  return programs.flatMap((program, index): Program => {
    if (index === programs.length - 1) return program;
    rest -= program.length + 2;
    return [{ op: "fork", a: 1, b: program.length + 2 }, ...program, { op: "jump", to: rest + 1 }];
  });
}

/** A program none or one time (`?`), any number of times (`*`), or at least once (`+`). */
export function repeat(program: Program, quantifier: "?" | "*" | "+"): Program {
  const { length } = program;
  switch (quantifier) {
    case "?":
      return [{ op: "fork", a: 1, b: length + 1 }, ...program];
    case "*":
      return [{ op: "fork", a: 1, b: length + 2 }, ...program, { op: "jump", to: -length - 1 }];
    case "+":
      return [...program, { op: "fork", a: -length, b: 1 }];
  }
}

/** A predicate of keys that a program matches whole. */
export function matcherOf(program: Program): (key: string) => boolean {
  const automaton = new Automaton(program);
  return (key) => {
    automaton.forgetIfLarge();
    const text = codePointsOf(key);
    let state = automaton.start(true, text.length === 0);
    for (let at = 0; at < text.length; at++) {
      state = automaton.next(state, text[at], at === text.length - 1);
    }
    return state.accepts;
  };
}

/** Where all ways of matching are that have come to one place in a key. */
interface State {
  readonly id: number;
  /** Whether what has been read so far is a match. */
  readonly accepts: boolean;
  /** The steps that take the next character. */
  readonly takes: readonly number[];
  /** For each `except` that is underway, by its step: the states of what it excludes, one for all beginnings that have come to the same. */
  readonly excluded: ReadonlyMap<number, readonly State[]>;
  /** What has been found of where the next character leads; see {@linkcode Automaton.next}. */
  readonly followers: Map<number, State>;
}

/** How many ways from state to state are kept from key to key. */
const KEPT = 20_000;

/** A program as a deterministic automaton, whose states are made as keys come to them. */
class Automaton {
  readonly #program: Program;
  /** Those of the programs inside of `except`, by the step. */
  readonly #inner = new Map<number, Automaton>();
  #states = new Map<string, State>();
  /** How many ways from state to state were found. */
  #found = 0;
  #starts = new Map<number, State>();

  constructor(program: Program) {
    this.#program = program;
    for (const [index, step] of program.entries()) {
      if (step.op === "except") this.#inner.set(index, new Automaton(step.program));
    }
  }

  /** Forgets what was found when it has become much: keys are others' input. */
  forgetIfLarge(): void {
    for (const inner of this.#inner.values()) inner.forgetIfLarge();
    if (this.#found <= KEPT) return;
    this.#found = 0;
    this.#states = new Map();
    this.#starts = new Map();
  }

  /** The state before any character; whether that is at the key's first character, and at its end. */
  start(first: boolean, last: boolean): State {
    const way = Number(first) * 2 + Number(last);
    let state = this.#starts.get(way);
    if (!state) this.#starts.set(way, state = this.#reach([0], new Map(), first, last));
    return state;
  }

  /** The state behind the next character; whether that is at the key's end. */
  next(state: State, character: number, last: boolean): State {
    const way = character * 2 + Number(last);
    let follower = state.followers.get(way);
    if (!follower) state.followers.set(way, follower = this.#follow(state, character, last));
    return follower;
  }

  #follow({ takes, excluded }: State, character: number, last: boolean): State {
    this.#found++;
    const steps: number[] = [];
    for (const index of takes) {
      const step = this.#program[index];
      if (step.op === "take" && contains(step.set, character)) steps.push(index + 1);
    }
    const underway = new Map<number, Set<State>>();
    // What an `except` takes ends with the path segment.
    for (const [index, states] of character === SLASH ? [] : excluded) {
      const inner = this.#inner.get(index)!;
      underway.set(index, new Set(states.map((each) => inner.next(each, character, last))));
    }
    return this.#reach(steps, underway, false, last);
  }

  /** The state of all that can be reached from steps, and by an `except` where one of its beginnings is not excluded, without a further character. */
  #reach(
    steps: readonly number[],
    underway: Map<number, Set<State>>,
    first: boolean,
    last: boolean,
  ): State {
    const program = this.#program;
    const pending: number[] = [];
    const seen = new Set<number>();
    const go = (step: number) => {
      if (seen.has(step)) return;
      seen.add(step);
      pending.push(step);
    };
    for (const step of steps) go(step);
    for (const [index, states] of underway) {
      for (const { accepts } of states) if (!accepts) go(index + 1);
    }
    const takes: number[] = [];
    let accepts = false;
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (index >= program.length) {
        accepts = true;
        continue;
      }
      const step = program[index];
      switch (step.op) {
        case "take":
          takes.push(index);
          break;
        case "fork":
          go(index + step.a);
          go(index + step.b);
          break;
        case "jump":
          go(index + step.to);
          break;
        case "start":
          if (first) go(index + 1);
          break;
        case "end":
          if (last) go(index + 1);
          break;
        case "more":
          if (!last) go(index + 1);
          break;
        case "except": {
          const beginning = this.#inner.get(index)!.start(first, last);
          const states = underway.get(index);
          if (states) states.add(beginning);
          else underway.set(index, new Set([beginning]));
          if (!beginning.accepts) go(index + 1);
        }
      }
    }
    return this.#interned(accepts, takes, underway);
  }

  #interned(accepts: boolean, takes: number[], underway: ReadonlyMap<number, Set<State>>): State {
    takes.sort((a, b) => a - b);
    const excluded = new Map(
      [...underway].sort(([a], [b]) => a - b).map(([index, states]) =>
        [index, [...states].sort((a, b) => a.id - b.id)] as const
      ),
    );
    const key = `${accepts} ${takes} ${
      Array.from(excluded, ([index, states]) => `${index}:${states.map(({ id }) => id)}`).join(" ")
    }`;
    let state = this.#states.get(key);
    if (!state) {
      state = { id: nextId++, accepts, takes, excluded, followers: new Map() };
      this.#states.set(key, state);
    }
    return state;
  }
}

/** Never given twice, so that states that were forgotten are not taken for others. */
let nextId = 0;
