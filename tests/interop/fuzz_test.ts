/** Changed inputs, read here and by Python: what both accept is the same, and what one alone accepts has a reason. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { bucketPageOf } from "../../backends/bucket_listing.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { errorElements, rootElement } from "../../backends/s3/xml.ts";
import { codecNamed } from "../../codecs/mod.ts";
import { type NDArray, readNpy } from "../../lib/array/mod.ts";
import { loadPickle } from "../../lib/array/pickle/mod.ts";
import { ConfigFile } from "../../lib/config/options_file.ts";
import { CottonCandyError, IntegrityError } from "../../lib/errors.ts";
import { globMatcher } from "../../lib/glob/mod.ts";
import { parseJson } from "../../lib/json.ts";
import { openNpz } from "../../lib/stored_arrays/npz/mod.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import { comparable, type Described, expected } from "../array/pickle/described.ts";
import { generator } from "../array/random.ts";
import { mutated } from "../fuzz/engine/mutate.ts";
import { type Input, type Target, textOf } from "../fuzz/engine/target.ts";
import { groupModule, targetsIn } from "../fuzz/targets/mod.ts";
import { TextLineStream } from "./lines.ts";

/** What Python makes of an input. */
type Answer = readonly [accepted: true, value: unknown] | readonly [accepted: false, why: string];

/** A format, as it is read here. */
interface Judged {
  readonly target: string;
  readonly group: string;
  readonly count: number;
  /** What is sent, where that isn't the input itself; `undefined` for inputs that are nothing to compare. */
  readonly prepare?: (input: Input) => Input | undefined;
  /** Reads it; what comes out is compared with Python's value. */
  readonly read: (input: Input) => unknown;
  /** Python's value, in the same form. */
  readonly theirs?: (value: unknown) => unknown;
  /** What must be the same, where that is not all. */
  readonly assertSame?: (ours: unknown, theirs: unknown, input: Input) => void;
  /** Refusals of ours that are meant where Python accepts. */
  readonly stricter?: RegExp;
  /** Refusals of Python's, where ours accepts on purpose. */
  readonly looser?: RegExp;
}

/** What stands between the fields of structures numpy does not keep. */
const toldArray = (array: NDArray) => [
  array.dtype,
  [...array.shape],
  array.fields ? null : array.toBytes().toHex(),
];

async function decoded(codec: string, input: Input): Promise<string> {
  return (await readAll(streamOf(input).pipeThrough(codecNamed(codec).decode()))).toHex();
}

const NAMES = [
  "",
  "a",
  "b",
  "A",
  "-",
  "]",
  "[",
  "!",
  "\\",
  "ab",
  "a/b",
  ".a",
  "a\nb",
  "a-c",
  "é",
  "😀b",
  "x*y",
  "a[1]",
];
/** UTF-8 only: what Python refuses to decode is nothing to compare. */
const isText = (input: Input) => new TextEncoder().encode(textOf(input)).toHex() === input.toHex();
const PYTHONS_SPACE = [..."\x1c\x1d\x1e\x1f\x85\ufeff"];
const textOnly = (input: Input) => isText(input) ? input : undefined;

