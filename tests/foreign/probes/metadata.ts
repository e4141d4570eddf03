import { expect, head, mustRefuse, type Place, type Probe, type ProbeGroup, put } from "./probe.ts";

/** What metadata become: Deno's answer is never more than what was sent. */
async function comesBack(at: Place, metadata: Record<string, string>) {
  await put(at, "a", "x", { Metadata: metadata });
  const { Metadata: kept = {} } = await head(at, "a");
  const same = Object.keys(kept).length === Object.keys(metadata).length &&
    Object.entries(metadata).every(([name, value]) => kept[name] === value);
  return expect(same, JSON.stringify(kept).slice(0, 60));
}

const header = (
  name: "ContentType" | "ContentEncoding" | "ContentDisposition" | "ContentLanguage" | "CacheControl",
  spelled: string,
  value: string,
): Probe => ({
  asks: `${spelled} is kept`,
  find: async (at) => {
    await put(at, "a", "x", { [name]: value });
    const { [name]: kept } = await head(at, "a");
    return kept === undefined ? "no: not given" : expect(kept === value, kept);
  },
});

/** What an object carries beside its bytes. */
export const metadata: ProbeGroup = {
  title: "Metadata",
  probes: [
    { asks: "a name and a value", find: (at) => comesBack(at, { run: "7" }) },
    { asks: "a name with an underscore", find: (at) => comesBack(at, { sub_01: "7" }) },
    { asks: "an empty value", find: (at) => comesBack(at, { empty: "" }) },
    { asks: "spaces and quotes within a value", find: (at) => comesBack(at, { json: '{"a":  [1, 2]}' }) },
    { asks: "2 kB of it", find: (at) => comesBack(at, { long: "x".repeat(2040) }) },
    {
      asks: "more than 2 kB is refused",
      find: (at) =>
        mustRefuse(() => put(at, "a", "x", { Metadata: { long: "x".repeat(2100) } }), [400], "stored"),
    },
    header("ContentType", "content-type", "application/x-betas; version=1"),
    header("ContentEncoding", "content-encoding", "gzip"),
    header("ContentDisposition", "content-disposition", 'attachment; filename="a.npy"'),
    header("ContentLanguage", "content-language", "de"),
    header("CacheControl", "cache-control", "no-cache"),
  ],
};
