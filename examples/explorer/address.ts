/**
 * What the page's address says after its `#`: the store, the path, and what the drawing makes of it. Nothing secret is ever in it.
 *
 * @module
 */
/// <reference lib="dom" />
import type { DrawState } from "./view.ts";

/** Where the page is. */
export interface Address {
  /** What is opened: `s3://…`, `https://…`; `""` is the store that serves the page, or none. */
  readonly target: string;
  /** The key of what is looked at; `""` is the root. */
  readonly path: string;
  /** The drawing's own part. */
  readonly state: DrawState;
}

/** The token of a page that is served on this machine, and what else the address says. */
export interface ReadAddress extends Address {
  /** Absent where the page is a file of a web server. */
  readonly token?: string;
}

/** Names that are not the drawing's. */
const OWN = ["s", "p", "t"];

/** Reads an address. */
export function readAddress(hash: string): ReadAddress {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const token = parameters.get("t");
  return {
    target: parameters.get("s") ?? "",
    path: parameters.get("p") ?? "",
    state: Object.fromEntries([...parameters].filter(([name]) => !OWN.includes(name))),
    ...(token === null ? {} : { token }),
  };
}

/** Writes an address. What people would read of it stays readable. */
export function writeAddress({ target, path, state }: Address): string {
  const parts = Object.entries({
    ...(target === "" ? {} : { s: target }),
    ...(path === "" ? {} : { p: path }),
    ...state,
  });
  return `#${parts.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&")}`;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /%(?:2F|3A|2C|40|3F|20)/g,
    (code) => code === "%20" ? "+" : decodeURIComponent(code),
  );
}

/** A target as an address may have it: what could be secret in it is left out. */
export function withoutSecrets(target: string): string {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is.exec(target) ?? [];
  const plain = rest.replace(/^[^/?]*@/, "").replace(/#.*$/s, "");
  if (!/^https?:/i.test(scheme)) return scheme + plain;
  // Signed URLs are as good as keys to their object.
  return scheme + plain.replace(/\?.*(signature|token|sig=|key|accessid|credential).*$/is, "");
}
