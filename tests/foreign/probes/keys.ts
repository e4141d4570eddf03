import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { expect, get, isThere, list, mustRefuse, type Probe, type ProbeGroup, put } from "./probe.ts";

/** Keys stored together: each has its own bytes, is listed as it is, and goes alone. */
const holds = (asks: string, ...names: string[]): Probe => ({
  asks,
  find: async (at) => {
    for (const [i, name] of names.entries()) await put(at, name, `body ${i}`);
    for (const [i, name] of names.entries()) {
      if (await get(at, name) !== `body ${i}`) return "wrong: the bytes of another";
    }
    const listed = new Set((await list(at)).keys);
    if (!names.every((name) => listed.has(name))) return "wrong: not listed, or otherwise";
    if (listed.size !== names.length) return "wrong: more are listed";
    const [first, ...others] = names;
    await at.client.send(new DeleteObjectCommand({ Bucket: at.bucket, Key: at.key(first) }));
    if (await isThere(at, first)) return "wrong: not deleted";
    for (const name of others) if (!await isThere(at, name)) return "wrong: deleted with another";
    return "yes";
  },
});

/** The same for keys at the root of the bucket, where other probes' lie as well. */
const holdsAtRoot = (asks: string, ...names: string[]): Probe => ({
  asks,
  find: async (at) => {
    const root = { ...at, prefix: "", key: (name: string) => name };
    for (const [i, name] of names.entries()) await put(root, name, `body ${i}`);
    for (const [i, name] of names.entries()) {
      if (await get(root, name) !== `body ${i}`) return "wrong: the bytes of another";
    }
    const listed = (await list(root)).keys;
    return expect(names.every((name) => listed.includes(name)), "not listed, or otherwise");
  },
});

/** Keys. */
export const keys: ProbeGroup = {
  title: "Keys",
  probes: [
    holds("`a` and `a/b`: an object, and one below its name", "a", "a/b"),
    holds("`a/b` and `a`, in the other order", "a/b", "a"),
    holds("`a/`: a slash at the end, with bytes", "a/"),
    holds("`a/` and `a/b`", "a/", "a/b"),
    holds("`a//b` and `a/b`", "a//b", "a/b"),
    holdsAtRoot("`/a` and `a`: a slash at the beginning", "/a", "a"),
    holds("`a/./b` and `a/b`", "a/./b", "a/b"),
    holds("`a/../b` and `b`", "a/../b", "b"),
    holdsAtRoot("`../a` and `a`", "../a", "a"),
    holdsAtRoot("`.`", "."),
    holdsAtRoot("`..`", ".."),
    holds("`A` and `a`", "A", "a"),
    holds("space, and `+`", "a b", "a+b"),
    holds("`%41`, and `A`", "%41", "A"),
    holds("`%2F`, and `/`", "a%2Fb", "a/b"),
    holds("`?`, `#`, `&`", "a?b", "a#b", "a&b"),
    holds("quotes, `<`, `>`", "a'b", 'a"b', "a<b>"),
    holds("`\\`, and `/`", "a\\b", "a/b"),
    holds("`*`, `|`, `:`", "a*b", "a|b", "a:b"),
    holds("a tab", "a\tb"),
    holds("a line break", "a\nb"),
    holds("spaces at both ends", " a ", "a"),
    holds("a dot at the end", "a.", "a"),
    holds("`é` as one character and as two (NFC, NFD)", "caf\u00e9", "cafe\u0301"),
    holds("characters beyond the first 65,536", "\u{1F36D}"),
    holds("a name of 255 bytes between slashes", `${"n".repeat(255)}/a`),
    holds("a name of 256 bytes between slashes", `${"n".repeat(256)}/a`),
    {
      asks: "1,024 bytes, in names of 200",
      find: async (at) => {
        const name = `${"n".repeat(200)}/`.repeat(6).slice(0, 1024 - at.prefix.length);
        await put(at, name);
        return expect((await list(at)).keys[0] === name, "listed otherwise");
      },
    },
    {
      asks: "1,024 bytes, a thousand of them one name",
      find: async (at) => {
        const name = "n".repeat(1024 - at.prefix.length);
        await put(at, name);
        return expect((await list(at)).keys[0] === name, "listed otherwise");
      },
    },
    {
      asks: "1,025 bytes are refused",
      find: (at) =>
        mustRefuse(
          () => put(at, `${"n".repeat(100)}/`.repeat(11).slice(0, 1025 - at.prefix.length)),
          [400],
          "stored",
        ),
    },
  ],
};
