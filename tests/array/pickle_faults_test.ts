// Pickles that are cut off, damaged, hostile, or hold what is not read here: one typed error each, no hang, no memory taken for nothing.
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { loadPickle, type PickleReadOptions, type PickleValue } from "../../lib/array/pickle/mod.ts";
import { CottonCandyError, IntegrityError, UnsupportedError } from "../../lib/errors.ts";
import { comparable } from "./pickle/described.ts";
import { vectors } from "./pickle/vectors.ts";

/** Bytes of a text in which each character is a byte. */
function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function load(text: string, options?: PickleReadOptions): PickleValue {
  return loadPickle(bytes(text), options);
}

/** What reading gives: a value, or the error's class. Anything but the two errors of damaged and unsupported pickles fails the test. */
function outcome(pickle: Uint8Array): string {
  try {
    loadPickle(pickle);
    return "a value";
  } catch (error) {
    assert(error instanceof IntegrityError || error instanceof UnsupportedError, `${error}`);
    return error.name;
  }
}

const samples = vectors().flatMap(({ name, entries }) =>
  entries.flatMap((entry) =>
    Object.entries(entry.pickles).map(([protocol, hex]) => ({
      title: `${name}, ${entry.name}, ${protocol}`,
      pickle: Uint8Array.fromHex(hex),
    }))
  )
).filter(({ pickle }) => pickle.length < 1500);

Deno.test("a pickle cut off at any byte is an IntegrityError", () => {
  assert(samples.length > 300);
  for (const { title, pickle } of samples.filter((_, index) => index % 4 === 0)) {
    for (let length = 0; length < pickle.length; length++) {
      assertThrows(
        () => loadPickle(pickle.subarray(0, length)),
        IntegrityError,
        undefined,
        `${title} at ${length}`,
      );
    }
  }
});

Deno.test("bytes after the end are refused", () => {
  for (const { title, pickle } of samples.slice(0, 50)) {
    assertThrows(
      () => loadPickle(Uint8Array.of(...pickle, 0x4e, 0x2e)),
      IntegrityError,
      "follow its end",
      title,
    );
  }
});