const FORMATS: readonly Judged[] = [
  {
    target: "json",
    group: "text",
    count: 3000,
    prepare: textOnly,
    read: (input) => parseJson(input),
    theirs: (value) => parseJson(String(value)),
  },
  {
    target: "ini",
    group: "text",
    count: 3000,
    // Of white space Python has four control characters and U+0085 more, and the byte order mark less, which editors on Windows leave.
    prepare: (input) =>
      isText(input) && !PYTHONS_SPACE.some((space) => textOf(input).includes(space)) ? input : undefined,
    read: (input) => new ConfigFile(textOf(input), "a.cfg"),
    assertSame(ours, theirs) {
      assert(ours instanceof ConfigFile);
      for (const [section, options] of Object.entries<Record<string, string | null>>(Object(theirs))) {
        for (const [option, value] of Object.entries(options)) {
          assertEquals(valueOf(ours, section, option), value);
        }
      }
    },
  },
  {
    target: "fnmatch",
    group: "patterns",
    count: 2000,
    // Names of the same place are one here.
    prepare: (input) =>
      !isText(input) || /^\/|\/\/|\.\.|(^|\/)\.(\/|$)|\0/.test(textOf(input))
        ? undefined
        : new TextEncoder().encode([textOf(input), ...NAMES].join("\0")),
    async read(input) {
      const [pattern, ...names] = textOf(input).split("\0");
      const matches = await globMatcher(pattern, { semantics: "fnmatch" });
      return names.map((name) => matches(name));
    },
  },
  {
    target: "s3-listing",
    group: "documents",
    count: 5000,
    prepare: (input) => isText(input) ? input : undefined,
    read(input) {
      const { entries, more, token = null } = bucketPageOf(textOf(input), (why) => new IntegrityError(why));
      return [entries.map((entry) => "key" in entry ? [entry.key, entry.size] : [entry.prefix]), more, token];
    },
    // What is XML is no listing for that. Python takes declarations of types, and what answers of S3 have nowhere.
    stricter:
      /it is <|no key|the (size|time) of|stands twice|holds (text|elements)|whether it goes on|not UTF-8|<!…>|is no tag/,
    // Of what is no XML, names are read as they stand, but for where they end: duplicates, prefixes that nobody has declared, characters that XML 1.0 can't have.
    looser:
      /duplicate attribute|undefined entity|not well-formed|declaration not at start|reserved|invalid character number|unbound prefix/,
  },
  {
    target: "bz2",
    group: "codecs",
    count: 300,
    read: (input) => decoded("BZ2", input),
    // Python passes over whatever follows the last stream.
    stricter: /other bytes follow|end too early/,
  },
  {
    target: "lzma",
    group: "codecs",
    count: 2000,
    // Zeros behind the end are padding here, however many; to liblzma four of them are.
    prepare: (input) => input.at(-1) === 0 ? undefined : input,
    read: (input) => decoded("LZMA", input),
    stricter: /other bytes follow|end too early|need a later version|other filters|dictionary/,
  },
  {
    target: "blosc",
    group: "codecs",
    count: 1000,
    read: (input) => decoded("Blosc", input),
    stricter: /./,
  },
  {
    target: "pickle",
    group: "arrays",
    count: 4000,
    read: (input) => comparable(loadPickle(input)),
    theirs(value) {
      const described: Described = JSON.parse(String(value));
      return comparable(expected(described));
    },
    // Lengths of frames are passed over, and numbers are read as Python 2 reads them.
    looser: /^UnpicklingError: (numpy$|pickle exhausted before end of frame)|invalid literal for int/,
    stricter: /./,
  },
  {
    target: "s3-xml",
    group: "documents",
    count: 3000,
    read: errorElements,
    assertSame(_ours, theirs, input) {
      const { root, texts }: { root: string; texts: Record<string, string> } = JSON.parse(String(theirs));
      assertEquals(rootElement(input), root);
      for (const [name, text] of Object.entries(errorElements(input))) {
        // What has attributes, comments or others of its name is not told by Python.
        if (text !== undefined && Object.hasOwn(texts, name)) assertEquals(text, texts[name].trim(), name);
      }
    },
    // Of an answer that is cut off or damaged, what can be read of it is told.
    looser: /^(ParseError|LookupError|ValueError: multi-byte)/,
  },
  {
    target: "npy",
    group: "arrays",
    count: 3000,
    read: async (input) => toldArray(await readNpy(streamOf(input), { size: input.length })),
    stricter: /./,
  },
  {
    target: "npz",
    group: "arrays",
    count: 1500,
    async read(input) {
      const backend = new MemoryBackend();
      await backend.put("a.npz", input);
      const archive = await openNpz(backend, "a.npz");
      const arrays: Record<string, unknown> = {};
      for (const name of archive.names) arrays[name] = toldArray(await archive.read(name));
      return arrays;
    },
    stricter: /./,
  },
];

/** One Python for all. */
class Python implements AsyncDisposable {
  readonly #child = new Deno.Command(
    fromFileUrl(new URL("../../.tmp/venv-current/bin/python", import.meta.url)),
    {
      args: [fromFileUrl(new URL("fuzz_judge.py", import.meta.url))],
      stdin: "piped",
      stdout: "piped",
    },
  ).spawn();
  readonly #writer = this.#child.stdin.getWriter();
  readonly #lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
    .getReader();

  async ask(name: string, input: Input): Promise<Answer> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify([name, input.toBase64()])}\n`));
    const { value } = await this.#lines.read();
    if (value === undefined) throw new Error(`Python ended at ${name} ${input.toBase64()}`);
    const answer: Answer = JSON.parse(value);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#lines.cancel();
    await this.#child.status;
  }
}

async function compare(
  format: Judged,
  input: Input,
  [accepted, theirs]: Answer,
): Promise<"both" | "one" | "none"> {
  let ours: unknown;
  try {
    ours = await format.read(input);
  } catch (error) {
    assert(error instanceof CottonCandyError, `${error}`);
    const isMeant = format.stricter?.test(error.message);
    assert(!accepted || isMeant, `Python reads it, and here it is refused: ${error.message}`);
    return accepted ? "one" : "none";
  }
  if (!accepted) {
    assert(format.looser?.test(String(theirs)), `it is read here, and Python refuses it: ${theirs}`);
    return "one";
  }
  const value = format.theirs ? format.theirs(theirs) : theirs;
  if (format.assertSame) format.assertSame(ours, value, input);
  else assertEquals(ours, value);
  return "both";
}

function valueOf(file: ConfigFile, section: string, option: string): string | null | undefined {
  try {
    return file.get(section, option);
  } catch (error) {
    assert(error instanceof CottonCandyError, `${error}`);
    return null;
  }
}

async function targetOf({ target, group }: Judged): Promise<Target> {
  const found = (await targetsIn(groupModule(group))).find(({ name }) => name === target);
  if (!found) throw new Error(`there is no target ${target}`);
  return found;
}

Deno.test("changed inputs are to Python what they are here", async (t) => {
  await using python = new Python();
  for (const format of FORMATS) {
    await t.step(format.target, async () => {
      const target = await targetOf(format);
      const pool = (await target.seeds()).filter(({ length }) => length <= target.longest);
      const random = generator(20261130);
      const tally = { both: 0, one: 0, none: 0 };
      for (let i = 0; i < format.count; i++) {
        const made = i < pool.length ? pool[i] : mutated({ ...target, pool }, random);
        const input = format.prepare ? format.prepare(made) : made;
        if (!input) continue;
        try {
          tally[await compare(format, input, await python.ask(format.target, input))] += 1;
        } catch (error) {
          throw new Error(`${format.target} ${input.toBase64()}: ${error}`, { cause: error });
        }
      }
      assert(
        tally.both > 10 && tally.both + tally.one + tally.none > format.count / 3,
        JSON.stringify(tally),
      );
    });
  }
});
