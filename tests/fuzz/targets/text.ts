/** Text that people and programs write: JSON, settings, records, names of places. */
import { assert, assertEquals } from "@std/assert";
import { checkUploadToken } from "../../../backends/upload_token.ts";
import { parseS3Target } from "../../../backends/s3/open.ts";
import { splitOnce } from "../../../backends/target.ts";
import { parseSidecar, type Sidecar } from "../../../backends/local/sidecar.ts";
import { splitSlice } from "../../../cli/arrays/slices.ts";
import { UsageError } from "../../../cli/report.ts";
import { parseTarget } from "../../../cli/targets.ts";
import { parsePythonLiteral } from "../../../lib/array/formats/python_literal.ts";
import { ConfigFile } from "../../../lib/config/options_file.ts";
import { CottonCandyError } from "../../../lib/errors.ts";
import { dumpJson, type JsonValue, parseJson } from "../../../lib/json.ts";
import { parseRecord, type ResumeRecord } from "../../../lib/objects/resuming/record.ts";
import { chunksOf } from "../../../lib/objects/resuming/chunks.ts";
import configs from "../../config/configparser.json" with { type: "json" };
import { type Outcome, type Target, target, textOf } from "../engine/target.ts";

const NUMBERS = [
  "NaN",
  "Infinity",
  "-Infinity",
  "1e400",
  "-0",
  "9007199254740993",
  "0x1F",
  "1E+2",
  "01",
  "1.",
];

/** `JSON.parse` of JSON as Python writes it: outside of texts its three names stand for numbers. */
function parseAsPython(text: string): unknown {
  // Texts first, so that what stands within them stays.
  const plain = text.replace(
    /"(?:[^"\\]|\\[^])*"|(?<![\w.+-])(?:-?Infinity|NaN)(?!\w)/g,
    (found) => found[0] === '"' ? found : " 0 ",
  );
  return JSON.parse(plain);
}

/** The same with whole numbers as `JSON.parse` has them: here they are bigints beyond 2⁵³. */
function rounded(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, rounded(member)]));
}

function triedParse(parse: () => unknown): Outcome<unknown> {
  try {
    return { kind: "accepted", value: parse() };
  } catch (error) {
    return { kind: "refused", error: error instanceof Error ? error : new Error(String(error)) };
  }
}

const json = target<JsonValue>({
  name: "json",
  count: 6000,
  seeds: () => [
    '{"a": 1, "b": [1.5, "x", null, true], "c": {"d": "\\u00e9\\ud83d\\ude00"}}',
    "[NaN, Infinity, -Infinity]",
    '{"cc-number": "NaN", "__proto__": {"a": 1}, "": []}',
    '"\\u004eaN"',
    "1e308",
  ],
  dictionary: [
    ...NUMBERS,
    '"',
    "\\u",
    "\\u004eaN",
    '"NaN"',
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "true",
    '"__proto__":',
  ],
  refusals: ["Integrity"],
  run: (input) => parseJson(textOf(input)),
  judge(outcome, input) {
    const text = textOf(input);
    const standard = triedParse(() => JSON.parse(text));
    if (standard.kind === "accepted") {
      assert(outcome.kind === "accepted", "JSON.parse reads it");
      assertEquals(rounded(outcome.value), standard.value);
    } else {
      assertEquals(
        outcome.kind,
        triedParse(() => parseAsPython(text)).kind,
        "with NaN and Infinity as numbers",
      );
    }
    if (outcome.kind === "accepted") assertEquals(parseJson(dumpJson(outcome.value)), outcome.value);
  },
});

const ini = target({
  name: "ini",
  count: 5000,
  longest: 8192,
  seeds: () => configs.map(({ text }) => text),
  dictionary: [
    "[DEFAULT]",
    "[a]",
    "\n",
    " = ",
    ": ",
    "%(",
    ")s",
    "%%",
    "#",
    ";",
    "  ",
    "\r",
    "\u0085",
    "\u2028",
    "__proto__",
  ],
  refusals: ["InvalidArgument"],
  run(input) {
    const text = textOf(input);
    const file = new ConfigFile(text, "a.cfg");
    const values: string[] = [];
    const refused: Error[] = [];
    for (const section of [...new Set(text.match(/(?<=\[)[^\]\n]+/g))].slice(0, 20)) {
      for (const option of new Set(text.match(/^[^=:\n]+/gm)?.slice(0, 50))) {
        try {
          const value = file.get(section, option.trim());
          if (value !== undefined) values.push(value);
        } catch (error) {
          if (!(error instanceof CottonCandyError)) throw error;
          refused.push(error);
        }
      }
    }
    // What is read is no longer than what was written, but for what options repeat of others.
    assert(values.every(({ length }) => length < 2 ** 20), "a value of a MiB");
    return [values.length, refused.length];
  },
});