Deno.test("damaged bytes give a value or a typed error, never anything else", () => {
  // Every byte of a part of the samples, in three ways each; xorshift, so that each run is the same.
  let state = 2463534242;
  const random = (below: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  let refused = 0;
  let read = 0;
  for (let index = 0; index < samples.length; index += 11) {
    const { pickle } = samples[index];
    for (let at = 0; at < pickle.length; at++) {
      for (const value of [pickle[at] ^ (1 << random(8)), random(256), 0xff]) {
        const damaged = pickle.slice();
        damaged[at] = value;
        if (outcome(damaged).endsWith("Error")) refused++;
        else read++;
      }
    }
  }
  // Damage within numbers and text goes unnoticed: pickles have no checksum.
  assert(refused > 5000 && read > 1000, `${refused} refused, ${read} read`);
});

Deno.test("any bytes at all give a value or a typed error", () => {
  const opcodes = bytes(
    "(.012FIJKLMNPQRSTUVXabcdeghijlopqrstu}])GBC\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97",
  );
  let state = 88172645;
  for (let round = 0; round < 20_000; round++) {
    const soup = Uint8Array.from({ length: 40 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      // Mostly instructions, some small operands.
      return state >>> 30 === 0 ? (state >>> 8) % 4 : opcodes[(state >>> 8) % opcodes.length];
    });
    outcome(soup);
  }
});

Deno.test("lengths that are not there take no memory", () => {
  const huge = "\xff\xff\xff\xff\xff\xff\xff\x7f";
  for (
    const pickle of [
      `\x80\x04\x8e${huge}a.`,
      `\x80\x04\x8d${huge}a.`,
      `\x80\x05\x96${huge}a.`,
      `\x80\x04\x95${huge}N.`,
      "\x80\x04B\xff\xff\xff\xffa.",
      "\x80\x04X\xff\xff\xff\xffa.",
      "\x80\x02\x8b\xff\xff\xff\x7fa.",
      "\x80\x02\x8b\xff\xff\xff\xffa.", // a negative length
      "T\xff\xff\xff\xffa.",
      "T\xff\xff\xff\x7fa.",
    ]
  ) {
    assertThrows(() => load(pickle), IntegrityError);
  }
});

Deno.test("arrays whose shape, dtype and bytes don't fit are an IntegrityError", () => {
  const dtype = (name: string, state: string) => `cnumpy\ndtype\n(V${name}\nI00\nI01\ntR(I3\n${state}tb`;
  const array = (shape: string, type: string, data: string) =>
    `cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n${shape}${type}I00\n${data}tb.`;
  const f8 = dtype("f8", "V<\nNNNI-1\nI-1\nI0\n");
  const eight = "S'\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00'\n";
  assertEquals(comparable(load(array("(I1\nt", f8, eight))), {
    dtype: "<f8",
    fields: undefined,
    shape: [1],
    items: "0000000000000000",
  });
  for (
    const pickle of [
      array("(I2\nt", f8, eight), // too few bytes
      array("(I0\nt", f8, eight), // too many
      array("(I-1\nt", f8, eight),
      array("(I9007199254740991\nI9007199254740991\nt", f8, eight),
      array("(F0.5\nt", f8, eight),
      array("(Nt", f8, eight),
      array(`(${"I1\n".repeat(65)}t`, f8, eight),
      array("(I1\nt", f8, "N"),
      array("(I1\nt", f8, "V\\u4e2d\n"),
      array("(I1\nt", "N", eight),
      array("(I1\nt", dtype("x9", "V<\nNNNI-1\nI-1\nI0\n"), eight),
      array("(I1\nt", dtype("S8", "V|\nNNNI9\nI1\nI0\n"), eight), // lies about its size
      array("(I1\nt", dtype("V8", "V|\nN(Va\nt(dI8\nI1\nI0\n"), eight), // a field that isn't described
      array("(I1\nt", dtype("M8", "V<\nNNNI-1\nI-1\nI0\n"), eight), // a time without a unit
      array("(I1\nt", "cnumpy\ndtype\n(Vf8\nI00\nI01\ntR(I3\nV<\nNNNI-1\nI-1\nI0\ntb(I3\ntb", eight), // state twice
      "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR.", // no state
      "cnumpy.core.multiarray\n_reconstruct\n(NNNtR.",
    ]
  ) {
    assertThrows(() => load(pickle), IntegrityError, undefined, pickle);
  }
  assertThrows(
    () => load(array("(I1\nt", dtype("O8", "V|\nNNNI-1\nI-1\nI63\n"), "(lN.")),
    UnsupportedError,
    "Python objects",
  );
  assertThrows(
    () => load(array("(I1\nt", dtype("f16", "V<\nNNNI-1\nI-1\nI0\n"), eight)),
    UnsupportedError,
    "long doubles",
  );
});

Deno.test("structures that double with every level are refused, not unfolded", () => {
  // Each dtype has two fields of the one before: 2^40 fields in a few hundred bytes.
  let dtype = "cnumpy\ndtype\n(VV0\nI00\nI01\ntR(I3\nV|\nNNNI0\nI1\nI0\ntbp0\n0";
  for (let level = 0; level < 40; level++) {
    dtype +=
      `cnumpy\ndtype\n(VV0\nI00\nI01\ntR(I3\nV|\nN(Va\nVb\nt(dVa\n(g${level}\nI0\ntsVb\n(g${level}\nI0\ntsI0\nI1\nI16\ntbp${
        level + 1
      }\n0`;
  }
  const error = assertThrows(() => load(`${dtype}g40\n.`), UnsupportedError);
  assertStringIncludes(error.message, "fields");
});

Deno.test("classes and functions beyond the list are refused by name", () => {
  const names: readonly (readonly [pickle: string, name: string])[] = [
    ["cos\nsystem\n(Vtouch /tmp/pwned\ntR.", "os.system"],
    ["cposix\nsystem\n.", "posix.system"],
    ["c__builtin__\neval\n(V1\ntR.", "builtins.eval"],
    ["\x80\x04\x8c\x08builtins\x8c\x04exec\x93.", "builtins.exec"],
    ["\x80\x04\x8c\x02os\x8c\x0bpath.exists\x93.", "os.path.exists"],
    ["(V1\ni__main__\nPoint\n.", "__main__.Point"],
    ["(c__main__\nPoint\no.", "__main__.Point"],
    ["ccopy_reg\n_reconstructor\n(c__main__\nPoint\nc__builtin__\nobject\nNtR.", "__main__.Point"],
    ["cpandas.core.frame\nDataFrame\n)\x81.", "pandas.core.frame.DataFrame"],
    ["cscipy.sparse._csr\ncsr_matrix\n)\x81.", "scipy.sparse._csr.csr_matrix"],
    ["cnumpy.ma.core\n_mareconstruct\n.", "numpy.ma.core._mareconstruct"],
    ["cnumpy\nmatrix\n.", "numpy.matrix"],
    ["cdatetime\ndatetime\n(C\x01atR.", "datetime.datetime"],
    ["cdecimal\nDecimal\n(V1.5\ntR.", "decimal.Decimal"],
    ["ccollections\nCounter\n(dtR.", "collections.Counter"],
    ["c__builtin__\nobject\n)\x81.", "builtins.object"],
    ["cnumpy\nndarray\n((I3\nttR.", "numpy.ndarray"],
    ["c__builtin__\nlist\n(tR.", "builtins.list"],
    ["cnumpy\ndtype\n.", "numpy.dtype"],
    ["cnumpy\ndtype\n(Vf8\nI00\nI01\ntR.", "numpy.dtype"],
  ];
  for (const [pickle, name] of names) {
    assertStringIncludes(assertThrows(() => load(pickle), UnsupportedError, undefined, pickle).message, name);
  }
});

Deno.test("what is allowed takes wrong arguments, too few or too many, with a typed error or a value", () => {
  const callables = [
    "__builtin__\nset",
    "__builtin__\nfrozenset",
    "builtins\nbytes",
    "builtins\nbytearray",
    "builtins\ncomplex",
    "_codecs\nencode",
    "collections\nOrderedDict",
    "collections\ndefaultdict",
    "numpy\ndtype",
    "numpy._core.multiarray\n_reconstruct",
    "numpy._core.multiarray\nscalar",
    "numpy._core.numeric\n_frombuffer",
    "numpy\nndarray",
  ];
  const dtype = "cnumpy\ndtype\n(Vf8\nI00\nI01\ntR";
  const values = [
    "",
    "N",
    "K\x01",
    "G?\xf8\0\0\0\0\0\0",
    "Vf8\n",
    "U\x01x",
    "C\x08abcdefgh",
    "]",
    "(K\x01N)l",
    ")",
    "}",
    "\x8f",
    dtype,
    "cnumpy\nndarray\n",
  ];
  for (const callable of callables) {
    for (const first of values) {
      for (const second of values) {
        for (const rest of ["", "NNN", ")VC\n", "K\x01Vlatin1\n"]) {
          const call = `c${callable}\n(${first}${second}${rest}tR`;
          outcome(bytes(`${call}.`));
          outcome(bytes(`${call}(${second}${first}${rest}tb.`));
          outcome(bytes(`(${call}${first}d.`));
        }
      }
    }
    // States of every length, of one thing.
    for (const value of values.slice(1)) {
      for (let length = 0; length < 10; length++) {
        outcome(bytes(`c${callable}\n(Vf8\nI00\nI01\ntR(I3\n${value.repeat(length)}tb.`));
        outcome(bytes(`c${callable}\n(cnumpy\nndarray\n)C\x01btR(${value.repeat(length)}tb.`));
      }
    }
  }
});

Deno.test("names are compared, not looked up: inherited ones are no classes", () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    assertThrows(() => load(`c${name}\n${name}\n(tR.`), UnsupportedError, name);
    assertThrows(() => load(`cbuiltins\n${name}\n(tR.`), UnsupportedError, name);
  }
});

