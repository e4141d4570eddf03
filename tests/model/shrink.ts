/** Cuts a sequence that fails down to what it fails of. */
import type { Content } from "./contents.ts";
import { run, type Violation } from "./run.ts";
import type { Operation, Sequence, Step } from "./steps.ts";
import type { TestedStore } from "./stores/mod.ts";

/** How many sequences are tried at most. */
const TRIES = 300;

/** A sequence that fails, and of what. */
export interface Failure {
  readonly sequence: Sequence;
  readonly violation: Violation;
}

/** The shortest and simplest sequence that can be found which fails still, of whatever it may be. */
export async function shrink(failure: Failure, kind: TestedStore): Promise<Failure> {
  let best = cut(failure);
  for (let tries = 0, found = true; found;) {
    found = false;
    for (const sequence of simpler(best.sequence)) {
      if (++tries > TRIES) return best;
      const violation = await run(sequence, kind);
      if (!violation) continue;
      best = cut({ sequence, violation });
      found = true;
      break;
    }
  }
  return best;
}

/** Without what comes behind the step that failed. */
function cut({ sequence, violation }: Failure): Failure {
  return { sequence: { ...sequence, steps: sequence.steps.slice(0, violation.step + 1) }, violation };
}

/** Sequences that are a little simpler, those first that are much simpler. */
function* simpler(sequence: Sequence): Generator<Sequence> {
  const { steps } = sequence;
  for (let length = steps.length >> 1; length > 0; length >>= 1) {
    for (let from = 0; from + length <= steps.length; from += length) {
      yield { ...sequence, steps: [...steps.slice(0, from), ...steps.slice(from + length)] };
    }
  }
  if (sequence.prefix !== "") yield { ...sequence, prefix: "" };
  if (sequence.concurrency > 1) yield { ...sequence, concurrency: 1 };
  for (const [index, step] of steps.entries()) {
    for (const other of simplerSteps(step)) yield { ...sequence, steps: steps.with(index, other) };
  }
}

function* simplerSteps(step: Step): Generator<Step> {
  const { fault, meanwhile, ...bare } = step;
  if (fault) yield { ...bare, ...(meanwhile ? { meanwhile } : {}) };
  if (meanwhile) yield { ...bare, ...(fault ? { fault } : {}) };
  if (fault && fault.skip > 0) yield { ...step, fault: { ...fault, skip: fault.skip - 1 } };
  if (fault && fault.times !== null && fault.times > 1) yield { ...step, fault: { ...fault, times: 1 } };
  if (meanwhile && meanwhile.skip > 0) {
    yield { ...step, meanwhile: { ...meanwhile, skip: meanwhile.skip - 1 } };
  }
  if (meanwhile?.content) {
    for (const content of simplerContents(meanwhile.content)) {
      if (content.kind === "bytes") yield { ...step, meanwhile: { ...meanwhile, content } };
    }
  }
  const { do: operation } = step;
  if (operation.op === "other") {
    for (const content of operation.content ? simplerContents(operation.content) : []) {
      if (content.kind === "bytes") yield { ...step, do: { ...operation, content } };
    }
  } else for (const other of simplerOperations(operation)) yield { ...step, do: other };
}

function* simplerOperations(operation: Operation): Generator<Operation> {
  if ("size" in operation && operation.size > 100) yield { ...operation, size: 100 };
  if ("size" in operation && operation.size > 1) yield { ...operation, size: 1 };
  if (operation.op === "upload" && operation.how !== "bytes") yield { ...operation, how: "bytes" };
  if ("overwrite" in operation && !operation.overwrite) yield { ...operation, overwrite: true };
  if (operation.op !== "store") return;
  for (const content of simplerContents(operation.content)) {
    if (content.kind === "bytes") yield { ...operation, content };
  }
}

function* simplerContents(content: Content): Generator<Content> {
  const { kind, seed } = content;
  if (kind !== "bytes") yield { kind: "bytes", seed, size: 100 };
  else if (content.size > 1) yield { ...content, size: 1 };
}