const literal = target({
  name: "python-literal",
  count: 5000,
  seeds: () => [
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }",
    "[('a', '<f8'), ('\\xe9', '|u1', (2,)), (b'x', r'y', 'z' 'w')]",
    "(1, -2, 0x1f, 1_000, 2L, None, True, [], {}, ())",
  ],
  dictionary: [
    "'",
    '"',
    "'''",
    "\\N{DIGIT ONE}",
    "\\x4",
    "\\u00e9",
    "\\777",
    "(",
    ")",
    ",",
    "L",
    "0b1",
    "_",
    "b'",
    "r'",
    "u'",
    "{",
    ":",
  ],
  refusals: ["Integrity", "Unsupported"],
  run: (input) => parsePythonLiteral(textOf(input)),
});

const places = target({
  name: "target",
  count: 6000,
  longest: 300,
  seeds: () => [
    "s3://bucket/a/b[0,:,10:20]",
    "-",
    ".",
    "file:///tmp/a%20b",
    "gdrive://folder/x?y=1",
    "https://host:1/a?b#c",
    "s3://",
    "C:\\x",
    "memory://a/b",
    "s3://bucket/p?endpoint=http://h:1&region=r&forcePathStyle=true",
  ],
  dictionary: [
    "s3://",
    "file://",
    "https://",
    "memory://",
    "[",
    "]",
    ":",
    "?",
    "#",
    "%",
    "%2F",
    "%00",
    "user:pw@",
    "endpoint=",
    "newaxis",
    "[::1]",
  ],
  refusals: (error) =>
    error instanceof UsageError || error instanceof CottonCandyError && error.code === "InvalidArgument",
  run(input) {
    const text = textOf(input);
    const parsed = parseTarget(splitSlice(text).text);
    if (!/^s3:\/\//.test(text)) return parsed;
    return parseS3Target({ kind: "url", url: text, rest: splitOnce(text, "://")[1] });
  },
});

const SIDECAR = JSON.stringify({
  Dtype: "<f8",
  shape: 3,
  "cc-local": JSON.stringify({
    inode: "1",
    size: 3,
    modified: 1.5,
    edges: "ab",
    contentType: "a/b",
    previous: { metadata: {} },
  }),
});

const sidecar = target<Sidecar>({
  name: "sidecar",
  count: 5000,
  seeds: () => [SIDECAR, '{"a": null, "b": true, "c": [1], "d": 1e21}'],
  dictionary: [
    '"cc-local":',
    '"previous":',
    '"size":',
    '\\"size\\":',
    '"__proto__":',
    '"CC-LOCAL":',
    "null",
    "{}",
  ],
  refusals: (error) => error instanceof SyntaxError,
  run: (input) => parseSidecar(textOf(input)),
  judge(outcome) {
    if (outcome.kind === "refused") return;
    const { metadata, contentType } = outcome.value.current;
    assert(
      Object.entries(metadata).every(([name, value]) =>
        name === name.toLowerCase() && typeof value === "string"
      ),
    );
    assert(contentType === undefined || typeof contentType === "string");
    assert(!Object.hasOwn(metadata, "cc-local"), "what is reserved shows");
  },
});

const TOKEN = {
  version: 1,
  store: "s3://bucket",
  key: "a/metadata.json",
  size: 10,
  started: "2026-01-01T00:00:00.000Z",
  state: { kind: "chunks", generation: "g", first: 0, count: 2, salt: "s" },
};

const record = target<ResumeRecord>({
  name: "resume-record",
  count: 5000,
  seeds: () => [JSON.stringify({ version: 1, token: TOKEN, source: { id: "file", fingerprint: "1-2" } })],
  dictionary: [
    '"version":',
    '"token":',
    '"state":',
    '"size":',
    '"started":',
    '"key":',
    "null",
    '"__proto__":',
    "1e21",
  ],
  refusals: ["Integrity", "InvalidArgument"],
  run(input) {
    const parsed = parseRecord(textOf(input));
    chunksOf(checkUploadToken(parsed.token, { name: "s3://bucket", bucket: "bucket" }));
    return parsed;
  },
});

/** Text that people and programs write. */
export const targets: readonly Target[] = [json, ini, literal, places, sidecar, record];