Deno.test("what refers to things outside of the pickle is refused", () => {
  for (
    const [pickle, what] of [
      ["P42\n.", "persistent"],
      ["K\x01Q.", "persistent"],
      ["\x80\x02\x82\x01.", "extension"],
      ["\x80\x02\x83\x01\x00.", "extension"],
      ["\x80\x02\x84\x01\x00\x00\x00.", "extension"],
      ["\x80\x05\x97.", "buffer"],
      ["\x80\x05\x98.", "buffer"],
      ["\x80\x06N.", "protocol 6"],
      ["c_codecs\nencode\n(Vabc\nVrot13\ntR.", "rot13"],
      ["}Nb.", "dict"], // attributes of a dict
    ]
  ) {
    const error = assertThrows(() => load(pickle), CottonCandyError, undefined, pickle);
    assertStringIncludes(error.message, what);
  }
});

Deno.test("instructions that don't fit together are an IntegrityError", () => {
  for (
    const pickle of [
      ".",
      "N",
      "NN.",
      "(N.",
      "0.",
      "1.",
      "2.",
      "(2.", // nothing above the mark
      "N(0N.", // POP takes the mark: two values are left
      "g0\n.",
      "h\x00.",
      "j\x00\x00\x00\x00.",
      "p0\n.",
      "Np-1\n.",
      "Npx\n.",
      "\x94.",
      "\x85.",
      "N\x86.",
      "t.",
      "a.",
      "Na.",
      "NNa.",
      "(Nae.",
      "]Ne.",
      "NNNs.",
      "](Nu.",
      "}(Nu.",
      "(Nd.",
      "]N\x90.",
      "\x8f](\x8f\x90.",
      "R.",
      "NNR.",
      "NN\x81.",
      "NN\x93.",
      "}](l}s.", // a list as a key
      "\x8f(]\x90.", // a list in a set
      "\x8f(}\x90.",
      "(]\x91.",
      "I1x\n.",
      "I\n.",
      "I1",
      "Lx\n.",
      "Fx\n.",
      "F1e\n.",
      "F0x10\n.",
      "S'abc\n.",
      "Sabc\n.",
      "S'\\x4'\n.",
      "V\\u12\n.",
      "V\\U00110000\n.",
      "\x8c\x01\xff.",
      "\x8c\x03\xed\xa0.\x80.",
      "c\xff\nx\n.",
      "\xff.",
      "\x00.",
      "cbuiltins\nset\n(K\x01tR.",
      "cbuiltins\ncomplex\n(NNtR.",
      "cbuiltins\nbytes\n((lI256\natR.",
      "ccollections\nOrderedDict\n((lK\x01atR.",
      "cbuiltins\nset\n(t}(Va\nNu\x92.", // named arguments
    ]
  ) {
    assertThrows(() => load(pickle), IntegrityError, undefined, pickle);
  }
});

