/** Runs a sequence of steps on a store of its own, and holds each to the model. */
import type { ObjectInfo } from "../../backends/backend.ts";
import { ArrayInterface, EncryptedInterface } from "../../lib/interface/mod.ts";
import { type Content, isFolder, store } from "./contents.ts";
import { lookAtBuckets } from "./buckets.ts";
import { type Expectation, expectation, objectOf, type Possible, type Setting } from "./expect.ts";
import { mixedFolder } from "./folders.ts";
import { type Happened, judge, type Outcome, told } from "./judge.ts";
import { perform } from "./perform.ts";
import { canonical, readStored, type State, type Stored } from "./state.ts";
import type { Operation, OtherWrite, Sequence, Step } from "./steps.ts";
import { type History, readHistory, UNSEEN, wrongHistory } from "./versions.ts";
import { type Disturbed, keysOf, type ModelStore, STORES, type TestedStore } from "./stores/mod.ts";

/** What is wrong, and in which step. */
export interface Violation {
  readonly step: number;
  readonly message: string;
}

/** A step that is still underway after so many milliseconds has been forgotten. */
const PATIENCE = 30_000;

/** Runs a sequence; tells the first thing that is wrong, `undefined` when all is as the model says. */
export async function run(
  sequence: Sequence,
  kind: TestedStore = storeNamed(sequence.store),
): Promise<Violation | undefined> {
  const model = new Run(sequence, kind, await kind.open());
  try {
    for (const [index, step] of sequence.steps.entries()) {
      const message = await model.step(step);
      if (message !== undefined) return { step: index, message };
    }
    return undefined;
  } finally {
    await model.store.dispose();
  }
}

/** The kind of a name; throws for a name that is none's. */
export function storeNamed(name: string): TestedStore {
  if (Object.hasOwn(STORES, name)) return STORES[name];
  throw new Error(`no store is called "${name}": there are ${Object.keys(STORES).join("; ")}`);
}

/** A sequence that is being run. */
class Run {
  readonly store: ModelStore;
  readonly #sequence: Sequence;
  readonly #kind: TestedStore;
  #state: State = new Map();
  /** Which version of each object was last read: it need not be read again. */
  #versions = new Map<string, string>();
  #history: History = new Map();
  #buckets: State = new Map();
  /** Left behind where it could not be helped. */
  readonly #excused = new Set<string>();
  /** How often the keys were replaced. */
  #turn = 0;

  constructor(sequence: Sequence, kind: TestedStore, store: ModelStore) {
    this.#sequence = sequence;
    this.#kind = kind;
    this.store = store;
  }

  /** Takes a step, and tells what is wrong. */
  async step(step: Step): Promise<string | undefined> {
    if (step.do.op === "other") return await this.#otherStep(step.do);
    return await this.#disturbedStep(step.do, step);
  }

