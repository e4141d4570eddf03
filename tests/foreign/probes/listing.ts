import { ListObjectsCommand } from "@aws-sdk/client-s3";
import { expect, list, MiB, type Place, type ProbeGroup, put } from "./probe.ts";

async function fill(at: Place, names: readonly string[]): Promise<void> {
  for (const name of names) await put(at, name, name);
}

/** Names in the few letters of a table: what a table can't show stands as an escape. */
const shown = (names: readonly string[]): string =>
  names.join(" ").replaceAll(
    /[^ -\u{10ffff}]|\ufffd/gu,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
    .slice(0, 60) || "nothing";
const same = (found: readonly string[], expected: readonly string[]) =>
  expect(JSON.stringify(found) === JSON.stringify(expected), shown(found));

/** All pages of two. */
async function paged(at: Place, Delimiter?: string): Promise<{ names: string[]; pages: number }> {
  const names: string[] = [];
  let ContinuationToken: string | undefined;
  for (let pages = 1;; pages++) {
    const page = await list(at, { MaxKeys: 2, ContinuationToken, Delimiter });
    names.push(...page.keys, ...page.prefixes);
    ContinuationToken = page.NextContinuationToken;
    if (!page.IsTruncated || pages === 10) return { names, pages };
  }
}

/** Lists. */
export const listing: ProbeGroup = {
  title: "Lists",
  probes: [
    {
      asks: "in the order of the keys' UTF-8 bytes",
      find: async (at) => {
        // As UTF-16 the second would come behind the third; as most languages sort, the capital between the small ones.
        const names = ["A", "a", "b", "\uFF5E", "\u{1F36D}"];
        await fill(at, names.toReversed());
        return same((await list(at)).keys, names);
      },
    },
    {
      asks: "`-` and `.` before `/` before `0`",
      find: async (at) => {
        await fill(at, ["a0", "a/b", "a.b", "a-b"]);
        return same((await list(at)).keys, ["a-b", "a.b", "a/b", "a0"]);
      },
    },
    {
      asks: "in pages, each key once",
      find: async (at) => {
        await fill(at, ["a", "b", "c/d", "c/e", "f"]);
        const { names, pages } = await paged(at);
        return pages === 1 ? "wrong: all at once" : same(names, ["a", "b", "c/d", "c/e", "f"]);
      },
    },
    {
      asks: "in pages by delimiter, each prefix once",
      find: async (at) => {
        await fill(at, ["a", "b/1", "b/2", "b/3", "c/1", "d"]);
        const { names, pages } = await paged(at, "/");
        if (pages === 1) return "wrong: all at once";
        return same(names.toSorted(), ["a", "b/", "c/", "d"]);
      },
    },
    {
      asks: "by a prefix that doesn't end at a slash",
      find: async (at) => {
        await fill(at, ["sub01/a", "sub02/a", "other"]);
        return same((await list(at, { Prefix: `${at.prefix}sub0` })).keys, ["sub01/a", "sub02/a"]);
      },
    },
    {
      asks: "by delimiter, an empty name between slashes",
      find: async (at) => {
        await fill(at, ["a//b", "a/c"]);
        const page = await list(at, { Delimiter: "/", Prefix: `${at.prefix}a/` });
        return same([...page.keys, ...page.prefixes], ["a/c", "a//"]);
      },
    },
    {
      asks: "by another delimiter, of two letters",
      find: async (at) => {
        await fill(at, ["a--b", "a--c", "d"]);
        const page = await list(at, { Delimiter: "--" });
        return same([...page.keys, ...page.prefixes], ["d", "a--"]);
      },
    },
    {
      asks: "`start-after` a name that is no key",
      find: async (at) => {
        await fill(at, ["a", "c", "d"]);
        return same((await list(at, { StartAfter: at.key("b") })).keys, ["c", "d"]);
      },
    },
    {
      asks: "`start-after` by delimiter skips what lies before",
      find: async (at) => {
        await fill(at, ["a/1", "b/1", "c/1"]);
        return same((await list(at, { StartAfter: at.key("a/2"), Delimiter: "/" })).prefixes, ["b/", "c/"]);
      },
    },
    {
      asks: "a character that XML can't carry, by `encoding-type=url`",
      find: async (at) => {
        await fill(at, ["bell\u0007"]);
        const [{ Key = "" } = {}] = (await list(at, { EncodingType: "url" })).contents;
        return same([decodeURIComponent(Key)], [at.key("bell\u0007")]);
      },
    },
    {
      asks: "the older kind (version 1), from a marker",
      find: async (at) => {
        await fill(at, ["a", "b", "c"]);
        const { Contents = [] } = await at.client.send(
          new ListObjectsCommand({ Bucket: at.bucket, Prefix: at.prefix, Marker: at.key("a") }),
        );
        return same(Contents.map(({ Key = "" }) => Key.slice(at.prefix.length)), ["b", "c"]);
      },
    },
    {
      asks: "sizes and ETags as the objects have",
      find: async (at) => {
        const { ETag } = await put(at, "a", new Uint8Array(MiB + 1));
        const [{ Size, ETag: listed } = {}] = (await list(at)).contents;
        if (Size !== MiB + 1) return `wrong: size ${Size}`;
        return expect(listed === ETag, listed === undefined ? "no ETag" : "another ETag");
      },
    },
    {
      asks: "what was stored just before, each time of twenty",
      find: async (at) => {
        for (let i = 0; i < 20; i++) {
          await put(at, `new-${i}`);
          if (!(await list(at)).keys.includes(`new-${i}`)) return "wrong: not yet";
        }
        return "yes";
      },
    },
    {
      asks: "nothing where there is nothing",
      find: async (at) => same((await list(at, { Prefix: `${at.prefix}none/` })).keys, []),
    },
  ],
};