Deno.test("nesting of any depth is read, and converting it doesn't recurse", () => {
  const depth = 200_000;
  let value = load(`${"(l".repeat(depth)}${"a".repeat(depth - 1)}.`);
  let count = 0;
  while (Array.isArray(value)) {
    count++;
    value = value[0];
  }
  assertEquals(count, depth);
  assertThrows(() => load(`}N${"\x85".repeat(depth)}Ns.`), UnsupportedError, "deep");
});

Deno.test("keys that share their parts cost no more than their parts", () => {
  // ((((1, 1), (1, 1)), …)): 2^60 ones to anyone who unfolds it.
  const key = `K\x01${"2\x86".repeat(60)}`;
  const map = load(`}${key}Ns.`);
  assert(map instanceof Map && map.size === 1);
  // The same long text in many keys.
  const text = "x".repeat(100_000);
  const many = load(
    `}(X\xa0\x86\x01\x00${text}\x94${
      Array.from({ length: 3000 }, (_, i) => `h\x00M${String.fromCharCode(i & 255, i >> 8)}\x86N`).join("")
        .replace("h\x00", "")
    }u.`,
  );
  assert(many instanceof Map);
  assertEquals(many.size, 3000);
});

Deno.test("keys that are equal to Python are one key", () => {
  assertEquals(comparable(load("}(I1\nVint\nF1.0\nVfloat\nI01\nVbool\nu.")), {
    map: [["number 1", '"bool"']],
  });
  assertEquals(comparable(load("\x8f(I1\nF1.0\nI01\nI2\n\x90.")), { set: ['"number 1"', '"number 2"'] });
  assertEquals(comparable(load("}(L1180591620717411303424L\nVint\nG\x44\x50\0\0\0\0\0\0Vfloat\nu.")), {
    map: [["bigint 1180591620717411303424", '"float"']],
  });
  assertEquals(comparable(load("}(I0\nI1\n\x86Va\nF-0.0\nI01\n\x86Vb\nu.")), {
    map: [[{ tuple: ["number 0", "number 1"] }, '"b"']],
  });
  // Not equal, not even to itself; but to a Map it is.
  assertThrows(() => load("}(Fnan\nNFnan\nNu."), UnsupportedError, "NaN");
});

Deno.test("what contains itself is read as such", () => {
  const list = load("]\x94h\x00a.");
  assert(Array.isArray(list) && list[0] === list && list.length === 1);
  const dict = load("}\x94Vme\nh\x00s.");
  assert(typeof dict === "object" && dict !== null && "me" in dict && dict.me === dict);
  const tuple = load("]\x94h\x00\x85a.");
  assert(Array.isArray(tuple) && Array.isArray(tuple[0]) && tuple[0][0] === tuple);
});