  async #otherStep({ name, content }: OtherWrite<Content>): Promise<string | undefined> {
    const setting = { ...this.#setting(), readOnly: false };
    const made: ReadonlyMap<string, Possible> = content
      ? (await expectation(storing(name, content), this.#state, setting)).after
      : new Map([[setting.prefix + name, [undefined]]]);
    await writeAs(await this.#interfaceOn(this.store.witness), { name, content });
    const after = await this.#look(new Set(made.keys()));
    if (typeof after === "string") return after;
    for (const [key, [now]] of made) {
      if (after.get(key)?.print !== now?.print) return `what somebody else wrote as "${key}" is not there`;
    }
    this.#state = after;
    return undefined;
  }

  async #disturbedStep(operation: Operation, { fault, meanwhile }: Step): Promise<string | undefined> {
    const { prefix } = this.#sequence;
    const before = this.#state;
    const expected = await expectation(operation, before, this.#setting());
    const other = meanwhile && await this.#otherOf(meanwhile, operation);
    const somebody = await this.#interfaceOn(this.store.other ?? this.store.witness);
    const reason = new Error("the caller has changed his mind");
    const control = new AbortController();
    let othersFailure: unknown;
    let wrote = false;
    const disturbed = this.store.disturb({
      fault: fault?.kind === "abort" || fault?.kind === "source" ? undefined : fault,
      abort: fault?.kind === "abort" ? { skip: fault.skip, run: () => control.abort(reason) } : undefined,
      meanwhile: meanwhile && {
        skip: meanwhile.skip,
        run: async () => {
          wrote = true;
          await writeAs(somebody, meanwhile).catch((error) => othersFailure = error);
        },
      },
    });
    const outcome = await this.#outcomeOf(operation, control.signal, fault, disturbed);
    await disturbed.end();
    await this.store.idle();
    if (operation.op === "rotate" && this.#kind.encryption === "AES") this.#turn++;
    if (othersFailure !== undefined) return `somebody else could not write: ${told(othersFailure)}`;
    const happened: Happened = {
      operation,
      outcome,
      fault: fault && (disturbed.hits > 0 || fault.kind === "source")
        ? {
          kind: fault.kind,
          passing: this.#kind.retries === true && fault.times !== null && fault.times <= 2,
        }
        : undefined,
      aborted: control.signal.aborted ? reason : undefined,
      other: wrote ? other : undefined,
      atomicCreate: this.store.backend.capabilities.atomicCreate,
      deletesVersions: this.store.deletesVersions,
    };
    const [buckets, history] = [this.#buckets, this.#history];
    if (operation.op === "bucket") {
      this.#buckets = await lookAtBuckets((await this.#interfaceOn(this.store.witness)).backend);
    }
    const after = await this.#look(new Set([...expected.after.keys(), ...other ? [other.key] : []]));
    if (typeof after === "string") return `${after}, ${shownOutcome(outcome)}`;
    this.#state = after;
    const allowed = (
      key: string,
    ) => [
      before.get(key),
      ...expected.after.get(key) ?? [],
      ...other ? [...other.expected.after.get(key) ?? [], ...other.key === key ? [other.now] : []] : [],
      ...expected.changes === "folder" ? [undefined] : [],
    ];
    return judge(
      new Map([...before, ...buckets]),
      expected,
      happened,
      new Map([...after, ...this.#buckets]),
    ) ??
      wrongHistory(
        operation,
        prefix + nameOf(operation),
        { before: history, after: this.#history, outcome },
        allowed,
      ) ??
      await mixedFolder(operation, outcome, { before, after }, this.#setting()) ??
      await this.#leftBehind(disturbed, outcome);
  }

  /** What somebody else writes, and what the operation has to do from then on. */
  async #otherOf(
    { name, content }: OtherWrite,
    operation: Operation,
  ): Promise<{ key: string; now: Stored | undefined; expected: Expectation }> {
    const { prefix } = this.#sequence;
    const key = prefix + name;
    const now = content ? await objectOf(content, key) : undefined;
    const state = new Map(this.#state);
    if (now) state.set(key, now);
    else state.delete(key);
    const history = new Map(this.#history).set(key, [
      { id: UNSEEN, object: now },
      ...this.#history.get(key) ?? [],
    ]);
    return { key, now, expected: await expectation(operation, state, { ...this.#setting(), history }) };
  }

  #setting(): Setting {
    const { readOnly = false, presigns = false, encryption } = this.#kind;
    const { prefix } = this.#sequence;
    return {
      prefix,
      readOnly,
      presigns: presigns && !encryption,
      history: this.#history,
      buckets: this.#buckets,
    };
  }

  async #outcomeOf(
    operation: Operation,
    signal: AbortSignal,
    fault: Step["fault"],
    disturbed: Disturbed,
  ): Promise<Outcome> {
    const { encryption } = this.#kind;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it is still underway after ${PATIENCE} ms`)), PATIENCE);
    });
    try {
      const answer = perform(operation, {
        cci: await this.#interfaceOn(this.store.backend),
        signal,
        sourceFailsAt: fault?.kind === "source" ? fault.skip * 30_000 : undefined,
        keys: operation.op === "rotate" && encryption ? await keysOf(encryption, this.#turn + 1) : undefined,
        history: this.#history,
        calm: () => disturbed.end(),
      });
      return { answer: canonical(await Promise.race([answer, late])) };
    } catch (error) {
      return { error };
    } finally {
      clearTimeout(timer);
    }
  }

  async #interfaceOn(backend: ModelStore["backend"]): Promise<ArrayInterface> {
    const { prefix, concurrency } = this.#sequence;
    const { encryption } = this.#kind;
    const settings = { prefix, concurrency, workers: false, onWarning() {} } as const;
    if (!encryption) return new ArrayInterface(backend, settings);
    return new EncryptedInterface(backend, { ...settings, keys: await keysOf(encryption, this.#turn) });
  }

  /** What is there, as the undisturbed see it; what can't be read is told. `changed` has to be read, whatever its version. */
  async #look(changed: ReadonlySet<string>): Promise<State | string> {
    const { backend } = await this.#interfaceOn(this.store.witness);
    const state = new Map<string, Stored>();
    const versions = new Map<string, string>();
    for await (const entry of backend.list()) {
      if (!("key" in entry)) continue;
      const { key } = entry;
      const version = versionOf(entry);
      const known = this.#versions.get(key) === version && !changed.has(key)
        ? this.#state.get(key)
        : undefined;
      try {
        state.set(key, known ?? await readStored(backend, key));
      } catch (error) {
        return `"${key}" can't be read: ${told(error)}`;
      }
      versions.set(key, version);
    }
    this.#versions = versions;
    this.#history = await readHistory(this.store.history?.() ?? new Map(), this.#history, backend);
    return state;
  }

  async #leftBehind({ met }: Disturbed, outcome: Outcome): Promise<string | undefined> {
    const left = (await this.store.leftovers()).filter((name) => !this.#excused.has(name));
    if (left.length === 0) return undefined;
    if (!this.store.mayLeave(met)) return `${left.join(", ")} was left behind, ${shownOutcome(outcome)}`;
    await this.store.sweep();
    for (const name of left) this.#excused.add(name);
    return undefined;
  }
}

function nameOf(operation: Operation): string {
  return "name" in operation ? operation.name : "";
}

function versionOf({ etag = "", size, lastModified }: ObjectInfo): string {
  return `${etag} ${size} ${lastModified.getTime()}`;
}

function shownOutcome(outcome: Outcome): string {
  return "answer" in outcome ? "though the operation succeeded" : `after ${told(outcome.error)}`;
}

function storing(name: string, content: Content): Operation {
  return isFolder(content)
    ? { op: "store folder", name, content }
    : { op: "store", name, content, overwrite: true };
}

async function writeAs(cci: ArrayInterface, { name, content }: OtherWrite<Content>): Promise<void> {
  if (content) await store(cci, name, content);
  else if (await cci.existsObject(name)) await cci.rm(name);
}
