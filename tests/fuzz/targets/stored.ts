/** What Python's cottoncandy has stored, as seeds. */
import golden from "../../vectors/cottoncandy-0.4.0.json" with { type: "json" };

/** An object. */
export interface StoredObject {
  readonly key: string;
  readonly metadata: Record<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** All of them. */
export const stored: readonly StoredObject[] = golden.entries.flatMap((entry) => {
  if (!("key" in entry) || entry.key === undefined || entry.body_hex === undefined) return [];
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries<string | undefined>(entry.s3_user_metadata ?? {})) {
    if (value !== undefined) metadata[name] = value;
  }
  return [{ key: entry.key, metadata, body: Uint8Array.fromHex(entry.body_hex) }];
});

/** The bodies of small ones, by their keys. */
export function bodiesOf(pattern: RegExp): Uint8Array<ArrayBuffer>[] {
  return stored.filter(({ key, body }) => pattern.test(key) && body.length <= 2048).map(({ body }) => body);
}

/** Dtypes of all kinds, and some that there are none of. */
export const DTYPES: readonly string[] = [
  "<f8",
  ">i4",
  "|b1",
  "|S5",
  "<U3",
  "|V12",
  "<M8[ns]",
  "<m8[25s]",
  "<c16",
]
  .concat("|O", "<f16", "|S4294967296", "|V0");