Deno.test("a str of Python 2 is Latin-1, UTF-8 or bytes, as asked for", () => {
  const pickle = "}U\x01kU\x05caf\xc3\xa9s.";
  assertEquals(load(pickle), { k: "cafÃ©" });
  assertEquals(load(pickle, { encoding: "latin1" }), { k: "cafÃ©" });
  assertEquals(load(pickle, { encoding: "utf-8" }), { k: "café" });
  assertEquals(comparable(load(pickle, { encoding: "bytes" })), { map: [["bytes 6b", "bytes 636166c3a9"]] });
  assertThrows(() => load("U\x01\xff.", { encoding: "utf-8" }), IntegrityError, "latin1");
  // Windows-1252 has other characters in this range.
  assertEquals(load("U\x02\x80\x9f."), "\x80\x9f");
});

Deno.test("text of protocol 0 has Python's escapes", () => {
  assertEquals(load("V\\u00e9\\\\u0041 \\U0001f9e0 \\x41 \xff\n."), "é\\\\u0041 🧠 \\x41 ÿ");
  assertEquals(load("S'a\\'\\\"\\\\n\\n\\t\\x41\\101\\q'\n."), "a'\"\\n\n\tAA\\q");
  assertEquals(load("X\x03\x00\x00\x00\xed\xa0\x80."), "\ud800");
  assertEquals(load("X\x04\x00\x00\x00\xef\xbb\xbfx."), "\ufeffx");
});

Deno.test("a dict's __proto__ is a key like any other", () => {
  const value = load("}V__proto__\n}Vpolluted\nI01\nss.");
  assert(typeof value === "object" && value !== null);
  assertEquals(Object.keys(value), ["__proto__"]);
  assertEquals(Object.getPrototypeOf(value), Object.prototype);
  assertEquals(Reflect.get({}, "polluted"), undefined);
});

Deno.test("a small pickle can't copy what it holds until the memory is full, or take for ever", () => {
  const mega = 1_000_000;
  const length = String.fromCharCode(mega & 255, (mega >> 8) & 255, mega >> 16, 0);
  const text = `X${length}${"x".repeat(mega)}q\x00`;
  const raw = `B${length}${"y".repeat(mega)}q\x00`;
  const str2 = `T${length}${"z".repeat(mega)}q\x00`;
  const list = `](${"K\x01".repeat(mega)}eq\x00`;
  const often = (instructions: string) => instructions.repeat(20_000);
  const f8 =
    "cnumpy\ndtype\n(X\x02\x00\x00\x00u1\x89\x88tR(K\x03X\x01\x00\x00\x00|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbq\x010";
  const array =
    "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR(K\x01(J\x40\x42\x0f\x00th\x01\x89h\x00tb";
  for (
    const [name, pickle] of [
      [
        "codecs.encode",
        `(${text}c_codecs\nencode\nq\x01X\x06\x00\x00\x00latin1q\x020${often("h\x01h\x00h\x02\x86R")}l.`,
      ],
      ["bytearray", `(${raw}cbuiltins\nbytearray\nq\x010${often("h\x01h\x00\x85R")}l.`],
      ["set", `(${list}cbuiltins\nset\nq\x010${often("h\x01h\x00\x85R")}l.`],
      ["arrays", `(${f8}${raw}${often(array)}l.`],
      ["arrays of Python 2", `(${f8}${str2}${often(array)}l.`],
    ]
  ) {
    const error = assertThrows(() => load(pickle), UnsupportedError, undefined, name);
    assertStringIncludes(error.message, "memory", name);
  }
  // What needs no copy may come as often as it likes.
  for (const value of [text, raw, str2, list]) {
    const read = load(`(${value}${often("h\x00")}l.`);
    assert(Array.isArray(read) && read.length === 20_001);
  }
  for (const key of [text, raw, str2]) {
    for (const encoding of ["latin1", "bytes"] as const) {
      const read = load(`}(${key}N${often("h\x00N")}u.`, { encoding });
      assert(typeof read === "object" && read !== null);
    }
  }
  const integer = `\x8b\xa0\x86\x01\x00${"\x7f".repeat(100_000)}q\x00`;
  assertThrows(() => load(`}(${integer}N${often("h\x00N")}u.`), UnsupportedError, "bits");
});
